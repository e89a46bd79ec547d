//! What went wrong elsewhere and concerns tokens: each test names its row of the list of incidents.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, PASSWORD, TestApp, World};

const OWN: &str = "/user/personal_access_tokens";
const ROTATE_SELF: &str = "/personal_access_tokens/self/rotate";

/// Harbor CVE-2019-16097 (mass assignment): a field that is unknown, misspelt or not the caller's to
/// set is refused wherever a token is made or changed, and nothing happens.
#[tokio::test]
async fn no_token_comes_of_a_body_with_an_unknown_field() {
    let World { app, root, alice } = World::start().await;
    let users = format!("{}/personal_access_tokens", app.user_path("alice").await);
    let one = alice.token_path();
    let rotate = format!("{one}/rotate");
    let before = app.last_audited().await;
    for (method, path, caller) in [
        ("POST", users.as_str(), &root),
        ("POST", OWN, &alice),
        ("PATCH", &one, &alice),
        ("POST", &rotate, &alice),
        ("POST", ROTATE_SELF, &alice),
    ] {
        for field in [
            "repository",
            "user_id",
            "revoked",
            "is_admin",
            "id",
            "Scopes",
            "token",
        ] {
            let body = if path.ends_with("rotate") {
                json!({ field: "1" })
            } else {
                json!({ "name": "x", "scopes": ["read_registry"], field: "1" })
            };
            let reply = caller.call(method, path, body).await;
            assert_eq!(
                reply.status,
                StatusCode::BAD_REQUEST,
                "{method} {path} {field}"
            );
            let json = reply.json();
            let told = json["error"].as_str().unwrap_or_default();
            // A change tells that what is shown of a token is as it is.
            let rules = ["is not a parameter here", "cannot be changed"];
            let is_told = |rule: &&str| told.starts_with(&format!("{field} {rule}"));
            let rules = if method == "PATCH" {
                &rules[..]
            } else {
                &rules[..1]
            };
            assert!(rules.iter().any(is_told), "{told}");
        }
    }
    assert_eq!(app.last_audited().await, before, "nothing was changed");
}

/// Harbor CVE-2019-16097 again: limits that someone forgot to fill in make no wide token either, as in
/// a form with `repositories=$PATTERNS`.
#[tokio::test]
async fn limits_without_a_pattern_are_no_wish_for_all_repositories() {
    let World { alice, .. } = World::start().await;
    for empty in [
        json!(""),
        json!(" "),
        json!(","),
        json!([""]),
        json!([null]),
    ] {
        let body = json!({ "name": "x", "scopes": ["read_registry"], "repositories": empty });
        let told = alice.post(OWN, body).await.told();
        assert_eq!(
            told, r#"400 {"error":"repositories is invalid"}"#,
            "{empty}"
        );
    }
    let body = json!({ "name": "x", "scopes": ["read_registry"], "repositories": [] });
    let wide = alice.post(OWN, body).await.json();
    assert_eq!(wide["repositories"], json!([]));
}

/// Harbor CVE-2019-16919, CVE-2022-31667, -31669, -31670 (foreign ids): on every route that names a
/// token, another person's one is refused like one that does not exist.
#[tokio::test]
async fn a_foreign_token_is_as_good_as_none() {
    let World { root, alice, .. } = World::start().await;
    for (method, rest, refused) in [
        ("GET", "", 401),
        ("PATCH", "", 401),
        ("DELETE", "", 400),
        ("POST", "/rotate", 401),
    ] {
        let call = async |caller: &Actor, id: i64| {
            let path = format!("/personal_access_tokens/{id}{rest}");
            let reply = caller.call(method, &path, json!({})).await;
            (reply.status.as_u16(), reply.body)
        };
        let foreign = call(&alice, root.token_id.0).await;
        assert_eq!(foreign.0, refused, "{method} {rest}");
        // Only GitLab's answer to the end of an unknown one tells them apart; ids are numbers in a row.
        if method != "DELETE" {
            assert_eq!(foreign, call(&alice, 999).await, "{method} {rest}");
        }
        assert_eq!(call(&root, 999).await.0, 404, "{method} {rest}");
    }
    let own = root.get("/personal_access_tokens/self").await;
    assert_eq!(own.json()["active"], true);
}

/// CVE-2026-18255 Quay (a read-only account could read tokens), CVE-2026-110697 Quay (secrets that
/// can be got back): a secret is in the one reply that makes it, and in no other.
#[tokio::test]
async fn a_secret_is_shown_once_also_after_a_rotation() {
    let World { app, alice, .. } = World::start().await;
    let body = json!({ "name": "made", "scopes": ["self_rotate", "read_api"] });
    let made = alice.holding(&alice.post(OWN, body).await.json());
    let grace = json!({ "grace": "1h" });
    let rotated = made.holding(&made.post(ROTATE_SELF, grace).await.json());
    let (first, second) = (made.secret(), rotated.secret());
    assert_ne!(first, second);
    let auditor = app.actor("root", "read_api").await;
    for path in [
        "/personal_access_tokens".to_owned(),
        made.token_path(),
        rotated.token_path(),
        "/personal_access_tokens/self".to_owned(),
        "/personal_access_tokens/self/associations".to_owned(),
    ] {
        for caller in [&rotated, &auditor] {
            let reply = caller.get(&path).await;
            assert_eq!(reply.status, StatusCode::OK, "{path}");
            let has_secret = reply.body.contains("whf_pat_") || reply.body.contains("\"token\":");
            assert!(!has_secret, "{path}: {}", reply.body);
        }
    }
    let told = app.last_audited().await;
    assert!(!told.contains(first) && !told.contains(second), "{told}");
}

