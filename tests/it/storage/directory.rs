//! The directory, beside what other tests see of it from outside.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;
use wharfinger::domain::access_tokens::AccessTokenSpecification;
use wharfinger::domain::access_tokens::lineage::AccessTokenLineage;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::decision::principal::{Ceiling, Principal, Proof, SignedIn};
use wharfinger::domain::ids::AccessTokenId;
use wharfinger::domain::members::access_level::AccessLevel;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::registry::repository_name::RepositoryName;
use wharfinger::domain::secret::{SecretDigest, SecretKind, SecretToken};
use wharfinger::server::SystemEntropy;
use wharfinger::storage::access_tokens::{AccessTokenRecord, families};
use wharfinger::storage::{CopyBounds, Db, Directory, access_tokens, members, users};

use super::members::{give, role};
use super::namespaces::make_place;
use super::story::{COPIES, begin, commit, now};
use super::users::{make_user, new_user};

/// More changes than a follower reads at once.
const MANY: usize = 220;

/// A new token of a new user.
pub(super) async fn token(db: &Db, owner: &str) -> (AccessTokenId, SecretDigest) {
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
    let directory = Directory::new(Db::open(url, 2).await.unwrap(), COPIES);
    let works = async || {
        let found = directory.look().await.access_token(&digest).await.unwrap();
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

/// A role that somebody else takes away must not count for a project that they make afterwards: nobody ever had that role there.
/// With copies the role is known from before, and without any it was read before.
pub(super) async fn facts_of_two_moments_are_noticed(db: &Db, url: &SecretString) {
    for (round, memory) in [("copied", 1_000_000), ("read", 0)] {
        let (user, team) = (format!("moments-{round}"), format!("moments-of-{round}"));
        let user = make_user(db, &user).await;
        let team = make_place(db, &team, None, Visibility::Private).await;
        give(db, &team, &role(&user, AccessLevel::Developer, None)).await;
        let principal = Principal::User(SignedIn::new(&user, Ceiling::of_login(Proof::Explained)));
        let repository =
            |name: &str| RepositoryName::try_from(format!("{}/{name}", team.path).as_str());
        let (known, new) = (repository("known").unwrap(), repository("app/new").unwrap());

        let directory = Directory::new(
            Db::open(url, 2).await.unwrap(),
            CopyBounds { memory, ..COPIES },
        );
        let look = directory.look().await;
        let before = look.rights(&principal, &[&known], now()).await.unwrap();
        assert!(before.at(&known).role.is_some());
        assert!(look.is_of_one_moment(&principal, &[&known]).await.unwrap());

        let change = begin(db).await;
        members::remove_from(&change, &[team.id], user.id)
            .await
            .unwrap();
        commit(change).await.unwrap();
        make_place(
            db,
            &format!("{}/app", team.path),
            Some(&team),
            Visibility::Private,
        )
        .await;

        look.rights(&principal, &[&new], now()).await.unwrap();
        let names = [&known, &new];
        let is_whole = look.is_of_one_moment(&principal, &names);
        assert!(!is_whole.await.unwrap(), "{round}");
        let look = directory.look().await;
        let after = look
            .rights(&principal, &[&known, &new], now())
            .await
            .unwrap();
        assert!(after.at(&new).role.is_none(), "{round}");
        let is_whole = look.is_of_one_moment(&principal, &names);
        assert!(is_whole.await.unwrap(), "{round}");
    }
}

/// PostgreSQL tells of a change as soon as it is committed, and of none that is not; other databases are only asked.
pub(super) async fn postgresql_tells_of_changes_at_once(db: &Db, url: &str) {
    let directory = Directory::new(db.clone(), COPIES);
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
