//! The directory of a replica whose database goes back: a standby that had not got the last changes takes over, or an older state
//! is put back, and new changes get the numbers of those that are lost.

use std::time::Duration;

use secrecy::SecretString;
use wharfinger::domain::access_tokens::AccessToken;
use wharfinger::domain::deploy_tokens::DeployTokenSpecification;
use wharfinger::domain::ids::DeployTokenId;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::secret::{SecretDigest, SecretKind, SecretToken};
use wharfinger::server::SystemEntropy;
use wharfinger::storage::{CopyBounds, Db, Directory, deploy_tokens};

use super::directory::token;
use super::effort::Effort;
use super::namespaces::make_place;
use super::story::{begin, commit};

/// Another replica.
async fn replica(url: &SecretString) -> Directory {
    let bounds = CopyBounds {
        memory: 1_000_000,
        serve_stale_for: Duration::ZERO,
    };
    Directory::new(Db::open(url, 2).await.unwrap(), bounds)
}

async fn found(directory: &Directory, digest: &SecretDigest) -> Option<AccessToken> {
    let view = directory.view().await;
    let found = view.access_token(digest).await.unwrap();
    found.map(|(token, _)| (*token).clone())
}

/// Takes the last change back, but not what it wrote.
async fn lose_the_last_change(db: &Db, effort: &Effort) {
    let number = db.last_change().await.unwrap();
    let lost = format!("DELETE FROM changes WHERE number = {number}");
    effort.change(&lost).await;
    effort
        .change("UPDATE change_counter SET number = number - 1")
        .await;
}

/// A token that was lost leads to nobody, also if somebody else's new token has got its id.
pub(super) async fn a_lost_token_leads_to_no_other_one(db: &Db, url: &SecretString) {
    let effort = Effort::at(url).await;
    for is_noticed in [true, false] {
        let (lost, alices) = token(db, &format!("alice-{is_noticed}")).await;
        let directory = replica(url).await;
        assert_eq!(found(&directory, &alices).await.unwrap().id, lost);

        if is_noticed {
            lose_the_last_change(db, &effort).await;
            directory.follow().await.unwrap();
        }
        let (new, bobs) = token(db, &format!("bob-{is_noticed}")).await;
        put_in_place_of(&effort, "personal_access_tokens", (lost.0, new.0)).await;
        directory.follow().await.unwrap();
        assert_eq!(found(&directory, &bobs).await.unwrap().id, lost);
        let alice = found(&directory, &alices).await;
        assert_eq!(alice, None, "{is_noticed}");
    }
}

/// The same for deploy tokens.
pub(super) async fn a_lost_deploy_token_leads_to_no_other_one(db: &Db, url: &SecretString) {
    let effort = Effort::at(url).await;
    let directory = replica(url).await;
    let found = async |digest: &SecretDigest| {
        let view = directory.view().await;
        let found = view.deploy_token(digest).await.unwrap();
        found.map(|token| (token.id, token.path.as_str().to_owned()))
    };
    let (lost, theirs) = deploy_token(db, "lost-machines").await;
    assert_eq!(found(&theirs).await.unwrap().0, lost);
    let (new, others) = deploy_token(db, "new-machines").await;
    put_in_place_of(&effort, "deploy_tokens", (lost.0, new.0)).await;
    directory.follow().await.unwrap();
    let expected = (lost, "new-machines".to_owned());
    assert_eq!(found(&others).await, Some(expected));
    assert_eq!(found(&theirs).await, None);
}

/// A new deploy token of a new group.
async fn deploy_token(db: &Db, group: &str) -> (DeployTokenId, SecretDigest) {
    let group = make_place(db, group, None, Visibility::Private).await;
    let scopes = ["read_registry".parse().unwrap()].into_iter().collect();
    let wanted = DeployTokenSpecification::new("ci".try_into().unwrap(), scopes).unwrap();
    let digest = SecretToken::generate(SecretKind::DeployToken, &SystemEntropy).digest();
    let change = begin(db).await;
    let token = deploy_tokens::insert(&change, &group, &digest, &wanted).await;
    commit(change).await.unwrap();
    (token.unwrap().id, digest)
}

/// Gives the id of a row that is lost to a new one.
async fn put_in_place_of(effort: &Effort, table: &str, (lost, new): (i64, i64)) {
    let lose = format!("DELETE FROM {table} WHERE id = {lost}");
    effort.change(&lose).await;
    let reuse = format!("UPDATE {table} SET id = {lost} WHERE id = {new}");
    effort.change(&reuse).await;
}
