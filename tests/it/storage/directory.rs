//! The directory, beside what other tests see of it from outside.

use std::time::Duration;

use tokio::time::timeout;
use wharfinger::storage::{CopyBounds, Db, Directory, users};

use super::story::{begin, commit};
use super::users::new_user;

/// PostgreSQL tells of a change as soon as it is committed, and of none that is not; other databases are only asked.
pub(super) async fn postgresql_tells_of_changes_at_once(db: &Db, url: &str) {
    let bounds = CopyBounds {
        memory: 1_000_000,
        serve_stale_for: Duration::ZERO,
    };
    let directory = Directory::new(db.clone(), bounds);
    let Some(mut notifications) = directory.notifications() else {
        assert!(!url.starts_with("postgres"), "PostgreSQL has notifications");
        return;
    };
    assert!(url.starts_with("postgres"));
    let mut news = async |limit: u64| {
        let heard = timeout(Duration::from_millis(limit), notifications.next()).await;
        heard.map(Result::unwrap).is_ok()
    };
    assert!(news(5000).await, "the link is tried out first");
    let change = begin(db).await;
    users::insert(&change, new_user("told")).await.unwrap();
    drop(change);
    assert!(!news(300).await, "nothing was changed");
    let change = begin(db).await;
    users::insert(&change, new_user("told")).await.unwrap();
    commit(change).await.unwrap();
    assert!(news(2000).await);
}
