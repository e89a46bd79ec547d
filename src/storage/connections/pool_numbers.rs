//! The numbers of the database's connections, for the operator.

use sea_orm::{DatabaseConnection, DbBackend};

use crate::domain::numbers::PoolNumbers;
use crate::storage::connections::db::Db;

impl Db {
    /// The connections by purpose.
    pub fn pools(&self) -> Vec<PoolNumbers> {
        let mut pools = vec![
            numbers("token", &self.connection.inner),
            numbers("admin", &self.admin.inner),
            numbers("changes", &self.changes.inner),
            numbers("follower", &self.follower.inner),
        ];
        // In a file, logins have the connection for changes.
        if self.file.is_none() {
            pools.push(numbers("logins", &self.logins.inner));
        }
        pools
    }
}

fn numbers(purpose: &'static str, connection: &DatabaseConnection) -> PoolNumbers {
    macro_rules! of {
        ($pool:expr) => {{
            let pool = $pool;
            (
                pool.size(),
                pool.num_idle(),
                pool.options().get_max_connections(),
            )
        }};
    }
    let (open, idle, most) = match connection.get_database_backend() {
        DbBackend::MySql => of!(connection.get_mysql_connection_pool()),
        DbBackend::Postgres => of!(connection.get_postgres_connection_pool()),
        DbBackend::Sqlite => of!(connection.get_sqlite_connection_pool()),
        _ => (0, 0, 0),
    };
    PoolNumbers {
        purpose,
        open: open.into(),
        idle: u64::try_from(idle).unwrap_or(u64::MAX),
        most: most.into(),
    }
}
