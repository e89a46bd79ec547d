//! Sessions: people who signed in on the web pages.

pub mod device;
pub mod secret;
pub mod waiting;

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::clock::AHEAD;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::sessions::device::Device;

/// A session, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, which is no secret.
    pub id: SessionId,
    /// The user who signed in.
    pub user_id: UserId,
    /// The part of the sign-in that is done.
    pub state: SessionState,
    /// The browser and the system that it is on.
    pub device: Device,
    /// The address that the sign-in came from, if it is known.
    pub address: Option<IpAddr>,
    /// The time of the sign-in.
    pub created_at: DateTime<Utc>,
    /// The time of the last request, to the minute.
    pub last_seen_at: DateTime<Utc>,
}

/// The part of a sign-in that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// The password was right, and the code of the second factor is still to come: it opens nothing yet.
    AwaitsCode,
    /// The user is signed in.
    Open,
}

/// The rules for sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRules {
    /// The life of a session that is not used.
    pub idle: Duration,
    /// The life of any session.
    pub absolute: Duration,
    /// The most open sessions of one user.
    pub most_per_user: u64,
}

/// The time after a request at which the next one is written down, unless sessions idle out sooner.
const SEEN_GRANULARITY: Duration = Duration::from_mins(1);

/// The life of a session that awaits a code.
const LONGEST_WAIT_FOR_CODE: Duration = Duration::from_mins(5);

impl SessionRules {
    /// The instant at which a session ends unless it is used.
    pub fn end_of(&self, session: &Session) -> DateTime<Utc> {
        let after = |begin: DateTime<Utc>, life: Duration| {
            let life = TimeDelta::from_std(life).unwrap_or(TimeDelta::MAX);
            begin
                .checked_add_signed(life)
                .unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        let idle = after(session.last_seen_at, self.idle);
        let absolute = match session.state {
            SessionState::AwaitsCode => self.absolute.min(LONGEST_WAIT_FOR_CODE),
            SessionState::Open => self.absolute,
        };
        idle.min(after(session.created_at, absolute))
    }

    /// True if a session goes on at `now`. One that began later, by a clock that was ahead, would go on for as long as that was.
    pub fn goes_on(&self, session: &Session, now: DateTime<Utc>) -> bool {
        now < self.end_of(session) && session.created_at <= now + AHEAD
    }

    /// True if a request at `now` is to be written down. After one that was later it is not: this clock may be the one that is behind, and
    /// whoever uses the session now would idle out when it is right again.
    pub fn is_seen_anew(&self, session: &Session, now: DateTime<Utc>) -> bool {
        let granularity = SEEN_GRANULARITY.min(self.idle / 10);
        let since = now.signed_duration_since(session.last_seen_at);
        since.to_std().is_ok_and(|since| since >= granularity)
    }

    /// The instants before which a living session was neither used last nor begun.
    pub fn limits(&self, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let before = |life: Duration| {
            let life = TimeDelta::from_std(life).unwrap_or(TimeDelta::MAX);
            now.checked_sub_signed(life)
                .unwrap_or(DateTime::<Utc>::MIN_UTC)
        };
        (before(self.idle), before(self.absolute))
    }

    /// The instant before which nothing that still awaits a code began.
    pub fn code_limit(now: DateTime<Utc>) -> DateTime<Utc> {
        now - LONGEST_WAIT_FOR_CODE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(begun: i64, seen: i64) -> Session {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        Session {
            id: SessionId(1),
            user_id: UserId(1),
            state: SessionState::Open,
            device: Device::of_user_agent(""),
            address: None,
            created_at: at(begun),
            last_seen_at: at(seen),
        }
    }

    #[test]
    fn a_session_ends_when_it_idles_and_when_it_is_old() {
        let rules = SessionRules {
            idle: Duration::from_mins(10),
            absolute: Duration::from_hours(1),
            most_per_user: 1,
        };
        let end = |begun, seen| rules.end_of(&session(begun, seen)).timestamp();
        assert_eq!(end(0, 0), 600);
        assert_eq!(end(0, 1000), 1600);
        assert_eq!(end(0, 3500), 3600);
        let now = DateTime::from_timestamp(3600, 0).unwrap();
        let (used, begun) = rules.limits(now);
        assert_eq!((used.timestamp(), begun.timestamp()), (3000, 0));
    }

    #[test]
    fn a_session_that_awaits_a_code_ends_soon() {
        let rules = SessionRules {
            idle: Duration::from_hours(1),
            absolute: Duration::from_hours(2),
            most_per_user: 1,
        };
        let half = Session {
            state: SessionState::AwaitsCode,
            ..session(100, 350)
        };
        assert_eq!(rules.end_of(&half).timestamp(), 400);
    }

    #[test]
    fn requests_are_written_down_once_a_minute() {
        let rules = SessionRules {
            idle: Duration::from_hours(1),
            absolute: Duration::MAX,
            most_per_user: 1,
        };
        let seen = |now| {
            let now = DateTime::from_timestamp(now, 0).unwrap();
            rules.is_seen_anew(&session(0, 100), now)
        };
        assert_eq!([159, 160, 90].map(seen), [false, true, false]);
        assert_eq!(rules.end_of(&session(0, 0)).timestamp(), 3600);
    }
}
