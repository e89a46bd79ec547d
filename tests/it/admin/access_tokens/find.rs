//! Finding tokens.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::authority::Authority;
use wharfinger::domain::ids::AccessTokenId;

use crate::harness::{Actor, World};

/// Some tokens of alice, seen by her six days and three hours after the first was made: `Build_1` works, `build%2` has
/// ended, `deploy` was revoked, and there is the one that she looks with.
async fn shelf() -> World {
    let world = World::start().await;
    let World { app, root, .. } = &world;
    let path = format!("{}/personal_access_tokens", app.user_path("alice").await);
    for (name, days) in [
        ("Build_1", Some(10)),
        ("build%2", Some(5)),
        ("deploy", None),
    ] {
        let end = days.map(|days| (app.now() + Duration::days(days)).date_naive());
        let body = json!({ "name": name, "scopes": ["read_registry"], "expires_at": end });
        assert_eq!(root.post(&path, body).await.status, StatusCode::CREATED);
        app.clock.advance(Duration::hours(1));
    }
    let deploy = AccessTokenId(5);
    app.desk
        .revoke_access_token(&Authority::operator(), deploy)
        .await
        .unwrap();
    app.clock.advance(Duration::days(6));
    world
}

/// The names of the tokens that a query finds.
async fn names(caller: &Actor, query: &str) -> String {
    let path = format!("/personal_access_tokens?{query}");
    caller.found(&path, "name").await
}

#[tokio::test]
async fn lists_can_be_narrowed() {
    let World { alice, .. } = shelf().await;
    let names = async |query: &str| names(&alice, query).await;
    assert_eq!(names("").await, "test Build_1 build%2 deploy");
    assert_eq!(names("state=active").await, "test Build_1");
    assert_eq!(names("state=inactive").await, "build%2 deploy");
    assert_eq!(names("revoked=True").await, "deploy");
    assert_eq!(names("revoked=false&search=BUILD").await, "Build_1 build%2");
    assert_eq!(
        names("search=%25").await,
        "build%2",
        "a percent sign is a percent sign"
    );
    assert_eq!(
        names("search=d_").await,
        "Build_1",
        "an underscore is an underscore"
    );
    assert_eq!(names("search=").await, "test Build_1 build%2 deploy");
}

#[tokio::test]
async fn lists_can_be_sorted() {
    let World { alice, .. } = shelf().await;
    let names = async |query: &str| names(&alice, query).await;
    assert_eq!(names("sort=name_desc").await, "test deploy build%2 Build_1");
    assert_eq!(
        names("sort=expires_asc").await,
        "build%2 Build_1 test deploy"
    );
    assert_eq!(
        names("sort=created_desc").await,
        "deploy build%2 Build_1 test"
    );
    assert_eq!(names("sort=sideways").await, "test Build_1 build%2 deploy");
}

