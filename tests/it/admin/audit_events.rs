//! The audit log over the API: what it says, how it is filtered, and who may read what.

use std::collections::BTreeSet;
use std::time;

use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, PASSWORD, TestApp, World};

const DAY: Duration = Duration::days(1);
const KEPT: time::Duration = time::Duration::from_hours(24 * 10);

/// The actions and names of what was changed, with spaces between them.
async fn told(caller: &Actor, path: &str) -> String {
    let list = caller.read(path).await;
    let events = list.as_array().unwrap().iter();
    let told = events.map(|event| {
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        word(&event["event_name"]) + ":" + &word(&event["details"]["target_details"])
    });
    told.collect::<Vec<_>>().join(" ")
}

/// The ids of all events that a list leads to by its links, as they come.
async fn followed(caller: &Actor, path: &str) -> Vec<i64> {
    let (mut ids, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let reply = caller.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let list = reply.json();
        let part = list.as_array().unwrap().iter();
        ids.extend(part.map(|event| event["id"].as_i64().unwrap()));
        let link = reply.header("link").split(", ");
        let rest = link.filter(|link| link.ends_with("rel=\"next\"")).last();
        next = rest.map(|link| {
            let address = link.split(['<', '>']).nth(1).unwrap();
            address.split("/api/v4").nth(1).unwrap().to_owned()
        });
    }
    ids
}

#[tokio::test]
async fn an_event_has_gitlabs_fields_and_ours() {
    let World { app, root, .. } = World::start().await;
    let caller = root.at("203.0.113.7");
    let reply = caller
        .post("/users", json!({ "username": "bob", "password": PASSWORD }))
        .await;
    let (bob, author) = (app.id_of("bob").await, app.id_of("root").await);
    let event = &root.read("/audit_events").await[0];
    let expected = json!({
        "id": event["id"], "author_id": author, "entity_id": bob, "entity_type": "User",
        "event_name": "user.created",
        "details": {
            "author_name": "root", "target_id": bob, "target_type": "User", "target_details": "bob",
            "custom_message": event["details"]["custom_message"], "ip_address": "203.0.113.7",
            "entity_path": "bob", "action": "user.created", "face": "api",
            "request_id": reply.header("x-request-id"), "change_number": app.last_change().await,
            "values": event["details"]["values"],
        },
        "created_at": "2026-03-14T15:09:26.000Z",
    });
    assert_eq!(event, &expected);
    let one = root.read(&format!("/audit_events/{}", event["id"])).await;
    assert_eq!(one, expected);
    assert_eq!(root.get("/audit_events/999999").await.status, 404);

    root.put(&format!("/users/{bob}"), json!({ "name": "Bob B." }))
        .await;
    let event = &root.read("/audit_events").await[0];
    let changes = json!({ "changes": [{ "field": "name", "from": "bob", "to": "Bob B." }] });
    assert_eq!(event["details"]["values"], changes);
    // The owner of a token is found by their id.
    let token = app.actor("bob", "api").await;
    let event = &root.read("/audit_events").await[0];
    let of = |name: &str| event["details"][name].clone();
    assert_eq!(
        [
            of("target_type"),
            of("target_id"),
            of("entity_path"),
            of("author_name")
        ],
        [
            json!("PersonalAccessToken"),
            json!(token.id.0),
            json!("bob"),
            json!("(operator)")
        ]
    );
    assert_eq!(
        (&event["entity_id"], &event["author_id"]),
        (&json!(bob), &Value::Null)
    );
}

