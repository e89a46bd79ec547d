//! The audit log: found by what it is about, read in the order of time, and deleted when it is old.

use chrono::{DateTime, Duration, Utc};
use sea_orm::ConnectionTrait;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::sleep;
use wharfinger::domain::access_tokens::lineage::AccessTokenLineage;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::access_tokens::{AccessToken, AccessTokenSpecification};
use wharfinger::domain::authority::{Actor, Authority};
use wharfinger::domain::clock::Clock;
use wharfinger::domain::deploy_tokens::filter::DeployTokenFilter;
use wharfinger::domain::events::about::About;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::entity::EntityKind;
use wharfinger::domain::events::filter::{EventAuthor, EventFilter, EventPlace};
use wharfinger::domain::events::observation::Observation;
use wharfinger::domain::events::origin::{Face, Origin};
use wharfinger::domain::events::stored::StoredEvent;
use wharfinger::domain::events::subject::Subject;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::ids::{NamespaceId, UserId};
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::namespaces::{Namespace, NamespaceKind};
use wharfinger::domain::page::{IdBounds, KeysetRequest, Listing, PageRequest, Paging};
use wharfinger::domain::secret::SecretKind;
use wharfinger::domain::users::User;
use wharfinger::storage::access_tokens::AccessTokenRecord;
use wharfinger::storage::namespaces::NamespaceRecord;
use wharfinger::storage::{Db, access_tokens, audit_events, deploy_tokens, events, namespaces};

use super::story::{At, begin, commit, now};
use super::users::make_user;
use crate::harness::FixedClock;
use crate::made_up::world::secret;

/// Commits an event at an instant.
async fn record(db: &Db, at: DateTime<Utc>, action: EventAction, about: impl Into<About>) {
    let change = db.begin(&Authority::operator(), &At(at)).await.unwrap();
    let grant = change.grant(Authority::require_administrator).unwrap();
    let event = Event::new(action, about, Detail::nothing());
    change.commit([grant.event(event)]).await.unwrap();
}

fn namespace(id: i64, kind: NamespaceKind, path: &str) -> Namespace {
    Namespace {
        id: NamespaceId(id),
        kind,
        path: path.try_into().unwrap(),
        name: path.to_owned(),
        description: None,
        visibility: Visibility::Private,
        parent: None,
        created_at: now(),
    }
}

fn user(id: i64, name: &str) -> Subject {
    Subject::User(UserId(id), name.try_into().unwrap())
}

/// The names of what was changed, of a page or of the parts of a keyset, with spaces between them.
async fn found(db: &Db, filter: &EventFilter, descending: bool) -> String {
    let page = Paging::Offset(PageRequest::default());
    let page = audit_events::page(db, filter, descending, page).await;
    let on_the_page = names(&page.unwrap());
    let (mut parts, mut after) = (Vec::new(), None);
    loop {
        let request = KeysetRequest {
            after,
            descending,
            size: 1,
        };
        let part = audit_events::page(db, filter, descending, Paging::Keyset(request)).await;
        let part = part.unwrap();
        parts.push(names(&part));
        after = part.next();
        if after.is_none() {
            break;
        }
    }
    assert_eq!(on_the_page, parts.join(" "), "both ways find the same");
    on_the_page
}

fn names(listing: &Listing<StoredEvent>) -> String {
    let names = listing.items.iter().map(|event| &*event.subject_name);
    names.collect::<Vec<_>>().join(" ")
}

