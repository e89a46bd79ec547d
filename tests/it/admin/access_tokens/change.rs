//! Changing tokens, which only ever narrows them.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;

use crate::harness::World;

#[tokio::test]
async fn a_token_is_renamed_shortened_and_narrowed_but_never_widened() {
    let World { app, alice, .. } = World::start().await;
    let end = Expiry::on((app.now() + Duration::days(30)).date_naive());
    let token = app
        .actor_with("alice", "read_registry write_registry", |token| {
            token.expiring(Some(end))
        })
        .await;
    let path = token.token_path();
    let change = async |body: Value| alice.patch(&path, body).await;
    let wanted = json!({
        "name": "new", "description": "why", "scopes": ["read_registry"], "repositories": ["team/*"],
    });
    let changed = change(wanted).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.json()["scopes"], json!(["read_registry"]));
    assert_eq!(
        change(json!({ "expires_at": "2026-03-20" })).await.json()["expires_at"],
        "2026-03-20"
    );
    let before = (app.last_change().await, app.last_audited().await);
    let after = change(json!({ "name": "new", "expires_at": "2026-03-20" }))
        .await
        .json();
    let since = (app.last_change().await, app.last_audited().await);
    assert_eq!(since, before, "what makes no difference is no change");
    assert_eq!(
        (&after["name"], &after["repositories"]),
        (&json!("new"), &json!(["team/*"]))
    );
    for (body, status) in [
        (
            json!({ "scopes": ["read_registry", "write_registry"] }),
            422,
        ),
        (json!({ "expires_at": "2026-03-21" }), 422),
        (json!({ "expires_at": null }), 422),
        (json!({ "repositories": [] }), 422),
        (json!({ "repositories": ["**"] }), 422),
        (json!({ "name": "" }), 422),
        (json!({ "revoked": false }), 400),
        (json!({ "token": "x" }), 400),
    ] {
        assert_eq!(change(body.clone()).await.status.as_u16(), status, "{body}");
    }
    assert_eq!(
        change(json!({})).await.json(),
        after,
        "what was refused changed nothing"
    );
    // It counts at the very next request.
    let refused = token.ask(&["repository:alice/x:pull"]).await;
    assert_eq!(
        refused.json()["denied"][0]["reason"],
        "the token is limited to other repositories"
    );
}

/// Clients that write whole objects send back what they were shown.
#[tokio::test]
async fn the_end_that_is_shown_can_be_sent_back() {
    let World { app, root, alice } = World::start().await;
    let day = json!({ "name": "x", "scopes": ["read_registry"], "expires_in": "12h" });
    let made = alice.post("/user/personal_access_tokens", day).await.json();
    let far = Expiry::on((app.now() + Duration::days(3000)).date_naive());
    let old = app
        .actor_with("alice", "read_registry", |token| token.expiring(Some(far)))
        .await;
    let app = app
        .restart_with("[access_tokens]\nlongest_lifetime = \"30d\"")
        .await;
    let root = app.again(&root);
    for path in [
        format!("/personal_access_tokens/{}", made["id"]),
        old.token_path(),
    ] {
        let before = root.read(&path).await;
        let wanted = json!({ "name": "new", "expires_at": before["expires_at"] });
        let reply = root.patch(&path, wanted).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let after = root.read(&path).await;
        assert_eq!(
            (&after["name"], &after["expires_at_time"]),
            (&json!("new"), &before["expires_at_time"])
        );
        let later = root
            .patch(&path, json!({ "expires_at": "2099-01-01" }))
            .await;
        assert_eq!(
            later.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            later.body
        );
    }
}
