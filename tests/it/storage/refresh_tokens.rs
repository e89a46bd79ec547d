//! Refresh tokens and their ends.

use std::sync::{Arc, OnceLock};

use chrono::Duration;
use secrecy::SecretString;
use tokio::time::sleep;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::decision::principal::{Ceiling, Proof, SignedIn};
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::origin::{Face, Origin};
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::ids::RefreshTokenId;
use wharfinger::domain::page::{PageRequest, Paging};
use wharfinger::domain::refresh_tokens::{RefreshLifetimes, RefreshToken};
use wharfinger::domain::secret::{SecretDigest, SecretKind, SecretToken};
use wharfinger::domain::sessions::SessionState;
use wharfinger::domain::sessions::device::Device;
use wharfinger::domain::sessions::secret::SessionSecret;
use wharfinger::domain::users::password::PasswordHash;
use wharfinger::domain::users::{User, UserState};
use wharfinger::server::SystemEntropy;
use wharfinger::storage::refresh_tokens::RefreshTokenRecord;
use wharfinger::storage::sessions::{SessionOfUser, SessionRecord};
use wharfinger::storage::{Change, Db, Directory, PurgePass, refresh_tokens, sessions, users};

use super::effort::Effort;
use super::story::{At, COPIES, begin, commit, now};
use super::users::{make_user, user};
use crate::harness::SeededEntropy;

/// Makes a refresh token as a login does.
async fn log_in(db: &Db, user: &User, secret: &SecretToken) -> RefreshToken {
    let operator = Authority::operator();
    let login = db.begin_login(&operator, &At(now())).await.unwrap();
    let new = RefreshTokenRecord {
        user: user.id,
        service: "s",
        client_id: Some("docker"),
        digest: secret.digest(),
    };
    let token = refresh_tokens::insert(&login, new).await.unwrap();
    let grant = login.grant(Authority::require_administrator).unwrap();
    let event = Event::new(EventAction::RefreshTokenCreated, &token, Detail::nothing());
    login.commit([grant.event(event)]).await.unwrap();
    token
}

/// Another process's copy of a refresh token ends with its revocation, and with the block of its user, as soon as that process
/// follows the changes; a use that was noted elsewhere is read where it makes a difference.
pub(super) async fn copied_refresh_tokens_follow_changes(db: &Db, url: &SecretString) {
    let carol = make_user(db, "carol-of-copies").await;
    let entropy = SeededEntropy::default();
    let secrets = [(); 2].map(|()| SecretToken::generate(SecretKind::RefreshToken, &entropy));
    let first = log_in(db, &carol, &secrets[0]).await;
    log_in(db, &carol, &secrets[1]).await;
    let directory = Directory::new(Db::open(url, 2).await.unwrap(), COPIES);
    let found = async |of: &SecretToken, later: bool| {
        let look = directory.look().await;
        let is_good = |token: &RefreshToken| !later || token.last_used_at > now();
        let found = look.refresh_token(&of.digest(), is_good).await.unwrap();
        let (token, owner) = found.unwrap();
        let is_revoked = token.revoked_at.is_some();
        (is_revoked, owner.state, token.last_used_at)
    };
    let active = (false, UserState::Active, now());
    for secret in &secrets {
        assert_eq!(found(secret, false).await, active);
    }
    let used = now() + Duration::hours(1);
    refresh_tokens::note_use(db, (first.id, &secrets[0].digest()), used)
        .await
        .unwrap();
    assert_eq!(found(&secrets[0], false).await, active, "it is a copy");
    let after_use = (false, UserState::Active, used);
    assert_eq!(found(&secrets[0], true).await, after_use);

    let change = begin(db).await;
    refresh_tokens::revoke(&change, (first.id, carol.id))
        .await
        .unwrap();
    commit(change).await.unwrap();
    directory.follow().await.unwrap();
    assert!(found(&secrets[0], false).await.0);
    assert_eq!(found(&secrets[1], false).await, active);

    let change = begin(db).await;
    users::set_state(&change, carol.id, UserState::Blocked)
        .await
        .unwrap();
    commit(change).await.unwrap();
    directory.follow().await.unwrap();
    assert_eq!(found(&secrets[1], false).await.1, UserState::Blocked);
}

