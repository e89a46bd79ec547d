//! The storage story: the same on SQLite, PostgreSQL and MySQL/MariaDB.

mod deploy_tokens;
mod schema;
mod searches;
mod story;
