//! Servers that are set up for other things than we need.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, TransactionTrait};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use wharfinger::domain::access_tokens::usage::{AccessTokenUsage, UsagePrecision, Uses};
use wharfinger::storage::Db;
use wharfinger::storage::access_tokens::{self, families, usage};

use super::restorations::empty;
use super::schema::make_older;
use super::story::{begin, commit, now};
use super::users::user;

/// Statements that set up a server so that transactions see one moment and refuse what came after it, or that every
/// statement begins one; and those that end this.
fn strange(backend: DbBackend) -> Option<[&'static str; 2]> {
    match backend {
        DbBackend::Postgres => Some([
            "ALTER ROLE CURRENT_USER SET default_transaction_isolation TO 'repeatable read'",
            "ALTER ROLE CURRENT_USER RESET default_transaction_isolation",
        ]),
        DbBackend::MySql => Some([
            "SET GLOBAL autocommit = 0, GLOBAL sql_mode = '' /*M!101108 , GLOBAL innodb_snapshot_isolation = 1 */",
            "SET GLOBAL autocommit = 1, GLOBAL sql_mode = DEFAULT /*M!101108 , GLOBAL innodb_snapshot_isolation = 0 */",
        ]),
        _ => None,
    }
}

pub(super) async fn changes_are_made_whatever_a_server_is_set_up_for(url: &SecretString) {
    let server = Database::connect(url.expose_secret()).await.unwrap();
    let Some([begun, ended]) = strange(server.get_database_backend()) else {
        return;
    };
    server.execute_unprepared(begun).await.unwrap();
    let service = Db::open_and_migrate(url, 2).await.unwrap();
    let replica = Db::open_and_migrate(url, 2).await.unwrap();
    let command = Db::open(url, 2).await.unwrap();
    changes_that_wait_are_made([&service, &replica, &command]).await;
    a_use_meanwhile_is_not_in_the_way([&service, &replica]).await;
    server.execute_unprepared(ended).await.unwrap();
    for db in [service, replica, command] {
        db.close().await.unwrap();
    }
}

/// Statements that let a server make tables without transactions, take an empty text for none, or speak another language than SQL, and
/// those that end this.
const ODD: [&str; 3] = [
    "SET GLOBAL default_storage_engine = MyISAM, GLOBAL sql_mode = 'ANSI'",
    "SET @of_mariadb = 1 /*M!100301 , GLOBAL sql_mode = 'EMPTY_STRING_IS_NULL' */",
    "SET @of_mariadb = 1 /*M!100301 , GLOBAL default_storage_engine = Aria, GLOBAL sql_mode = 'ORACLE' */",
];
const EVEN: &str = "SET GLOBAL default_storage_engine = InnoDB, GLOBAL sql_mode = DEFAULT";

/// A change that fails leaves nothing behind.
pub(super) async fn tables_have_transactions_whatever_a_server_is_set_up_for(url: &SecretString) {
    let server = Database::connect(url.expose_secret()).await.unwrap();
    if server.get_database_backend() != DbBackend::MySql {
        return;
    }
    let folder = TempDir::new().unwrap();
    for odd in ODD {
        let target = empty(url, &folder).await;
        server.execute_unprepared(odd).await.unwrap();
        let started = Db::open_and_migrate(&target, 2).await;
        server.execute_unprepared(EVEN).await.unwrap();
        let db = started.unwrap();
        commit(begin(&db).await).await.unwrap();
        db.close().await.unwrap();
        let made = Database::connect(target.expose_secret()).await.unwrap();
        tables_without_transactions_are_refused(&made, &target).await;
    }
    server.close().await.unwrap();
}

/// An older program may have made them, or another one has changed them since.
async fn tables_without_transactions_are_refused(made: &DatabaseConnection, target: &SecretString) {
    for statement in [
        "ALTER TABLE change_counter ENGINE=MyISAM",
        "ALTER TABLE installation ENGINE=MyISAM",
        "CREATE TABLE theirs (id INTEGER PRIMARY KEY) ENGINE=MyISAM",
    ] {
        made.execute_unprepared(statement).await.unwrap();
    }
    let mend = "ALTER TABLE change_counter ENGINE=InnoDB; ALTER TABLE installation ENGINE=InnoDB";
    for opened in [
        Db::open_and_migrate(target, 2).await.map(drop),
        Db::open(target, 2).await.map(drop),
        Db::schema_status(target, 2).await.map(drop),
    ] {
        let told = opened.unwrap_err().to_string();
        assert!(told.ends_with(&format!("run: {mend}")), "{told}");
    }
    made.execute_unprepared("DELETE FROM seaql_migrations WHERE version = 'm78_live_keys'")
        .await
        .unwrap();
    let told = Db::open_and_migrate(target, 2).await.unwrap_err();
    assert!(
        told.to_string().ends_with(mend),
        "before a migration: {told}"
    );
    made.execute_unprepared(mend).await.unwrap();
    let db = Db::open_and_migrate(target, 2).await.unwrap();
    db.close().await.unwrap();
}

