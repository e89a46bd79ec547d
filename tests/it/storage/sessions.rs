//! Sessions: begun, found, made room for, ended and purged.

use std::time::Duration;

use chrono::TimeDelta;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::ids::SessionId;
use wharfinger::domain::sessions::device::Device;
use wharfinger::domain::sessions::secret::SessionSecret;
use wharfinger::domain::sessions::{Session, SessionRules, SessionState};
use wharfinger::domain::users::User;
use wharfinger::storage::sessions::{self, SessionRecord};
use wharfinger::storage::{Db, Login, PurgePass, users};

use super::story::{At, begin, commit, now};
use super::users::make_user;
use crate::harness::SeededEntropy;

/// Begins a session so many minutes after the story, and leaves `left` others.
pub(super) async fn sign_in(
    db: &Db,
    user: &User,
    secret: &SessionSecret,
    when: (i64, u64),
) -> Session {
    let (minutes, left) = when;
    let login = begin_login(db, minutes).await;
    let rules = rules((60, 120), left + 1);
    sessions::make_room(&login, user.id, &rules).await.unwrap();
    let new = (secret, SessionState::Open, "2001:db8::1");
    begin_session(login, user, new).await
}

/// Begins a sign-in that awaits a code.
async fn begin_to_wait(db: &Db, user: &User, secret: &SessionSecret, when: (i64, &str)) {
    let (minutes, address) = when;
    let login = begin_login(db, minutes).await;
    let from = (user.id, address.parse().ok());
    sessions::make_room_to_wait(&login, from, &rules((60, 120), 1))
        .await
        .unwrap();
    let new = (secret, SessionState::AwaitsCode, address);
    begin_session(login, user, new).await;
}

/// The rules with these minutes of life without use and in any case.
fn rules((idle, absolute): (u64, u64), most_per_user: u64) -> SessionRules {
    SessionRules {
        idle: Duration::from_mins(idle),
        absolute: Duration::from_mins(absolute),
        most_per_user,
    }
}

/// The ids of a user's open sessions so many minutes after the story, with these minutes of life.
async fn open_ids(db: &Db, user: &User, minutes: i64, lives: (u64, u64)) -> Vec<SessionId> {
    let at = now() + TimeDelta::minutes(minutes);
    let found = sessions::of_user(db, user.id, (&rules(lives, 1), at)).await;
    found.unwrap().iter().map(|session| session.id).collect()
}

async fn begin_login(db: &Db, minutes: i64) -> Login {
    let at = At(now() + TimeDelta::minutes(minutes));
    db.begin_login(&Authority::operator(), &at).await.unwrap()
}

async fn begin_session(
    login: Login,
    user: &User,
    (secret, state, address): (&SessionSecret, SessionState, &str),
) -> Session {
    let new = SessionRecord {
        user: user.id,
        digest: secret.digest(),
        state,
        device: Device::of_user_agent("Firefox/1 Linux"),
        address: Some(address.parse().unwrap()),
    };
    let session = sessions::insert(&login, new).await.unwrap();
    let grant = login.grant(Authority::require_administrator).unwrap();
    let event = Event::new(EventAction::UserSignedIn, user, Detail::nothing());
    login.commit([grant.event(event)]).await.unwrap();
    session
}

pub(super) async fn sessions_make_room_and_end(db: &Db) {
    let user = make_user(db, "with-sessions").await;
    let entropy = SeededEntropy::default();
    let secrets = [(); 4].map(|()| SessionSecret::generate(&entropy));
    let first = sign_in(db, &user, &secrets[0], (0, 1)).await;
    sign_in(db, &user, &secrets[1], (1, 1)).await;
    sessions::note_use(db, first.id, now() + TimeDelta::minutes(2))
        .await
        .unwrap();
    let third = sign_in(db, &user, &secrets[2], (3, 1)).await;
    assert_eq!(
        open_ids(db, &user, 3, (60, 120)).await,
        [third.id, first.id],
        "the unused one made room"
    );
    for (minutes, lives) in [(12, (10, 60)), (4, (60, 4))] {
        let found = open_ids(db, &user, minutes, lives).await;
        assert_eq!(found, [third.id], "the first is dead, and not purged");
    }
    let find = async |secret: &SessionSecret| {
        sessions::find_by_digest(db, &secret.digest())
            .await
            .unwrap()
    };
    let found = find(&secrets[2]).await.unwrap();
    assert_eq!((found.session, found.user), (third.clone(), user.clone()));
    assert!(!found.password_is_temporary);
    assert!(find(&secrets[1]).await.is_none());

    let change = begin(db).await;
    sessions::remove_all_of(&change, user.id, Some(third.id))
        .await
        .unwrap();
    let hash = wharfinger::domain::users::password::PasswordHash::from_phc("x".to_owned());
    users::set_temporary_password(&change, user.id, &hash)
        .await
        .unwrap();
    commit(change).await.unwrap();
    assert_eq!(open_ids(db, &user, 3, (60, 120)).await, [third.id]);
    assert!(find(&secrets[2]).await.unwrap().password_is_temporary);
    let change = begin(db).await;
    sessions::renew(&change, third.id, &secrets[0].digest())
        .await
        .unwrap();
    commit(change).await.unwrap();
    assert!(find(&secrets[2]).await.is_none());
    assert_eq!(find(&secrets[0]).await.unwrap().session, third);

    let rules = rules((10, 60), 1);
    let purged = async |minutes| {
        let purged = sessions::purge(
            db,
            (&rules, &PurgePass::default()),
            now() + TimeDelta::minutes(minutes),
        )
        .await;
        purged.unwrap().0
    };
    assert_eq!(purged(12).await, 0);
    assert_eq!(purged(13).await, 1);
    half_sessions_make_room_among_themselves(db, &user).await;
    let last = sign_in(db, &user, &secrets[3], (20, 0)).await;
    let change = begin(db).await;
    sessions::remove(&change, last.id).await.unwrap();
    commit(change).await.unwrap();
    assert!(sessions::find(db, last.id).await.unwrap().is_none());
}

/// Whoever knows the password alone ends nobody's session, and of the sign-ins that await a code those of their own network.
async fn half_sessions_make_room_among_themselves(db: &Db, user: &User) {
    let entropy = SeededEntropy::default();
    let secrets = [(); 18].map(|()| SessionSecret::generate(&entropy));
    let open = sign_in(db, user, &secrets[5], (14, 9)).await;
    begin_to_wait(db, user, &secrets[6], (15, "2001:db8:0:1::1")).await;
    for secret in &secrets[7..] {
        begin_to_wait(db, user, secret, (16, "2001:db8::2")).await;
    }
    let found = open_ids(db, user, 16, (60, 120)).await;
    assert_eq!(found, [open.id], "the others are none yet");
    let mut there = Vec::new();
    for secret in &secrets[6..] {
        let found = sessions::find_by_digest(db, &secret.digest()).await;
        there.push(found.unwrap().is_some());
    }
    let expected = [&[true, false][..], &[true; 10]].concat();
    assert_eq!(there, expected, "the other network's, and the last ten");
    let rules = rules((60, 60), 1);
    for (minutes, deleted) in [(20, 1), (21, 10)] {
        let at = now() + TimeDelta::minutes(minutes);
        let purged = sessions::purge(db, (&rules, &PurgePass::default()), at)
            .await
            .unwrap();
        assert_eq!(purged, (deleted, false));
    }
}