/// CVE-2026-110697 Quay (a name as a LIKE pattern): the wildcards of SQL in a search are letters.
#[tokio::test]
async fn a_search_is_no_pattern_and_finds_only_ones_own() {
    let World { app, alice, .. } = World::start().await;
    app.actor("root", "read_user").await;
    for text in ["%25", "_", "te%25", "t_st", "%5C", "!", "'%20OR%201=1"] {
        let path = format!("/personal_access_tokens?search={text}");
        let found = alice.get(&path).await;
        assert_eq!(
            (found.status, found.body.as_str()),
            (StatusCode::OK, "[]"),
            "{text}"
        );
    }
    let path = "/personal_access_tokens?search=TES";
    let found = alice.get(path).await.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
}

/// CVE-2025-68944, CVE-2026-56443 Gitea (a scope lost on the way): what takes a token's place may do
/// what that could, no more; and CVE-2026-117685 Gitea: its limits hold for mount sources too.
#[tokio::test]
async fn a_rotated_token_keeps_its_limits_for_mount_sources_too() {
    let World { app, .. } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    app.project("secret/base", Visibility::Private).await;
    app.member("team", "alice", "owner").await;
    app.member("secret", "alice", "owner").await;
    let scopes = "read_registry write_registry self_rotate";
    let mut token = app.limited_actor("alice", scopes, "team/**").await;
    for _ in 0..2 {
        let asked = [
            "repository:team/app:pull,push,delete",
            "repository:secret/base:pull",
        ];
        let reply = token.ask(&asked).await;
        assert_eq!(reply.granted(&app.keys), ["repository:team/app:pull,push"]);
        token = token.holding(&token.post(ROTATE_SELF, json!({})).await.json());
    }
}

/// GitLab #31599 (a token with another scope reached the registry): each scope by itself opens what
/// the table says, also for a token that was made with another one or took its place.
#[tokio::test]
async fn each_scope_opens_exactly_its_actions() {
    let World { app, alice, .. } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "owner").await;
    for (scope, opened) in [
        (AccessTokenScope::ReadApi, Some("pull")),
        (AccessTokenScope::ReadUser, None),
        (AccessTokenScope::ReadRegistry, Some("pull")),
        (AccessTokenScope::WriteRegistry, Some("push")),
        (AccessTokenScope::DeleteRegistry, Some("delete")),
        (AccessTokenScope::SelfRotate, None),
    ] {
        let body = json!({ "name": scope.name(), "scopes": [scope.name()] });
        let made = alice.holding(&alice.post(OWN, body).await.json());
        let path = format!("{}/rotate", made.token_path());
        let rotated = alice.post(&path, json!({ "grace": "1h" })).await;
        let rotated = alice.holding(&rotated.json());
        for token in [made, rotated] {
            let asked = ["repository:team/app:pull,push,delete"];
            let reply = token.ask(&asked).await;
            match opened {
                None => assert_eq!(reply.status, StatusCode::FORBIDDEN, "{scope}"),
                Some(action) => assert_eq!(
                    reply.granted(&app.keys),
                    [format!("repository:team/app:{action}")],
                    "{scope}"
                ),
            }
        }
    }
}

/// CVE-2025-4374 Quay (rights as a side effect), CVE-2026-27771 Gitea (tokens without a scope open
/// things): making and rotating tokens gives nobody a right, and a token without a scope is not made.
#[tokio::test]
async fn making_tokens_gives_no_rights() {
    let World { app, alice, .. } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    let all = [
        "read_api",
        "read_registry",
        "write_registry",
        "delete_registry",
    ];
    let body = json!({ "name": "x", "scopes": all });
    let made = alice.holding(&alice.post(OWN, body).await.json());
    let asked = ["repository:team/app:pull,push,delete", "registry:catalog:*"];
    let reply = made.ask(&asked).await;
    assert!(reply.granted(&app.keys).is_empty());
    for scopes in [json!([]), json!(""), json!([""]), Value::Null] {
        let body = json!({ "name": "x", "scopes": scopes });
        let reply = alice.post(OWN, body).await;
        assert!(reply.status.is_client_error(), "{scopes}: {}", reply.body);
    }
}

/// CVE-2026-123710 Quay (a token for the registry was a credential elsewhere): neither it nor a
/// password rotates or makes a personal access token.
#[tokio::test]
async fn neither_registry_tokens_nor_passwords_make_tokens() {
    let World { app, alice, .. } = World::start().await;
    let jwt = alice.ask(&[]).await.json();
    let body = json!({ "name": "x", "scopes": ["read_registry"] });
    for credential in [jwt["token"].as_str().unwrap(), PASSWORD] {
        for (path, body) in [(OWN, body.clone()), (ROTATE_SELF, json!({}))] {
            let reply = app.with(credential).post(path, body).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}");
        }
    }
}

/// The studies of `GitGuardian` and Flare (live secrets in public images): an operator can give every new token an end.
#[tokio::test]
async fn a_short_default_lifetime_ends_tokens_of_which_nothing_was_said() {
    let short = "[access_tokens]\ndefault_lifetime = \"12h\"\nallow_endless = false\n";
    let app = TestApp::start_with(short).await;
    app.user("alice").await;
    let token = app.actor("alice", "read_registry").await;
    app.clock
        .advance(Duration::hours(12) - Duration::seconds(1));
    assert!(token.works().await);
    app.clock.advance(Duration::seconds(1));
    assert!(!token.works().await);
}