/// Statements that let a server end transactions that are quiet for a second, and those that end this.
fn impatient(backend: DbBackend) -> Option<[&'static str; 2]> {
    match backend {
        DbBackend::Postgres => Some([
            "ALTER ROLE CURRENT_USER SET idle_in_transaction_session_timeout TO '1s'",
            "ALTER ROLE CURRENT_USER RESET idle_in_transaction_session_timeout",
        ]),
        DbBackend::MySql => Some([
            "SET @of_mariadb = 1 /*M!100300 , GLOBAL idle_transaction_timeout = 1, \
             GLOBAL idle_readonly_transaction_timeout = 1, GLOBAL idle_write_transaction_timeout = 1 */",
            "SET @of_mariadb = 0 /*M!100300 , GLOBAL idle_transaction_timeout = 0, \
             GLOBAL idle_readonly_transaction_timeout = 0, GLOBAL idle_write_transaction_timeout = 0 */",
        ]),
        _ => None,
    }
}

/// Statements that let a server end whatever takes longer than a second, those that end this, and the one that takes the turn of
/// those who change the schema.
fn hasty(backend: DbBackend) -> Option<[&'static str; 3]> {
    match backend {
        DbBackend::Postgres => Some([
            "ALTER ROLE CURRENT_USER SET statement_timeout TO '1s'",
            "ALTER ROLE CURRENT_USER RESET statement_timeout",
            "SELECT pg_advisory_xact_lock(2003333734)",
        ]),
        DbBackend::MySql => Some([
            "SET @of_mariadb = 1 /*M!100101 , GLOBAL max_statement_time = 1 */",
            "SET @of_mariadb = 0 /*M!100101 , GLOBAL max_statement_time = 0 */",
            "DO GET_LOCK(CONCAT('wharfinger_', SHA1(DATABASE())), 10)",
        ]),
        _ => None,
    }
}

/// Another start has the turn for longer than a statement may take.
pub(super) async fn starts_take_turns_whatever_a_server_is_set_up_for(url: &SecretString) {
    let server = Database::connect(url.expose_secret()).await.unwrap();
    let Some([begun, ended, turn]) = hasty(server.get_database_backend()) else {
        return;
    };
    make_older(&server).await;
    server.execute_unprepared(begun).await.unwrap();
    let other = server.begin().await.unwrap();
    other.execute_unprepared(turn).await.unwrap();
    let end = async {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        // On MySQL the turn is the connection's.
        let free = "DO RELEASE_ALL_LOCKS()";
        if server.get_database_backend() == DbBackend::MySql {
            other.execute_unprepared(free).await.unwrap();
        }
        other.rollback().await.unwrap();
    };
    let (started, ()) = tokio::join!(Db::open_and_migrate(url, 2), end);
    server.execute_unprepared(ended).await.unwrap();
    started.unwrap().close().await.unwrap();
    server.close().await.unwrap();
}

/// A backup into a slow pipe, and a change that takes its time.
pub(super) async fn quiet_transactions_last_whatever_a_server_is_set_up_for(url: &SecretString) {
    const LONG: Duration = Duration::from_millis(2500);
    let server = Database::connect(url.expose_secret()).await.unwrap();
    let Some([begun, ended]) = impatient(server.get_database_backend()) else {
        return;
    };
    server.execute_unprepared(begun).await.unwrap();
    let service = Db::open_and_migrate(url, 2).await.unwrap();
    let command = Db::open(url, 2).await.unwrap();
    let snapshot = command.snapshot().await.unwrap();
    let change = begin(&service).await;
    tokio::time::sleep(LONG).await;
    assert!(!snapshot.rows_after("users", None).await.unwrap().is_empty());
    snapshot.end().await.unwrap();
    commit(change).await.unwrap();
    let change = begin(&command).await;
    tokio::time::sleep(LONG).await;
    commit(change).await.unwrap();
    server.execute_unprepared(ended).await.unwrap();
    for db in [service, command] {
        db.close().await.unwrap();
    }
}

/// The second begins while the first is under way, and everybody sees both.
async fn changes_that_wait_are_made(all: [&Db; 3]) {
    for (first, second) in [(0, 1), (1, 2), (2, 0)] {
        let (first, second) = (all[first], all[second]);
        let before = first.last_change().await.unwrap();
        let change = begin(first).await;
        let ending = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            commit(change).await.unwrap();
        };
        let waiting = async { commit(begin(second).await).await.unwrap() };
        tokio::join!(ending, waiting);
        for db in all {
            assert_eq!(db.last_change().await.unwrap(), before + 2);
        }
    }
}

/// A token is used, which is no change, after a change has looked at it.
async fn a_use_meanwhile_is_not_in_the_way([one, other]: [&Db; 2]) {
    let owner = user(one, "dave").await;
    let (tokens, _) = access_tokens::last_of(one, owner.id, 10).await.unwrap();
    let token = tokens.iter().find(|token| token.revoked_at.is_none());
    let token = token.unwrap().clone();
    let change = begin(one).await;
    assert_eq!(
        access_tokens::find(&change, token.id).await.unwrap(),
        Some(token.clone())
    );
    let uses = Uses::new(now(), Some("10.0.0.1".parse().unwrap()));
    let none = AccessTokenUsage::default();
    let record = uses
        .settle(&none, UsagePrecision::Coarse, now())
        .record
        .unwrap();
    assert!(usage::save(other, &token, &record).await.unwrap());
    families::revoke_all(&change, &[token.id]).await.unwrap();
    commit(change).await.unwrap();
    let kept = access_tokens::find(one, token.id).await.unwrap().unwrap();
    assert_eq!(kept.last_used_at, record.last_used_at);
    assert!(kept.revoked_at.is_some());
}
