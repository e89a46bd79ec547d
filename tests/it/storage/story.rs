//! One story, told to one database.

use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;
use wharfinger::domain::access_tokens::AccessTokenSpecification;
use wharfinger::domain::access_tokens::filter::AccessTokenFilter;
use wharfinger::domain::access_tokens::lineage::AccessTokenLineage;
use wharfinger::domain::access_tokens::pattern::RepositoryPattern;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::access_tokens::usage::{AccessTokenUsage, UsagePrecision, Uses};
use wharfinger::domain::authority::{Authority, Need};
use wharfinger::domain::clock::Clock;
use wharfinger::domain::decision::principal::{Ceiling, Principal, Proof, SignedIn};
use wharfinger::domain::decision::rights::NamespaceState;
use wharfinger::domain::entropy::Entropy;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::origin::{Face, Origin};
use wharfinger::domain::events::subject::Subject;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::ids::{AccessTokenId, UserId};
use wharfinger::domain::members::Member;
use wharfinger::domain::members::access_level::AccessLevel;
use wharfinger::domain::members::filter::MemberFilter;
use wharfinger::domain::namespaces::filter::{
    NamespaceFilter, NamespaceSort, NamespaceSortKey, Within,
};
use wharfinger::domain::namespaces::path::NamespacePath;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::namespaces::{Namespace, NamespaceKind, Occupied};
use wharfinger::domain::page::{KeysetRequest, Listing, PageRequest, Paging};
use wharfinger::domain::refresh_tokens::RefreshLifetimes;
use wharfinger::domain::registry::repository_name::RepositoryName;
use wharfinger::domain::secret::{SecretKind, SecretToken};
use wharfinger::domain::text::Description;
use wharfinger::domain::users::filter::UserFilter;
use wharfinger::domain::users::password::PasswordHash;
use wharfinger::domain::users::username::Username;
use wharfinger::domain::users::{EmailAddress, User, UserState};
use wharfinger::storage::access_tokens::{AccessTokenRecord, families, usage};
use wharfinger::storage::namespaces::{NamespaceRecord, lists};
use wharfinger::storage::refresh_tokens::RefreshTokenRecord;
use wharfinger::storage::users::UserRecord;
use wharfinger::storage::{
    Change, Db, StorageError, access_tokens, members, namespaces, refresh_tokens, registry, users,
};

use super::deploy_tokens::deploy_tokens_keep_what_was_chosen;
use super::schema::what_was_cut_off_is_finished_by_those_who_start;
use super::searches::text_is_found_in_any_letter_case;
use crate::harness::{SeededEntropy, TestDatabase};

pub(super) fn now() -> DateTime<Utc> {
    "2046-03-14T15:09:26Z".parse().unwrap()
}

/// A clock that stands at an instant.
pub(super) struct At(pub(super) DateTime<Utc>);

impl Clock for At {
    fn instant(&self) -> DateTime<Utc> {
        self.0
    }
}

/// Commits a change with an event about a name beyond ASCII.
pub(super) async fn commit(change: Change) -> Result<(), StorageError> {
    let grant = change.grant(Authority::require_administrator).unwrap();
    let subject = Subject::AccessToken(AccessTokenId(1), "ünïcödé ✓".to_owned());
    let event = Event::new(EventAction::UserCreated, subject, Detail::nothing());
    change.commit([grant.event(event)]).await
}

pub(super) fn new_user(name: &str) -> UserRecord {
    UserRecord {
        username: Username::try_from(name).unwrap(),
        name: "Älice Ω 東京".to_owned(),
        email: Some(EmailAddress::try_from(format!("{name}@Example.com").as_str()).unwrap()),
        admin: false,
        external: true,
        password: Some(PasswordHash::from_phc(
            "$argon2id$not-a-real-hash".to_owned(),
        )),
    }
}

async fn make_user(db: &Db, name: &str) -> User {
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    let user = users::insert(&change, new_user(name)).await.unwrap();
    commit(change).await.unwrap();
    user
}