/// A login deletes a token, and its process forgets the copy, after a request has read the token and before it keeps a copy.
pub(super) async fn a_token_that_is_deleted_while_it_is_loaded_is_not_kept(
    db: &Db,
    url: &SecretString,
) {
    let dora = make_user(db, "dora-who-logs-in").await;
    let secret = SecretToken::generate(SecretKind::RefreshToken, &SystemEntropy);
    let token = log_in(db, &dora, &secret).await;
    let directory: Arc<OnceLock<Directory>> = Arc::default();
    let (login, digest) = (Arc::clone(&directory), secret.digest());
    let mut replica = Db::open(url, 2).await.unwrap();
    replica.watch(move |statement| {
        if statement.sql.contains("refresh_tokens") {
            login.get().unwrap().forget_refresh_token(&digest);
        }
    });
    let directory = directory.get_or_init(|| Directory::new(replica, COPIES));
    let found = async || {
        let look = directory.look().await;
        let found = look.refresh_token(&secret.digest(), |_| true).await;
        found.unwrap().is_some()
    };
    assert!(found().await);
    let deleted = format!("DELETE FROM refresh_tokens WHERE id = {}", token.id);
    Effort::at(url).await.change(&deleted).await;
    assert!(!found().await);
}

/// The token and the session of a login of eve's that is under way when somebody makes an end to hers.
async fn given_out_during(
    db: &Db,
    eve: &User,
    end: impl AsyncFn(&Change),
) -> (Option<RefreshToken>, Option<SessionOfUser>) {
    let hash = PasswordHash::from_phc("$argon2id$not-a-real-hash".to_owned());
    let signed_in = SignedIn::new(eve, Ceiling::of_login(Proof::Password(hash)));
    let authority = Authority::of_login(&signed_in, Origin::local(Face::Registry));
    let login = db.begin_login(&authority, &At(now())).await.unwrap();
    let new = RefreshTokenRecord {
        user: eve.id,
        service: "s",
        client_id: None,
        digest: SecretToken::generate(SecretKind::RefreshToken, &SystemEntropy).digest(),
    };
    let token = refresh_tokens::insert(&login, new).await.unwrap();
    let digest = SessionSecret::generate(&SystemEntropy).digest();
    let new = SessionRecord {
        user: eve.id,
        digest,
        state: SessionState::Open,
        device: Device::of_user_agent(""),
        address: None,
    };
    sessions::insert(&login, new).await.unwrap();
    let ending = async {
        let change = begin(db).await;
        end(&change).await;
        commit(change).await.unwrap();
    };
    let giving = async {
        // The end waits for the login by then, or went past it.
        sleep(std::time::Duration::from_millis(300)).await;
        let grant = login.grant(|authority| authority.act_for(eve.id)).unwrap();
        let event = Event::new(EventAction::RefreshTokenCreated, &token, Detail::nothing());
        login.commit([grant.event(event)]).await.unwrap();
    };
    tokio::join!(ending, giving);
    let token = refresh_tokens::find(db, token.id).await.unwrap();
    (token, sessions::find_by_digest(db, &digest).await.unwrap())
}

/// Whoever makes an end to all that a user has waits for the login that is giving out one more; servers would not see it before it is
/// committed.
pub(super) async fn what_a_login_gives_out_ends_with_all_else(db: &Db) {
    let eve = make_user(db, "eve-who-logs-in").await;
    let revoke = async |change: &Change| {
        refresh_tokens::revoke_all(change, eve.id).await.unwrap();
    };
    let (token, _) = given_out_during(db, &eve, revoke).await;
    assert_eq!(token.unwrap().revoked_at, Some(now()));
    let remove = async |change: &Change| {
        refresh_tokens::remove_all_of(change, eve.id).await.unwrap();
    };
    let (token, _) = given_out_during(db, &eve, remove).await;
    assert_eq!(token, None);
    let sign_out = async |change: &Change| {
        sessions::remove_all_of(change, eve.id, None).await.unwrap();
    };
    let (_, session) = given_out_during(db, &eve, sign_out).await;
    assert!(session.is_none());
}