#[tokio::test]
async fn filters_leave_what_is_asked_for() {
    let World { app, root, alice } = World::start().await;
    app.clock.advance(DAY);
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "owner").await;
    app.clock.advance(DAY);
    let wanted = json!({ "name": "ci", "scopes": ["read_registry"] });
    alice.post("/groups/team/deploy_tokens", wanted).await;
    let (id, team) = (app.id_of("alice").await, app.id_at("team").await);
    let project = app.id_at("team/app").await;
    for (query, found) in [
        (
            format!("entity_type=Project&entity_id={project}"),
            "project.created:team/app",
        ),
        ("entity_type=Project".to_owned(), "project.created:team/app"),
        (
            format!("author_id={id}"),
            "deploy_token.created:deploy-token-1",
        ),
        (
            "author=alice".to_owned(),
            "deploy_token.created:deploy-token-1",
        ),
        ("action=member.added".to_owned(), "member.added:team"),
        (
            format!("entity_type=Group&entity_id={team}&author=(operator)"),
            "member.added:team group.created:team",
        ),
        (
            "created_after=2026-03-15&created_before=2026-03-16&sort=asc".to_owned(),
            "group.created:team project.created:team/app member.added:team",
        ),
        (
            "created_after=2026-03-16T15:09:26Z&order_by=created_at".to_owned(),
            "deploy_token.created:deploy-token-1",
        ),
        ("created_before=2026-03-14T15:09:25Z".to_owned(), ""),
        (format!("entity_type=User&entity_id={id}&author=alice"), ""),
        ("author=nobody".to_owned(), ""),
    ] {
        let path = format!("/audit_events?{query}");
        assert_eq!(told(&root, &path).await, found, "{query}");
        let keyset = format!("{path}&pagination=keyset");
        if !query.contains("order_by") {
            assert_eq!(told(&root, &keyset).await, found, "{keyset}");
        }
    }
}

#[tokio::test]
async fn filters_that_cannot_be_read_are_refused() {
    let World { root, .. } = World::start().await;
    for (query, error) in [
        ("entity_id=1", "entity_id goes with entity_type only"),
        (
            "entity_type=Robot",
            "entity_type does not have a valid value",
        ),
        ("action=user.create", "action does not have a valid value"),
        ("created_after=yesterday", "created_after is invalid"),
        (
            "author_id=1&author=x",
            "author_id and author are one too many",
        ),
        (
            "order_by=created_at&pagination=keyset",
            "pagination=keyset goes with order_by=id only",
        ),
    ] {
        let reply = root.get(&format!("/audit_events?{query}")).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json()["error"]),
            (400, &json!(error))
        );
    }
}

#[tokio::test]
async fn every_way_through_the_pages_meets_every_event_once() {
    let World { app, root, .. } = World::start().await;
    for number in 0..23 {
        app.clock.advance(Duration::seconds(number % 2));
        app.group(&format!("group{number}"), Visibility::Private)
            .await;
    }
    let newest = followed(&root, "/audit_events?per_page=5").await;
    assert!(newest.len() >= 27 && newest.is_sorted_by(|one, next| one > next));
    let oldest: Vec<i64> = newest.iter().rev().copied().collect();
    for (query, expected) in [
        ("per_page=100", &newest),
        ("per_page=4&sort=asc", &oldest),
        ("per_page=4&pagination=keyset", &newest),
        ("per_page=4&pagination=keyset&order_by=id&sort=asc", &oldest),
    ] {
        let ids = followed(&root, &format!("/audit_events?{query}")).await;
        assert_eq!(&ids, expected, "{query}");
    }
    let (after, before) = (oldest[2], oldest[5]);
    let path = format!("/audit_events?id_after={after}&id_before={before}");
    assert_eq!(followed(&root, &path).await, [oldest[4], oldest[3]]);
}

/// A group with everything in it and another one, and somebody of each role.
async fn with_two_groups() -> TestApp {
    let app = TestApp::start().await;
    for path in ["team/app", "team/below/app", "other/app"] {
        app.project(path, Visibility::Private).await;
    }
    for level in ["guest", "maintainer", "owner"] {
        app.user(level).await;
        app.member("team", level, level).await;
    }
    app.user("stranger").await;
    app.user("app-owner").await;
    app.member("team/app", "app-owner", "owner").await;
    app.machine("team/below", "read_registry").await;
    app
}

