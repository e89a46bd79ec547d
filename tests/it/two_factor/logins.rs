//! Logins of users with two-factor authentication: tokens, and nothing else.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use super::{AUTH, set_up};
use crate::harness::{Actor, Caller, PASSWORD, Reply, TestApp, World};

const ADDRESS: &str = "203.0.113.7";

/// A refresh token that a login by password got.
async fn refresh_token(app: &TestApp) -> String {
    let path = format!("{AUTH}&offline_token=true");
    let reply = app.login("alice").ask_at(&path).await.json();
    reply["refresh_token"].as_str().unwrap().to_owned()
}

async fn posted(app: &TestApp, fields: &[(&str, &str)]) -> Reply {
    use axum::body::Body;
    use axum::http::{Request, header};
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("service", "container_registry");
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    let request = Request::post("/jwt/auth")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.finish()));
    app.send(request.unwrap()).await
}

async fn by_form(app: &TestApp, password: &str) -> Reply {
    let user = [("username", "alice"), ("password", password)];
    posted(app, &[&[("grant_type", "password")][..], &user].concat()).await
}

async fn by_refresh_token(app: &TestApp, token: &str) -> Reply {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    posted(app, &fields).await
}

#[tokio::test]
async fn a_password_opens_no_registry_any_more_and_a_token_does() {
    let World { app, alice, root } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    let (before, pull) = (refresh_token(&app).await, "repository:team/app:pull");
    assert_eq!(app.login("alice").granted(&[pull]).await, [pull]);
    assert!(by_refresh_token(&app, &before).await.status.is_success());
    set_up(&app, &alice).await;

    let wrong = app.caller("alice", "something else").ask_at(AUTH).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    for (what, reply) in [
        ("GET", app.login("alice").ask_at(AUTH).await),
        (
            "by address",
            app.login("Alice@Example.com").ask_at(AUTH).await,
        ),
        ("POST", by_form(&app, PASSWORD).await),
        ("refresh token", by_refresh_token(&app, &before).await),
        ("as a password", app.with(&before).ask_at(AUTH).await),
    ] {
        assert_eq!(reply.told(), wrong.told(), "{what}");
    }
    let proxied = app.login("alice").ask_at("/auth/verify").await;
    assert_eq!(proxied.status, StatusCode::UNAUTHORIZED);
    assert_eq!(alice.granted(&[pull]).await, [pull]);
    let causes = causes(&app, &root).await;
    assert!(causes.contains(&"two_factor_enabled".into()), "{causes:?}");
}

/// The causes for which logins of users were refused.
async fn causes(app: &TestApp, root: &Actor) -> Vec<Value> {
    app.service.observations.write().await.unwrap();
    let seen = root.read("/audit_events?action=user.sign_in_refused").await;
    let events = seen.as_array().unwrap().iter();
    events
        .map(|event| event["details"]["values"]["cause"].clone())
        .collect()
}

#[tokio::test]
async fn refresh_tokens_end_on_every_replica() {
    let World { app, alice, .. } = World::start().await;
    let other = app.beside("").await;
    let token = refresh_token(&app).await;
    // Each has a copy.
    assert!(by_refresh_token(&app, &token).await.status.is_success());
    assert!(by_refresh_token(&other, &token).await.status.is_success());
    let list = alice.read("/refresh_tokens").await;
    assert_eq!(list[0]["active"], true);
    set_up(&app, &alice).await;
    other.service.directory.follow().await.unwrap();
    for replica in [&app, &other] {
        let reply = by_refresh_token(replica, &token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        let reply = by_form(replica, PASSWORD).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    let list = alice.read("/refresh_tokens").await;
    assert_eq!(list[0]["active"], false);
}

/// True if the caller is told to wait by now.
async fn is_throttled(caller: &Caller) -> bool {
    caller.ask_at(AUTH).await.status == StatusCode::TOO_MANY_REQUESTS
}

/// The number of passwords that were computed.
fn computed(app: &TestApp) -> u64 {
    app.service.issuer.admission.passwords.numbers().computed
}

/// Else the number of tries, or the time of each, would tell whether the password was right.
#[tokio::test]
async fn a_right_password_counts_as_much_as_a_wrong_one_and_is_computed_once() {
    let World { app, alice, .. } = World::start_with("[failed_logins]\nfree = 3\n").await;
    set_up(&app, &alice).await;
    for last in [PASSWORD, "wrong too"] {
        for number in 0..2 {
            let caller = app.caller("alice", &format!("{number}, {last}"));
            let caller = caller.at(ADDRESS);
            assert!(!is_throttled(&caller).await);
        }
        let tried = app.caller("alice", last).at(ADDRESS);
        assert!(!is_throttled(&tried).await);
        assert!(
            is_throttled(
                &app.caller("alice", &format!("one more, {last}"))
                    .at(ADDRESS)
            )
            .await,
            "{last}"
        );
        assert!(is_throttled(&tried).await, "{last}");
        app.clock.advance(chrono::Duration::minutes(20));
        let given = computed(&app);
        for _ in 0..20 {
            assert!(!is_throttled(&tried).await, "{last}");
        }
        assert_eq!(computed(&app), given, "{last}");
        app.clock.advance(chrono::Duration::minutes(20));
    }
}

/// Else whoever guesses elsewhere would learn that a forgotten client of the user sends that password.
#[tokio::test]
async fn a_password_that_others_send_is_a_guess_like_any_other() {
    let World { app, alice, .. } = World::start_with("[failed_logins]\nfree = 3\n").await;
    set_up(&app, &alice).await;
    let forgotten = app.login("alice").at(ADDRESS);
    assert!(!is_throttled(&forgotten).await);
    let given = computed(&app);
    for password in ["wrong", "wrong too", PASSWORD] {
        let guess = app.caller("alice", password).at("198.51.100.1");
        assert!(!is_throttled(&guess).await, "{password}");
    }
    assert_eq!(computed(&app), given + 3);
    let one_more = app.caller("alice", "one more").at("198.51.100.1");
    assert!(is_throttled(&one_more).await);
    assert!(!is_throttled(&forgotten).await);
    assert_eq!(computed(&app), given + 3);
}

#[tokio::test]
async fn where_it_is_required_everybody_needs_a_token() {
    let World { app, alice, root } = World::start().await;
    let token = refresh_token(&app).await;
    root.post("/users", json!({ "username": "robot" })).await;
    let app = app.restart_with("[two_factor]\nrequired = true\n").await;
    let (alice, root) = (app.again(&alice), app.again(&root));
    let wrong = app.caller("alice", "something else").ask_at(AUTH).await;
    for reply in [
        app.login("alice").ask_at(AUTH).await,
        app.caller("nobody", PASSWORD).ask_at(AUTH).await,
        by_form(&app, PASSWORD).await,
        by_refresh_token(&app, &token).await,
        app.with(&token).ask_at(AUTH).await,
    ] {
        assert_eq!(reply.told(), wrong.told());
    }
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(alice.works().await && app.anonymous().works().await);
    for user in ["alice", "robot"] {
        let path = format!("/explain?user={user}&scope=repository:team/app:pull");
        let refused = root.read(&path).await["refused"].clone();
        let why = "two-factor authentication is required, so only tokens log in";
        assert_eq!(refused, why, "without a password too");
    }
    let app = app.restart_with("").await;
    assert!(app.login("alice").works().await);
    assert!(by_refresh_token(&app, &token).await.status.is_success());
}
