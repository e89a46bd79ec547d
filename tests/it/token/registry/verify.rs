//! Forward authentication: what a reverse proxy asks.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::harness::{PASSWORD, TestApp, basic};

#[tokio::test]
async fn a_token_with_a_scope_that_suffices_is_204_with_its_owners_name() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let (api, reader) = (
        app.actor("alice", "api").await,
        app.actor("alice", "read_registry").await,
    );
    let asked = async |query: &str, name: header::HeaderName, value: String| {
        let request = Request::get(format!("/auth/verify{query}")).header(name, value);
        app.send(request.body(Body::empty()).unwrap()).await
    };
    for (name, value) in [
        (header::AUTHORIZATION, basic("whoever", api.secret())),
        (header::AUTHORIZATION, format!("Bearer {}", api.secret())),
        (
            header::HeaderName::from_static("private-token"),
            api.secret().to_owned(),
        ),
    ] {
        let reply = asked("", name, value).await;
        assert_eq!(
            (reply.status, reply.header("x-auth-user")),
            (StatusCode::NO_CONTENT, "alice")
        );
        // A proxy that kept it would give one person's yes to everybody.
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    let with_reader = async |query: &str| {
        let reply = reader.ask_at(&format!("/auth/verify{query}")).await;
        assert_eq!(reply.header("cache-control"), "no-store", "{query}");
        reply.status.as_u16()
    };
    assert_eq!(with_reader("").await, 401, "the scope that suffices is api");
    assert_eq!(with_reader("?scope=read_registry").await, 204);
    assert_eq!(with_reader("?scope=api,read_registry").await, 204);
    assert_eq!(with_reader("?scope=api&scope=read_registry").await, 204);
    assert_eq!(with_reader("?scope=write_registry+read_user").await, 401);
    assert_eq!(with_reader("?scope=everything").await, 400);
}

#[tokio::test]
async fn a_scope_suffices_for_all_that_it_covers() {
    const ALL: [&str; 7] = [
        "api",
        "read_api",
        "read_user",
        "read_registry",
        "write_registry",
        "delete_registry",
        "self_rotate",
    ];
    let app = TestApp::start().await;
    app.user("alice").await;
    for held in ALL {
        let covered = match held {
            "api" => &ALL[..],
            "read_api" => &["read_api", "read_user", "read_registry"],
            other => &[other],
        };
        let token = app.actor("alice", held).await;
        for asked in ALL {
            let path = format!("/auth/verify?scope={asked}");
            let is_let_in = token.ask_at(&path).await.status == StatusCode::NO_CONTENT;
            assert_eq!(is_let_in, covered.contains(&asked), "{held} for {asked}");
        }
    }
}

/// The service behind the proxy learns whose token it is, and would open all that is theirs.
#[tokio::test]
async fn a_token_for_some_repositories_opens_nothing_else() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let scopes = "read_registry write_registry";
    let narrow = app.limited_actor("alice", scopes, "other/**").await;
    let wide = app.actor("alice", scopes).await;
    for scope in ["read_registry", "write_registry", "api,read_registry"] {
        let path = format!("/auth/verify?scope={scope}");
        let refused = narrow.ask_at(&path).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.header("x-auth-user"), "");
        assert_eq!(wide.ask_at(&path).await.status, StatusCode::NO_CONTENT);
    }
}

/// Whoever stands behind the proxy might read the other one.
#[tokio::test]
async fn two_credentials_of_a_kind_are_none() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let token = app.actor("alice", "api").await;
    let bearer = format!("Bearer {}", token.secret());
    for (name, value) in [
        ("authorization", bearer.as_str()),
        ("private-token", token.secret()),
    ] {
        for other in [value, "Basic YTpi"] {
            let request = Request::get("/auth/verify")
                .header(name, value)
                .header(name, other);
            let reply = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{name} {other}");
        }
    }
}

#[tokio::test]
async fn a_token_beside_another_credential_is_refused() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let (token, other) = (
        app.actor("alice", "api").await,
        app.actor("alice", "api").await,
    );
    let verify = async |other: String| {
        let request = Request::get("/auth/verify")
            .header("private-token", token.secret())
            .header(header::AUTHORIZATION, other);
        app.send(request.body(Body::empty()).unwrap()).await
    };
    for same in [
        format!("Bearer {}", token.secret()),
        basic("x", token.secret()),
    ] {
        assert_eq!(
            verify(same).await.status,
            StatusCode::NO_CONTENT,
            "one token twice is one token"
        );
    }
    for other in [format!("Bearer {}", other.secret()), basic("proxy", "x")] {
        let reply = verify(other).await;
        assert_eq!(reply.header("cache-control"), "no-store");
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.told(), @r#"403 {"errors":[{"code":"DENIED","message":"two credentials are one too many: send either PRIVATE-TOKEN or Authorization, once","detail":null}],"details":"two credentials are one too many: send either PRIVATE-TOKEN or Authorization, once"}"#);
        }
    }
}

#[tokio::test]
async fn everything_else_is_401_with_a_challenge() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let revoked = app.actor("alice", "api").await;
    app.revoke(&revoked).await;
    let jwt = app.login("alice").ask(&[]).await.registry_token();
    let values = [
        None,
        Some(basic("alice", PASSWORD)),
        Some(basic("alice", "")),
        Some(basic("alice", revoked.secret())),
        Some(format!("Bearer {jwt}")),
        Some("Negotiate x".to_owned()),
    ];
    for value in values {
        let mut request = Request::get("/auth/verify");
        if let Some(value) = &value {
            request = request.header(header::AUTHORIZATION, value);
        }
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{value:?}");
        assert!(reply.header("www-authenticate").starts_with("Basic "));
        assert_eq!(reply.header("x-auth-user"), "");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}