#[tokio::test]
async fn owners_read_the_events_of_their_group_and_of_everything_in_it() {
    let app = with_two_groups().await;
    let owner = app.actor("owner", "read_api").await;
    let all = "group.created:team project.created:team/app group.created:team/below \
        project.created:team/below/app member.added:team member.added:team member.added:team \
        member.added:team/app deploy_token.created:deploy-token-1";
    assert_eq!(
        told(&owner, "/groups/team/audit_events?sort=asc").await,
        all
    );
    let below = "deploy_token.created:deploy-token-1 project.created:team/below/app group.created:team/below";
    let id = app.id_at("team/below").await;
    for name in ["team%2Fbelow".to_owned(), id.to_string()] {
        assert_eq!(
            told(&owner, &format!("/groups/{name}/audit_events")).await,
            below
        );
    }
    let project = "/projects/team%2Fapp/audit_events";
    let events = "member.added:team/app project.created:team/app";
    assert_eq!(told(&owner, project).await, events);
    let app_owner = app.actor("app-owner", "api").await;
    assert_eq!(told(&app_owner, project).await, events);
    let entity = format!("{project}?entity_type=Group&entity_id={id}");
    assert_eq!(
        told(&app_owner, &entity).await,
        "",
        "nothing from elsewhere"
    );

    // One event is there where its list has it, and nowhere else.
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    let in_project: BTreeSet<i64> = followed(&app_owner, project).await.into_iter().collect();
    let all = followed(&root, "/audit_events").await;
    assert!(in_project.len() == 2 && all.len() > 12);
    for id in all {
        let reply = app_owner.get(&format!("{project}/{id}")).await;
        let status = if in_project.contains(&id) { 200 } else { 404 };
        assert_eq!(reply.status, status, "{id}: {}", reply.body);
    }
}

#[tokio::test]
async fn others_are_refused_and_who_may_not_see_the_place_learns_nothing() {
    let app = with_two_groups().await;
    let paths = |place: &str| ["", "/1"].map(|one| format!("/{place}/audit_events{one}"));
    let status = async |user: &str, place: &str| {
        let caller = app.actor(user, "api").await;
        let mut all = BTreeSet::new();
        for path in paths(place) {
            all.insert(caller.get(&path).await.status.as_u16());
            // What cannot be read is told only to those who may know of the place.
            all.insert(
                caller
                    .get(&format!("{path}?action=x"))
                    .await
                    .status
                    .as_u16(),
            );
        }
        all
    };
    for user in ["guest", "maintainer"] {
        for place in ["groups/team", "projects/team%2Fapp"] {
            let is_refused = status(user, place).await.is_subset(&[403, 400].into());
            assert!(is_refused, "{user} {place}");
        }
    }
    for (user, place) in [
        ("stranger", "groups/team"),
        ("stranger", "projects/team%2Fapp"),
        ("app-owner", "groups/other"),
        ("owner", "groups/other"),
        ("owner", "projects/other%2Fapp"),
        ("owner", "groups/nowhere"),
        ("owner", "projects/team"),
    ] {
        assert_eq!(status(user, place).await, [404].into(), "{user} {place}");
    }
    let owner = app.actor("owner", "api").await;
    for path in ["/audit_events", "/audit_events/1"] {
        assert_eq!(owner.get(path).await.status, 403);
    }
    for scopes in ["read_user", "read_registry"] {
        let narrow = app.actor("owner", scopes).await;
        let reply = narrow.get("/groups/team/audit_events").await;
        assert_eq!(reply.told(), narrow.get("/groups/team").await.told());
        assert_eq!(reply.json()["error"], "insufficient_scope");
    }
    // The public may see a group, and not who works there.
    app.group("open", Visibility::Public).await;
    assert_eq!(status("stranger", "groups/open").await, [400, 403].into());
}

