//! Groups and projects, and what is left of deleted ones.

use chrono::Duration;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::authority::{Authority, Need};
use wharfinger::domain::decision::principal::{Ceiling, Proof, SignedIn};
use wharfinger::domain::events::origin::{Face, Origin};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::members::access_level::AccessLevel;
use wharfinger::domain::namespaces::filter::{
    NamespaceFilter, NamespaceSort, NamespaceSortKey, Within,
};
use wharfinger::domain::namespaces::path::NamespacePath;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::namespaces::{Namespace, NamespaceKind, Occupied};
use wharfinger::domain::page::{PageRequest, Paging};
use wharfinger::storage::namespaces::{NamespaceRecord, lists};
use wharfinger::storage::{Db, namespaces};

use super::members::give;
use super::story::{begin, begin_at, commit, now};
use super::users::make_user;

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

pub(super) async fn namespaces_leave_tombstones(db: &Db) {
    let change = begin(db).await;
    let new = |text: &str, kind, parent| NamespaceRecord {
        kind,
        path: path(text),
        visibility: Visibility::Public,
        parent,
        name: None,
        description: None,
    };
    let team = namespaces::insert(&change, new("team", NamespaceKind::Group, None))
        .await
        .unwrap();
    let under = namespaces::insert(
        &change,
        new("team/a_b", NamespaceKind::Group, Some(team.id)),
    )
    .await
    .unwrap();
    let app = namespaces::insert(
        &change,
        new("team/a_b/app", NamespaceKind::Project, Some(under.id)),
    )
    .await
    .unwrap();
    // `_` is a wildcard to LIKE: this one must not count as below team/a_b.
    let other = namespaces::insert(
        &change,
        new("team/axb", NamespaceKind::Group, Some(team.id)),
    )
    .await
    .unwrap();
    commit(change).await.unwrap();
    let below = namespaces::live_below(db, team.id).await.unwrap();
    assert_eq!(
        below
            .iter()
            .map(|namespace| namespace.path.as_str())
            .collect::<Vec<_>>(),
        ["team/a_b", "team/axb", "team/a_b/app"]
    );
    assert_eq!(
        namespaces::live_below(db, under.id).await.unwrap(),
        std::slice::from_ref(&app)
    );
    assert_eq!(
        namespaces::all(db, NamespaceKind::Group).await.unwrap(),
        [team, under.clone(), other]
    );

    let change = begin(db).await;
    namespaces::bury(&change, &[under.clone(), app.clone()])
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
    let anew = namespaces::insert(
        &change,
        new("team/a_b", NamespaceKind::Group, under.id.into()),
    )
    .await
    .unwrap();
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

pub(super) async fn each_sees_what_is_shown_to_them(db: &Db) {
    let eve = make_user(db, "eve").await;
    let secret = make_place(db, "a_1", None, Visibility::Private).await;
    let below = make_place(db, "a_1/deep", Some(&secret), Visibility::Private).await;
    make_place(db, "ax1", None, Visibility::Private).await;
    make_place(db, "a_11", None, Visibility::Private).await;
    make_place(db, "a_inside", None, Visibility::Internal).await;
    make_place(db, "a_open", None, Visibility::Public).await;
    let authority = |admin, external| {
        let ceiling = Ceiling {
            proof: Proof::Explained,
            scopes: [AccessTokenScope::Api].into_iter().collect(),
            repositories: Vec::new(),
        };
        let mut caller = SignedIn::new(eve.clone(), ceiling);
        (caller.admin, caller.external) = (admin, external);
        Authority::of(&caller, Need::Read, Origin::local(Face::Api)).unwrap()
    };
    let filter = NamespaceFilter {
        search: Some("A".to_owned()),
        sort: NamespaceSort {
            key: NamespaceSortKey::Path,
            descending: false,
        },
        skip: Vec::new(),
        ..NamespaceFilter::all(NamespaceKind::Group)
    };
    let seen = async |authority: &Authority, filter: &NamespaceFilter, instant| {
        let all = Paging::Offset(PageRequest::default());
        let listing = lists::page(db, authority, filter, instant, all).await;
        let listing = listing.unwrap();
        let paths = listing
            .items()
            .iter()
            .map(|namespace| namespace.path.to_string());
        paths
            .filter(|path| path.starts_with('a'))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (eves, outsider) = (authority(false, false), authority(false, true));
    assert_eq!(seen(&outsider, &filter, now()).await, "a_open");
    assert_eq!(seen(&eves, &filter, now()).await, "a_inside a_open");
    assert_eq!(
        seen(&authority(true, false), &filter, now()).await,
        "a_1 a_1/deep a_11 a_inside a_open ax1"
    );
    let tomorrow = Expiry::on(now().date_naive() + Duration::days(1));
    give(db, &secret, &eve, AccessLevel::Reporter, Some(tomorrow)).await;
    assert_eq!(
        seen(&outsider, &filter, now()).await,
        "a_1 a_1/deep a_open",
        "`_` is no wildcard, and a name that begins the same is not below"
    );
    assert_eq!(seen(&outsider, &filter, tomorrow.instant()).await, "a_open");
    let mine = NamespaceFilter {
        min_role: Some(AccessLevel::Reporter),
        ..filter.clone()
    };
    assert_eq!(seen(&eves, &mine, now()).await, "a_1 a_1/deep");
    let managed = NamespaceFilter {
        min_role: Some(AccessLevel::Developer),
        ..filter.clone()
    };
    assert_eq!(seen(&eves, &managed, now()).await, "");
    assert_eq!(
        seen(&Authority::operator(), &mine, now()).await,
        "",
        "the command line has no roles"
    );
    for within in [Within::Children(secret.id), Within::Below(secret.path)] {
        let filter = NamespaceFilter {
            within: Some(within),
            ..filter.clone()
        };
        assert_eq!(
            seen(&Authority::operator(), &filter, now()).await,
            "a_1/deep"
        );
    }
    let but_one = NamespaceFilter {
        skip: vec![below.id],
        top_level_only: true,
        visibility: Some(Visibility::Private),
        ..filter.clone()
    };
    assert_eq!(
        seen(&Authority::operator(), &but_one, now()).await,
        "a_1 a_11 ax1"
    );
    let named = NamespaceFilter {
        search: Some("näme A_1".to_owned()),
        sort: NamespaceSort {
            key: NamespaceSortKey::Name,
            descending: true,
        },
        ..filter
    };
    assert_eq!(
        seen(&Authority::operator(), &named, now()).await,
        "a_11 a_1/deep a_1"
    );

    let change = begin(db).await;
    let renamed = Namespace {
        name: "Ω".to_owned(),
        description: None,
        visibility: Visibility::Public,
        ..below
    };
    namespaces::save(&change, &renamed).await.unwrap();
    commit(change).await.unwrap();
    let found = namespaces::find_live_by_id(db, renamed.id).await.unwrap();
    assert_eq!(found, Some(renamed));
}