#[tokio::test]
async fn lists_can_be_narrowed_to_a_time() {
    let World { app, alice, .. } = shelf().await;
    let names = async |query: &str| names(&alice, query).await;
    assert_eq!(
        names("created_after=2026-03-14T16:00:00Z&created_before=2026-03-14T17:00:00Z").await,
        "build%2"
    );
    assert_eq!(names("created_after=2026-03-15").await, "");
    // As Python writes it: `isoformat` of a time without and with a zone, `str` of it; and nothing at all.
    for after in [
        "2026-03-14T17:00:00",
        "2026-03-14T17:00:00.123456",
        "2026-03-14T18:00:00%2B01:00",
        "2026-03-14T18:00:00%2B0100",
        "2026-03-14%2017:00:00",
    ] {
        assert_eq!(
            names(&format!("created_after={after}")).await,
            "deploy",
            "{after}"
        );
    }
    assert_eq!(names("created_after=&search=deploy").await, "deploy");
    assert_eq!(
        names("last_used_after=2020-01-01").await,
        "",
        "never used is neither before nor after"
    );
    let day = |days| (app.now() + Duration::days(days)).date_naive();
    let (fifth, tenth) = (day(-1), day(4));
    assert_eq!(
        names(&format!("expires_before={tenth}")).await,
        "build%2",
        "before is strict"
    );
    assert_eq!(
        names(&format!("expires_after={fifth}&sort=expires_desc")).await,
        "Build_1 build%2"
    );
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_named() {
    let World { alice, .. } = World::start().await;
    for (query, told) in [
        ("state=dead", "state does not have a valid value"),
        ("revoked=maybe", "revoked is invalid"),
        ("created_after=noon", "created_after is invalid"),
        ("expires_before=2026-13-01", "expires_before is invalid"),
        ("page=first", "page is invalid"),
        ("per_page=many", "per_page is invalid"),
    ] {
        let reply = alice.get(&format!("/personal_access_tokens?{query}")).await;
        assert_eq!(
            (reply.status, &reply.json()["error"]),
            (StatusCode::BAD_REQUEST, &json!(told))
        );
    }
}

/// docs/gitlab-api.md §2.2: an instant that is asked for counts both before and after itself.
#[tokio::test]
async fn before_and_after_an_instant_include_it() {
    let World { app, root, alice } = World::start().await;
    // Made and last used at this second, unlike those of the others.
    app.clock.advance(Duration::hours(1));
    let token = app.actor("alice", "api").await;
    token.get("/user").await;
    app.usage.write().await.unwrap();
    let instant = "2026-03-14T16:09:26Z";
    let (before, after) = ("2026-03-14T16:09:25Z", "2026-03-14T16:09:27Z");
    let finds = async |query: String| {
        let path = format!("/personal_access_tokens?{query}");
        let found = root.read(&path).await;
        let mut ids = found.as_array().unwrap().iter().map(|token| &token["id"]);
        ids.any(|id| *id == token.id.0)
    };
    assert_ne!(alice.id, token.id);
    for what in ["created", "last_used"] {
        for (filter, there) in [
            (format!("{what}_before={instant}"), true),
            (format!("{what}_after={instant}"), true),
            (format!("{what}_before={before}"), false),
            (format!("{what}_after={after}"), false),
        ] {
            assert_eq!(finds(filter.clone()).await, there, "{filter}");
        }
    }
}

#[tokio::test]
async fn nobody_learns_about_other_peoples_tokens() {
    let World { root, alice, .. } = World::start().await;
    let status = async |caller: &Actor, method: &str, path: &str| {
        let reply = caller.call(method, path, Value::Null).await;
        reply.status.as_u16()
    };
    let (foreign, unknown) = (root.token_path(), "/personal_access_tokens/999".to_owned());
    for path in [&foreign, &unknown] {
        assert_eq!(status(&alice, "GET", path).await, 401);
        assert_eq!(status(&alice, "PATCH", path).await, 401);
    }
    // GitLab tells these two apart, and ids are no secret: they are numbers in a row.
    insta::assert_snapshot!(alice.delete(&foreign).await.told(), @r#"400 {"message":"400 Bad request - the token is not yours to revoke"}"#);
    insta::assert_snapshot!(alice.delete(&unknown).await.told(), @r#"404 {"message":"404 Personal Access Token Not Found"}"#);
    assert_eq!(status(&root, "GET", &unknown).await, 404);
    assert_eq!(status(&root, "DELETE", &unknown).await, 404);
    assert_eq!(status(&root, "GET", &alice.token_path()).await, 200);
}

#[tokio::test]
async fn nobody_lists_other_peoples_tokens() {
    let World { app, root, alice } = World::start().await;
    let (root_id, alice_id) = (app.id_of("root").await, app.id_of("alice").await);
    for list in ["personal_access_tokens", "refresh_tokens", "usage"] {
        let status = async |caller: &Actor, of: &str| {
            let path = format!("/{list}?user_id={of}");
            caller.get(&path).await.status.as_u16()
        };
        assert_eq!(status(&alice, &root_id.to_string()).await, 401);
        assert_eq!(status(&alice, &alice_id.to_string()).await, 200);
        // Usage outlasts users, so that nobody can say who was none.
        let of_nobody = if list == "usage" { 200 } else { 404 };
        assert_eq!(status(&root, "999").await, of_nobody);
        for blank in ["", "%20", "+%09"] {
            // As in GitLab, which has no other of these lists.
            let told = match list {
                "personal_access_tokens" => (404, 401),
                _ => (400, 400),
            };
            let both = (status(&root, blank).await, status(&alice, blank).await);
            assert_eq!(both, told, "{list} {blank}");
        }
    }
    let all = root.get("/personal_access_tokens").await.json();
    assert_eq!(all.as_array().unwrap().len(), 2, "administrators see all");
    let own = alice.get("/personal_access_tokens").await.json();
    assert_eq!(own.as_array().unwrap().len(), 1);
}
