//! Usage that replicas write down, and the sums of it.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;
use wharfinger::app::usage::UsageCounter;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::decision::principal::{DeployTokenPrincipal, Principal};
use wharfinger::domain::decision::reason::Reason;
use wharfinger::domain::decision::{Decision, Denial};
use wharfinger::domain::ids::{DeployTokenId, NamespaceId};
use wharfinger::domain::page::{KeysetRequest, PageRequest, Paging};
use wharfinger::domain::registry::action::{Action, ActionSet};
use wharfinger::domain::registry::repository_name::RepositoryName;
use wharfinger::domain::registry::scope::{Resource, Scope};
use wharfinger::domain::usage::filter::{UsageFilter, UsageGrouping, UsagePlace, UsageSum};
use wharfinger::domain::usage::{CredentialKind, LastUse, RepositoryUses, UsageOwner};
use wharfinger::storage::usage::{self, sums};
use wharfinger::storage::{Db, repositories};

use super::story::{At, now};

const REPLICAS: usize = 3;
const ROUNDS: i64 = 8;
const REPOSITORIES: i64 = 5;
const FIRST: i64 = 900_001;

fn name(number: i64) -> RepositoryName {
    let text = format!("usage/app{number}/x");
    text.as_str().try_into().unwrap()
}

fn machine(id: i64) -> Principal {
    Principal::DeployToken(DeployTokenPrincipal {
        id: DeployTokenId(id),
        subject: String::new(),
        path: "usage".try_into().unwrap(),
        scopes: [].into_iter().collect(),
    })
}

/// A pull of each repository, a push to the first, and a refusal.
fn decision() -> Decision {
    let scope = |number: i64| Scope {
        resource: Resource::Repository(name(number)),
        actions: if number == 0 {
            [Action::Pull, Action::Push].into_iter().collect()
        } else {
            ActionSet::EMPTY.with(Action::Pull)
        },
    };
    Decision {
        granted: (0..REPOSITORIES).map(scope).collect(),
        denied: vec![Denial {
            resource: Resource::Repository(name(99)),
            action: Action::Pull,
            reason: Reason::HiddenFromUser,
        }],
    }
}

fn of_machine(id: i64) -> UsageFilter {
    UsageFilter {
        credential: Some((CredentialKind::DeployToken, id)),
        ..UsageFilter::default()
    }
}

/// The sums of a list, which are the same in pages and by keyset.
async fn summed(db: &Db, filter: &UsageFilter, grouping: UsageGrouping) -> Vec<UsageSum> {
    let page = Paging::Offset(PageRequest {
        number: 1,
        size: 100,
    });
    let page = sums::page(db, filter, grouping, page).await.unwrap();
    let (mut parts, mut after) = (Vec::new(), None);
    loop {
        let request = Paging::Keyset(KeysetRequest {
            after,
            descending: false,
            size: 1,
        });
        let part = sums::page(db, filter, grouping, request).await.unwrap();
        after = part.next();
        parts.extend(part.items);
        if after.is_none() {
            break;
        }
    }
    let items = page.items;
    assert_eq!(items, parts, "{grouping:?}");
    items
}

fn numbers(sums: &[UsageSum]) -> Vec<(i64, i64, i64)> {
    let counts = sums.iter().map(|sum| sum.counts);
    let numbers = counts.map(|counts| (counts.pulls, counts.pushes, counts.refused.hidden));
    numbers.collect()
}

/// Each replica counts the same for three machines, on two days, and all write at the same time, again and again.
async fn used(url: &SecretString) {
    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        let db = Db::open(url, 4).await.unwrap();
        replicas.push((UsageCounter::new(db.clone(), Arc::new(At(now()))), db));
    }
    for round in 0..ROUNDS {
        let day = now() + Duration::days(round % 2);
        for (counter, _) in &replicas {
            for id in FIRST..FIRST + 3 {
                counter.count(&machine(id), &decision(), day);
            }
        }
        let writing = replicas.iter().map(|(counter, _)| {
            let counter = counter.clone();
            async move { counter.write_all().await.unwrap() }
        });
        futures_util::future::join_all(writing).await;
    }
    for (_, db) in replicas {
        db.close().await.unwrap();
    }
}

