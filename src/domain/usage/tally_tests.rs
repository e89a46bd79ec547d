use super::*;
use crate::domain::decision::Denial;
use crate::domain::decision::principal::DeployTokenPrincipal;
use crate::domain::ids::DeployTokenId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::registry::action::{Action, ActionSet};
use crate::domain::registry::scope::Scope;
use crate::domain::usage::CredentialKind;

fn now() -> DateTime<Utc> {
    "2026-03-14T23:59:59Z".parse().unwrap()
}

fn machine(id: i64) -> Principal {
    machine_in("team", id)
}

fn machine_in(path: &str, id: i64) -> Principal {
    Principal::DeployToken(DeployTokenPrincipal {
        id: DeployTokenId(id),
        subject: format!("deploy_token:{id}"),
        path: path.try_into().unwrap(),
        scopes: [].into_iter().collect(),
    })
}

fn granted(names: impl IntoIterator<Item = String>, actions: &[Action]) -> Decision {
    let scope = |name: String| Scope {
        resource: Resource::Repository(name.as_str().try_into().unwrap()),
        actions: actions.iter().copied().collect::<ActionSet>(),
    };
    Decision {
        granted: names.into_iter().map(scope).collect(),
        denied: Vec::new(),
    }
}

fn refused(name: &str, reason: Reason) -> Decision {
    Decision {
        granted: Vec::new(),
        denied: vec![Denial {
            resource: Resource::Repository(name.try_into().unwrap()),
            action: Action::Push,
            reason,
        }],
    }
}

fn tally_of(tally: &UsageTally, id: i64) -> &CredentialTally {
    let credential = UsageCredential::of(&machine(id)).unwrap();
    &tally.days[&(now().date_naive(), credential)]
}

#[test]
fn a_granted_scope_counts_once_by_the_most_that_it_lets() {
    use Action::{Any, Delete, Pull, Push};
    let mut tally = UsageTally::default();
    for actions in [&[Pull][..], &[Pull, Push], &[Any, Delete, Pull, Push]] {
        tally.note(
            &machine(1),
            &granted(["team/app".to_owned()], actions),
            now(),
        );
    }
    let used = tally_of(&tally, 1).repositories[&"team/app".try_into().unwrap()];
    let counts = used.counts;
    assert_eq!((counts.pulls, counts.pushes, counts.deletes), (1, 1, 1));
    assert_eq!(used.uses.last.pulled_at, Some(now()));
    assert_eq!(counts.total(), 3);
}

#[test]
fn names_of_what_is_not_seen_are_not_kept() {
    let mut tally = UsageTally::default();
    let reasons = [
        Reason::HiddenFromAnonymous,
        Reason::HiddenFromUser,
        Reason::LoginNeeded,
        Reason::OutsidePatterns,
        Reason::NotByDeployToken,
        Reason::AdministratorsOnly,
    ];
    for reason in reasons {
        tally.note(&machine(1), &refused("no/where", reason), now());
    }
    let seen = Reason::RoleTooLow(AccessLevel::Developer);
    tally.note(&machine(1), &refused("team/app", seen), now());
    let kept = tally_of(&tally, 1);
    assert_eq!(kept.rest.refused.total(), 6);
    assert_eq!(
        (kept.rest.refused.hidden, kept.rest.refused.not_allowed),
        (2, 2)
    );
    assert_eq!(kept.repositories.len(), 1);
    assert_eq!(
        kept.repositories[&"team/app".try_into().unwrap()]
            .counts
            .refused
            .role_too_low,
        1
    );
}

#[test]
fn one_credential_and_all_together_are_bounded_and_no_count_of_a_known_one_is_lost() {
    let mut tally = UsageTally::default();
    let names = (0..1500).map(|number| format!("team/app{number}"));
    tally.note(&machine(0), &granted(names, &[Action::Pull]), now());
    let first = tally_of(&tally, 0);
    assert_eq!((first.repositories.len(), first.rest.pulls), (1000, 500));
    for id in 1..12_000 {
        let path = format!("group{id}/app");
        let pull = granted([path.clone()], &[Action::Pull]);
        tally.note(&machine_in(&path, id), &pull, now());
    }
    assert!(tally.room.entries <= 10_000, "{}", tally.room.entries);
    let kept: i64 = tally
        .days
        .values()
        .map(|day| {
            let apart: i64 = day
                .repositories
                .values()
                .map(|used| used.counts.pulls)
                .sum();
            apart + day.rest.pulls
        })
        .sum();
    assert_eq!(kept + tally.lost, 1500 + 11_999);
    assert!(tally.lost > 0);
    let lost = tally.lost;
    tally.note(
        &machine(0),
        &granted(["new/one".to_owned()], &[Action::Pull]),
        now(),
    );
    assert_eq!((tally_of(&tally, 0).rest.pulls, tally.lost), (501, lost));
}

