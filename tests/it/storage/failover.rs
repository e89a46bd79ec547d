//! The directory of a replica whose database goes back: a standby that had not got the last changes takes over, or an older state
//! is put back, and new changes get the numbers of those that are lost.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use wharfinger::domain::access_tokens::AccessToken;
use wharfinger::domain::deploy_tokens::DeployTokenSpecification;
use wharfinger::domain::ids::{AccessTokenId, DeployTokenId};
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::secret::{SecretDigest, SecretKind, SecretToken};
use wharfinger::server::SystemEntropy;
use wharfinger::storage::access_tokens::families;
use wharfinger::storage::{Db, Directory, deploy_tokens, users};

use super::directory::token;
use super::effort::Effort;
use super::namespaces::make_place;
use super::story::{COPIES, begin, begin_at, commit, now};
use super::users::new_user;

/// Another replica.
async fn replica(url: &SecretString) -> Directory {
    Directory::new(Db::open(url, 2).await.unwrap(), COPIES)
}

async fn found(directory: &Directory, digest: &SecretDigest) -> Option<AccessToken> {
    let look = directory.look().await;
    let found = look.access_token(digest).await.unwrap();
    found.map(|(token, _)| (*token).clone())
}

async fn works(directory: &Directory, digest: &SecretDigest) -> bool {
    found(directory, digest).await.unwrap().revoked_at.is_none()
}

async fn revoke(db: &Db, id: AccessTokenId, instant: DateTime<Utc>) {
    let change = begin_at(db, instant).await;
    families::revoke_all(&change, &[id]).await.unwrap();
    commit(change).await.unwrap();
}

async fn make_users(db: &Db, names: &[String]) {
    for name in names {
        let change = begin(db).await;
        users::insert(&change, new_user(name)).await.unwrap();
        commit(change).await.unwrap();
    }
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

/// A replica that has followed the lost change knows of the one that got its number, and of those after it.
pub(super) async fn a_number_that_comes_again_is_noticed(db: &Db, url: &SecretString) {
    let effort = Effort::at(url).await;
    for (later, is_pruned) in [(0, false), (1, false), (1, true), (3, false)] {
        let name = format!("{later}-{is_pruned}");
        let (id, digest) = token(db, &format!("again-{name}")).await;
        let directory = replica(url).await;
        assert!(works(&directory, &digest).await);
        make_users(db, &[format!("lost-{name}")]).await;
        directory.follow().await.unwrap();

        lose_the_last_change(db, &effort).await;
        revoke(db, id, now()).await;
        let names: Vec<String> = (0..later).map(|n| format!("later-{name}-{n}")).collect();
        make_users(db, &names).await;
        if is_pruned {
            let later = now() + TimeDelta::days(3650);
            db.prune_changes(later).await.unwrap();
        }
        directory.follow().await.unwrap();
        assert!(!works(&directory, &digest).await, "{name}");
    }
}

/// The lost change and the new one touched the same thing, in the same second.
pub(super) async fn a_change_that_looks_like_the_lost_one_is_noticed(db: &Db, url: &SecretString) {
    let effort = Effort::at(url).await;
    let (id, digest) = token(db, "alike").await;
    let directory = replica(url).await;
    revoke(db, id, now()).await;
    directory.follow().await.unwrap();
    assert!(!works(&directory, &digest).await);

    lose_the_last_change(db, &effort).await;
    let undo = format!("UPDATE personal_access_tokens SET revoked_at = NULL WHERE id = {id}");
    effort.change(&undo).await;
    let change = begin_at(db, now() + TimeDelta::nanoseconds(1)).await;
    let grace = now() + TimeDelta::days(1);
    families::give_grace(&change, id, grace).await.unwrap();
    commit(change).await.unwrap();
    directory.follow().await.unwrap();
    assert!(works(&directory, &digest).await);
}

pub(super) async fn lost_tokens_lead_to_no_others(db: &Db, url: &SecretString) {
    a_lost_token_leads_to_no_other_one(db, url).await;
    a_lost_deploy_token_leads_to_no_other_one(db, url).await;
}

/// A token that was lost leads to nobody, also if somebody else's new token has got its id.
async fn a_lost_token_leads_to_no_other_one(db: &Db, url: &SecretString) {
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
async fn a_lost_deploy_token_leads_to_no_other_one(db: &Db, url: &SecretString) {
    let effort = Effort::at(url).await;
    let directory = replica(url).await;
    let found = async |digest: &SecretDigest| {
        let look = directory.look().await;
        let found = look.deploy_token(digest).await.unwrap();
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
    let deleted = format!("DELETE FROM {table} WHERE id = {lost}");
    effort.change(&deleted).await;
    let reuse = format!("UPDATE {table} SET id = {lost} WHERE id = {new}");
    effort.change(&reuse).await;
}