pub(super) async fn events_are_found_by_what_they_belong_to(db: &Db) {
    use NamespaceKind::{Group, Project};
    for (id, kind, path) in [
        (900_001, Group, "audited"),
        (900_002, Group, "audited/in_er"),
        (900_003, Project, "audited/in_er/app"),
        (900_004, Project, "audited/inner"),
        (900_005, Group, "audited-too"),
        (900_006, Project, "Audited/in_er-too"),
    ] {
        let about = &namespace(id, kind, path);
        record(db, now(), EventAction::NamespaceChanged, about).await;
    }
    record(
        db,
        now(),
        EventAction::UserBlocked,
        user(900_001, "audited"),
    )
    .await;
    let at = async |place: EventPlace| {
        let place = Some(place);
        let filter = EventFilter {
            place,
            ..EventFilter::default()
        };
        found(db, &filter, false).await
    };
    let below = |path: &str| EventPlace::Below(path.try_into().unwrap());
    assert_eq!(
        at(below("audited")).await,
        "audited audited/in_er audited/in_er/app audited/inner audited/in_er-too"
    );
    assert_eq!(
        at(below("audited/in_er")).await,
        "audited/in_er audited/in_er/app"
    );
    assert_eq!(at(below("audited/in")).await, "");
    let named = EventPlace::Named("audited/inner".try_into().unwrap(), None);
    assert_eq!(at(named).await, "audited/inner");
    let named = EventPlace::Named("audited".try_into().unwrap(), None);
    assert!(at(named).await.ends_with("audited/in_er-too audited"));
    let one = |kind| EventPlace::One(kind, 900_001);
    assert_eq!(at(one(EntityKind::Group)).await, "audited");
    assert_eq!(at(one(EntityKind::User)).await, "audited");
    assert_eq!(at(one(EntityKind::Project)).await, "");

    let project = EventFilter {
        place: Some(below("audited")),
        entity_kind: Some(EntityKind::Project),
        entity_id: Some(900_004),
        author: Some(EventAuthor::Name("(operator)".to_owned())),
        action: Some(EventAction::NamespaceChanged),
        ..EventFilter::default()
    };
    assert_eq!(found(db, &project, true).await, "audited/inner");
    for nothing in [
        EventFilter {
            author: Some(EventAuthor::Id(UserId(900_001))),
            ..project.clone()
        },
        EventFilter {
            action: Some(EventAction::UserBlocked),
            ..project.clone()
        },
        EventFilter {
            created_after: Some(now() + Duration::seconds(1)),
            ..project.clone()
        },
    ] {
        assert_eq!(found(db, &nothing, true).await, "", "{nothing:?}");
    }
}

/// Clocks of replicas may differ: an event with a higher id may be of an earlier instant.
pub(super) async fn events_come_in_the_order_of_time(db: &Db) {
    let at = |seconds| now() + Duration::seconds(seconds);
    for (seconds, name) in [(2, "third"), (0, "first"), (1, "second"), (2, "fourth")] {
        record(
            db,
            at(seconds),
            EventAction::UserBlocked,
            user(900_007, name),
        )
        .await;
    }
    let place = Some(EventPlace::One(EntityKind::User, 900_007));
    let all = EventFilter {
        place,
        ..EventFilter::default()
    };
    assert_eq!(found(db, &all, false).await, "first second third fourth");
    assert_eq!(found(db, &all, true).await, "fourth third second first");
    // Clocks differ, and ids do not.
    let listing = audit_events::page(db, &all, false, Paging::Offset(PageRequest::default()));
    let newest_id = listing
        .await
        .unwrap()
        .items
        .iter()
        .map(|event| event.id.0)
        .max();
    for (ids, expected) in [
        (
            IdBounds {
                after: newest_id.map(|id| id - 4),
                before: None,
            },
            "first second third fourth",
        ),
        (
            IdBounds {
                after: newest_id.map(|id| id - 3),
                before: None,
            },
            "first second fourth",
        ),
        (
            IdBounds {
                after: None,
                before: newest_id,
            },
            "first second third",
        ),
        (
            IdBounds {
                after: newest_id,
                before: None,
            },
            "",
        ),
    ] {
        let some = EventFilter { ids, ..all.clone() };
        assert_eq!(found(db, &some, false).await, expected, "{ids:?}");
    }
    let some = EventFilter {
        created_after: Some(at(1)),
        created_before: Some(at(1)),
        ..all
    };
    assert_eq!(found(db, &some, true).await, "second");
}

/// A file has one writer at a time: an observation that waits for its turn must not come behind a change and have an earlier time than
/// it, or those who follow the log would pass it by.
pub(super) async fn observations_have_the_time_at_which_they_are_stored(
    db: &Db,
    url: &SecretString,
) {
    if !url.expose_secret().starts_with("sqlite") {
        return;
    }
    let clock = FixedClock::default();
    let seen = Observation {
        event: Event::new(
            EventAction::AccessTokenRefused,
            user(900_009, "waits"),
            Detail::nothing(),
        ),
        author: Actor::Service,
        origin: Origin::local(Face::Service),
        at: clock.now(),
    };
    let under_way = begin(db).await;
    let seen = [seen];
    let stored = events::insert_observations(db, &seen, &clock);
    let others = async {
        // It waits by now; if the machine is so busy that it has not begun, nothing is noticed.
        sleep(std::time::Duration::from_millis(200)).await;
        clock.advance(Duration::seconds(2));
        drop(under_way);
    };
    let (stored, ()) = tokio::join!(stored, others);
    stored.unwrap();
    let last = events::last(db, 1).await.unwrap().remove(0);
    assert_eq!(
        (&*last.subject_name, last.created_at),
        ("waits", clock.now())
    );
}

