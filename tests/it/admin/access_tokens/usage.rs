//! When and from where tokens were used.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::{DateTime, Duration};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;
use wharfinger::domain::ids::{AccessTokenId, UserId};

use crate::harness::{Actor, TestApp, World, basic, peer};

const SELF: &str = "/personal_access_tokens/self";

/// What the API says about the use of alice's token, which an administrator asks.
async fn seen(world: &World) -> (Value, Vec<String>) {
    uses(&world.root, &world.alice).await
}

async fn uses(administrator: &Actor, actor: &Actor) -> (Value, Vec<String>) {
    let mut json = administrator.get(&actor.token_path()).await.json();
    let addresses = json["last_used_ips"].as_array().unwrap().iter();
    let addresses = addresses.map(|address| address.as_str().unwrap().to_owned());
    let addresses = addresses.collect();
    (json["last_used_at"].take(), addresses)
}

async fn start() -> World {
    World::start_with("[token]\ntrusted_proxies = [\"10.9.9.9\"]\n").await
}

/// Alice uses her token, and that is written down.
async fn use_it(world: &World, from: &str) {
    let reply = world.alice.at(from).get("/user").await;
    assert_eq!(reply.status, StatusCode::OK);
    world.app.usage.write().await.unwrap();
}

#[tokio::test]
async fn each_way_to_use_a_token_is_noted_with_the_clients_address() {
    let world = start().await;
    let World { app, alice, .. } = &world;
    assert_eq!(seen(&world).await, (Value::Null, vec![]));
    let secret = alice.secret();
    let authorization = basic("alice", secret);
    let requests = [
        Request::get("/jwt/auth?service=container_registry"),
        Request::get("/auth/verify"),
    ];
    for (number, request) in requests.into_iter().enumerate() {
        let request = request
            .header(header::AUTHORIZATION, &authorization)
            .header("X-Forwarded-For", format!("203.0.113.{number}"))
            .extension(peer("10.9.9.9"));
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert!(reply.status.is_success());
    }
    let form =
        format!("grant_type=password&service=container_registry&username=alice&password={secret}");
    let request = Request::post("/jwt/auth")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .extension(peer("203.0.113.2"));
    let reply = app.send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    alice.at("2001:db8::3").get(SELF).await;
    assert_eq!(
        seen(&world).await.0,
        Value::Null,
        "a request does not wait for that"
    );
    app.usage.write().await.unwrap();
    let addresses = ["2001:db8::3", "203.0.113.2", "203.0.113.1", "203.0.113.0"];
    let expected = (
        json!("2026-03-14T15:09:26.000Z"),
        addresses.map(str::to_owned).to_vec(),
    );
    assert_eq!(seen(&world).await, expected);
    let list = alice
        .get("/personal_access_tokens?sort=last_used_asc")
        .await
        .json();
    assert_eq!(list[0]["last_used_ips"], json!(addresses));
    assert_eq!(
        app.last_audited().await.split(' ').nth(1),
        Some("access_token.created")
    );
}

#[tokio::test]
async fn each_listener_has_proxies_of_its_own() {
    let proxies =
        "[token]\ntrusted_proxies = [\"10.0.0.1\"]\n[admin]\ntrusted_proxies = [\"10.0.0.2\"]\n";
    let World { app, root, .. } = World::start_with(proxies).await;
    let authorization = basic("root", root.secret());
    let forwarded = |request: axum::http::request::Builder, proxy: &str, header: &str| {
        let (name, value) = header.split_once(' ').unwrap();
        let request = request.header(name, value).extension(peer(proxy));
        let request = request.header(header::AUTHORIZATION, &authorization);
        let request = request.header("PRIVATE-TOKEN", root.secret());
        request.body(Body::empty()).unwrap()
    };
    let user = || Request::get("/api/v4/user");
    let ask = || Request::get("/jwt/auth?service=container_registry");
    for request in [
        forwarded(user(), "10.0.0.2", "X-Forwarded-For 203.0.113.1:41234"),
        forwarded(user(), "10.0.0.2", "Forwarded for=\"[2001:db8::2]:80\""),
        forwarded(user(), "10.0.0.1", "X-Forwarded-For 203.0.113.3"),
    ] {
        assert_eq!(app.send_admin(request).await.status, StatusCode::OK);
    }
    for request in [
        forwarded(ask(), "10.0.0.1", "X-Forwarded-For 203.0.113.4,"),
        forwarded(ask(), "10.0.0.2", "X-Forwarded-For 203.0.113.5"),
    ] {
        assert_eq!(app.send(request).await.status, StatusCode::OK);
    }
    app.usage.write().await.unwrap();
    let expected = [
        "10.0.0.2",
        "203.0.113.4",
        "10.0.0.1",
        "2001:db8::2",
        "203.0.113.1",
    ];
    assert_eq!(uses(&root, &root).await.1, expected);
}

