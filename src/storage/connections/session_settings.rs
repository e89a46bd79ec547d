//! The settings of a connection to a server: limits of its own, and what a change needs, whatever the server is set up for.

/// The settings for each kind of server.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionSettings {
    pub(super) postgres: &'static str,
    pub(super) mysql: &'static str,
}

/// MySQL's settings with those of a kind of connection, which begin with a comma.
///
/// Without `autocommit` the first question would begin a transaction that nobody ends. Another engine than `InnoDB` may have no
/// transactions: what was begun there and failed would stay. The modes are those that MySQL and MariaDB both have by themselves: without the strict one
/// a server would cut off what is too long, and others of a server's own take an empty text for none, or another language for SQL.
macro_rules! for_mysql {
    ($own:literal) => {
        concat!(
            "SET SESSION autocommit = 1, default_storage_engine = InnoDB, \
             sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
            $own,
            "; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
        )
    };
}

/// Limits that PostgreSQL keeps by itself, also for a client that hangs inside a transaction.
///
/// Each statement sees what was committed before it, whatever a role or a database is set up for: a change that waited for its
/// turn would else be refused, because others have changed what it saw at its beginning.
///
/// Compiling a statement (`jit`) takes PostgreSQL longer than running any of ours. Its usual price of a look-up in an index
/// is that of a turning disk, for which it would rather read whole tables.
///
/// The same for MySQL; what stands in a comment that begins with `M!` is for MariaDB from the named version on, where the limits for
/// transactions that only read and for those that write would else count before the common one; the other comment is for MySQL alone,
/// which bounds questions, by milliseconds, and no transaction: there the limit for any quiet connection stands in for that, and one that
/// was kept for as long is replaced before it is used again.
pub(super) const LIMITS: SessionSettings = SessionSettings {
    postgres: "SET statement_timeout = '5s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET jit = off; SET random_page_cost = 1.1; \
     SET default_transaction_isolation = 'read committed'",
    mysql: for_mysql!(
        ", innodb_lock_wait_timeout = 5 \
     /*!50708 , max_execution_time = 5000 , wait_timeout = 10 */ /*M!100101 , max_statement_time = 5 */ /*M!100300 , idle_transaction_timeout = 10 , \
     idle_readonly_transaction_timeout = 0 , idle_write_transaction_timeout = 0 */"
    ),
};

/// The limits of a command, which may take its time, whatever the role is set up for, but not fall silent inside a change: all other
/// changes wait for it. From PostgreSQL 17 on, transactions have a limit too; older servers have no row of that name.
pub(super) const COMMAND: SessionSettings = SessionSettings {
    postgres: "SET statement_timeout = 0; \
     SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'; \
     SET idle_in_transaction_session_timeout = '60s'; \
     SET default_transaction_isolation = 'read committed'",
    mysql: for_mysql!(
        " /*!50708 , max_execution_time = 0 , wait_timeout = 60 */ /*M!100101 , max_statement_time = 0 */ /*M!100300 , idle_transaction_timeout = 60 , \
     idle_readonly_transaction_timeout = 0 , idle_write_transaction_timeout = 0 */"
    ),
};

/// The limits of a connection that changes the schema: its server would keep the turn for a program that fell silent, and
/// the next one would wait in vain. Whoever has the turn says so every few seconds.
///
/// A change of a table waits until everybody who reads it has ended, a backup too, and whoever comes to read it waits behind: so
/// it waits for a moment only, and is tried again later. On MySQL, any other limit would count before that of the connection.
pub(super) const MIGRATION: SessionSettings = SessionSettings {
    postgres: "SET statement_timeout = 0; SET lock_timeout = '1s'; \
     SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'; \
     SET idle_in_transaction_session_timeout = '30s'; \
     SET default_transaction_isolation = 'read committed'",
    mysql: for_mysql!(
        ", wait_timeout = 30, lock_wait_timeout = 1 \
     /*!50708 , max_execution_time = 0 */ /*M!100101 , max_statement_time = 0 */ /*M!100300 , idle_transaction_timeout = 0 , \
     idle_readonly_transaction_timeout = 0 , idle_write_transaction_timeout = 0 */"
    ),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// MySQL and MariaDB bound the time of a statement, and of a silence in a change, by settings of their own, and each passes
    /// over the other's.
    #[test]
    fn both_servers_bound_the_time_of_a_statement() {
        for (settings, mysql, mariadb) in [
            (LIMITS, "5000 , wait_timeout = 10", 5),
            (COMMAND, "0 , wait_timeout = 60", 0),
            (MIGRATION, "0", 0),
        ] {
            let settings = settings.mysql;
            for setting in [
                format!("/*!50708 , max_execution_time = {mysql} */"),
                format!("/*M!100101 , max_statement_time = {mariadb} */"),
                "STRICT_TRANS_TABLES".to_owned(),
                "default_storage_engine = InnoDB".to_owned(),
            ] {
                assert!(settings.contains(&setting), "{setting} in {settings}");
            }
        }
    }
}
