//! Groups and projects, and what is left of deleted ones.

use chrono::{DateTime, Duration, Utc};
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::authority::{Authority, Need};
use wharfinger::domain::decision::principal::{Ceiling, Proof, SignedIn};
use wharfinger::domain::events::origin::{Face, Origin};
use wharfinger::domain::ids::NamespaceId;
use wharfinger::domain::members::access_level::AccessLevel;
use wharfinger::domain::namespaces::filter::{
    NamespaceFilter, NamespaceSort, NamespaceSortKey, Within,
};
use wharfinger::domain::namespaces::path::NamespacePath;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::namespaces::{Namespace, NamespaceKind, Occupied};
use wharfinger::domain::page::{PageRequest, Paging};
use wharfinger::domain::users::User;
use wharfinger::storage::namespaces::lists::{NamespacesOf, some_of};
use wharfinger::storage::namespaces::{NamespacePlace, NamespaceRecord, lists};
use wharfinger::storage::{Db, Source, members, namespaces, repositories};

use super::members::{give, role, tomorrow};
use super::story::{begin, begin_at, commit, now};
use super::users::{make_user, user};

pub(super) fn path(text: &str) -> NamespacePath {
    NamespacePath::try_from(text).unwrap()
}

/// Makes a place below another, or at the top.
pub(super) async fn make_place(
    db: &Db,
    text: &str,
    parent: Option<&Namespace>,
    visibility: Visibility,
) -> Namespace {
    let change = begin(db).await;
    let new = NamespaceRecord {
        kind: NamespaceKind::Group,
        path: path(text),
        visibility,
        parent: parent.map(|parent| parent.id),
        name: Some(format!("Näme {text}")),
        description: Some("✓".repeat(2000)),
    };
    let made = namespaces::insert(&change, new).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(made.description, Some("✓".repeat(2000)));
    made
}

/// A group or project that is there.
pub(super) async fn live(db: &Db, at: &str) -> Namespace {
    let found = namespaces::find_live(db, &path(at)).await;
    found.unwrap().unwrap()
}

/// A public group or project.
fn public(at: &str, kind: NamespaceKind, parent: Option<NamespaceId>) -> NamespaceRecord {
    NamespaceRecord {
        kind,
        path: path(at),
        visibility: Visibility::Public,
        parent,
        name: None,
        description: None,
    }
}

pub(super) async fn namespaces_are_found_below_others(db: &Db) {
    let change = begin(db).await;
    let make = async |at: &str, kind, parent: Option<&Namespace>| {
        let parent = parent.map(|parent| parent.id);
        let made = namespaces::insert(&change, public(at, kind, parent)).await;
        made.unwrap()
    };
    let team = make("team", NamespaceKind::Group, None).await;
    let under = make("team/a_b", NamespaceKind::Group, Some(&team)).await;
    let app = make("team/a_b/app", NamespaceKind::Project, Some(&under)).await;
    // `_` is a wildcard to LIKE: this one must not count as below team/a_b.
    let other = make("team/axb", NamespaceKind::Group, Some(&team)).await;
    commit(change).await.unwrap();
    let below = namespaces::live_below(db, team.id).await.unwrap();
    assert_eq!(
        below
            .iter()
            .map(|namespace| namespace.path.as_str())
            .collect::<Vec<_>>(),
        ["team/a_b", "team/axb", "team/a_b/app"]
    );
    let places: Vec<NamespacePlace> = below.iter().map(NamespacePlace::from).collect();
    let found = namespaces::places_below(db, team.id).await;
    assert_eq!(found.unwrap(), places);
    assert_eq!(namespaces::live_below(db, under.id).await.unwrap(), [app]);
    assert_eq!(
        namespaces::by_path(db, NamespaceKind::Group, None, 9)
            .await
            .unwrap(),
        [&team, &under, &other].map(Clone::clone)
    );
    let after = namespaces::by_path(db, NamespaceKind::Group, Some(&team.path), 1).await;
    assert_eq!(after.unwrap(), [under]);
}

