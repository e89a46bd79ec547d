//! The table of rights on groups and projects.

use chrono::DateTime;

use super::*;
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::authority::Need;
use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
use crate::domain::events::origin::{Face, Origin};
use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::users::username::Username;

const ALICE: UserId = UserId(7);
const BOB: UserId = UserId(8);

fn authority(admin: bool, external: bool) -> Authority {
    let ceiling = Ceiling {
        proof: Proof::Explained,
        scopes: [AccessTokenScope::Api].into_iter().collect(),
        repositories: Vec::new(),
    };
    let caller = SignedIn {
        id: ALICE,
        username: Username::try_from("alice").unwrap(),
        admin,
        external,
        is_named_otherwise: false,
        ceiling,
    };
    Authority::of(&caller, Need::Write, Origin::local(Face::Api)).unwrap()
}

fn namespace(kind: NamespaceKind, visibility: Visibility) -> Namespace {
    Namespace {
        id: NamespaceId(1),
        kind,
        path: NamespacePath::try_from("team").unwrap(),
        name: "team".to_owned(),
        description: None,
        visibility,
        parent: None,
        created_at: DateTime::UNIX_EPOCH,
    }
}

fn standing(kind: NamespaceKind, role: Option<AccessLevel>) -> Standing {
    Standing {
        namespace: namespace(kind, Visibility::Public),
        roles: role.map(endless).into_iter().collect(),
    }
}

fn endless(level: AccessLevel) -> LastingRole {
    LastingRole {
        level,
        expiry: None,
    }
}

fn member(user_id: UserId, level: AccessLevel) -> Member {
    Member {
        user_id,
        level,
        expiry: None,
        created_at: DateTime::UNIX_EPOCH,
        given_by: None,
    }
}

#[test]
fn members_and_administrators_see_all_and_others_what_is_shown_to_them() {
    use Visibility::{Internal, Private, Public};
    for visibility in [Private, Internal, Public] {
        let namespace = namespace(NamespaceKind::Group, visibility);
        assert!(authority(false, true).sees(&namespace, Some(AccessLevel::Guest)));
        assert!(authority(true, true).sees(&namespace, None));
        assert_eq!(
            authority(false, false).sees(&namespace, None),
            visibility != Private
        );
        assert_eq!(
            authority(false, true).sees(&namespace, None),
            visibility == Public
        );
    }
}

/// The lowest role that suffices for something.
fn lowest(may: impl Fn(&Standing) -> bool, kind: NamespaceKind) -> Option<AccessLevel> {
    assert!(!may(&standing(kind, None)), "not without a role");
    let suffices = |&level: &AccessLevel| may(&standing(kind, Some(level)));
    let lowest = AccessLevel::ALL.into_iter().find(suffices);
    let from_there = AccessLevel::ALL
        .into_iter()
        .filter(|&level| Some(level) >= lowest);
    assert!(
        lowest.is_none() || from_there.clone().all(|level| suffices(&level)),
        "a higher role may no less"
    );
    lowest
}

#[test]
fn each_thing_takes_gitlabs_role() {
    use AccessLevel::{Maintainer, Owner};
    use NamespaceKind::{Group, Project};
    let alice = authority(false, false);
    let held = |level| member(BOB, level);
    for (kind, manager) in [(Group, Owner), (Project, Maintainer)] {
        assert_eq!(lowest(|s| alice.describe(s).is_ok(), kind), Some(manager));
        assert_eq!(
            lowest(|s| alice.change_visibility(s).is_ok(), kind),
            Some(Owner)
        );
        assert_eq!(lowest(|s| alice.delete(s).is_ok(), kind), Some(Owner));
        for level in AccessLevel::ALL {
            let needed = Some(manager.max(level));
            assert_eq!(
                lowest(|s| alice.give_role(s, endless(level)).is_ok(), kind),
                needed,
                "nobody gives a higher role than their own"
            );
            assert_eq!(
                lowest(|s| alice.take_role(s, &held(level)).is_ok(), kind),
                needed,
                "nobody takes a higher role than their own"
            );
            for other in AccessLevel::ALL {
                assert_eq!(
                    lowest(
                        |s| alice.change_role(s, &held(level), endless(other)).is_ok(),
                        kind
                    ),
                    Some(manager.max(level).max(other))
                );
            }
        }
    }
    for parents in Visibility::ALL {
        for visibility in Visibility::ALL {
            let creates = |s: &Standing| {
                let namespace = namespace(Group, parents);
                let parent = Standing {
                    namespace,
                    ..s.clone()
                };
                alice.create_project(&parent, visibility).is_ok()
            };
            let needed = if visibility > parents {
                Owner
            } else {
                Maintainer
            };
            assert_eq!(lowest(creates, Group), Some(needed), "{visibility}");
        }
    }
    assert_eq!(
        lowest(|s| alice.create_group(Some(s)).is_ok(), Group),
        Some(Owner)
    );
    assert_eq!(alice.create_group(None), Err(Refusal::AdministratorsOnly));
}