pub(super) async fn usage_of_replicas_adds_up(db: &Db, url: &SecretString) {
    used(url).await;
    let replicas = i64::try_from(REPLICAS).unwrap();
    let (all, half) = (replicas * ROUNDS, replicas * ROUNDS / 2);
    let pulls = REPOSITORIES - 1;
    for id in FIRST..FIRST + 3 {
        let filter = of_machine(id);
        let days = summed(db, &filter, UsageGrouping::Day).await;
        let day = (half * pulls, half, half);
        assert_eq!(numbers(&days), [day, day]);
        let tokens = summed(db, &filter, UsageGrouping::Token).await;
        assert_eq!(numbers(&tokens), [(all * pulls, all, all)]);
        let mut named = numbers(&summed(db, &filter, UsageGrouping::Repository).await);
        named.sort_unstable();
        let pulled = [(all, 0, 0)].repeat(4);
        assert_eq!(named, [vec![(0, 0, all), (0, all, 0)], pulled].concat());
    }
    let place = |place| UsageFilter {
        place: Some(place),
        ..UsageFilter::default()
    };
    let below = |path: &str| place(UsagePlace::Below(path.try_into().unwrap()));
    let root = summed(db, &below("usage"), UsageGrouping::Token).await;
    assert_eq!(numbers(&root), [(all * pulls, all, 0)].repeat(3));
    let deep = summed(db, &below("usage/app1"), UsageGrouping::Project).await;
    assert_eq!(numbers(&deep), [(3 * all, 0, 0)]);
    let nowhere = place(UsagePlace::Project(NamespaceId(999_999)));
    assert_eq!(summed(db, &nowhere, UsageGrouping::Day).await, []);
    let second = UsageFilter {
        repository: Some(name(2)),
        from: Some((now() + Duration::days(1)).date_naive()),
        to: Some((now() + Duration::days(1)).date_naive()),
        ..of_machine(FIRST)
    };
    let day = summed(db, &second, UsageGrouping::Day).await;
    assert_eq!(numbers(&day), [(half, 0, 0)]);
    let (day, owner) = (
        now().date_naive(),
        UsageOwner::Root("usage".try_into().unwrap()),
    );
    let rows = usage::count_of_owner(db, (day, &owner)).await.unwrap();
    assert_eq!(rows, 0, "no such deploy tokens are below it");
    last_uses_only_rise(db).await;
    used_repositories_are_known_by_their_beginning(db).await;
    old_usage_is_purged(db).await;
}

async fn used_repositories_are_known_by_their_beginning(db: &Db) {
    let operator = Authority::operator();
    let known = async |pattern: &str| {
        let patterns = [pattern.try_into().unwrap()];
        let found = repositories::known::find(db, &operator, &patterns, now()).await;
        found.unwrap()
    };
    let all = (0..REPOSITORIES).map(name).collect();
    assert_eq!(known("usage/app*/x").await, (all, false));
    assert_eq!(known("usage/app1/**").await.0, [name(1)].into());
    assert_eq!(known("u_age/**").await.0, [].into(), "`_` is a letter");
}

async fn last_uses_only_rise(db: &Db) {
    let found = async || {
        let found = repositories::find_all(db, &[&name(0)]).await;
        found.unwrap().pop().unwrap()
    };
    let (first, later) = (found().await, now() + Duration::days(1));
    assert_eq!(first.last.pushed_at, Some(later));
    assert_eq!(first.last.pulled_at, None);
    let note = async |last: LastUse| {
        let used = RepositoryUses {
            first: last.pulled_at.min(last.pushed_at),
            last,
        };
        let namespace = Some(NamespaceId(900_001));
        repositories::note_use(db, first.id, namespace, (used, later))
            .await
            .unwrap();
    };
    let at = |pulled: DateTime<Utc>, pushed: DateTime<Utc>| LastUse {
        pulled_at: Some(pulled),
        pushed_at: Some(pushed),
    };
    note(at(later, now())).await;
    assert_eq!(found().await.last, at(later, later));
    assert_eq!(
        found().await.created_at,
        now(),
        "another replica's first use"
    );
    note(at(now(), later + Duration::seconds(1))).await;
    let last = at(later, later + Duration::seconds(1));
    assert_eq!(found().await.last, last);
    // A clock that was years ahead hides no later use.
    let ahead = later + Duration::days(5 * 365);
    note(at(ahead, ahead)).await;
    note(last).await;
    assert_eq!(found().await.last, last);
    let place = NamespaceId(900_001);
    assert_eq!(repositories::last_use_in(db, place).await.unwrap(), last);
    let page = Paging::Offset(PageRequest::default());
    let listed = repositories::page(db, place, Some(now()), page).await;
    assert_eq!(listed.unwrap().items, [found().await]);
}

async fn old_usage_is_purged(db: &Db) {
    let next = now() + Duration::days(1);
    let rows = 3 * u64::try_from(REPOSITORIES + 1).unwrap();
    assert_eq!(usage::purge(db, now()).await.unwrap(), (0, false));
    assert_eq!(usage::purge(db, next).await.unwrap(), (rows, false));
    let left = summed(db, &of_machine(FIRST), UsageGrouping::Day).await;
    assert_eq!(left.len(), 1);
    assert_eq!(repositories::purge(db, now()).await.unwrap(), (0, false));
    let all = next + Duration::days(1);
    let mut gone = 0;
    for _ in ["those of the first day", "those of the second"] {
        gone += repositories::purge(db, all).await.unwrap().0;
    }
    assert_eq!(gone, u64::try_from(REPOSITORIES).unwrap());
    assert_eq!(usage::purge(db, all).await.unwrap(), (rows, false));
}
