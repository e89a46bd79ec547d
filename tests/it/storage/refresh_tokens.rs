//! Refresh tokens and their ends.

use chrono::Duration;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::page::PageRequest;
use wharfinger::domain::refresh_tokens::RefreshLifetimes;
use wharfinger::domain::secret::{SecretKind, SecretToken};
use wharfinger::domain::users::username::Username;
use wharfinger::storage::refresh_tokens::RefreshTokenRecord;
use wharfinger::storage::{Db, refresh_tokens, users};

use super::story::{At, begin, commit, now};
use crate::harness::SeededEntropy;

pub(super) async fn refresh_tokens_end(db: &Db) {
    let bob = users::find_by_username(db, &Username::try_from("bob").unwrap())
        .await
        .unwrap()
        .unwrap();
    let entropy = SeededEntropy::default();
    let secrets = [(); 3].map(|()| SecretToken::generate(SecretKind::RefreshToken, &entropy));
    let mut made = Vec::new();
    for secret in &secrets {
        let login = db
            .begin_login(&Authority::operator(), &At(now()))
            .await
            .unwrap();
        let new = RefreshTokenRecord {
            user: bob.id,
            service: "s",
            client_id: Some("docker"),
            digest: secret.digest(),
        };
        let token = refresh_tokens::insert(&login, new).await.unwrap();
        let grant = login.grant(Authority::require_administrator).unwrap();
        let event = Event::new(EventAction::RefreshTokenCreated, &token, Detail::nothing());
        login.commit(grant.event(event)).await.unwrap();
        made.push(token);
    }
    let change = begin(db).await;
    refresh_tokens::revoke(&change, made[0].id).await.unwrap();
    commit(change).await.unwrap();
    let found = refresh_tokens::find_by_digest(db, &secrets[1].digest())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found, (made[1].clone(), bob.clone()));
    let revoked = refresh_tokens::find(db, made[0].id).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(now()));

    refresh_tokens::note_use(db, made[1].id, now() + Duration::hours(5))
        .await
        .unwrap();
    let lifetimes = RefreshLifetimes {
        idle: std::time::Duration::from_hours(6),
        absolute: std::time::Duration::from_hours(10),
    };
    let left = async || {
        let page = refresh_tokens::page(db, Some(bob.id), PageRequest::default())
            .await
            .unwrap();
        page.items.iter().map(|token| token.id).collect::<Vec<_>>()
    };
    assert_eq!(
        refresh_tokens::purge(db, &lifetimes, now() + Duration::hours(5))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        refresh_tokens::purge(db, &lifetimes, now() + Duration::hours(6))
            .await
            .unwrap(),
        2
    );
    assert_eq!(left().await, [made[1].id], "the one that was used");
    let change = begin(db).await;
    refresh_tokens::revoke_all(&change, bob.id).await.unwrap();
    commit(change).await.unwrap();
    assert!(
        refresh_tokens::find(db, made[1].id)
            .await
            .unwrap()
            .unwrap()
            .revoked_at
            .is_some()
    );
    assert_eq!(
        refresh_tokens::purge(db, &lifetimes, now() + Duration::hours(10))
            .await
            .unwrap(),
        1
    );
    assert!(left().await.is_empty());
}