#[test]
fn an_owner_has_a_share_and_however_many_take_theirs_others_find_room() {
    let mut tally = UsageTally::default();
    let names = |path: &str| {
        let path = path.to_owned();
        (0..1000).map(move |number| format!("{path}/x{number}"))
    };
    for group in 0..12 {
        for token in 0..10 {
            // Ever new projects and tokens are one owner's.
            let path = format!("noisy{group}/app{token}");
            let machine = machine_in(&path, 100 * group + token);
            tally.note(&machine, &granted(names(&path), &[Action::Push]), now());
            let first = UsageOwner::Root("noisy0".try_into().unwrap());
            assert!(tally.room.of_owners[&first].names <= 2000);
        }
    }
    assert!(tally.room.entries > 9000, "{}", tally.room.entries);
    let push = granted(names("team").take(20), &[Action::Push]);
    tally.note(&machine(9000), &push, now());
    assert_eq!(tally_of(&tally, 9000).repositories.len(), 20);
    // Entries that come back have the owner that they had.
    let mut later = UsageTally::default();
    later.put_back(tally);
    let names = later.room.of_owners.values().map(|owned| owned.names);
    assert!(names.max() <= Some(2000) && later.room.entries > 8000);
}

#[test]
fn what_was_not_written_down_comes_back_beside_what_came_since() {
    let mut earlier = UsageTally::default();
    let pull = granted(["team/app".to_owned()], &[Action::Pull]);
    earlier.note(&machine(1), &pull, now());
    earlier.note(&machine(1), &refused("x", Reason::HiddenFromUser), now());
    let mut tally = UsageTally::default();
    let later = now() + chrono::Duration::seconds(1);
    tally.note(&machine(1), &pull, later);
    tally.note(&machine(1), &pull, now());
    tally.put_back(earlier);
    assert_eq!(tally.begun_at, Some(now()));
    let both = tally_of(&tally, 1);
    assert_eq!(
        both.repositories[&"team/app".try_into().unwrap()]
            .counts
            .pulls,
        2
    );
    assert_eq!(both.rest.refused.hidden, 1);
    // A second later it was another day.
    assert_eq!(tally.days.len(), 2);
    let kinds: Vec<_> = tally
        .days
        .keys()
        .map(|(_, credential)| credential.kind)
        .collect();
    assert_eq!(kinds, [CredentialKind::DeployToken; 2]);
}

/// The machines of a tally in the order in which they are written down.
fn machines_in_turn(tally: &UsageTally) -> Vec<i64> {
    let turns = tally.in_turn().into_iter();
    turns.map(|(_, credential)| credential.id).collect()
}

#[test]
fn what_fails_waits_behind_others_and_those_of_its_owner_with_it() {
    let one = |id: i64, path: &str| {
        let name = format!("{path}/x");
        (machine_in(path, id), granted([name], &[Action::Push]))
    };
    let mut tally = UsageTally::default();
    for (id, path) in [(1, "first"), (2, "first"), (3, "second"), (4, "third")] {
        let (machine, decision) = one(id, path);
        tally.note(&machine, &decision, now());
    }
    assert_eq!(machines_in_turn(&tally), [1, 2, 3, 4]);
    let mut fails = |id: i64| {
        let credential = UsageCredential::of(&machine(id)).unwrap();
        tally.note_failure(&(now().date_naive(), credential));
        // As if everything had been put back beside something new.
        let earlier = std::mem::take(&mut tally);
        let (machine, decision) = one(5, "fifth");
        tally.note(&machine, &decision, now());
        tally.put_back(earlier);
        machines_in_turn(&tally)
    };
    assert_eq!(fails(1), [3, 4, 5, 2, 1]);
    assert_eq!(fails(3), [4, 5, 2, 1, 3]);
    assert_eq!(fails(2), [4, 5, 3, 1, 2]);
}
