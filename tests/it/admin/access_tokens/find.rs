//! Making, finding, narrowing and revoking tokens.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::authority::Authority;
use wharfinger::domain::expiry::Expiry;

use crate::harness::{TestApp, Token};

async fn start() -> (TestApp, Token, Token) {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("alice").await;
    let (root, alice) = (
        app.token("root", "api").await,
        app.token("alice", "api").await,
    );
    (app, root, alice)
}

#[tokio::test]
async fn the_reply_to_a_creation_is_gitlabs_and_ours() {
    let (app, root, _) = start().await;
    let path = format!("/users/{}/personal_access_tokens", app.id_of("alice").await);
    let body = json!({
        "name": "ci", "description": "of team", "scopes": ["read_registry", "self_rotate"],
        "expires_at": "2027-01-01", "repositories": ["team/**"],
    });
    let reply = app.api(("POST", &path), &root, body).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    let mut reply = reply.json();
    let secret = reply["token"].take();
    assert!(secret.as_str().unwrap().starts_with("whf_pat_"));
    insta::assert_snapshot!(reply, @r#"{"active":true,"created_at":"2026-03-14T15:09:26.000Z","description":"of team","expired":false,"expires_at":"2027-01-01","expires_at_time":"2027-01-01T00:00:00.000Z","grace_until":null,"id":3,"last_used_at":null,"last_used_ips":[],"name":"ci","parent_personal_access_token_id":null,"previous_personal_access_token_id":null,"repositories":["team/**"],"revoked":false,"scopes":["read_registry","self_rotate"],"token":null,"user_id":2}"#);
}

#[tokio::test]
async fn creation_is_refused_in_gitlabs_order() {
    let (app, root, alice) = start().await;
    let id = app.id_of("alice").await;
    let told = async |token: &Token, id: i64, body: Value| {
        let reply = app
            .api(
                ("POST", &format!("/users/{id}/personal_access_tokens")),
                token,
                body,
            )
            .await;
        format!("{} {}", reply.status.as_u16(), reply.body)
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

#[tokio::test]
async fn lists_can_be_narrowed_and_sorted() {
    let (app, root, alice) = start().await;
    let day = |days: i64| Expiry::on((app.now() + Duration::days(days)).date_naive());
    for (name, days) in [
        ("Build_1", Some(10)),
        ("build%2", Some(5)),
        ("deploy", None),
    ] {
        let path = format!("/users/{}/personal_access_tokens", app.id_of("alice").await);
        let expires_at = days.map(|days| day(days).date().to_string());
        let body = json!({ "name": name, "scopes": ["read_registry"], "expires_at": expires_at });
        assert_eq!(
            app.api(("POST", &path), &root, body).await.status,
            StatusCode::CREATED
        );
        app.clock.advance(Duration::hours(1));
    }
    app.desk
        .revoke_access_token(
            &Authority::operator(),
            wharfinger::domain::ids::AccessTokenId(5),
        )
        .await
        .unwrap();
    app.clock.advance(Duration::days(6));
    let names = async |query: &str| {
        let reply = app
            .api(
                ("GET", &format!("/personal_access_tokens?{query}")),
                &alice,
                Value::Null,
            )
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.body);
        let names: Vec<String> = reply
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|token| token["name"].as_str().unwrap().to_owned())
            .collect();
        names.join(" ")
    };
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
    let (fifth, tenth) = (day(-1).date(), day(4).date());
    assert_eq!(
        names(&format!("expires_before={tenth}")).await,
        "build%2",
        "before is strict"
    );
    assert_eq!(
        names(&format!("expires_after={fifth}&sort=expires_desc")).await,
        "Build_1 build%2"
    );
    for (query, told) in [
        ("state=dead", "state does not have a valid value"),
        ("revoked=maybe", "revoked is invalid"),
        ("created_after=noon", "created_after is invalid"),
        ("expires_before=2026-13-01", "expires_before is invalid"),
        ("page=0", "page is invalid"),
        ("per_page=many", "per_page is invalid"),
    ] {
        let reply = app
            .api(
                ("GET", &format!("/personal_access_tokens?{query}")),
                &alice,
                Value::Null,
            )
            .await;
        assert_eq!(
            (reply.status, &reply.json()["error"]),
            (StatusCode::BAD_REQUEST, &json!(told))
        );
    }
}

/// docs/gitlab-api.md §2.2: an instant that is asked for counts both before and after itself.
#[tokio::test]
async fn before_and_after_an_instant_include_it() {
    let (app, root, alice) = start().await;
    // Made and last used at this second, unlike those of the others.
    app.clock.advance(Duration::hours(1));
    let token = app.token("alice", "api").await;
    app.api(("GET", "/user"), &token, Value::Null).await;
    app.usage.write().await.unwrap();
    let instant = "2026-03-14T16:09:26Z";
    let (before, after) = ("2026-03-14T16:09:25Z", "2026-03-14T16:09:27Z");
    let finds = async |query: String| {
        let path = format!("/personal_access_tokens?{query}");
        let found = app.read(&path, &root).await;
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
    let (app, root, alice) = start().await;
    let (root_id, alice_id) = (app.id_of("root").await, app.id_of("alice").await);
    let status = async |token: &Token, method: &str, path: &str| {
        app.api((method, path), token, Value::Null)
            .await
            .status
            .as_u16()
    };
    let (foreign, unknown) = (
        format!("/personal_access_tokens/{}", root.id),
        "/personal_access_tokens/999".to_owned(),
    );
    for path in [&foreign, &unknown] {
        assert_eq!(status(&alice, "GET", path).await, 401);
        assert_eq!(status(&alice, "DELETE", path).await, 400);
        assert_eq!(status(&alice, "PATCH", path).await, 401);
    }
    assert_eq!(status(&root, "GET", &unknown).await, 404);
    assert_eq!(status(&root, "DELETE", &unknown).await, 404);
    assert_eq!(
        status(
            &root,
            "GET",
            &format!("/personal_access_tokens/{}", alice.id)
        )
        .await,
        200
    );
    assert_eq!(
        status(
            &alice,
            "GET",
            &format!("/personal_access_tokens?user_id={root_id}")
        )
        .await,
        401
    );
    assert_eq!(
        status(&alice, "GET", "/personal_access_tokens?user_id=").await,
        401
    );
    assert_eq!(
        status(
            &alice,
            "GET",
            &format!("/personal_access_tokens?user_id={alice_id}")
        )
        .await,
        200
    );
    assert_eq!(
        status(&root, "GET", "/personal_access_tokens?user_id=999").await,
        404
    );
    assert_eq!(
        status(&root, "GET", "/personal_access_tokens?user_id=").await,
        404
    );
    let all = app
        .api(("GET", "/personal_access_tokens"), &root, Value::Null)
        .await
        .json();
    assert_eq!(all.as_array().unwrap().len(), 2, "administrators see all");
    let own = app
        .api(("GET", "/personal_access_tokens"), &alice, Value::Null)
        .await
        .json();
    assert_eq!(own.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_is_renamed_shortened_and_narrowed_but_never_widened() {
    let (app, _, alice) = start().await;
    let end = Expiry::on((app.now() + Duration::days(30)).date_naive());
    let token = app
        .token_as("alice", "read_registry write_registry", |token| {
            token.expiring(Some(end))
        })
        .await;
    let path = format!("/personal_access_tokens/{}", token.id);
    let change = async |body: Value| app.api(("PATCH", &path), &alice, body).await;
    let changed = change(json!({ "name": "new", "description": "why", "scopes": ["read_registry"], "repositories": ["team/*"] })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.json()["scopes"], json!(["read_registry"]));
    assert_eq!(
        change(json!({ "expires_at": "2026-03-20" })).await.json()["expires_at"],
        "2026-03-20"
    );
    let after = change(json!({})).await.json();
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
    let refused = app
        .ask(
            Some(("alice", token.secret.expose())),
            &["repository:alice/x:pull"],
        )
        .await;
    assert_eq!(
        refused.json()["denied"][0]["reason"],
        "the token is limited to other repositories"
    );
}

#[tokio::test]
async fn a_token_can_look_at_itself_and_end_itself() {
    let (app, _, _) = start().await;
    let token = app.token("alice", "write_registry").await;
    let own = app
        .api(("GET", "/personal_access_tokens/self"), &token, Value::Null)
        .await
        .json();
    assert_eq!(own["id"], token.id.0);
    let ended = app
        .api(
            ("DELETE", "/personal_access_tokens/self"),
            &token,
            Value::Null,
        )
        .await;
    assert_eq!(
        (ended.status, ended.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    let again = app
        .api(
            ("DELETE", "/personal_access_tokens/self"),
            &token,
            Value::Null,
        )
        .await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn revoking_again_is_no_error() {
    let (app, root, alice) = start().await;
    let path = format!("/personal_access_tokens/{}", alice.id);
    for _ in 0..2 {
        assert_eq!(
            app.api(("DELETE", &path), &root, Value::Null).await.status,
            StatusCode::NO_CONTENT
        );
    }
}
