//! Transactions that may be quiet for long, while the lines of a backup are read or written.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

/// Lets a transaction on PostgreSQL be quiet for any time, whatever the role or the database is set up for.
pub(super) async fn let_be_quiet(transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let set = "SET LOCAL idle_in_transaction_session_timeout = 0";
        transaction.execute_unprepared(set).await?;
    }
    Ok(())
}