pub(super) async fn namespaces_leave_tombstones(db: &Db) {
    let (under, app) = (live(db, "team/a_b").await, live(db, "team/a_b/app").await);
    let change = begin(db).await;
    namespaces::bury(&change, &[(&under).into(), (&app).into()])
        .await
        .unwrap();
    commit(change).await.unwrap();
    assert_eq!(
        namespaces::occupant(db, &under.path).await.unwrap(),
        Some(Occupied::Tombstone(NamespaceKind::Group))
    );
    assert_eq!(namespaces::find_live(db, &app.path).await.unwrap(), None);
    assert_eq!(
        namespaces::occupant(db, &path("team/none")).await.unwrap(),
        None
    );

    let change = begin_at(db, now() + Duration::hours(1)).await;
    let anew = public("team/a_b", NamespaceKind::Group, under.id.into());
    let anew = namespaces::insert(&change, anew).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(anew.created_at, now() + Duration::hours(1));
    assert_eq!(
        namespaces::find_live(db, &under.path).await.unwrap(),
        Some(anew)
    );
    assert_eq!(
        namespaces::occupant(db, &app.path).await.unwrap(),
        Some(Occupied::Tombstone(NamespaceKind::Project))
    );
}

/// A user as the caller of a request.
pub(super) fn authority(user: &User, admin: bool, external: bool) -> Authority {
    let ceiling = Ceiling {
        proof: Proof::Explained,
        scopes: [AccessTokenScope::Api].into_iter().collect(),
        repositories: Vec::new(),
    };
    let mut caller = SignedIn::new(user, ceiling);
    (caller.admin, caller.external) = (admin, external);
    Authority::of(&caller, Need::Read, Origin::local(Face::Api)).unwrap()
}

/// All groups with an `a`, by path.
fn groups() -> NamespaceFilter {
    NamespaceFilter {
        search: Some("A".to_owned()),
        search_whole_path: true,
        sort: NamespaceSort {
            key: NamespaceSortKey::Path,
            descending: false,
        },
        skip: Vec::new(),
        ..NamespaceFilter::all(NamespaceKind::Group)
    }
}

/// The paths that a caller finds, of those that begin with `a`.
async fn seen(
    db: &Db,
    authority: &Authority,
    filter: &NamespaceFilter,
    instant: DateTime<Utc>,
) -> String {
    let all = Paging::Offset(PageRequest::default());
    let listing = lists::page(db, authority, filter, instant, all).await;
    let listing = listing.unwrap();
    let paths = listing
        .items
        .iter()
        .map(|namespace| namespace.path.to_string());
    paths
        .filter(|path| path.starts_with('a'))
        .collect::<Vec<_>>()
        .join(" ")
}

pub(super) async fn each_sees_what_is_shown_to_them(db: &Db) {
    let eve = make_user(db, "eve").await;
    let secret = make_place(db, "a_1", None, Visibility::Private).await;
    make_place(db, "a_1/deep", Some(&secret), Visibility::Private).await;
    make_place(db, "ax1", None, Visibility::Private).await;
    make_place(db, "a_11", None, Visibility::Private).await;
    make_place(db, "a_inside", None, Visibility::Internal).await;
    make_place(db, "a_open", None, Visibility::Public).await;
    let filter = groups();
    let seen = async |authority: &Authority, instant| seen(db, authority, &filter, instant).await;
    let (eves, outsider) = (authority(&eve, false, false), authority(&eve, false, true));
    assert_eq!(seen(&outsider, now()).await, "a_open");
    assert_eq!(seen(&eves, now()).await, "a_inside a_open");
    assert_eq!(
        seen(&authority(&eve, true, false), now()).await,
        "a_1 a_1/deep a_11 a_inside a_open ax1"
    );
    let tomorrow = tomorrow();
    let reporter = role(&eve, AccessLevel::Reporter, Some(tomorrow));
    give(db, &secret, &reporter).await;
    assert_eq!(
        seen(&outsider, now()).await,
        "a_1 a_1/deep a_open",
        "`_` is no wildcard, and a name that begins the same is not below"
    );
    assert_eq!(seen(&outsider, tomorrow.instant()).await, "a_open");
}

