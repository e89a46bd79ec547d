//! Tests of the connections' settings.

use sea_orm::{ConnectionTrait, TransactionTrait};
use tempfile::TempDir;

use super::*;

fn url_in(folder: &TempDir) -> SecretString {
    format!("sqlite://{}/test.db?mode=rwc", folder.path().display()).into()
}

async fn pragma(name: &str, connection: &impl ConnectionTrait) -> i32 {
    let backend = connection.get_database_backend();
    let asked = Statement::from_string(backend, format!("PRAGMA {name}"));
    let row = connection.query_one_raw(asked).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// The admin API's questions take no connection from the token endpoint, whatever they cost.
#[tokio::test]
async fn the_admin_api_and_the_token_endpoint_have_connections_of_their_own() {
    let folder = TempDir::new().unwrap();
    let url = url_in(&folder);
    let db = Db::open_and_migrate(&url, 3).await.unwrap();
    let admin = db.for_admin().connection.clone();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(admin.inner.begin().await.unwrap());
    }
    let waits = timeout(Duration::from_millis(200), admin.ping()).await;
    assert!(waits.is_err() || waits.unwrap().is_err(), "all are taken");
    let answered = timeout(Duration::from_secs(1), db.connection.ping());
    answered.await.unwrap().unwrap();
    drop(held);
    admin.ping().await.unwrap();
}

#[tokio::test]
async fn a_change_is_on_the_disk_when_it_is_acknowledged() {
    const NORMAL: i32 = 1;
    const FULL: i32 = 2;
    let folder = TempDir::new().unwrap();
    let url = url_in(&folder);
    let service = Db::open_and_migrate(&url, 2).await.unwrap();
    let command = Db::open(&url, 2).await.unwrap();
    for db in [service, command] {
        assert_eq!(pragma("synchronous", &db.changes).await, FULL);
        assert_eq!(pragma("synchronous", &db.logins).await, FULL);
        // Uses of tokens are written here.
        assert_eq!(pragma("synchronous", &db.connection).await, NORMAL);
    }
}

/// The service has many connections for long, and its memory must not grow with each page that one of them reads.
#[tokio::test]
async fn a_service_keeps_little_of_the_file_in_memory_for_each_connection() {
    const KIB: i32 = -256;
    let folder = TempDir::new().unwrap();
    let url = url_in(&folder);
    let db = Db::open_and_migrate(&url, 2).await.unwrap();
    for pool in [&db.connection, &db.admin, &db.follower, &db.changes] {
        assert_eq!(pragma("cache_size", pool).await, KIB);
    }
}
