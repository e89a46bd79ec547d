//! A server that takes no changes.

use sea_orm::{ConnectionTrait, Database, DbBackend};
use secrecy::{ExposeSecret, SecretString};
use wharfinger::storage::Db;

/// It is refused at the start, and noticed later.
pub(super) async fn servers_that_take_no_changes_are_refused(url: &SecretString, db: &Db) {
    let text = url.expose_secret();
    let server = Database::connect(text).await.unwrap();
    let (close, reopen, address) = match server.get_database_backend() {
        DbBackend::Postgres => (
            "ALTER SYSTEM SET default_transaction_read_only = on",
            "ALTER SYSTEM RESET default_transaction_read_only",
            text.to_owned(),
        ),
        DbBackend::MySql => {
            // A user who may change everything but the server itself; the one of the story may write to any server.
            for statement in [
                "CREATE USER 'service'@'%' IDENTIFIED BY 'x'",
                "GRANT ALL ON story.* TO 'service'@'%'",
            ] {
                server.execute_unprepared(statement).await.unwrap();
            }
            let address = text.replace("root@", "service:x@");
            (
                "SET GLOBAL read_only = 1",
                "SET GLOBAL read_only = 0",
                address,
            )
        }
        _ => return,
    };
    db.check().await.unwrap();
    let address = SecretString::from(address);
    let running = Db::open_and_migrate(&address, 2).await.unwrap();
    running.check().await.unwrap();
    for (statement, is_open) in [(close, false), (reopen, true)] {
        server.execute_unprepared(statement).await.unwrap();
        if server.get_database_backend() == DbBackend::Postgres {
            let reload = "SELECT pg_reload_conf()";
            server.execute_unprepared(reload).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        let opened = Db::open_and_migrate(&address, 2).await;
        assert_eq!(opened.is_ok(), is_open);
        assert_eq!(running.check().await.is_ok(), is_open);
        if let Err(error) = opened {
            let told = error.to_string();
            assert!(
                told.starts_with("cannot use the database 127.0.0.1:"),
                "{told}"
            );
            assert!(
                told.contains("read-only") || told.contains("read_only"),
                "{told}"
            );
        }
    }
}
