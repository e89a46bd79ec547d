//! Roles, direct and inherited.

use chrono::{DateTime, Duration, Utc};
use wharfinger::domain::decision::principal::{Ceiling, Principal, Proof, SignedIn};
use wharfinger::domain::decision::rights::NamespaceState;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::ids::UserId;
use wharfinger::domain::members::Member;
use wharfinger::domain::members::access_level::AccessLevel;
use wharfinger::domain::members::filter::MemberFilter;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::namespaces::{Namespace, NamespaceKind};
use wharfinger::domain::page::{PageRequest, Paging};
use wharfinger::domain::registry::repository_name::RepositoryName;
use wharfinger::domain::users::User;
use wharfinger::storage::namespaces::NamespaceRecord;
use wharfinger::storage::{Db, members, namespaces, rights};

use super::namespaces::{live, make_place};
use super::story::{begin, commit, now};
use super::users::{make_user, user};

pub(super) async fn give(db: &Db, namespace: &Namespace, role: &Member) {
    let change = begin(db).await;
    members::put(&change, namespace.id, role).await.unwrap();
    commit(change).await.unwrap();
}

/// A role in a group, given twice, and another one below it.
pub(super) async fn members_keep_the_last_role_that_was_given(db: &Db) {
    let bob = make_user(db, "bob").await;
    let (team, under) = (live(db, "team").await, live(db, "team/a_b").await);
    let reporter = role(&bob, AccessLevel::Reporter, None);
    let owner = role(&bob, AccessLevel::Owner, Some(tomorrow()));
    let change = begin(db).await;
    for role in [&role(&bob, AccessLevel::Guest, None), &reporter] {
        members::put(&change, team.id, role).await.unwrap();
    }
    members::put(&change, under.id, &owner).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(direct(db, &team).await, [(reporter, bob.clone())]);
    let given = members::of_user(db, bob.id).await.unwrap();
    let given = given
        .iter()
        .map(|(namespace, member)| format!("{} {}", namespace.path, member.level));
    assert_eq!(
        given.collect::<Vec<_>>(),
        ["team reporter", "team/a_b owner"]
    );
}

pub(super) async fn members_and_rights_are_read_together(db: &Db) {
    let bob = user(db, "bob").await;
    let principal = Principal::User(SignedIn {
        id: bob.id,
        username: bob.username,
        admin: false,
        external: false,
        is_named_otherwise: false,
        ceiling: Ceiling::of_login(Proof::Explained),
    });
    let name = RepositoryName::try_from("team/a_b/app/x").unwrap();
    let own = RepositoryName::try_from("bob/x").unwrap();
    let level_at = async |instant| {
        let rights = rights::load(db, &principal, &[&name, &own], instant)
            .await
            .unwrap();
        assert_eq!(
            rights.at(&name).namespace.map(|(_, state)| state),
            Some(NamespaceState::Tombstone)
        );
        assert_eq!(rights.at(&own).role.unwrap().level, AccessLevel::Owner);
        let role = rights.at(&name).role.unwrap();
        (role.level, role.given_at.to_owned())
    };
    assert_eq!(
        level_at(now()).await,
        (AccessLevel::Owner, "team/a_b".to_owned())
    );
    assert_eq!(
        level_at(tomorrow().instant()).await,
        (AccessLevel::Reporter, "team".to_owned())
    );
    let rights = rights::load(db, &Principal::Anonymous, &[&name], now())
        .await
        .unwrap();
    assert!(rights.at(&name).role.is_none());
}

pub(super) async fn members_are_removed_once_and_nobody_is_none(db: &Db) {
    let bob = user(db, "bob").await;
    let (team, under) = (live(db, "team").await, live(db, "team/a_b").await);
    let change = begin(db).await;
    let nobody = Member {
        user_id: UserId(999_999),
        ..role(&bob, AccessLevel::Guest, None)
    };
    assert!(
        members::put(&change, team.id, &nobody).await.is_err(),
        "foreign keys are enforced"
    );
    drop(change);

    let change = begin(db).await;
    members::remove_from(&change, &[team.id], bob.id)
        .await
        .unwrap();
    members::remove_all(&change, &[(&under).into()])
        .await
        .unwrap();
    commit(change).await.unwrap();
    assert!(direct(db, &under).await.is_empty());
}

/// The members of a namespace itself, and who they are.
async fn direct(db: &Db, namespace: &Namespace) -> Vec<(Member, User)> {
    let (filter, request) = (
        MemberFilter::default(),
        Paging::Offset(PageRequest::default()),
    );
    let namespace = std::slice::from_ref(namespace);
    let page = members::page(db, namespace, &filter, now(), request).await;
    let members = page.unwrap().items.into_iter();
    members.map(|listed| (listed.member, listed.user)).collect()
}