pub(super) fn path(text: &str) -> NamespacePath {
    NamespacePath::try_from(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_storage_story_holds() {
    let database = TestDatabase::open().await;
    let db = &database.db;
    users_are_found_by_name_and_address(db).await;
    names_are_unique(db).await;
    namespaces_leave_tombstones(db).await;
    members_and_rights_are_read_together(db).await;
    members_are_listed_with_their_highest_role(db).await;
    each_sees_what_is_shown_to_them(db).await;
    keysets_go_both_ways(db).await;
    tokens_keep_what_was_chosen(db).await;
    tokens_have_families(db).await;
    uses_of_tokens_are_kept(db).await;
    refresh_tokens_end(db).await;
    deploy_tokens_keep_what_was_chosen(db).await;
    users_are_changed_and_leave_nothing(db).await;
    text_is_found_in_any_letter_case(db).await;
    what_is_not_committed_never_happened(db).await;
    changes_follow_one_another(db).await;
    changes_that_wait_hold_up_no_questions(&database.url).await;
    // Another start finds the schema as it is, and a command too.
    Db::open_and_migrate(&database.url, 2).await.unwrap();
    Db::open(&database.url, 2).await.unwrap();
    what_was_cut_off_is_finished_by_those_who_start(&database.url, db).await;
}

async fn users_are_found_by_name_and_address(db: &Db) {
    assert!(!users::exist(db).await.unwrap());
    let alice = make_user(db, "Alice").await;
    assert_eq!(alice.username.as_str(), "alice");
    assert_eq!(alice.created_at, now(), "beyond 2038, in whole seconds");
    assert_eq!(users::find(db, alice.id).await.unwrap().unwrap(), alice);
    assert_eq!(
        users::find_by_username(db, &alice.username)
            .await
            .unwrap()
            .unwrap(),
        alice
    );
    let email = EmailAddress::try_from("ALICE@example.com").unwrap();
    let account = users::account_by_email(db, &email).await.unwrap().unwrap();
    assert_eq!(account.user, alice);
    assert_eq!(
        account.password.unwrap().as_phc(),
        "$argon2id$not-a-real-hash"
    );
    assert!(
        users::find_by_username(db, &Username::try_from("bob").unwrap())
            .await
            .unwrap()
            .is_none()
    );

    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    users::set_state(&change, alice.id, UserState::Blocked)
        .await
        .unwrap();
    users::set_password(&change, alice.id, &PasswordHash::from_phc("new".to_owned()))
        .await
        .unwrap();
    commit(change).await.unwrap();
    let account = users::account_by_username(db, &alice.username)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(account.user.state, UserState::Blocked);
    assert_eq!(
        account.user.email, alice.email,
        "a change touches what it changes"
    );
    assert_eq!(account.password.unwrap().as_phc(), "new");
}

async fn names_are_unique(db: &Db) {
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    let error = users::insert(&change, new_user("ALICE")).await.unwrap_err();
    assert!(matches!(error, StorageError::Taken(_)), "{error:?}");
}

async fn namespaces_leave_tombstones(db: &Db) {
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
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

    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
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

    let change = db
        .begin(&Authority::operator(), &At(now() + Duration::hours(1)))
        .await
        .unwrap();
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

async fn members_and_rights_are_read_together(db: &Db) {
    let bob = make_user(db, "bob").await;
    let team = namespaces::find_live(db, &path("team"))
        .await
        .unwrap()
        .unwrap();
    let under = namespaces::find_live(db, &path("team/a_b"))
        .await
        .unwrap()
        .unwrap();
    let member = |level, expiry| Member {
        user_id: bob.id,
        level,
        expiry,
        created_at: now(),
    };
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    members::put(&change, team.id, &member(AccessLevel::Guest, None))
        .await
        .unwrap();
    members::put(&change, team.id, &member(AccessLevel::Reporter, None))
        .await
        .unwrap();
    let tomorrow = Expiry::on(now().date_naive() + Duration::days(1));
    members::put(
        &change,
        under.id,
        &member(AccessLevel::Owner, Some(tomorrow)),
    )
    .await
    .unwrap();
    commit(change).await.unwrap();
    let listed = async |namespaces: &[Namespace], instant| {
        let (filter, request) = (MemberFilter::default(), PageRequest::default());
        let page = members::page(db, namespaces, &filter, instant, request).await;
        page.unwrap().items
    };
    assert_eq!(
        listed(std::slice::from_ref(&team), now()).await,
        [(member(AccessLevel::Reporter, None), bob.clone())]
    );

    let principal = Principal::User(SignedIn {
        id: bob.id,
        username: bob.username.clone(),
        admin: false,
        external: false,
        ceiling: Ceiling::of_login(Proof::Explained),
    });
    let name = RepositoryName::try_from("team/a_b/app/x").unwrap();
    let own = RepositoryName::try_from("bob/x").unwrap();
    let level_at = async |instant| {
        let rights = registry::load(db, &principal, &[&name, &own], instant)
            .await
            .unwrap();
        assert_eq!(rights.state_at(&name), Some(NamespaceState::Tombstone));
        assert_eq!(rights.role_for(&own).unwrap().level, AccessLevel::Owner);
        let role = rights.role_for(&name).unwrap();
        (role.level, role.given_at.to_owned())
    };
    assert_eq!(
        level_at(now()).await,
        (AccessLevel::Owner, "team/a_b".to_owned())
    );
    assert_eq!(
        level_at(tomorrow.instant()).await,
        (AccessLevel::Reporter, "team".to_owned())
    );
    let given = members::of_user(db, bob.id).await.unwrap();
    let given = given
        .iter()
        .map(|(namespace, member)| format!("{} {}", namespace.path, member.level));
    assert_eq!(
        given.collect::<Vec<_>>(),
        ["team reporter", "team/a_b owner"]
    );
    let rights = registry::load(db, &Principal::Anonymous, &[&name], now())
        .await
        .unwrap();
    assert!(rights.role_for(&name).is_none());

    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    let nobody = Member {
        user_id: UserId(999_999),
        ..member(AccessLevel::Guest, None)
    };
    assert!(
        members::put(&change, team.id, &nobody).await.is_err(),
        "foreign keys are enforced"
    );
    drop(change);

    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    assert!(members::remove(&change, team.id, bob.id).await.unwrap());
    assert!(!members::remove(&change, team.id, bob.id).await.unwrap());
    members::remove_all(&change, std::slice::from_ref(&under))
        .await
        .unwrap();
    commit(change).await.unwrap();
    assert!(listed(&[under], now()).await.is_empty());
}

/// Makes a place below another, or at the top.
async fn make_place(
    db: &Db,
    text: &str,
    parent: Option<&Namespace>,
    visibility: Visibility,
) -> Namespace {
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
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

async fn give(
    db: &Db,
    namespace: &Namespace,
    user: &User,
    level: AccessLevel,
    end: Option<Expiry>,
) {
    let member = Member {
        user_id: user.id,
        level,
        expiry: end,
        created_at: now(),
    };
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    members::put(&change, namespace.id, &member).await.unwrap();
    commit(change).await.unwrap();
}

async fn members_are_listed_with_their_highest_role(db: &Db) {
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
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    let own = namespaces::insert(&change, own).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(own.name, "carl");
    let tomorrow = Expiry::on(now().date_naive() + Duration::days(1));
    give(db, &top, &carl, AccessLevel::Reporter, None).await;
    give(db, &sub, &carl, AccessLevel::Maintainer, Some(tomorrow)).await;
    give(db, &sub, &dora, AccessLevel::Owner, None).await;
    let listed = async |namespaces: &[Namespace], search: Option<&str>, instant| {
        let filter = MemberFilter {
            search: search.map(str::to_owned),
            ..MemberFilter::default()
        };
        let request = PageRequest::default();
        let page = members::page(db, namespaces, &filter, instant, request)
            .await
            .unwrap();
        let names = page.items.iter();
        let names = names.map(|(member, user)| format!("{}:{}", user.username, member.level));
        names.collect::<Vec<_>>().join(" ")
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
    assert_eq!(
        registry::role_at(db, carl.id, &sub.path, tomorrow.instant())
            .await
            .unwrap(),
        Some(AccessLevel::Reporter)
    );
    assert!(
        members::another_owner(db, &[sub.id, top.id], carl.id)
            .await
            .unwrap()
    );
    assert!(
        !members::another_owner(db, &[sub.id, top.id], dora.id)
            .await
            .unwrap()
    );
    let found = members::find(db, sub.id, carl.id, now()).await.unwrap();
    assert_eq!(found.unwrap().expiry, Some(tomorrow));
    let ended = members::find(db, sub.id, carl.id, tomorrow.instant()).await;
    assert_eq!(ended.unwrap(), None);
    for (kind, roles) in [
        (None, 2),
        (Some(NamespaceKind::Group), 2),
        (Some(NamespaceKind::Project), 0),
    ] {
        let page = members::page_of_user(db, carl.id, kind, now(), PageRequest::default()).await;
        assert_eq!(page.unwrap().total, roles, "{kind:?}");
    }
    let later = tomorrow.instant();
    let page = members::page_of_user(db, carl.id, None, later, PageRequest::default()).await;
    assert_eq!(page.unwrap().items[0].0, top);
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    members::remove_from(&change, &[top.id, sub.id], dora.id)
        .await
        .unwrap();
    assert_eq!(members::of_user(&change, dora.id).await.unwrap(), []);
    assert_eq!(members::of_user(&change, carl.id).await.unwrap().len(), 2);
}

async fn each_sees_what_is_shown_to_them(db: &Db) {
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

    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
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

async fn keysets_go_both_ways(db: &Db) {
    let all = users::all(db).await.unwrap();
    for descending in [false, true] {
        let mut expected: Vec<_> = all.iter().map(|user| user.id.0).collect();
        expected.sort_unstable();
        if descending {
            expected.reverse();
        }
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let request = KeysetRequest {
                after,
                descending,
                size: 2,
            };
            let part = users::page(db, &UserFilter::default(), Paging::Keyset(request)).await;
            let Listing::Slice(slice) = part.unwrap() else {
                panic!("a keyset was asked for")
            };
            assert!(slice.items.len() <= 2);
            found.extend(slice.items.iter().map(|user| user.id.0));
            after = slice.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected);
    }
}

async fn users_are_changed_and_leave_nothing(db: &Db) {
    let bob = users::find_by_username(db, &Username::try_from("bob").unwrap())
        .await
        .unwrap()
        .unwrap();
    let to = User {
        name: "Bøb".to_owned(),
        email: None,
        admin: true,
        external: false,
        ..bob.clone()
    };
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    users::save(&change, &to).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(users::find(db, bob.id).await.unwrap(), Some(to));
    let account = users::account_by_username(db, &bob.username).await.unwrap();
    assert!(
        account.unwrap().password.is_some(),
        "a change touches what it changes"
    );

    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    assert!(
        users::remove(&change, bob.id).await.is_err(),
        "what is theirs goes first"
    );
    drop(change);
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    members::remove_all_of(&change, bob.id).await.unwrap();
    access_tokens::remove_all_of(&change, bob.id).await.unwrap();
    refresh_tokens::remove_all_of(&change, bob.id)
        .await
        .unwrap();
    users::remove(&change, bob.id).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(users::find(db, bob.id).await.unwrap(), None);
}

async fn tokens_keep_what_was_chosen(db: &Db) {
    let bob = users::find_by_username(db, &Username::try_from("bob").unwrap())
        .await
        .unwrap()
        .unwrap();
    let patterns = ["team/**", "b*/x"]
        .map(|text| RepositoryPattern::try_from(text).unwrap())
        .to_vec();
    let specification = AccessTokenSpecification::new(
        "naïve 名前".try_into().unwrap(),
        [AccessTokenScope::ReadRegistry, AccessTokenScope::SelfRotate]
            .into_iter()
            .collect(),
    )
    .unwrap()
    .described(Description::read(&"x".repeat(255)).unwrap())
    .expiring(Some(Expiry::on("2047-01-01".parse().unwrap())))
    .limited_to(patterns)
    .unwrap();
    let secret = SecretToken::generate(SecretKind::AccessToken, &SeededEntropy::default());
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    let new = AccessTokenRecord {
        owner: bob.id,
        digest: secret.digest(),
        specification: &specification,
        lineage: AccessTokenLineage::default(),
    };
    let token = access_tokens::insert(&change, new).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(token.specification, specification);
    let found = access_tokens::find_by_digest(db, &secret.digest())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found, (token.clone(), bob.clone()));
    assert_eq!(
        access_tokens::all(db, Some(bob.id)).await.unwrap(),
        std::slice::from_ref(&token)
    );

    let revoked = token.revoke(now()).unwrap();
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    families::revoke_all(&change, &[revoked.id]).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(
        access_tokens::find(db, revoked.id).await.unwrap(),
        Some(revoked)
    );
}

/// A chain of four tokens, the second in its grace and the third beyond it, and one that was made
/// with the first.
async fn tokens_have_families(db: &Db) {
    let dave = make_user(db, "dave").await;
    let entropy = SeededEntropy::default();
    // Not the numbers that other chapters draw.
    entropy.fill(&mut [0; 1000]);
    let scopes = [AccessTokenScope::Api].into_iter().collect();
    let specification = AccessTokenSpecification::new("chain".try_into().unwrap(), scopes).unwrap();
    let insert = async |change: &Change, lineage| {
        let new = AccessTokenRecord {
            owner: dave.id,
            digest: SecretToken::generate(SecretKind::AccessToken, &entropy).digest(),
            specification: &specification,
            lineage,
        };
        access_tokens::insert(change, new).await.unwrap()
    };
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    let first = insert(&change, AccessTokenLineage::default()).await;
    let second = insert(&change, first.lineage_of_successor()).await;
    let third = insert(&change, second.lineage_of_successor()).await;
    let fourth = insert(&change, third.lineage_of_successor()).await;
    let lineage = AccessTokenLineage {
        maker: Some(first.id),
        ..AccessTokenLineage::default()
    };
    let made = insert(&change, lineage).await;
    for (token, end) in [(&second, Duration::hours(1)), (&third, Duration::zero())] {
        families::give_grace(&change, token.id, now() + end)
            .await
            .unwrap();
    }
    commit(change).await.unwrap();
    let found = async |id| access_tokens::find(db, id).await.unwrap().unwrap();
    assert_eq!(found(fourth.id).await, fourth);
    assert_eq!((fourth.family(), made.family()), (first.id, made.id));
    let graced = found(second.id).await;
    assert_eq!(graced.grace_until, Some(now() + Duration::hours(1)));
    let listed = async |filter: AccessTokenFilter| {
        let filter = AccessTokenFilter {
            owner: Some(dave.id),
            ..filter
        };
        let page = access_tokens::page(db, &filter, PageRequest::default());
        let tokens = page.await.unwrap().items;
        tokens.iter().map(|token| token.id).collect::<Vec<_>>()
    };
    let revoked = AccessTokenFilter {
        revoked_at: Some((true, now())),
        ..AccessTokenFilter::default()
    };
    assert_eq!(listed(revoked.clone()).await, [third.id]);
    let inactive = AccessTokenFilter {
        active_at: Some((false, now())),
        ..AccessTokenFilter::default()
    };
    assert_eq!(listed(inactive).await, [third.id]);

    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    let before = families::in_grace_before(&change, &fourth);
    assert_eq!(before.await.unwrap(), [second.id]);
    let before = families::in_grace_before(&change, &second);
    assert!(before.await.unwrap().is_empty());
    let all = families::not_revoked_of(&change, first.id, now());
    assert_eq!(
        all.await.unwrap(),
        [first.id, second.id, fourth.id, made.id]
    );
    families::hand_over(&change, &[first.id], fourth.id)
        .await
        .unwrap();
    let end = Expiry::on("2050-01-01".parse().unwrap());
    families::shorten_made_with(&change, fourth.id, end)
        .await
        .unwrap();
    let two = [first.id, fourth.id];
    let handed = families::made_with(&change, &two).await;
    assert_eq!(handed.unwrap(), [made.id]);
    families::revoke_all(&change, &two).await.unwrap();
    commit(change).await.unwrap();
    let made = found(made.id).await;
    assert_eq!(made.lineage.maker, Some(fourth.id));
    assert_eq!(made.specification.expiry(), Some(end));
    assert_eq!(listed(revoked).await, [first.id, third.id, fourth.id]);
}

async fn uses_of_tokens_are_kept(db: &Db) {
    let dave = users::find_by_username(db, &Username::try_from("dave").unwrap())
        .await
        .unwrap()
        .unwrap();
    let tokens = access_tokens::all(db, Some(dave.id)).await.unwrap();
    let ids = [tokens[0].id, AccessTokenId(999_999)];
    let found = usage::find_all(db, &ids).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&tokens[0]));
    let mut uses = Uses::new(now(), Some("10.0.0.1".parse().unwrap()));
    let ipv6 = "2001:db8::1234:5678:9abc:def0".parse().unwrap();
    uses.add(&Uses::new(now() + Duration::seconds(1), Some(ipv6)));
    let record = uses
        .settle(&AccessTokenUsage::default(), UsagePrecision::Coarse, now())
        .record
        .unwrap();
    assert!(usage::save(db, &tokens[0], &record).await.unwrap());
    assert!(
        !usage::save(db, &tokens[0], &record).await.unwrap(),
        "someone was quicker"
    );
    let kept = access_tokens::find(db, tokens[0].id).await;
    let kept = kept.unwrap().unwrap();
    assert_eq!(kept.last_used_at, record.last_used_at);
    assert_eq!(kept.last_used_from, record.addresses);
    assert!(
        usage::save(db, &kept, &AccessTokenUsage::default())
            .await
            .unwrap()
    );
}

async fn refresh_tokens_end(db: &Db) {
    let bob = users::find_by_username(db, &Username::try_from("bob").unwrap())
        .await
        .unwrap()
        .unwrap();
    let entropy = SeededEntropy::default();
    let secrets = [(); 3].map(|()| SecretToken::generate(SecretKind::RefreshToken, &entropy));
    let mut made = Vec::new();
    for secret in &secrets {
        let login = db
            .begin_login(&Authority::operator(), &At(now()))
            .await
            .unwrap();
        let new = RefreshTokenRecord {
            user: bob.id,
            service: "s",
            client_id: Some("docker"),
            digest: secret.digest(),
        };
        let token = refresh_tokens::insert(&login, new).await.unwrap();
        let grant = login.grant(Authority::require_administrator).unwrap();
        let event = Event::new(EventAction::RefreshTokenCreated, &token, Detail::nothing());
        login.commit(grant.event(event)).await.unwrap();
        made.push(token);
    }
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    refresh_tokens::revoke(&change, made[0].id).await.unwrap();
    commit(change).await.unwrap();
    let found = refresh_tokens::find_by_digest(db, &secrets[1].digest())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found, (made[1].clone(), bob.clone()));
    let revoked = refresh_tokens::find(db, made[0].id).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(now()));

    refresh_tokens::note_use(db, made[1].id, now() + Duration::hours(5))
        .await
        .unwrap();
    let lifetimes = RefreshLifetimes {
        idle: std::time::Duration::from_hours(6),
        absolute: std::time::Duration::from_hours(10),
    };
    let left = async || {
        let page = refresh_tokens::page(db, Some(bob.id), PageRequest::default())
            .await
            .unwrap();
        page.items.iter().map(|token| token.id).collect::<Vec<_>>()
    };
    assert_eq!(
        refresh_tokens::purge(db, &lifetimes, now() + Duration::hours(5))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        refresh_tokens::purge(db, &lifetimes, now() + Duration::hours(6))
            .await
            .unwrap(),
        2
    );
    assert_eq!(left().await, [made[1].id], "the one that was used");
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    refresh_tokens::revoke_all(&change, bob.id).await.unwrap();
    commit(change).await.unwrap();
    assert!(
        refresh_tokens::find(db, made[1].id)
            .await
            .unwrap()
            .unwrap()
            .revoked_at
            .is_some()
    );
    assert_eq!(
        refresh_tokens::purge(db, &lifetimes, now() + Duration::hours(10))
            .await
            .unwrap(),
        1
    );
    assert!(left().await.is_empty());
}

