//! Who sees which groups and projects: what one may not see does not exist.

use axum::http::StatusCode;
use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Caller, TestApp};

const NAMES: [&str; 3] = ["secret", "inside", "open"];

/// What a caller sees of the namespaces, in lists and one by one, which must be the same.
async fn seen(caller: &Caller) -> String {
    let mut seen = Vec::new();
    for (noun, field) in [("groups", "full_path"), ("projects", "path_with_namespace")] {
        let list = format!("/{noun}?order_by=path&sort=asc");
        let listed = caller.found(&list, field).await;
        let listed: Vec<&str> = listed.split_whitespace().collect();
        for name in NAMES {
            let path = if noun == "groups" {
                name.to_owned()
            } else {
                format!("top/{name}")
            };
            check_one(caller, noun, &path, listed.contains(&path.as_str())).await;
        }
        let shown = listed.into_iter().filter(|path| *path != "top");
        seen.extend(shown.map(str::to_owned));
    }
    seen.join(" ")
}

/// It is there with its members if it is listed, and not at all if it is not.
async fn check_one(caller: &Caller, noun: &str, path: &str, is_listed: bool) {
    let namespace = format!("/{noun}/{}", path.replace('/', "%2F"));
    let one = caller.get(&namespace).await;
    let expected = if is_listed {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    assert_eq!(one.status, expected, "{path}");
    for below in ["members", "members/all", "members/1", "members/all/1"] {
        let reply = caller.get(&format!("{namespace}/{below}")).await;
        if !is_listed {
            let noun = if noun == "groups" { "Group" } else { "Project" };
            let told = format!(r#"{{"message":"404 {noun} Not Found"}}"#);
            assert_eq!(
                (reply.status, reply.body),
                (StatusCode::NOT_FOUND, told),
                "{path} {below}"
            );
        } else if !below.contains('1') {
            assert_eq!(reply.status, StatusCode::OK, "{path} {below}");
        }
    }
}

#[tokio::test]
async fn each_sees_what_is_shown_to_them() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.group("top", Visibility::Private).await;
    for (name, visibility) in NAMES.into_iter().zip(Visibility::ALL) {
        app.group(name, visibility).await;
        app.project(&format!("top/{name}"), visibility).await;
    }
    for name in ["stranger", "member", "outside", "guest"] {
        app.user(name).await;
    }
    let root = app.actor("root", "api").await;
    for name in ["outside", "guest"] {
        let external = json!({ "external": true });
        root.put(&app.user_path(name).await, external).await;
    }
    app.member("secret", "member", "guest").await;
    app.member("top/secret", "guest", "guest").await;
    let sees = async |name: &str| {
        let caller = app.actor(name, "read_api").await;
        seen(&caller).await
    };
    assert_eq!(
        sees("root").await,
        "inside open secret top/inside top/open top/secret"
    );
    assert_eq!(sees("stranger").await, "inside open top/inside top/open");
    assert_eq!(sees("outside").await, "open top/open");
    assert_eq!(
        sees("member").await,
        "inside open secret top/inside top/open"
    );
    assert_eq!(sees("guest").await, "open top/open top/secret");
    app.member("top", "outside", "guest").await;
    assert_eq!(
        sees("outside").await,
        "open top/inside top/open top/secret",
        "inherited"
    );
}

/// Quay CVE-2026-110697: a name that was a pattern to `LIKE` showed what belonged to others.
#[tokio::test]
async fn a_neighbours_name_that_begins_the_same_shows_nothing() {
    let app = TestApp::start().await;
    app.user("team").await;
    app.user("alice").await;
    for group in ["a_b", "axb", "a_b-2", "team2"] {
        app.project(&format!("{group}/app"), Visibility::Private)
            .await;
    }
    app.member("a_b", "alice", "reporter").await;
    let list = async |name: &str| {
        let caller = app.actor(name, "read_api").await;
        caller.found("/projects", "path_with_namespace").await
    };
    assert_eq!(list("alice").await, "a_b/app");
    assert_eq!(list("team").await, "");
}

#[tokio::test]
async fn a_users_own_namespace_is_no_group() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let alice = app.actor("alice", "api").await;
    for path in ["/groups/alice", "/projects/alice", "/groups/alice/members"] {
        let reply = alice.get(path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(alice.read("/groups").await, json!([]));
}

#[tokio::test]
async fn odd_names_are_404_with_a_body() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.group("team", Visibility::Private).await;
    let root = app.actor("root", "api").await;
    for name in [
        "0",
        "-1",
        "99999999999999999999",
        "a%2F%2Fb",
        "%2F",
        "%00",
        "%FF",
        "team%2F",
        "..",
        "%20",
        "team%2Fx",
    ] {
        for noun in ["groups", "projects"] {
            for below in ["", "/members", "/members/all"] {
                let path = format!("/{noun}/{name}{below}");
                let reply = root.get(&path).await;
                assert_eq!(
                    reply.status,
                    StatusCode::NOT_FOUND,
                    "{path}: {}",
                    reply.body
                );
                assert!(
                    reply.json()["message"].as_str().unwrap().starts_with("404"),
                    "{path}"
                );
            }
        }
    }
}