pub(super) async fn members_are_listed_with_their_highest_role(db: &Db) {
    let (carl, dora) = (make_user(db, "carl").await, make_user(db, "dora").await);
    let top = make_place(db, "top", None, Visibility::Private).await;
    let sub = make_place(db, "top/sub", Some(&top), Visibility::Private).await;
    let own = NamespaceRecord {
        kind: NamespaceKind::User,
        path: carl.username.namespace(),
        visibility: Visibility::Private,
        parent: None,
        name: None,
        description: None,
    };
    let change = begin(db).await;
    let own = namespaces::insert(&change, own).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(own.name, "carl");
    let tomorrow = tomorrow();
    let maintainer = role(&carl, AccessLevel::Maintainer, Some(tomorrow));
    give(db, &top, &role(&carl, AccessLevel::Reporter, None)).await;
    give(db, &sub, &maintainer).await;
    give(db, &sub, &role(&dora, AccessLevel::Owner, None)).await;
    let listed = async |namespaces: &[Namespace], search, instant| {
        listed(db, namespaces, search, instant).await
    };
    let both = namespaces::and_ancestors(db, &sub).await.unwrap();
    assert_eq!(both, [sub.clone(), top.clone()], "nearest first");
    assert_eq!(
        listed(&both, None, now()).await,
        "carl:maintainer dora:owner"
    );
    assert_eq!(
        listed(&both, None, tomorrow.instant()).await,
        "carl:reporter dora:owner"
    );
    assert_eq!(listed(&both, Some("DOR"), now()).await, "dora:owner");
    assert_eq!(
        listed(&[own], None, now()).await,
        "carl:owner",
        "whose name it bears"
    );
}

/// Of three roles of one kind, whichever the database reads first.
pub(super) async fn of_equal_roles_the_longest_is_listed(db: &Db) {
    let top = make_place(db, "long", None, Visibility::Private).await;
    let sub = make_place(db, "long/sub", Some(&top), Visibility::Private).await;
    let leaf = make_place(db, "long/sub/leaf", Some(&sub), Visibility::Private).await;
    let places = [&top, &sub, &leaf];
    let later = Expiry::on(now().date_naive() + Duration::days(2));
    let (soon, late) = (Some(tomorrow()), Some(later));
    for (name, ends, longest) in [
        ("erin", [soon, None, late], None),
        ("finn", [None, late, soon], None),
        ("gail", [late, soon, soon], late),
        ("hugo", [soon, soon, late], late),
    ] {
        let user = make_user(db, name).await;
        for (place, end) in places.into_iter().zip(ends) {
            give(db, place, &role(&user, AccessLevel::Developer, end)).await;
        }
        let all = namespaces::and_ancestors(db, &leaf).await.unwrap();
        let filter = MemberFilter {
            users: Some(vec![user.id]),
            ..MemberFilter::default()
        };
        let first = Paging::Offset(PageRequest::default());
        let page = members::page(db, &all, &filter, now(), first).await;
        assert_eq!(page.unwrap().items[0].member.expiry, longest, "{name}");
    }
}

/// A role of a user, given now.
pub(super) fn role(user: &User, level: AccessLevel, expiry: Option<Expiry>) -> Member {
    Member {
        user_id: user.id,
        level,
        expiry,
        created_at: now(),
        given_by: None,
    }
}

pub(super) fn tomorrow() -> Expiry {
    Expiry::on(now().date_naive() + Duration::days(1))
}

/// The members of namespaces, as `name:level`.
async fn listed(
    db: &Db,
    namespaces: &[Namespace],
    search: Option<&str>,
    instant: DateTime<Utc>,
) -> String {
    let filter = MemberFilter {
        search: search.map(str::to_owned),
        ..MemberFilter::default()
    };
    let page = members::page(
        db,
        namespaces,
        &filter,
        instant,
        Paging::Offset(PageRequest::default()),
    );
    let page = page.await.unwrap();
    let names = page.items.iter();
    let names = names.map(|listed| format!("{}:{}", listed.user.username, listed.member.level));
    names.collect::<Vec<_>>().join(" ")
}

pub(super) async fn roles_of_a_user_are_found(db: &Db) {
    let (carl, dora) = (user(db, "carl").await, user(db, "dora").await);
    let (top, sub) = (live(db, "top").await, live(db, "top/sub").await);
    let tomorrow = tomorrow();
    let roles = rights::roles_at(db, carl.id, &sub.path, tomorrow.instant())
        .await
        .unwrap();
    assert_eq!(
        roles.iter().map(|role| role.level).max(),
        Some(AccessLevel::Reporter)
    );
    for (who, taken, left) in [
        (&carl, vec![top.id, sub.id], vec![sub.id]),
        (&dora, vec![sub.id], vec![]),
        (&dora, vec![top.id], vec![sub.id]),
    ] {
        let owned = members::still_owned(db, &[sub.id, top.id], (who.id, &taken)).await;
        let owned: Vec<_> = owned.unwrap().into_iter().collect();
        assert_eq!(owned, left, "{} {taken:?}", who.username);
    }
    let found = members::find(db, sub.id, carl.id, now()).await.unwrap();
    assert_eq!(found.unwrap().expiry, Some(tomorrow));
    let ended = members::find(db, sub.id, carl.id, tomorrow.instant()).await;
    assert_eq!(ended.unwrap(), None);
    for (kind, roles) in [
        (None, 2),
        (Some(NamespaceKind::Group), 2),
        (Some(NamespaceKind::Project), 0),
    ] {
        let page = members::page_of_user(
            db,
            carl.id,
            kind,
            now(),
            Paging::Offset(PageRequest::default()),
        )
        .await;
        assert_eq!(page.unwrap().items.len(), roles, "{kind:?}");
    }
    let later = tomorrow.instant();
    let page = members::page_of_user(
        db,
        carl.id,
        None,
        later,
        Paging::Offset(PageRequest::default()),
    )
    .await;
    assert_eq!(page.unwrap().items[0].0, top);
    let change = begin(db).await;
    members::remove_from(&change, &[top.id, sub.id], dora.id)
        .await
        .unwrap();
    assert_eq!(members::of_user(&change, dora.id).await.unwrap(), []);
    assert_eq!(members::of_user(&change, carl.id).await.unwrap().len(), 2);
}
