//! Each kind of event is kept, in a new database and in one of an older program.

use sea_orm::{ConnectionTrait, Database, DbBackend};
use secrecy::{ExposeSecret, SecretString};
use wharfinger::domain::authority::Actor;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::observation::Observation;
use wharfinger::domain::events::origin::{Face, Origin};
use wharfinger::domain::events::subject::Subject;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::ids::UserId;
use wharfinger::storage::{Db, events};

use super::story::{At, now};

/// An older program's column for kinds of events was shorter.
async fn shorten(url: &SecretString) {
    let records = Database::connect(url.expose_secret()).await.unwrap();
    let shorten = match records.get_database_backend() {
        DbBackend::Postgres => "ALTER TABLE events ALTER COLUMN action TYPE varchar(32)",
        DbBackend::MySql => "ALTER TABLE events MODIFY COLUMN action varchar(32) NOT NULL",
        _ => "SELECT 1",
    };
    let forget = "DELETE FROM seaql_migrations WHERE version = 'm77_events_action_longer'";
    let too_long = "DELETE FROM events WHERE length(action) > 32";
    for statement in [too_long, shorten, forget] {
        records.execute_unprepared(statement).await.unwrap();
    }
    records.close().await.unwrap();
}

fn seen(action: EventAction) -> Observation {
    let about = Subject::User(UserId(900_010), "each-kind".try_into().unwrap());
    Observation {
        event: Event::new(action, about, Detail::nothing()),
        author: Actor::Service,
        origin: Origin::local(Face::Service),
        at: now(),
    }
}

pub(super) async fn each_kind_of_event_is_kept(db: &Db, url: &SecretString) {
    for is_older in [false, true] {
        if is_older {
            shorten(url).await;
            let migrated = Db::open_and_migrate(url, 2).await.unwrap();
            migrated.close().await.unwrap();
        }
        let all = EventAction::ALL.map(seen);
        events::insert_observations(db, &all, &At(now()))
            .await
            .unwrap();
    }
    let number = u64::try_from(EventAction::ALL.len()).unwrap();
    let mut last = events::last(db, number).await.unwrap();
    last.reverse();
    let kept = last.iter().map(|event| event.action.as_str());
    let all = EventAction::ALL.map(EventAction::name);
    assert_eq!(kept.collect::<Vec<_>>(), all);
}
