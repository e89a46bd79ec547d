//! Requests that ask for what is not done: texts that are not UTF-8, conditions, and filters that are blank.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, PASSWORD, Reply, TestApp, World};

const FORM: &str = "application/x-www-form-urlencoded";

async fn send(
    (app, caller): (&TestApp, &Actor),
    (method, path): (Method, &str),
    (kind, body): (&str, &[u8]),
) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v4{path}"))
        .header("PRIVATE-TOKEN", caller.secret())
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(body.to_vec()));
    app.send_admin(request.unwrap()).await
}

#[tokio::test]
async fn a_text_that_is_not_utf_8_is_refused_and_not_kept() {
    let World { app, root, .. } = World::start().await;
    let parts = b"--XX\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nbob\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nJ\xfcrgen\r\n--XX--\r\n";
    let multipart = "multipart/form-data; boundary=XX";
    for (path, (kind, body)) in [
        ("/users", (FORM, &b"username=bob&name=J%FCrgen"[..])),
        ("/users", (FORM, b"username=bob&name=J\xfcrgen")),
        ("/users?name=J%FCrgen", (FORM, b"username=bob")),
        ("/users", (multipart, parts)),
    ] {
        let reply = send((&app, &root), (Method::POST, path), (kind, body)).await;
        assert_eq!(reply.told(), r#"400 {"error":"name is invalid"}"#);
    }
    assert_eq!(root.get("/users?username=bob").await.told(), "200 []");
}

#[tokio::test]
async fn a_password_that_no_client_can_send_replaces_none() {
    let World { app, root, .. } = World::start().await;
    let path = format!("/users/{}", app.id_of("alice").await);
    for body in [
        &b"password=gr%FC%DFe-1234"[..],
        b"password=gr\xfc\xdfe-1234",
    ] {
        let reply = send((&app, &root), (Method::PUT, &path), (FORM, body)).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
    }
    // It may also be what another program made of such bytes.
    let replaced = root
        .put(&path, json!({ "password": "gr\u{fffd}\u{fffd}e-1234" }))
        .await;
    assert_eq!(replaced.status, 400, "{}", replaced.body);
    assert!(app.caller("alice", PASSWORD).works().await);
}

#[tokio::test]
async fn a_change_under_a_condition_is_not_made_without_it() {
    let World { app, root, .. } = World::start().await;
    let path = format!("/api/v4/users/{}", app.id_of("alice").await);
    for (condition, value) in [
        ("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"),
        ("If-Match", "\"x\""),
    ] {
        for (method, secret, status) in [
            (Method::DELETE, "wrong", 401),
            (Method::DELETE, root.secret(), 412),
            (Method::GET, root.secret(), 200),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(&path)
                .header("PRIVATE-TOKEN", secret)
                .header(condition, value)
                .body(Body::empty());
            let reply = app.send_admin(request.unwrap()).await;
            assert_eq!(reply.status, status, "{}", reply.body);
        }
    }
}

#[tokio::test]
async fn an_empty_variable_of_a_script_lists_not_everything() {
    let World { app, root, .. } = World::start().await;
    app.group("team", Visibility::default()).await;
    for (list, filter) in [
        ("/explain?scope=registry:catalog:*", "token_id"),
        ("/explain?scope=registry:catalog:*", "user"),
        ("/usage?group_id=team", "user_id"),
        ("/usage", "user_id"),
        ("/refresh_tokens", "user_id"),
        ("/usage", "token_id"),
        ("/usage", "deploy_token_id"),
        ("/usage", "project_id"),
        ("/usage", "group_id"),
        ("/usage", "repository"),
        ("/audit_events", "author_id"),
        ("/audit_events", "author"),
        ("/audit_events", "entity_id"),
    ] {
        let begin = if list.contains('?') { '&' } else { '?' };
        for blank in ["", "+"] {
            let reply = root.get(&format!("{list}{begin}{filter}={blank}")).await;
            let told = format!(r#"400 {{"error":"{filter} is invalid"}}"#);
            assert_eq!(reply.told(), told);
        }
    }
}
