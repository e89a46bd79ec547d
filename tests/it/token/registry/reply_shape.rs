//! What a good reply looks like to a registry and its clients.

use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{TestApp, pretty};

#[tokio::test]
async fn the_reply_has_all_that_any_client_reads() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let reply = app.login("alice").ask(&[]).await;
    let json = reply.json();
    assert_eq!(json["token"], json["access_token"]);
    assert_eq!(json["expires_in"], 300);
    assert_eq!(json["issued_at"], "2026-03-14T15:09:26Z");
    assert!(json.get("refresh_token").is_none());
    assert!(json.get("denied").is_none());
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("x-request-id").len(), 36);
    let again = app.anonymous().ask(&[]).await;
    assert_ne!(reply.header("x-request-id"), again.header("x-request-id"));
}

#[tokio::test]
async fn the_claims_are_what_registries_verify() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "maintainer").await;
    let reply = app
        .login("alice")
        .ask(&["repository:team/app:push,pull"])
        .await;
    let mut claims = reply.claims(&app.keys);
    let id = claims["jti"].take();
    assert_eq!(id.as_str().unwrap().len(), 36);
    insta::assert_snapshot!(pretty(&claims), @r#"
    {
      "access": [
        {
          "actions": [
            "pull",
            "push"
          ],
          "name": "team/app",
          "type": "repository"
        }
      ],
      "aud": "container_registry",
      "exp": 1773501866,
      "iat": 1773500956,
      "iss": "wharfinger",
      "jti": null,
      "nbf": 1773500956,
      "sub": "alice"
    }
    "#);
    assert_eq!(reply.json()["expires_in"], 900, "pushing takes longer");
    let other = app.login("alice").ask(&[]).await;
    assert_ne!(other.claims(&app.keys)["jti"], id);
}

#[tokio::test]
async fn the_audience_is_one_of_ours_and_lifetimes_are_its_own() {
    let configuration = "[[registry]]\nservice = \"one\"\n[[registry]]\nservice = \"two\"\ntrust = \"jwks\"\npull_lifetime = \"90s\"\n";
    let app = TestApp::start_with(configuration).await;
    let one = app.anonymous().ask_at("/jwt/auth?service=one").await;
    let two = app.anonymous().ask_at("/jwt/auth?service=two").await;
    assert_eq!(
        (
            one.claims(&app.keys)["aud"].as_str(),
            one.json()["expires_in"].as_i64()
        ),
        (Some("one"), Some(300))
    );
    assert_eq!(
        (
            two.claims(&app.keys)["aud"].as_str(),
            two.json()["expires_in"].as_i64()
        ),
        (Some("two"), Some(90))
    );
    assert!(
        two.registry_token().len() < one.registry_token().len() - 400,
        "no x5c"
    );
}

#[tokio::test]
async fn the_key_set_is_public() {
    let app = TestApp::start().await;
    let reply = app.anonymous().ask_at("/.well-known/jwks.json").await;
    assert_eq!(reply.json(), serde_json::to_value(app.keys.jwks()).unwrap());
    assert_eq!(reply.header("cache-control"), "public, max-age=300");
}

#[tokio::test]
async fn health_says_yes_or_no_and_no_more() {
    let app = TestApp::start().await;
    assert_eq!(app.anonymous().ask_at("/livez").await.body, "ok\n");
    assert_eq!(
        app.anonymous().ask_at("/readyz").await.body,
        r#"{"status":"ready"}"#
    );
    app.close_storage().await;
    let reply = app.anonymous().ask_at("/readyz").await;
    assert_eq!(
        (reply.status.as_u16(), reply.body.as_str()),
        (503, r#"{"status":"not ready"}"#)
    );
    assert_eq!(app.anonymous().ask_at("/livez").await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_hundred_refused_scopes_make_no_huge_reply() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let deep = ["a"; 20].join("/");
    let scopes: Vec<String> = (0..100)
        .map(|number| format!("repository:{deep}/x{number}:pull,push,delete"))
        .collect();
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let reply = app.login("alice").ask(&scopes).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.len() < 16 * 1024, "{}", reply.body.len());
    let json = reply.json();
    let listed = json["denied"].as_array().unwrap().len();
    assert!(listed > 20, "{listed}");
    assert_eq!(json["denied_more"], 300 - listed);
    let few = app.login("alice").ask(&scopes[..1]).await.json();
    assert_eq!(few["denied"].as_array().unwrap().len(), 3);
    assert!(few.get("denied_more").is_none());
}
