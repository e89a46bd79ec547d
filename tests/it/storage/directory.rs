//! The directory, beside what other tests see of it from outside.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;
use wharfinger::domain::access_tokens::AccessTokenSpecification;
use wharfinger::domain::access_tokens::lineage::AccessTokenLineage;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::ids::AccessTokenId;
use wharfinger::domain::secret::{SecretDigest, SecretKind, SecretToken};
use wharfinger::server::SystemEntropy;
use wharfinger::storage::access_tokens::{AccessTokenRecord, families};
use wharfinger::storage::{CopyBounds, Db, Directory, access_tokens, users};

use super::story::{begin, commit};
use super::users::{make_user, new_user};

/// More changes than a follower reads at once.
const MANY: usize = 220;

/// A new token of a new user.
async fn token(db: &Db, owner: &str) -> (AccessTokenId, SecretDigest) {
    let owner = make_user(db, owner).await;
    let scopes = [AccessTokenScope::ReadRegistry].into_iter().collect();
    let specification = AccessTokenSpecification::new("ci".try_into().unwrap(), scopes).unwrap();
    let digest = SecretToken::generate(SecretKind::AccessToken, &SystemEntropy).digest();
    let change = begin(db).await;
    let new = AccessTokenRecord {
        owner: owner.id,
        digest,
        specification: &specification,
        lineage: AccessTokenLineage::default(),
    };
    let token = access_tokens::insert(&change, new).await.unwrap();
    commit(change).await.unwrap();
    (token.id, digest)
}

/// Another process's directory knows of a revocation, however many changes came before it since it looked last.
pub(super) async fn a_follower_that_is_far_behind_knows_all(db: &Db, url: &SecretString) {
    let (id, digest) = token(db, "behind").await;
    let bounds = CopyBounds {
        memory: 1_000_000,
        serve_stale_for: Duration::ZERO,
    };
    let directory = Directory::new(Db::open(url, 2).await.unwrap(), bounds);
    let works = async || {
        let found = directory.view().await.access_token(&digest).await.unwrap();
        found.unwrap().0.revoked_at.is_none()
    };
    assert!(works().await);
    for number in 0..MANY {
        let change = begin(db).await;
        let new = new_user(&format!("behind-{number}"));
        users::insert(&change, new).await.unwrap();
        commit(change).await.unwrap();
    }
    let change = begin(db).await;
    families::revoke_all(&change, &[id]).await.unwrap();
    commit(change).await.unwrap();
    directory.follow().await.unwrap();
    assert!(!works().await);
}

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
