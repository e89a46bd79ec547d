//! Databases of other programs.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use wharfinger::storage::Db;

use super::restorations::empty;

const OWN: &str = "give Wharfinger a database, or a schema, of its own";

/// The words with which a start there is refused.
async fn refused(target: &SecretString) -> String {
    let start = Db::open_and_migrate(target, 2).await;
    start.map(drop).unwrap_err().to_string()
}

async fn has(theirs: &DatabaseConnection, table: &str) -> bool {
    let look = format!("SELECT 1 FROM {table}");
    theirs.execute_unprepared(&look).await.is_ok()
}

/// PostgreSQL counts bytes where it was set up without a locale.
pub(super) async fn databases_that_do_not_take_every_text_are_refused(url: &SecretString) {
    let server = Database::connect(url.expose_secret()).await.unwrap();
    if server.get_database_backend() != DbBackend::Postgres {
        return;
    }
    for statement in [
        "DROP DATABASE IF EXISTS narrow",
        "CREATE DATABASE narrow ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
    ] {
        server.execute_unprepared(statement).await.unwrap();
    }
    let (place, _) = url.expose_secret().rsplit_once('/').unwrap();
    let told = refused(&SecretString::from(format!("{place}/narrow"))).await;
    assert!(told.contains("keeps texts as SQL_ASCII"), "{told}");
}

/// From PostgreSQL 15 on, only its owner may make tables in a database.
pub(super) async fn a_user_who_may_make_no_tables_is_told_what_to_do(url: &SecretString) {
    let server = Database::connect(url.expose_secret()).await.unwrap();
    if server.get_database_backend() != DbBackend::Postgres {
        return;
    }
    let (_, place) = url.expose_secret().rsplit_once('@').unwrap();
    let (place, _) = place.rsplit_once('/').unwrap();
    for statement in [
        "DROP DATABASE IF EXISTS fresh",
        "DROP ROLE IF EXISTS guest",
        "CREATE ROLE guest LOGIN",
        "CREATE DATABASE fresh",
    ] {
        server.execute_unprepared(statement).await.unwrap();
    }
    let fresh = SecretString::from(format!("postgres://guest@{place}/fresh"));
    let told = |told: String, why: &str| {
        assert!(told.contains(why), "{told}");
        assert!(!told.contains("at line"), "{told}");
        assert!(told.contains("ALTER DATABASE … OWNER TO …"), "{told}");
        assert!(told.contains("GRANT CREATE ON SCHEMA"), "{told}");
    };
    let is_new = server
        .execute_unprepared("SELECT 1 / (current_setting('server_version_num')::int / 150000)")
        .await;
    if is_new.is_ok() {
        told(refused(&fresh).await, "permission denied for schema public");
    }
    let elsewhere = "ALTER ROLE guest SET search_path TO nowhere";
    server.execute_unprepared(elsewhere).await.unwrap();
    told(refused(&fresh).await, "no schema has been selected");
    for statement in [
        "ALTER ROLE guest RESET search_path",
        "ALTER DATABASE fresh OWNER TO guest",
    ] {
        server.execute_unprepared(statement).await.unwrap();
    }
    let db = Db::open_and_migrate(&fresh, 2).await.unwrap();
    db.close().await.unwrap();
    server.close().await.unwrap();
}

pub(super) async fn databases_of_other_programs_are_left_alone(url: &SecretString) {
    let folder = TempDir::new().unwrap();
    let target = empty(url, &folder).await;
    let theirs = Database::connect(target.expose_secret()).await.unwrap();
    for (table, columns) in [
        ("users", "id INTEGER PRIMARY KEY, username VARCHAR(20)"),
        ("members", "id INTEGER PRIMARY KEY, team VARCHAR(20)"),
        ("audit_events", "id INTEGER PRIMARY KEY, actor VARCHAR(20)"),
        ("sessions", "id INTEGER PRIMARY KEY, digest VARCHAR(20)"),
    ] {
        let made = format!("CREATE TABLE {table} ({columns}); INSERT INTO {table} VALUES (1, 'x')");
        theirs.execute_unprepared(&made).await.unwrap();
        let expected = format!("the database has a table `{table}` of another program; {OWN}");
        assert_eq!(refused(&target).await, expected);
        let status = Db::schema_status(&target, 2).await;
        assert_eq!(status.unwrap_err().to_string(), expected);
        for ours in ["users", "letter_pairs", "seaql_migrations"] {
            assert_eq!(has(&theirs, ours).await, ours == table, "{ours}");
        }
        let insert = format!("INSERT INTO {table} VALUES (2, 'y')");
        theirs.execute_unprepared(&insert).await.unwrap();
        let gone = format!("DROP TABLE {table}");
        theirs.execute_unprepared(&gone).await.unwrap();
    }
    let records = "CREATE TABLE seaql_migrations (version VARCHAR(255) PRIMARY KEY, applied_at BIGINT NOT NULL); \
        INSERT INTO seaql_migrations VALUES ('m20220101_000001_create_table', 0)";
    theirs.execute_unprepared(records).await.unwrap();
    let expected = format!("the database's schema is another program's; {OWN}");
    assert_eq!(refused(&target).await, expected);
    let opened = Db::open(&target, 2).await.map(drop);
    assert_eq!(opened.unwrap_err().to_string(), expected);
    let status = Db::schema_status(&target, 2).await.unwrap();
    assert_eq!(status.age().name(), "another program's");
    assert!(!has(&theirs, "users").await);
    // Tables of other names are in nobody's way.
    let elsewhere = "DROP TABLE seaql_migrations; CREATE TABLE theirs (id INTEGER PRIMARY KEY)";
    theirs.execute_unprepared(elsewhere).await.unwrap();
    let db = Db::open_and_migrate(&target, 2).await.unwrap();
    db.close().await.unwrap();
    theirs.close().await.unwrap();
}
