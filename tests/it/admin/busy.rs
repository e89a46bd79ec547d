//! Lists while others read lists.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Caller, World};

#[tokio::test]
async fn lists_beyond_the_limit_wait_a_little_and_hold_up_no_token() {
    let World { app, alice, .. } = World::start().await;
    app.project("open/app", Visibility::Public).await;
    // Half of the four connections.
    let held = [app.turn().await, app.turn().await];
    for path in [
        "/users?search=a",
        "/groups?search=a",
        "/projects",
        "/projects/open%2Fapp/members/all?query=a",
        "/personal_access_tokens?search=a",
        "/personal_access_tokens/self/associations",
        "/projects?pagination=keyset&order_by=id",
    ] {
        let reply = alice.get(path).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(reply.header("retry-after"), "5", "{path}");
    }
    assert_eq!(alice.get("/user").await.status, StatusCode::OK);
    let token = alice.ask(&["repository:open/app:pull"]).await;
    assert_eq!(token.granted(&app.keys), ["repository:open/app:pull"]);
    let waiting = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(held);
    };
    let (reply, ()) = tokio::join!(alice.get("/users?search=a"), waiting);
    assert_eq!(reply.status, StatusCode::OK, "it waited for its turn");
}

/// Replies to changes hold no list that may be refused after the change is made.
#[tokio::test]
async fn a_change_that_is_made_is_answered_so_while_no_list_can_be_read() {
    let World { app, root, .. } = World::start().await;
    app.user("bob").await;
    let held = [app.turn().await, app.turn().await];
    let later = "2027-01-01";
    for (method, path, body) in [
        ("POST", "/groups", json!({ "name": "Team", "path": "team" })),
        ("PUT", "/groups/team", json!({ "name": "The team" })),
        ("POST", "/projects", json!({ "name": "app", "path": "app" })),
        (
            "PUT",
            "/projects/root%2Fapp",
            json!({ "description": "An app" }),
        ),
        (
            "POST",
            "/groups/team/members",
            json!({ "user_id": 2, "access_level": 30 }),
        ),
        (
            "PUT",
            "/groups/team/members/2",
            json!({ "access_level": 40 }),
        ),
        ("DELETE", "/groups/team/members/2", Value::Null),
        (
            "POST",
            "/users/2/personal_access_tokens",
            json!({ "name": "t", "scopes": ["api"], "expires_at": later }),
        ),
        ("PUT", "/users/2", json!({ "name": "Bob" })),
        ("POST", "/users/2/block", Value::Null),
        ("DELETE", "/users/2", Value::Null),
        ("DELETE", "/groups/team", Value::Null),
    ] {
        let reply = root.call(method, path, body).await;
        assert!(
            reply.status.is_success(),
            "{method} {path}: {}",
            reply.status
        );
    }
    drop(held);
}

#[tokio::test]
async fn many_searches_at_the_same_time_refuse_no_token() {
    let World { app, alice, .. } = World::start().await;
    let mut searches = JoinSet::new();
    for _ in 0..20 {
        let alice = Caller::clone(&alice);
        searches.spawn(async move { alice.get("/users?search=%C3%A4").await.status });
    }
    for _ in 0..20 {
        assert_eq!(
            alice.ask(&["repository:open/app:pull"]).await.status,
            StatusCode::OK
        );
    }
    for status in searches.join_all().await {
        assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&status));
    }
    drop(app.turn().await);
}