#[tokio::test]
async fn nothing_that_a_client_sends_hides_its_address_behind_its_proxys() {
    let world = start().await;
    let World { app, alice, .. } = &world;
    let spoiled: [(&str, &[u8]); 3] = [
        ("x-forwarded-for", b"\", 203.0.113.1"),
        ("x-forwarded-for", b"\xff, 203.0.113.2"),
        ("forwarded", b"for=\"a, for=203.0.113.3"),
    ];
    for (name, line) in spoiled {
        let request = Request::get("/jwt/auth?service=container_registry")
            .header(header::AUTHORIZATION, basic("alice", alice.secret()))
            .header(name, header::HeaderValue::from_bytes(line).unwrap())
            .extension(peer("10.9.9.9"));
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    app.usage.write().await.unwrap();
    let expected = ["203.0.113.3", "203.0.113.2", "203.0.113.1"];
    assert_eq!(seen(&world).await.1, expected);
}

#[tokio::test]
async fn the_time_is_written_every_ten_minutes_and_an_address_every_minute() {
    let world = start().await;
    let World { app, .. } = &world;
    let at = |minutes: i64, seconds: i64| {
        let instant = app.now() + Duration::minutes(minutes) + Duration::seconds(seconds);
        json!(instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
    };
    let (begin, later) = (at(0, 0), at(10, 0));
    use_it(&world, "10.0.0.1").await;
    app.clock.advance(Duration::seconds(59));
    use_it(&world, "10.0.0.2").await;
    let one = vec!["10.0.0.1".to_owned()];
    assert_eq!(seen(&world).await, (begin.clone(), one));
    // An address is not lost; it waits.
    app.clock.advance(Duration::seconds(1));
    app.usage.write().await.unwrap();
    let two = vec!["10.0.0.2".to_owned(), "10.0.0.1".to_owned()];
    assert_eq!(seen(&world).await, (begin, two.clone()));
    app.clock.advance(Duration::minutes(9));
    use_it(&world, "10.0.0.2").await;
    assert_eq!(seen(&world).await, (later, two));
}

#[tokio::test]
async fn five_addresses_are_kept_the_latest_first() {
    let world = start().await;
    let World { app, .. } = &world;
    for number in [1, 2, 3, 4, 5, 6, 2] {
        use_it(&world, &format!("10.0.0.{number}")).await;
        app.clock.advance(Duration::minutes(1));
    }
    let addresses = [2, 6, 5, 4, 3].map(|number| format!("10.0.0.{number}"));
    assert_eq!(seen(&world).await.1, addresses);
}

#[tokio::test]
async fn in_its_grace_every_use_of_a_token_counts() {
    let world = start().await;
    let World { app, alice, .. } = &world;
    let path = "/personal_access_tokens/self/rotate";
    alice.post(path, json!({ "grace": "7d" })).await;
    use_it(&world, "10.0.0.1").await;
    app.clock.advance(Duration::seconds(5));
    use_it(&world, "10.0.0.2").await;
    let addresses = vec!["10.0.0.2".to_owned(), "10.0.0.1".to_owned()];
    let expected = (json!("2026-03-14T15:09:31.000Z"), addresses);
    assert_eq!(seen(&world).await, expected);
}

/// Storage may have been away, so that the use is written down when the grace has ended.
#[tokio::test]
async fn the_last_use_in_a_grace_counts_after_its_end_too() {
    let world = start().await;
    let World { app, alice, .. } = &world;
    let path = "/personal_access_tokens/self/rotate";
    alice.post(path, json!({ "grace": "1h" })).await;
    use_it(&world, "10.0.0.1").await;
    app.clock.advance(Duration::minutes(55));
    use_it(&world, "10.0.0.1").await;
    app.clock.advance(Duration::minutes(4));
    assert_eq!(alice.get("/user").await.status, StatusCode::OK);
    app.clock.advance(Duration::minutes(2));
    app.usage.write().await.unwrap();
    assert_eq!(seen(&world).await.0, "2026-03-14T16:08:26.000Z");
}

#[tokio::test]
async fn a_stop_writes_what_waits_and_a_refused_token_is_not_used() {
    let world = start().await;
    let World { app, alice, .. } = &world;
    use_it(&world, "10.0.0.1").await;
    app.clock.advance(Duration::seconds(7));
    alice.at("10.0.0.2").get(SELF).await;
    app.usage.write_all().await.unwrap();
    let expected = (
        json!("2026-03-14T15:09:33.000Z"),
        vec!["10.0.0.2".to_owned(), "10.0.0.1".to_owned()],
    );
    assert_eq!(seen(&world).await, expected);
    alice.delete(SELF).await;
    app.usage.write_all().await.unwrap();
    app.clock.advance(Duration::days(1));
    alice.at("10.0.0.3").get(SELF).await;
    app.usage.write_all().await.unwrap();
    assert_eq!(seen(&world).await, expected);
}

#[tokio::test]
async fn uses_that_storage_does_not_take_are_bounded() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/full.db?mode=rwc", folder.path().display());
    let app = Box::pin(TestApp::on(&url.clone().into(), |_| {})).await;
    let connection = sea_orm::Database::connect(url).await.unwrap();
    let away = "ALTER TABLE personal_access_tokens RENAME TO away";
    connection.execute_unprepared(away).await.unwrap();
    let usage = &app.usage;
    for round in 0..3 {
        let used = async {
            for token in 0..10_000 {
                let token = AccessTokenId(round * 10_000 + token);
                usage.note((token, UserId(1)), (DateTime::UNIX_EPOCH, None));
            }
        };
        // What is noted meanwhile comes beside what is being written.
        let (written, ()) = tokio::join!(usage.write(), used);
        assert_eq!(written.is_err(), round > 0, "{written:?}");
        assert_eq!(
            format!("{usage:?}"),
            "AccessTokenUses { tokens: 10000, .. }"
        );
    }
}