/// GitLab's roles for what is seen of a group or project beside its images.
#[test]
fn each_thing_is_seen_from_a_role_on() {
    use AccessLevel::{Maintainer, Owner, Reporter};
    use NamespaceKind::{Group, Project};
    type Rule = fn(&Authority, &Standing) -> Result<(), Refusal>;
    let alice = authority(false, false);
    for (kind, manager) in [(Group, Owner), (Project, Maintainer)] {
        let needed: [(Rule, AccessLevel); 5] = [
            (Authority::list_repositories, Reporter),
            (Authority::list_deploy_tokens, Maintainer),
            (Authority::read_usage, Maintainer),
            (Authority::read_audit_events, Owner),
            (Authority::manage_deploy_tokens, manager),
        ];
        for (rule, needed) in needed {
            let from = lowest(|standing| rule(&alice, standing).is_ok(), kind);
            assert_eq!(from, Some(needed), "{kind:?}");
        }
    }
}

#[test]
fn everyone_may_leave_and_administrators_may_everything() {
    let mine = &member(ALICE, AccessLevel::Guest);
    let guest = standing(NamespaceKind::Group, Some(AccessLevel::Guest));
    assert!(authority(false, false).take_role(&guest, mine).is_ok());
    assert!(
        authority(false, false)
            .change_role(&guest, mine, endless(AccessLevel::Guest))
            .is_err(),
        "but not change their own role"
    );
    let nothing = standing(NamespaceKind::Group, None);
    let root = authority(true, false);
    assert!(root.create_group(None).is_ok() && root.delete(&nothing).is_ok());
    assert!(
        root.give_role(&nothing, endless(AccessLevel::Owner))
            .is_ok()
    );
}

#[test]
fn nobody_gives_a_role_that_lasts_longer_than_their_own() {
    use AccessLevel::{Developer, Guest, Maintainer, Owner};
    let on = |date: &str| Some(Expiry::on(date.parse().unwrap()));
    let role = |level, expiry| LastingRole { level, expiry };
    let (may, june) = (on("2026-05-01"), on("2026-06-01"));
    let standing = Standing {
        namespace: namespace(NamespaceKind::Project, Visibility::Public),
        roles: vec![role(Owner, may), role(Maintainer, june), role(Guest, None)],
    };
    let alice = authority(false, false);
    let give = |level, end| alice.give_role(&standing, role(level, end));
    assert_eq!(give(Owner, may), Ok(()));
    assert_eq!(give(Owner, june), Err(Refusal::RoleEnds(may.unwrap())));
    assert_eq!(
        give(Maintainer, june),
        Ok(()),
        "by the role that lasts longer"
    );
    assert_eq!(give(Guest, None), Err(Refusal::RoleEnds(june.unwrap())));
    assert!(
        authority(true, false)
            .give_role(&standing, role(Owner, None))
            .is_ok()
    );
    let held = |level, expiry| Member {
        expiry,
        ..member(BOB, level)
    };
    let change = |from: &Member, level, end| alice.change_role(&standing, from, role(level, end));
    let endless = held(Developer, None);
    assert_eq!(change(&endless, Guest, None), Ok(()), "lowered");
    assert_eq!(change(&endless, Developer, may), Ok(()), "shortened");
    assert!(change(&endless, Maintainer, None).is_err());
    assert!(change(&held(Developer, may), Developer, None).is_err());
    assert!(change(&held(Developer, may), Developer, june).is_ok());
}