pub(super) async fn refresh_tokens_end(db: &Db) {
    let bob = user(db, "bob").await;
    let entropy = SeededEntropy::default();
    let secrets = [(); 3].map(|()| SecretToken::generate(SecretKind::RefreshToken, &entropy));
    let mut made = Vec::new();
    for secret in &secrets {
        made.push(log_in(db, &bob, secret).await);
    }
    let change = begin(db).await;
    refresh_tokens::revoke(&change, (made[0].id, made[0].user_id))
        .await
        .unwrap();
    commit(change).await.unwrap();
    let directory = Directory::without_copies(db.clone());
    let look = directory.look().await;
    let found = look.refresh_token(&secrets[1].digest(), |_| true).await;
    let (token, owner) = found.unwrap().unwrap();
    assert_eq!((&*token, &*owner), (&made[1], &bob));
    let revoked = refresh_tokens::find(db, made[0].id).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(now()));
    refresh_tokens_are_purged(db, &bob, (made[1].id, &secrets[1].digest())).await;
}

/// Those that are idle or old are, and only those.
async fn refresh_tokens_are_purged(
    db: &Db,
    bob: &User,
    (used, digest): (RefreshTokenId, &SecretDigest),
) {
    let after = |hours| now() + Duration::hours(hours);
    refresh_tokens::note_use(db, (used, digest), after(5))
        .await
        .unwrap();
    let lifetimes = RefreshLifetimes {
        idle: std::time::Duration::from_hours(6),
        absolute: std::time::Duration::from_hours(10),
    };
    let purged = async |instant| {
        let purged = refresh_tokens::purge(db, (&lifetimes, &PurgePass::default()), instant).await;
        let (number, has_rest) = purged.unwrap();
        assert!(!has_rest);
        number
    };
    let left = async || {
        let page =
            refresh_tokens::page(db, Some(bob.id), Paging::Offset(PageRequest::default())).await;
        let items = page.unwrap().items;
        items.iter().map(|token| token.id).collect::<Vec<_>>()
    };
    assert_eq!(purged(after(5)).await, 0);
    assert_eq!(purged(after(6)).await, 2);
    assert_eq!(left().await, [used], "the one that was used");
    let change = begin(db).await;
    refresh_tokens::revoke_all(&change, bob.id).await.unwrap();
    commit(change).await.unwrap();
    let revoked = refresh_tokens::find(db, used).await.unwrap().unwrap();
    assert!(revoked.revoked_at.is_some());
    assert_eq!(purged(after(10)).await, 1);
    assert!(left().await.is_empty());
}

/// The tokens that were not used for longest make room.
pub(super) async fn refresh_tokens_make_room(db: &Db) {
    let bob = user(db, "bob").await;
    let entropy = SeededEntropy::default();
    let secrets = [(); 4].map(|()| SecretToken::generate(SecretKind::RefreshToken, &entropy));
    let mut made = Vec::new();
    for secret in &secrets {
        made.push(log_in(db, &bob, secret).await.id);
    }
    refresh_tokens::note_use(
        db,
        (made[0], &secrets[0].digest()),
        now() + Duration::hours(1),
    )
    .await
    .unwrap();
    for (room, left) in [(4, &made[..]), (2, &[made[0], made[3]]), (0, &[])] {
        let operator = Authority::operator();
        let login = db.begin_login(&operator, &At(now())).await.unwrap();
        refresh_tokens::make_room(&login, bob.id, room)
            .await
            .unwrap();
        let grant = login.grant(Authority::require_administrator).unwrap();
        let event = Event::new(EventAction::UserCreated, &bob, Detail::nothing());
        login.commit([grant.event(event)]).await.unwrap();
        let page =
            refresh_tokens::page(db, Some(bob.id), Paging::Offset(PageRequest::default())).await;
        let items = page.unwrap().items;
        let ids: Vec<_> = items.iter().map(|token| token.id).collect();
        assert_eq!(ids, left);
    }
}