async fn what_is_not_committed_never_happened(db: &Db) {
    let before = users::all(db).await.unwrap();
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    users::insert(&change, new_user("carol")).await.unwrap();
    assert_eq!(users::all(&change).await.unwrap().len(), before.len() + 1);
    drop(change);
    assert_eq!(users::all(db).await.unwrap(), before);
}

/// Changes at the same time get numbers without gap or repetition, and each sees the ones before it.
async fn changes_follow_one_another(db: &Db) {
    let first = db.last_change().await.unwrap();
    let makers: Vec<_> = (0..6)
        .map(|maker| {
            let db = db.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "this test waits for its tasks itself"
            )]
            tokio::spawn(async move {
                for turn in 0..5 {
                    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
                    let seen = users::all(&change).await.unwrap().len();
                    users::insert(&change, new_user(&format!("u{maker}-{turn}")))
                        .await
                        .unwrap();
                    assert_eq!(users::all(&change).await.unwrap().len(), seen + 1);
                    commit(change).await.unwrap();
                }
            })
        })
        .collect();
    for maker in makers {
        maker.await.unwrap();
    }
    assert_eq!(db.last_change().await.unwrap(), first + 30);
    let changes = db.changes_after(first).await.unwrap();
    let numbers: Vec<i64> = changes.iter().map(|change| change.number).collect();
    assert_eq!(numbers, (first + 1..=first + 30).collect::<Vec<_>>());
}

/// A change that hangs, and more that wait for it than there are connections.
async fn changes_that_wait_hold_up_no_questions(url: &SecretString) {
    let db = Db::open(url, 2).await.unwrap();
    let hanging = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let db = db.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "this test waits for its tasks itself"
            )]
            tokio::spawn(
                async move { db.begin(&Authority::operator(), &At(now())).await.map(drop) },
            )
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let asked = std::time::Instant::now();
    users::all(&db).await.unwrap();
    assert!(asked.elapsed() < std::time::Duration::from_secs(2));
    drop(hanging);
    for change in waiting {
        change.await.unwrap().unwrap();
    }
}
