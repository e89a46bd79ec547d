//! Slashes at the end of paths and several between their parts, on every listener.

use axum::body::Body;
use axum::http::Request;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::World;

#[tokio::test]
async fn the_admin_api_does_not_mind_slashes() {
    let World { app, root, .. } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    let read = async |path: &str| root.read(path).await;
    assert_eq!(read("/users/").await, read("/users").await);
    assert_eq!(read("//users//1/").await, read("/users/1").await);
    let app_itself = read("/projects/team%2Fapp").await;
    assert_eq!(read("/projects/team%2Fapp/?simple=true").await, app_itself);
    assert_eq!(read("/projects//team%2fapp").await, app_itself);
    let members = read("/projects/team%2Fapp/members/all/").await;
    assert_eq!(members, read("/projects/team%2Fapp/members/all").await);
    // An encoded slash is a part of the name.
    for wrong in [
        "/projects/team/app",
        "/projects/team%2F%2Fapp",
        "/users%2F1",
    ] {
        assert_eq!(root.get(wrong).await.status, 404, "{wrong}");
    }
    let made = root
        .post("/users/", serde_json::json!({ "username": "bob" }))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let listed = root.get("//users/?per_page=1").await;
    let next = "<http://localhost:5002/api/v4/users?per_page=1&page=2>; rel=\"next\"";
    let link = listed
        .header("link")
        .replace("page=2&per_page=1", "per_page=1&page=2");
    assert!(link.starts_with(next), "{link}");
    for path in ["/api/docs/", "//api/openapi.json", "/livez/", "//readyz"] {
        let request = Request::get(path).body(Body::empty());
        assert_eq!(app.send_admin(request.unwrap()).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_token_and_the_ops_listener_do_not_mind_slashes() {
    let World { app, alice, .. } = World::start().await;
    let query = "service=container_registry&scope=repository:alice/app:pull";
    for path in ["/jwt/auth/", "//jwt/auth", "/jwt//auth"] {
        let reply = alice.ask_at(&format!("{path}?{query}")).await;
        assert_eq!(
            reply.granted(&app.keys),
            ["repository:alice/app:pull"],
            "{path}"
        );
    }
    for path in ["/.well-known/jwks.json/", "//livez", "/readyz/"] {
        assert_eq!(app.anonymous().ask_at(path).await.status, 200, "{path}");
    }
    let hint = app.anonymous().ask_at("/v2/").await;
    assert_eq!(app.anonymous().ask_at("//v2").await.told(), hint.told());
    for path in ["/metrics/", "//livez", "/readyz/"] {
        assert_eq!(app.ops(path).await.status, 200, "{path}");
    }
}
