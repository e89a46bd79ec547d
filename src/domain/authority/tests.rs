//! Tests of authorities: needs, rules, and claims that are looked at again.

use super::*;

fn caller(admin: bool, scope: AccessTokenScope) -> SignedIn {
    let ceiling = Ceiling {
        proof: Proof::Explained,
        scopes: [scope].into_iter().collect(),
        repositories: Vec::new(),
    };
    SignedIn {
        id: UserId(7),
        username: Username::try_from("alice").unwrap(),
        admin,
        external: false,
        ceiling,
        is_named_otherwise: false,
    }
}

#[test]
fn each_scope_opens_what_the_table_says() {
    use Need::{OwnToken, Read, ReadUsers, RotateOwnToken, Write};
    let all = [ReadUsers, Read, Write, OwnToken, RotateOwnToken];
    for (scope, opened) in [
        (AccessTokenScope::Api, all.to_vec()),
        (AccessTokenScope::ReadApi, vec![ReadUsers, Read, OwnToken]),
        (AccessTokenScope::ReadUser, vec![ReadUsers, OwnToken]),
        (AccessTokenScope::ReadRegistry, vec![OwnToken]),
        (AccessTokenScope::WriteRegistry, vec![OwnToken]),
        (AccessTokenScope::DeleteRegistry, vec![OwnToken]),
        (AccessTokenScope::SelfRotate, vec![OwnToken, RotateOwnToken]),
    ] {
        for need in all {
            // An administrator's token opens no more than another one with its scopes.
            for admin in [false, true] {
                let is_open =
                    Authority::of(&caller(admin, scope), need, Origin::local(Face::Api)).is_ok();
                assert_eq!(is_open, opened.contains(&need), "{scope} {need:?}");
            }
        }
    }
}

#[test]
fn users_act_for_themselves_and_administrators_for_all() {
    let user = Authority::of(
        &caller(false, AccessTokenScope::Api),
        Need::Write,
        Origin::local(Face::Api),
    )
    .unwrap();
    assert_eq!(
        user.require_administrator(),
        Err(Refusal::AdministratorsOnly)
    );
    assert_eq!(user.act_for(UserId(8)), Err(Refusal::NotYours));
    assert!(user.act_for(UserId(7)).is_ok());
    let administrator = Authority::of(
        &caller(true, AccessTokenScope::Api),
        Need::Write,
        Origin::local(Face::Api),
    )
    .unwrap();
    assert!(
        administrator.require_administrator().is_ok() && administrator.act_for(UserId(8)).is_ok()
    );
    assert_eq!(administrator.actor().name(), "alice");
}

#[test]
fn a_session_administers_and_a_login_does_not() {
    let administrator = caller(true, AccessTokenScope::Api);
    let origin = || Origin::local(Face::Api);
    let session = Authority::of_session(&administrator, origin());
    assert_eq!(session.require_administrator(), Ok(()));
    let login = Authority::of_login(&administrator, origin());
    assert_eq!(
        login.require_administrator(),
        Err(Refusal::AdministratorsOnly)
    );
    let user = caller(false, AccessTokenScope::Api);
    let session = Authority::of_session(&user, origin());
    assert_eq!(
        session.require_administrator(),
        Err(Refusal::AdministratorsOnly)
    );
}

/// An administrator with that name, and the id of the caller.
fn user(name: &str) -> User {
    User {
        admin: true,
        ..User::plain(UserId(7), name)
    }
}

#[test]
fn a_claim_is_as_good_as_the_facts_that_bear_it_out() {
    let (now, hash) = (DateTime::UNIX_EPOCH, |text: &str| {
        PasswordHash::from_phc(text.to_owned())
    });
    let mut administrator = caller(true, AccessTokenScope::Api);
    administrator.ceiling.proof = Proof::Password(hash("verified"));
    let session = Authority::of_session(&administrator, Origin::local(Face::Api));
    let (user, successor) = (user("alice"), user("bob"));
    let facts = |user: Option<&User>, password: &str| Evidence {
        user: user.cloned(),
        password: Some(hash(password)),
        ..Evidence::default()
    };
    let renewed = |facts| session.renewed(facts, now);
    assert_eq!(renewed(facts(Some(&user), "verified")), Ok(session.clone()));
    let demoted = User {
        admin: false,
        external: true,
        ..user.clone()
    };
    let less = renewed(facts(Some(&demoted), "verified")).unwrap();
    assert!(!less.is_administrator() && less.is_external());
    let blocked = User {
        state: UserState::Blocked,
        ..user.clone()
    };
    for (facts, cause) in [
        (facts(Some(&user), "another"), Cause::WrongPassword),
        (facts(Some(&blocked), "verified"), Cause::BlockedUser),
        (facts(None, "verified"), Cause::UnknownUser),
        // After the database went back, the id of a lost user may be somebody else's.
        (facts(Some(&successor), "verified"), Cause::UnknownUser),
    ] {
        assert_eq!(renewed(facts), Err(Refusal::Credential(cause)));
    }
    let with_two = User {
        two_factor: true,
        ..user.clone()
    };
    let login = Authority::of_login(&administrator, Origin::local(Face::Registry));
    let refused = login.renewed(facts(Some(&with_two), "verified"), now);
    assert_eq!(refused, Err(Refusal::Credential(Cause::TwoFactorEnabled)));
    assert!(renewed(facts(Some(&with_two), "verified")).is_ok());
    // Nobody can take the command line's right away.
    let operator = Authority::operator();
    assert_eq!(operator.renewed(Evidence::default(), now), Ok(operator));
}
