//! Rights that a user of PostgreSQL lacks to make our tables.

use sea_orm::SqlxError;

/// PostgreSQL's code for a missing right, and for a `search_path` that leads to no schema.
const NO_RIGHT: &str = "42501";
const NO_SCHEMA: &str = "3F000";

/// Advice about an error that is over when the user may make tables. From PostgreSQL 15 on, nobody but its owner may in a new database.
pub(super) fn advice(error: &SqlxError) -> Option<&'static str> {
    let error = error.as_database_error()?;
    let code = error.code()?;
    [NO_RIGHT, NO_SCHEMA].contains(&&*code).then_some(
        "let the user of `database.url` own the database (ALTER DATABASE … OWNER TO …), or a schema that its `search_path` names \
         (GRANT CREATE ON SCHEMA … TO …)",
    )
}