pub(super) async fn namespaces_are_found_by_role_place_and_name(db: &Db) {
    let eves = authority(&user(db, "eve").await, false, false);
    let operator = Authority::operator();
    let (secret, below) = (live(db, "a_1").await, live(db, "a_1/deep").await);
    let filter = groups();
    let seen = async |authority: &Authority, filter: &NamespaceFilter| {
        seen(db, authority, filter, now()).await
    };
    let mine = NamespaceFilter {
        min_role: Some(AccessLevel::Reporter),
        ..filter.clone()
    };
    assert_eq!(seen(&eves, &mine).await, "a_1 a_1/deep");
    let known = repositories::known::find(db, &eves, &[], now()).await;
    assert_eq!(
        known.unwrap(),
        ([].into(), false),
        "groups are no repositories"
    );
    let managed = NamespaceFilter {
        min_role: Some(AccessLevel::Developer),
        ..filter.clone()
    };
    assert_eq!(seen(&eves, &managed).await, "");
    assert_eq!(
        seen(&operator, &mine).await,
        "",
        "the command line has no roles"
    );
    for within in [Within::Children(secret.id), Within::Below(secret.path)] {
        let filter = NamespaceFilter {
            within: Some(within),
            ..filter.clone()
        };
        assert_eq!(seen(&operator, &filter).await, "a_1/deep");
    }
    let but_one = NamespaceFilter {
        skip: vec![below.id],
        top_level_only: true,
        visibility: Some(Visibility::Private),
        ..filter.clone()
    };
    assert_eq!(seen(&operator, &but_one).await, "a_1 a_11 ax1");
    let named = NamespaceFilter {
        search: Some("näme A_1".to_owned()),
        sort: NamespaceSort {
            key: NamespaceSortKey::Name,
            descending: true,
        },
        ..filter
    };
    assert_eq!(seen(&operator, &named).await, "a_11 a_1/deep a_1");
    for (text, expected) in [("eep", "a_1/deep"), ("x1", "ax1"), ("Ω", "")] {
        let mut own = named.clone();
        (own.search, own.search_whole_path) = (Some(text.to_owned()), false);
        assert_eq!(seen(&operator, &own).await, expected, "{text}");
    }
}

pub(super) async fn namespaces_of_a_user_come_in_parts(db: &Db) {
    let eve = user(db, "eve").await;
    let near = async |least, beginnings: &[&str], after: NamespaceId, part| {
        let wanted = NamespacesOf {
            user: &eve,
            kind: NamespaceKind::Group,
            least,
            beginnings,
            now: now(),
        };
        let turn = db.turn().await.unwrap();
        let found = some_of((db, &turn), wanted, after, part).await.unwrap();
        found
            .into_iter()
            .map(|namespace| namespace.id)
            .collect::<Vec<_>>()
    };
    let some = async |least, after, part| near(least, &[], after, part).await;
    let (secret, below) = (live(db, "a_1").await.id, live(db, "a_1/deep").await.id);
    let first = NamespaceId(0);
    let reporter = AccessLevel::Reporter;
    for (beginnings, found) in [
        (&[""][..], &[secret, below][..]),
        (&["a_1/de"], &[secret, below]),
        (&["a_1/deep/er/app"], &[secret, below]),
        (&["a_1/other"], &[secret]),
        (&["a_"], &[secret, below]),
        (&["ax1", "a"], &[secret, below]),
        (&["ax1/deep"], &[]),
    ] {
        assert_eq!(
            near(reporter, beginnings, first, (0, 10)).await,
            found,
            "{beginnings:?}"
        );
    }
    assert_eq!(some(reporter, first, (0, 10)).await, [secret, below]);
    assert_eq!(some(reporter, first, (1, 10)).await, [below]);
    assert_eq!(some(reporter, first, (0, 1)).await, [secret]);
    assert_eq!(some(reporter, secret, (0, 10)).await, [below]);
    assert_eq!(some(reporter, first, (u64::MAX, 10)).await, []);
    assert_eq!(some(AccessLevel::Developer, first, (0, 10)).await, []);
    let all = [live(db, "a_1").await, live(db, "a_1/deep").await];
    let held = members::held_in(db, eve.id, &all, now()).await.unwrap();
    let held: Vec<_> = held
        .into_iter()
        .map(|(id, role)| (id, role.level))
        .collect();
    assert_eq!(held, [(secret, reporter)]);
}

pub(super) async fn namespaces_are_renamed(db: &Db) {
    let below = live(db, "a_1/deep").await;
    let change = begin(db).await;
    let renamed = Namespace {
        name: "Ω".to_owned(),
        description: None,
        visibility: Visibility::Public,
        ..below.clone()
    };
    namespaces::save(&change, &below, &renamed).await.unwrap();
    commit(change).await.unwrap();
    let found = namespaces::find_live_by_id(db, renamed.id).await.unwrap();
    assert_eq!(found, Some(renamed));
}