/// A name that was taken before has the same id again, and a past that is not its new Owners'.
#[tokio::test]
async fn who_gets_a_deleted_name_does_not_get_its_past() {
    let app = with_two_groups().await;
    app.clock.advance(DAY);
    app.delete_namespace("team/app").await;
    app.clock.advance(DAY);
    app.project("team/app", Visibility::Private).await;
    app.member("team/app", "app-owner", "owner").await;
    let project = "/projects/team%2Fapp/audit_events";
    let new_owner = app.actor("app-owner", "api").await;
    let events = "member.added:team/app project.created:team/app";
    assert_eq!(told(&new_owner, project).await, events);
    let early = format!("{project}?created_after=2026-03-14");
    assert_eq!(told(&new_owner, &early).await, events);
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    let all = format!("{events} project.deleted:team/app {events}");
    assert_eq!(told(&root, project).await, all);
    let first = *followed(&root, project).await.last().unwrap();
    let one = format!("{project}/{first}");
    assert_eq!(new_owner.get(&one).await.status, 404);
    assert_eq!(root.get(&one).await.status, 200);
    // The Owner of the group around it had it before.
    let owner = app.actor("owner", "api").await;
    assert!(
        told(&owner, "/groups/team/audit_events")
            .await
            .contains("project.deleted")
    );
}

#[tokio::test]
async fn no_event_has_a_secret() {
    let World { app, root, alice } = World::start().await;
    let bob = json!({ "username": "bob", "password": PASSWORD, "email": "b@example.com" });
    root.post("/users", bob).await;
    let wanted = json!({ "name": "made", "scopes": ["read_registry"] });
    let made = alice
        .post("/user/personal_access_tokens", wanted)
        .await
        .json();
    app.group("team", Visibility::Private).await;
    let machine = app.machine("team", "read_registry").await;
    let hash = app.password_hash(&"bob".try_into().unwrap()).await;
    let log = root.get("/audit_events?per_page=100").await.body;
    assert!(log.contains("deploy_token.created") && log.contains("access_token.created"));
    let secrets = [
        root.secret(),
        alice.secret(),
        machine.secret(),
        PASSWORD,
        &hash,
    ];
    for secret in secrets.into_iter().chain(made["token"].as_str()) {
        assert!(secret.len() > 8 && !log.contains(secret));
    }
}

/// Other instances, and this one tomorrow, know better what time it is.
#[tokio::test]
async fn a_clock_years_ahead_deletes_one_day_of_events_at_a_time() {
    let World { app, root, .. } = World::start().await;
    for name in ["second-day", "third-day"] {
        app.clock.advance(DAY);
        app.group(name, Visibility::Private).await;
    }
    let years = DAY * 730;
    for left in [
        "group.created:third-day group.created:second-day",
        "group.created:third-day",
        "",
    ] {
        app.clock.advance(years);
        let purged = app.desk.purge_audit_events(KEPT).await.unwrap();
        assert!(purged.number >= 1 && !purged.has_rest, "{purged:?}");
        app.clock.advance(-years);
        assert_eq!(told(&root, "/audit_events").await, left);
    }
}

#[tokio::test]
async fn events_are_deleted_when_they_were_kept_long_enough() {
    let World { app, root, .. } = World::start().await;
    app.clock.advance(DAY);
    app.group("team", Visibility::Private).await;
    app.clock.advance(DAY * 9);
    let purged = app.desk.purge_audit_events(KEPT).await.unwrap();
    assert_eq!(
        (purged.number, purged.has_rest),
        (0, false),
        "on its last day"
    );
    app.clock.advance(Duration::seconds(1));
    let purged = app.desk.purge_audit_events(KEPT).await.unwrap();
    assert!(purged.number >= 4 && !purged.has_rest);
    assert_eq!(told(&root, "/audit_events").await, "group.created:team");
    // What the events were about is still there.
    assert_eq!(root.get("/users").await.status, 200);
}
