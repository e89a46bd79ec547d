//! Poolers between this program and PostgreSQL: what they refuse, and what their operator can do.

use sea_orm::SqlxError;

/// PostgreSQL's codes for a prepared statement that is there already, and for one that is not.
const STATEMENTS: [&str; 2] = ["42P05", "26000"];
/// Its code for a connection that begins otherwise than was agreed.
const PROTOCOL: &str = "08P01";

/// Advice about an error that only a pooler makes: one connection is to us as if it were another each time.
pub(super) fn advice(error: &SqlxError) -> Option<&'static str> {
    let error = error.as_database_error()?;
    let code = error.code()?;
    if STATEMENTS.contains(&&*code) {
        Some(
            "a pooler that knows no prepared statements gives each transaction another connection: set PgBouncer's \
             `pool_mode = session`, or its `max_prepared_statements` (from version 1.21 on)",
        )
    } else if *code == *PROTOCOL && error.message().contains("startup parameter") {
        Some(
            "a pooler refuses it: set PgBouncer's `ignore_startup_parameters = extra_float_digits`",
        )
    } else {
        None
    }
}
