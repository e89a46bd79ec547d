//! Sessions as credentials of a change.

use super::*;
use crate::domain::entropy::Sevens;
use crate::domain::sessions::device::Device;
use crate::domain::sessions::secret::SessionSecret;

#[test]
fn a_session_counts_as_long_as_it_is_there_and_has_not_ended() {
    let end = DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(1);
    let session = Session {
        id: SessionId(3),
        user_id: UserId(7),
        state: SessionState::Open,
        device: Device::of_user_agent(""),
        address: None,
        created_at: DateTime::UNIX_EPOCH,
        last_seen_at: DateTime::UNIX_EPOCH,
    };
    let user = User::plain(UserId(7), "alice");
    let digest = SessionSecret::generate(&Sevens).digest();
    let ceiling = Ceiling::of_session(Proof::Session(session.id, digest, end));
    let signed_in = SignedIn::new(&user, ceiling);
    let authority = Authority::of_session(&signed_in, Origin::local(Face::Web));
    let renewed = |session: Option<Session>, now| {
        let facts = Evidence {
            user: Some(user.clone()),
            session,
            ..Evidence::default()
        };
        authority.renewed(facts, now)
    };
    let before = end - chrono::TimeDelta::seconds(1);
    assert_eq!(
        renewed(Some(session.clone()), before),
        Ok(authority.clone())
    );
    let half = Session {
        state: SessionState::AwaitsCode,
        ..session.clone()
    };
    let others = Session {
        user_id: UserId(8),
        ..session.clone()
    };
    for (session, now) in [
        (None, before),
        (Some(half), before),
        (Some(others), before),
        (Some(session), end),
    ] {
        let refused = Err(Refusal::Credential(Cause::EndedSession));
        assert_eq!(renewed(session, now), refused);
    }
}
