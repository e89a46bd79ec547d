//! The storage story: the same on SQLite, PostgreSQL and MySQL/MariaDB.

mod story;
