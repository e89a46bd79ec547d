//! Logins that are dropped while they commit, as those of requests that a stop ends.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use secrecy::SecretString;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::delivery::Couriers;
use crate::domain::authority::Authority;
use crate::domain::entropy::Sevens;
use crate::domain::events::origin::{Face, Origin};
use crate::domain::ids::UserId;
use crate::domain::notices::ends::DaysBefore;
use crate::domain::notices::outbox::Channels;
use crate::domain::notices::rules::NoticeRules;
use crate::domain::sessions::device::Device;
use crate::domain::users::User;

/// A clock at the beginning of time.
struct FirstClock;

impl Clock for FirstClock {
    fn instant(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }
}

/// Observations that are written to a new database, with its folder.
async fn observations() -> (TempDir, Observations) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
    let db = Db::open_and_migrate(&SecretString::from(url), 2).await;
    let db = db.unwrap();
    let rules = NoticeRules {
        days_before: DaysBefore::new([]),
        addresses_per_day: 0,
        channels: Channels::default(),
    };
    let notices = Notices::new(
        db.clone(),
        (Arc::new(FirstClock), Arc::new(Sevens)),
        Couriers::default(),
        rules,
    );
    (folder, Observations::new(db, Arc::new(FirstClock), notices))
}

impl Observations {
    /// A sign-in on the web pages by the request with that number, up to its commit.
    async fn begin_sign_in(&self, request: u128) -> (Login, (Grant, Observation)) {
        let origin = Origin {
            request_id: Some(Uuid::from_u128(request)),
            ..Origin::local(Face::Web)
        };
        let authority = Authority::service_for(origin.clone());
        let login = self.db.begin_login(&authority, &FirstClock).await;
        let login = login.unwrap();
        let grant = login.grant(|_| Ok(())).unwrap();
        let (alice, device) = (User::plain(UserId(7), "alice"), Device::of_user_agent(""));
        let seen = Observation::session_begun(&alice, &device, &origin, login.now());
        (login, (grant, seen))
    }

    /// The request of the last event, after a sign-in by `request` that comes to its end.
    async fn last_after(&self, request: u128) -> Option<String> {
        let (login, seen) = self.begin_sign_in(request).await;
        self.commit(login, Vec::new(), seen).await.unwrap();
        let mut last = events::last(&self.db, 1).await.unwrap();
        last.pop()?.request_id
    }
}

/// As many as have room in a minute, and one.
#[tokio::test]
async fn sign_ins_that_are_dropped_while_they_commit_take_the_event_of_no_other() {
    for dropped in [1, 5] {
        let (_folder, observations) = observations().await;
        for _ in 0..dropped {
            let (login, seen) = observations.begin_sign_in(1).await;
            let commit = observations.commit(login, Vec::new(), seen);
            assert!(commit.now_or_never().is_none(), "it waits for the database");
        }
        let whole = Some(Uuid::from_u128(2).to_string());
        assert_eq!(observations.last_after(2).await, whole, "{dropped}");
        assert_eq!(observations.last_after(3).await, whole, "it is known");
    }
}