pub(super) async fn old_events_are_purged(db: &Db) {
    let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
    for instant in [
        "2001-01-01T00:00:00Z",
        "2001-12-31T23:59:59Z",
        "2002-01-01T00:00:00Z",
    ] {
        let about = user(900_008, &format!("of-{}", &instant[..4]));
        record(db, at(instant), EventAction::UserBlocked, about).await;
    }
    let end = at("2002-01-01T00:00:00Z");
    // One day at a time.
    for _ in 0..2 {
        assert_eq!(audit_events::purge(db, end).await.unwrap(), (1, false));
    }
    assert_eq!(audit_events::purge(db, end).await.unwrap(), (0, false));
    let place = Some(EventPlace::One(EntityKind::User, 900_008));
    let left = EventFilter {
        place,
        ..EventFilter::default()
    };
    assert_eq!(found(db, &left, false).await, "of-2002");
    let listing = audit_events::page(db, &left, false, Paging::Offset(PageRequest::default()));
    let id = listing.await.unwrap().items[0].id;
    let all = EventFilter::default();
    assert!(audit_events::find(db, &all, id).await.unwrap().is_some());
    let elsewhere = EventFilter {
        place: Some(EventPlace::One(EntityKind::User, 900_001)),
        ..all
    };
    assert_eq!(audit_events::find(db, &elsewhere, id).await.unwrap(), None);
}

async fn token_of(db: &Db, owner: &User) -> AccessToken {
    let name = "of events".try_into().unwrap();
    let scopes = [AccessTokenScope::ReadRegistry].into_iter().collect();
    let specification = AccessTokenSpecification::new(name, scopes).unwrap();
    let change = begin(db).await;
    let new = AccessTokenRecord {
        owner: owner.id,
        digest: secret(SecretKind::AccessToken, 999_999_999).digest(),
        specification: &specification,
        lineage: AccessTokenLineage::default(),
    };
    let token = access_tokens::insert(&change, new).await.unwrap();
    commit(change).await.unwrap();
    token
}

/// A migration adds what the events of an older program belong to, as this one writes it.
pub(super) async fn events_of_an_older_program_get_what_they_belong_to(
    db: &Db,
    url: &SecretString,
) {
    let owner = make_user(db, "of-events-owner").await;
    let token = token_of(db, &owner).await;
    let filter = DeployTokenFilter {
        namespace: None,
        unrevoked: false,
        active_at: None,
    };
    let part = Paging::Offset(PageRequest::default());
    let machines = deploy_tokens::page(db, &filter, part).await.unwrap();
    let machine = &machines.items[0];
    let inner = NamespaceRecord {
        kind: NamespaceKind::Project,
        path: "of-events/inner".try_into().unwrap(),
        visibility: Visibility::Private,
        parent: None,
        name: None,
        description: None,
    };
    let change = begin(db).await;
    let inner = namespaces::insert(&change, inner).await.unwrap();
    commit(change).await.unwrap();
    record(db, now(), EventAction::UserChanged, &owner).await;
    record(
        db,
        now(),
        EventAction::MemberAdded,
        About::member_of(&inner),
    )
    .await;
    record(db, now(), EventAction::AccessTokenRevoked, &token).await;
    record(db, now(), EventAction::DeployTokenRevoked, machine).await;

    let written = events::last(db, 4).await.unwrap();
    assert!(written.iter().all(|event| event.entity.is_some()));
    let records = sea_orm::Database::connect(url.expose_secret())
        .await
        .unwrap();
    for statement in [
        "UPDATE events SET entity_kind = NULL, entity_id = NULL, entity_path = NULL, entity_root = NULL",
        "DELETE FROM seaql_migrations WHERE version = 'm51_events_entity_from_subjects'",
    ] {
        records.execute_unprepared(statement).await.unwrap();
    }
    let forgotten = events::last(db, 4).await.unwrap();
    assert!(forgotten.iter().all(|event| event.entity.is_none()));
    Db::open_and_migrate(url, 2).await.unwrap();
    assert_eq!(events::last(db, 4).await.unwrap(), written);
    let place = Some(EventPlace::Below("of-events".try_into().unwrap()));
    let below = EventFilter {
        place,
        ..EventFilter::default()
    };
    assert_eq!(found(db, &below, true).await, "of-events/inner");
    records.close().await.unwrap();
}
