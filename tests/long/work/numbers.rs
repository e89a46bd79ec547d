//! The numbers of the changes and of the events in the audit log.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement, TransactionTrait};
use tokio::runtime::Runtime;

/// The numbers in a database, straight from its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// The last number that was taken.
    pub(crate) counter: i64,
}

impl Numbers {
    /// Reads them, and finds no gap: every number up to the last one has its change and its event.
    pub(crate) fn without_gaps(url: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let connection = Database::connect(url).await.unwrap();
            let one = async |sql: &str| number(&connection, sql).await;
            let counter = one("SELECT number FROM change_counter").await;
            for (table, column) in [("changes", "number"), ("events", "change_number")] {
                let distinct = format!("SELECT COUNT(DISTINCT {column}) FROM {table}");
                let least = format!("SELECT MIN({column}) FROM {table}");
                let greatest = format!("SELECT MAX({column}) FROM {table}");
                let found = (
                    one(&distinct).await,
                    one(&least).await,
                    one(&greatest).await,
                );
                assert_eq!(found, (counter, 1, counter), "the numbers in {table}");
            }
            connection.close().await.unwrap();
            Self { counter }
        })
    }

    /// True if there is a table of that name.
    pub(crate) fn has_table(url: &str, name: &str) -> bool {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let connection = Database::connect(url).await.unwrap();
            let looked = format!("SELECT 1 FROM {name} WHERE 1 = 0");
            let is_there = connection.execute_unprepared(&looked).await.is_ok();
            connection.close().await.unwrap();
            is_there
        })
    }

    /// Holds the lock of the counter's row meanwhile, as a program does that forgets its transaction.
    pub(crate) fn while_locked(url: &str, meanwhile: impl FnOnce()) {
        let runtime = Runtime::new().unwrap();
        let lock = async {
            let connection = Database::connect(url).await.unwrap();
            let transaction = connection.begin().await.unwrap();
            let lock = "SELECT number FROM change_counter FOR UPDATE";
            let lock = Statement::from_string(connection.get_database_backend(), lock);
            transaction.query_one_raw(lock).await.unwrap().unwrap();
            transaction
        };
        let transaction = runtime.block_on(lock);
        meanwhile();
        runtime.block_on(transaction.rollback()).unwrap();
    }
}

async fn number(connection: &DatabaseConnection, sql: &str) -> i64 {
    let asked = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(asked).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}
