//! Transactions that may be quiet for long, while the lines of a backup are read or written.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

/// Lets a transaction on PostgreSQL be quiet, and last, for any time, whatever the role or the database is set up for. Transactions
/// have a limit of their own from PostgreSQL 17 on; older servers have no row of that name.
const POSTGRES: &str = "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0; \
     SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'";
/// Lets a connection to MySQL be quiet for 8 hours, and on MariaDB its transactions too: those that only read and those that write
/// have limits of their own there, which count before the common one.
const MYSQL: &str = "SET SESSION wait_timeout = 28800 /*M!100300 , idle_transaction_timeout = 0 , \
     idle_readonly_transaction_timeout = 0 , idle_write_transaction_timeout = 0 */";

/// Lets a transaction on a server be quiet.
pub(super) async fn let_be_quiet(transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    let set = match transaction.get_database_backend() {
        DbBackend::Postgres => POSTGRES,
        DbBackend::MySql => MYSQL,
        _ => return Ok(()),
    };
    transaction.execute_unprepared(set).await?;
    Ok(())
}
