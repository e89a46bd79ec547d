//! Adding members.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{listed, start};
use crate::harness::World;

#[tokio::test]
async fn a_member_is_added_shown_and_removed() {
    let World { app, root, .. } = start().await;
    let alice = app.id_of("alice").await;
    for noun in ["groups/team", "projects/team%2Fapp"] {
        let all = format!("/{noun}/members");
        let one = format!("{all}/{alice}");
        let body = json!({
            "user_id": alice, "access_level": 30, "expires_at": "2026-04-01",
            "created_at": "2001-01-01", "id": 77,
        });
        let added = root.post(&all, body.clone()).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
        insta::allow_duplicates! {
            insta::assert_snapshot!(added.pretty(), @r#"
            {
              "id": 2,
              "username": "alice",
              "name": "alice",
              "public_email": null,
              "state": "active",
              "locked": false,
              "avatar_url": null,
              "web_url": "http://localhost:5002/alice",
              "access_level": 30,
              "created_at": "2026-03-14T15:09:26.000Z",
              "created_by": {
                "id": 1,
                "username": "root",
                "name": "root",
                "public_email": null,
                "state": "active",
                "locked": false,
                "bot": false,
                "avatar_url": null,
                "web_url": "http://localhost:5002/root"
              },
              "expires_at": "2026-04-01",
              "membership_state": "active"
            }
            "#);
        }
        assert_eq!(root.read(&one).await, added.json());
        assert_eq!(root.read(&all).await, json!([added.json()]));
        assert_eq!(
            root.post(&all, body).await.told(),
            r#"409 {"message":"Member already exists"}"#
        );
        assert_eq!(root.delete(&one).await.told(), "204");
        for method in ["GET", "DELETE", "PUT"] {
            let told = root
                .call(method, &one, json!({ "access_level": 20 }))
                .await
                .told();
            assert_eq!(
                told, r#"404 {"message":"404 Member Not Found"}"#,
                "{method}"
            );
        }
    }
}

#[tokio::test]
async fn several_users_are_added_at_once() {
    let World { app, root, .. } = start().await;
    app.member("team", "bob", "guest").await;
    let (alice, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    let add = async |body: Value| root.post("/groups/team/members", body).await.told();
    let told = add(json!({ "user_id": format!("{alice},{bob},999"), "access_level": 20 })).await;
    assert_eq!(
        told,
        format!(
            r#"201 {{"message":{{"{bob}":"Member already exists","999":"there is no user `999`"}},"status":"error"}}"#
        )
    );
    assert_eq!(
        add(json!({ "username": "carol, root", "access_level": 20 })).await,
        r#"201 {"status":"success"}"#
    );
    assert_eq!(
        listed(&root, "/groups/team/members").await,
        "root:20 alice:20 bob:10 carol:20"
    );
}

#[tokio::test]
async fn one_name_that_nobody_can_have_keeps_no_others_out() {
    let World { app, root, .. } = start().await;
    let bob = app.id_of("bob").await;
    let add = async |body: Value| root.post("/groups/team/members", body).await.told();
    assert_eq!(
        add(json!({ "username": "bob., carol", "access_level": 20 })).await,
        r#"201 {"message":{"bob.":"there is no user `bob.`"},"status":"error"}"#
    );
    assert_eq!(
        add(json!({ "username": "a b, bob.", "access_level": 20 })).await,
        r#"404 {"message":"404 User Not Found"}"#
    );
    // It may be a secret in the wrong field.
    let secret = format!("root.,{}.", "s".repeat(30));
    let told = add(json!({ "username": format!("carol,{secret}"), "access_level": 20 })).await;
    assert!(
        told.contains("(a longer name)") && !told.contains("sss"),
        "{told}"
    );
    // A script that names somebody twice has what it asked for.
    let twice = add(json!({ "user_id": [bob, bob], "access_level": 10 })).await;
    assert!(twice.contains("\"access_level\":10"), "{twice}");
    let members = listed(&root, "/groups/team/members").await;
    assert!(members.ends_with("bob:10 carol:20"), "{members}");
}

#[tokio::test]
async fn what_cannot_be_given_says_why() {
    let World { root, .. } = start().await;
    let told = async |body: Value| root.post("/groups/team/members", body).await.told();
    insta::assert_snapshot!(told(json!({})).await, @r#"400 {"error":"access_level is missing"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30 })).await, @r#"400 {"error":"user_id, username are missing, exactly one parameter must be provided"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": 1, "username": "bob" })).await, @r#"400 {"error":"user_id, username are mutually exclusive, exactly one parameter must be provided"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": 999 })).await, @r#"404 {"message":"404 User Not Found"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "username": "a b" })).await, @r#"404 {"message":"404 User Not Found"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": "x" })).await, @r#"400 {"error":"user_id is invalid"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": 1, "expires_at": "soon" })).await, @r#"400 {"error":"expires_at is invalid"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": 1, "expires_at": "2026-03-13" })).await, @r#"400 {"message":{"expires_at":["cannot be a date in the past"]}}"#);
    for level in [
        json!(0),
        json!(5),
        json!(15),
        json!(25),
        json!(60),
        json!(-10),
        json!("owner"),
        json!(4_294_967_306_i64),
    ] {
        let reply = told(json!({ "access_level": level, "user_id": 1 })).await;
        assert_eq!(
            reply, r#"400 {"error":"access_level does not have a valid value"}"#,
            "{level}"
        );
    }
    let many = (0..101)
        .map(|id| id.to_string())
        .collect::<Vec<_>>()
        .join(",");
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": many })).await, @r#"400 {"error":"at most 100 users can be added at once"}"#);
    assert_eq!(listed(&root, "/groups/team/members").await, "");
}
