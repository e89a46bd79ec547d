//! The counter of changes, whose row may be gone for a while.

use sea_orm::{ConnectionTrait, Database};
use secrecy::{ExposeSecret, SecretString};
use wharfinger::domain::authority::Authority;
use wharfinger::storage::Db;

use super::story::{At, now};

/// A dump makes each table and then fills it. Until the row is there, no change can be made, and whoever asks is told so.
pub(super) async fn a_counter_without_its_row_is_noticed(url: &SecretString, db: &Db) {
    let other = Database::connect(url.expose_secret()).await.unwrap();
    let tell = async |statement: &str| {
        other.execute_unprepared(statement).await.unwrap();
    };
    let operator = Authority::operator();
    tell("CREATE TABLE aside AS SELECT * FROM change_counter").await;
    tell("DELETE FROM change_counter").await;
    assert!(db.begin(&operator, &At(now())).await.is_err());
    for asked in [
        db.check().await,
        db.for_admin().check().await,
        db.try_to_change().await,
    ] {
        let error = asked.unwrap_err();
        let told = error.to_string();
        assert!(
            told.contains("the counter of its changes is gone"),
            "{told}"
        );
        assert!(error.is_away() && !error.is_unreachable(), "{error:?}");
    }
    let started = Db::open_and_migrate(url, 2).await;
    let told = started.unwrap_err().to_string();
    assert!(
        told.contains("the counter of its changes is gone"),
        "{told}"
    );
    tell("INSERT INTO change_counter SELECT * FROM aside").await;
    tell("DROP TABLE aside").await;
    db.check().await.unwrap();
    db.try_to_change().await.unwrap();
    drop(db.begin(&operator, &At(now())).await.unwrap());
}
