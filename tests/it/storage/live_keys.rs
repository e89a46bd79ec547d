//! The signing keys that services on one database note.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use wharfinger::storage::{Db, live_keys};

use super::story::now;

pub(super) async fn keys_of_services_are_noted_and_forgotten(db: &Db) {
    let begin = now();
    let of = |kids: &[&str]| kids.iter().map(|kid| (*kid).to_owned()).collect();
    let (one, other): (BTreeSet<String>, BTreeSet<String>) =
        (of(&["shared", "first"]), of(&["shared", "second"]));
    let minute = |number| begin + TimeDelta::minutes(number);
    live_keys::note(db, &one, begin).await.unwrap();
    live_keys::note(db, &other, minute(1)).await.unwrap();
    let expected = [
        ("first", begin),
        ("second", minute(1)),
        ("shared", minute(1)),
    ];
    assert_eq!(
        noted(db).await,
        expected.map(|(kid, at)| (kid.to_owned(), at))
    );
    // A day later, those that nobody has noted since are gone.
    let later = begin + TimeDelta::days(1) + TimeDelta::seconds(30);
    live_keys::note(db, &of(&["shared"]), later).await.unwrap();
    let expected = [("second", minute(1)), ("shared", later)];
    assert_eq!(
        noted(db).await,
        expected.map(|(kid, at)| (kid.to_owned(), at))
    );
}

async fn noted(db: &Db) -> Vec<(String, DateTime<Utc>)> {
    let keys = live_keys::noted(db).await.unwrap();
    let mut keys: Vec<_> = keys
        .into_iter()
        .map(|key| (key.kid, key.noted_at))
        .collect();
    keys.sort();
    keys
}
