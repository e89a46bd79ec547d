//! Changing and deleting users.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{PASSWORD, TestApp, Token};

async fn start() -> (TestApp, Token, String) {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("alice").await;
    let root = app.token("root", "api").await;
    let alice = format!("/users/{}", app.id_of("alice").await);
    (app, root, alice)
}

#[tokio::test]
async fn administrators_change_what_was_chosen() {
    let (app, root, alice) = start().await;
    let wanted = json!({
        "name": "Alice A.", "email": "A@Example.org", "admin": true, "external": "True",
        "username": "Alice", "id": 99, "state": "blocked", "created_at": "2001-01-01T00:00:00Z",
    });
    let changed = app.api(("PUT", &alice), &root, wanted).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let now = app.read(&alice, &root).await;
    assert_eq!(now, changed.json());
    assert_eq!(
        (
            &now["name"],
            &now["email"],
            &now["is_admin"],
            &now["external"]
        ),
        (
            &json!("Alice A."),
            &json!("a@example.org"),
            &json!(true),
            &json!(true)
        )
    );
    assert_eq!(
        (&now["username"], &now["state"], &now["created_at"]),
        (
            &json!("alice"),
            &json!("active"),
            &json!("2026-03-14T15:09:26.000Z")
        ),
        "what may not be set has no effect"
    );
    let unchanged = app.api(("PUT", &alice), &root, json!({})).await;
    assert_eq!(unchanged.json(), now, "what is left out stays");
    let without = app
        .api(("PUT", &alice), &root, json!({ "email": "" }))
        .await;
    assert_eq!(without.json()["email"], Value::Null);
}

