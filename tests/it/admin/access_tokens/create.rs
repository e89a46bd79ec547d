//! Making tokens for others, which administrators do.

use serde_json::{Value, json};

use crate::harness::{Actor, World, pretty};

#[tokio::test]
async fn the_reply_to_a_creation_is_gitlabs_and_ours() {
    let World { app, root, .. } = World::start().await;
    let path = format!("{}/personal_access_tokens", app.user_path("alice").await);
    let body = json!({
        "name": "ci", "description": "of team", "scopes": ["read_registry", "self_rotate"],
        "expires_at": "2027-01-01", "repositories": ["team/**"],
    });
    let reply = root.post(&path, body).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    let mut reply = reply.json();
    let secret = reply["token"].take();
    assert!(secret.as_str().unwrap().starts_with("whf_pat_"));
    insta::assert_snapshot!(pretty(&reply), @r#"
    {
      "active": true,
      "created_at": "2026-03-14T15:09:26.000Z",
      "description": "of team",
      "expired": false,
      "expires_at": "2027-01-01",
      "expires_at_time": "2027-01-01T00:00:00.000Z",
      "grace_until": null,
      "granular": false,
      "id": 3,
      "last_used_at": null,
      "last_used_ips": [],
      "name": "ci",
      "parent_personal_access_token_id": null,
      "previous_personal_access_token_id": null,
      "repositories": [
        "team/**"
      ],
      "revoked": false,
      "scopes": [
        "read_registry",
        "self_rotate"
      ],
      "token": null,
      "user_id": 2
    }
    "#);
}

#[tokio::test]
async fn creation_is_refused_in_gitlabs_order() {
    let World { app, root, alice } = World::start().await;
    let id = app.id_of("alice").await;
    let told = async |caller: &Actor, id: i64, body: Value| {
        let path = format!("/users/{id}/personal_access_tokens");
        caller.post(&path, body).await.told()
    };
    insta::assert_snapshot!(told(&alice, id, json!({})).await, @r#"403 {"message":"403 Forbidden"}"#);
    insta::assert_snapshot!(told(&root, 99, json!({})).await, @r#"404 {"message":"404 User Not Found"}"#);
    insta::assert_snapshot!(told(&root, id, json!({})).await, @r#"400 {"error":"name is missing, scopes is missing"}"#);
    insta::assert_snapshot!(told(&root, id, json!({ "name": "x", "scopes": ["sudo"] })).await, @r#"400 {"error":"scopes does not have a valid value"}"#);
    insta::assert_snapshot!(told(&root, id, json!({ "name": "x", "scopes": ["api"], "expires_at": "soon" })).await, @r#"400 {"error":"expires_at is invalid"}"#);
    insta::assert_snapshot!(told(&root, id, json!({ "name": " ", "scopes": ["api"] })).await, @r#"422 {"message":"the name is 1 to 255 characters on one line"}"#);
    insta::assert_snapshot!(told(&root, id, json!({ "name": "x", "scopes": [] })).await, @r#"422 {"message":"a token needs at least one scope"}"#);
    insta::assert_snapshot!(told(&root, id, json!({ "name": "x", "scopes": ["api"], "repositories": ["a/*"] })).await, @r#"422 {"message":"a token that is limited to repositories can hold read_registry, write_registry, delete_registry and self_rotate only, not api: it could make itself a wider one"}"#);
}