#[tokio::test]
async fn forms_change_users_too() {
    let (app, root, alice) = start().await;
    let request = Request::put(format!("/api/v4{alice}"))
        .header("PRIVATE-TOKEN", root.secret.expose())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("name=Alice+B.&external=1"));
    let reply = app.send_admin(request.unwrap()).await.json();
    assert_eq!(
        (&reply["name"], &reply["external"]),
        (&json!("Alice B."), &json!(true))
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_says_why_and_changes_nothing() {
    let (app, root, alice) = start().await;
    let before = app.read(&alice, &root).await;
    let told = async |body: Value| app.told(("PUT", &alice), &root, body).await;
    insta::assert_snapshot!(told(json!({ "username": "alicia", "name": "x" })).await, @r#"400 {"message":{"username":["does not change: images are kept under it; make another user"]}}"#);
    insta::assert_snapshot!(told(json!({ "email": "root@example.com", "name": "x" })).await, @r#"409 {"message":"`root@example.com` is taken: another user has this address"}"#);
    insta::assert_snapshot!(told(json!({ "email": "x", "name": "x" })).await, @r#"400 {"error":"email is invalid"}"#);
    insta::assert_snapshot!(told(json!({ "name": "" })).await, @r#"400 {"message":"400 Bad request - a name is 1 to 255 characters on one line"}"#);
    insta::assert_snapshot!(told(json!({ "password": "short", "name": "x" })).await, @r#"400 {"message":"400 Bad request - a password has at least 8 characters"}"#);
    insta::assert_snapshot!(told(json!({ "admin": "perhaps", "name": "x" })).await, @r#"400 {"error":"admin is invalid"}"#);
    assert_eq!(app.read(&alice, &root).await, before);
    let nobody = app
        .told(("PUT", "/users/999"), &root, json!({ "name": "x" }))
        .await;
    assert_eq!(nobody, r#"404 {"message":"404 User Not Found"}"#);
}

/// Harbor CVE-2019-16097: a field that only administrators may set was taken from anybody.
#[tokio::test]
async fn nobody_makes_themselves_an_administrator() {
    let (app, root, alice) = start().await;
    let token = app.token("alice", "api").await;
    let wanted = json!({ "admin": true, "is_admin": true });
    assert_eq!(
        app.told(("PUT", &alice), &token, wanted.clone()).await,
        r#"403 {"message":"403 Forbidden"}"#
    );
    for path in ["/user", "/users"] {
        for method in ["PUT", "POST", "PATCH"] {
            let status = app.api((method, path), &token, wanted.clone()).await.status;
            assert!(status.is_client_error(), "{method} {path}: {status}");
        }
    }
    assert_eq!(app.read(&alice, &root).await["is_admin"], false);
}

#[tokio::test]
async fn the_last_administrator_cannot_be_removed_blocked_or_demoted() {
    let (app, root, _) = start().await;
    app.administrator("blocked").await;
    let path = async |name: &str| format!("/users/{}", app.id_of(name).await);
    let block = format!("{}/block", path("blocked").await);
    app.api(("POST", &block), &root, json!({})).await;
    let own = path("root").await;
    let demote = json!({ "admin": false });
    insta::assert_snapshot!(app.told(("PUT", &own), &root, demote.clone()).await, @r#"400 {"message":"400 Bad request - the last administrator cannot be demoted"}"#);
    insta::assert_snapshot!(app.told(("DELETE", &own), &root, Value::Null).await, @r#"400 {"message":"400 Bad request - the last administrator cannot be removed"}"#);
    insta::assert_snapshot!(app.told(("POST", &format!("{own}/block")), &root, json!({})).await, @r#"400 {"message":"400 Bad request - the last administrator cannot be blocked"}"#);
    let blocked = path("blocked").await;
    assert_eq!(
        app.told(("DELETE", &blocked), &root, Value::Null).await,
        "204",
        "a blocked administrator is not the last one"
    );
    app.administrator("other").await;
    let demoted = app.api(("PUT", &own), &root, demote).await;
    assert_eq!(demoted.json()["is_admin"], false);
    let other = app.token("other", "api").await;
    let last = path("other").await;
    let removed = app.told(("DELETE", &last), &other, Value::Null).await;
    assert!(removed.contains("the last administrator"), "{removed}");
}

#[tokio::test]
async fn of_administrators_that_go_at_the_same_time_one_stays() {
    let (app, _, _) = start().await;
    let mut calls = Vec::new();
    for name in ["a", "b", "c", "d"] {
        app.administrator(name).await;
        calls.push((
            format!("/users/{}", app.id_of(name).await),
            app.token(name, "api").await,
        ));
    }
    let root = app.id_of("root").await;
    let demoted = app
        .api(
            ("PUT", &format!("/users/{root}")),
            &calls[0].1,
            json!({ "admin": false }),
        )
        .await;
    assert_eq!(demoted.status, StatusCode::OK);
    let [(pa, a), (pb, b), (pc, c), (pd, d)] = &calls[..] else {
        panic!("four")
    };
    let no = || json!({ "admin": false });
    let (first, second, third, fourth) = tokio::join!(
        app.api(("PUT", pa), a, no()),
        app.api(("DELETE", pb), b, Value::Null),
        app.api(("PUT", pc), c, no()),
        app.api(("DELETE", pd), d, Value::Null),
    );
    let refused = [first, second, third, fourth];
    let refused = refused.iter().filter(|reply| reply.status == 400).count();
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn a_deleted_user_is_gone_with_everything_that_was_theirs() {
    let (app, root, alice) = start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    let token = app.token("alice", "api").await;
    let project = json!({ "name": "tool", "visibility": "public" });
    let made = app.api(("POST", "/projects"), &token, project).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let pulls = async |name: &str| {
        let scope = format!("repository:{name}:pull");
        app.ask(None, &[&scope]).await.granted(&app.keys).len()
    };
    assert_eq!(pulls("alice/tool").await, 1);

    assert_eq!(
        app.told(("DELETE", &alice), &root, Value::Null).await,
        "204"
    );
    assert_eq!(
        app.told(("GET", &alice), &root, Value::Null).await,
        r#"404 {"message":"404 User Not Found"}"#
    );
    assert_eq!(
        app.told(("DELETE", &alice), &root, Value::Null).await,
        r#"404 {"message":"404 User Not Found"}"#
    );
    for secret in [token.secret.expose(), PASSWORD] {
        let reply = app.ask(Some(("alice", secret)), &[]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    let reply = app.api(("GET", "/user"), &token, Value::Null).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(pulls("alice/tool").await, 0, "the images stay closed");
    let path = format!("/projects/{}", made.json()["id"]);
    assert_eq!(
        app.api(("GET", &path), &root, Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(app.read("/groups/team/members", &root).await, json!([]));

    // An administrator makes the user anew; what was deleted stays deleted.
    app.user("alice").await;
    assert_eq!(pulls("alice/tool").await, 0);
    let reply = app.api(("GET", "/user"), &token, Value::Null).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.read("/groups/team/members", &root).await, json!([]));
}

/// Images of a group that was deleted are nobody's own.
#[tokio::test]
async fn a_deleted_groups_name_is_never_a_users() {
    let (app, root, _) = start().await;
    app.group("crew", Visibility::Private).await;
    app.api(("DELETE", "/groups/crew"), &root, Value::Null)
        .await;
    let crew = app
        .api(("POST", "/users"), &root, json!({ "username": "crew" }))
        .await;
    assert_eq!(crew.status, StatusCode::CONFLICT, "{}", crew.body);
}

#[tokio::test]
async fn users_come_in_the_order_that_is_asked_for() {
    let (app, root, _) = start().await;
    app.clock.advance(chrono::Duration::days(1));
    let body = json!({ "username": "zoe", "name": "Aaron" });
    app.api(("POST", "/users"), &root, body).await;
    let names = async |query: &str| {
        let list = app.read(&format!("/users?{query}"), &root).await;
        let names = list.as_array().unwrap().iter();
        let names = names.map(|user| user["username"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("order_by=id&sort=desc").await, "zoe alice root");
    assert_eq!(names("order_by=name&sort=asc").await, "zoe alice root");
    assert_eq!(names("order_by=username").await, "alice root zoe");
    assert_eq!(
        names("order_by=created_at&sort=desc").await,
        "zoe alice root"
    );
    assert_eq!(names("created_after=2026-03-15").await, "zoe");
    assert_eq!(
        names("created_before=2026-03-15T00:00:00Z").await,
        "root alice"
    );
    for wrong in [
        "order_by=email",
        "sort=up",
        "created_after=soon",
        "per_page=0",
    ] {
        let reply = app
            .api(("GET", &format!("/users?{wrong}")), &root, Value::Null)
            .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn addresses_are_not_found_by_those_who_do_not_see_them() {
    let (app, root, _) = start().await;
    let alice = app.token("alice", "api").await;
    assert_eq!(app.read("/users?search=root@", &alice).await, json!([]));
    assert_eq!(
        app.read("/users?search=root@", &root).await[0]["username"],
        "root"
    );
}
