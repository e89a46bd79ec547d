//! Lists in pages, with the headers that GitLab's clients follow.

use serde_json::Value;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::TestApp;

#[tokio::test]
async fn pages_have_gitlabs_headers() {
    let app = TestApp::start().await;
    app.user("alice").await;
    for _ in 0..45 {
        app.token("alice", "read_registry").await;
    }
    let alice = app.token("alice", "api").await;
    let page = async |query: &str| {
        let reply = app
            .api(
                ("GET", &format!("/personal_access_tokens{query}")),
                &alice,
                Value::Null,
            )
            .await;
        let names = [
            "x-page",
            "x-per-page",
            "x-next-page",
            "x-prev-page",
            "x-total",
            "x-total-pages",
        ];
        let headers = names.map(|name| reply.header(name).to_owned());
        (
            reply.json().as_array().unwrap().len(),
            headers,
            reply.header("link").to_owned(),
        )
    };
    let (length, headers, link) = page("").await;
    assert_eq!(
        (length, headers),
        (20, ["1", "20", "2", "", "46", "3"].map(str::to_owned))
    );
    let base = "http://localhost:5002/api/v4/personal_access_tokens";
    assert_eq!(
        link,
        format!(
            "<{base}?page=2&per_page=20>; rel=\"next\", <{base}?page=1&per_page=20>; rel=\"first\", \
             <{base}?page=3&per_page=20>; rel=\"last\""
        )
    );
    let (length, headers, link) = page("?page=3&state=active").await;
    assert_eq!(
        (length, headers),
        (6, ["3", "20", "", "2", "46", "3"].map(str::to_owned))
    );
    assert!(
        link.starts_with(&format!(
            "<{base}?state=active&page=2&per_page=20>; rel=\"prev\""
        )),
        "{link}"
    );
    let (length, headers, _) = page("?per_page=1000").await;
    assert_eq!(
        (length, headers[1].as_str()),
        (46, "100"),
        "a page has at most 100 entries"
    );
    let (length, headers, _) = page("?page=99999999999").await;
    assert_eq!((length, headers[2].as_str()), (0, ""));
    let (length, headers, link) = page("?search=nothing").await;
    assert_eq!(
        (length, headers),
        (0, ["1", "20", "", "", "0", "1"].map(str::to_owned)),
        "an empty list has a page"
    );
    assert!(
        link.ends_with("&page=1&per_page=20>; rel=\"last\""),
        "{link}"
    );
}

#[tokio::test]
async fn a_text_that_is_longer_than_any_name_finds_nothing() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.group("team", Visibility::Private).await;
    let root = app.token("root", "api").await;
    // More than SQLite takes as a pattern, and as much as a name can have.
    for length in [60_000, 256, 255] {
        let text = "x".repeat(length);
        for list in [
            "/users?search=",
            "/groups?search=",
            "/projects?search=",
            "/personal_access_tokens?search=",
            "/groups/team/members?query=",
        ] {
            let found = app.read(&format!("{list}{text}"), &root).await;
            assert_eq!(found, serde_json::json!([]), "{list} {length}");
        }
    }
    let name = "n".repeat(255);
    let body = serde_json::json!({ "username": "long", "name": name });
    app.api(("POST", "/users"), &root, body).await;
    let found = app.read(&format!("/users?search={name}"), &root).await;
    assert_eq!(found[0]["username"], "long");
}

#[tokio::test]
async fn links_do_not_repeat_a_token() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let alice = app.token("alice", "api").await;
    for name in ["private_token", "access_token"] {
        let path = format!(
            "/personal_access_tokens?{name}={}&per_page=1",
            alice.secret.expose()
        );
        let reply = app.api_as(("GET", &path), None, Value::Null).await;
        assert!(!reply.header("link").is_empty() && !reply.header("link").contains("_token="));
    }
}

#[tokio::test]
async fn a_keyset_is_followed_to_its_end() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    for number in 0..7 {
        app.project(&format!("team-{number}/app"), Visibility::Private)
            .await;
        app.user(&format!("user-{number}")).await;
    }
    let root = app.token("root", "api").await;
    for noun in ["users", "groups", "projects"] {
        for (sort, descending) in [("asc", false), ("desc", true)] {
            let mut path = format!(
                "/{noun}?pagination=keyset&order_by=id&sort={sort}&per_page=3&private_token={}",
                root.secret.expose()
            );
            let mut ids = Vec::new();
            loop {
                let reply = app.api(("GET", &path), &root, Value::Null).await;
                assert_eq!(reply.status, 200, "{}", reply.body);
                let page = reply.json();
                let found = page.as_array().unwrap().iter();
                ids.extend(found.map(|thing| thing["id"].as_i64().unwrap()));
                assert!(
                    !reply
                        .headers
                        .keys()
                        .any(|name| name.as_str().starts_with("x-total")
                            || name.as_str().starts_with("x-page")),
                    "nothing is counted"
                );
                let link = reply.header("link");
                if link.is_empty() {
                    break;
                }
                let rest = link.strip_prefix("<http://localhost:5002/api/v4").unwrap();
                let (next, relation) = rest.split_once('>').unwrap();
                assert_eq!(relation, "; rel=\"next\"");
                assert!(!next.contains("private_token"), "{next}");
                path = next.to_owned();
            }
            let mut all: Vec<_> = app
                .read(&format!("/{noun}?order_by=id&sort=asc&per_page=100"), &root)
                .await
                .as_array()
                .unwrap()
                .iter()
                .map(|thing| thing["id"].as_i64().unwrap())
                .collect();
            if descending {
                all.reverse();
            }
            assert_eq!(ids, all, "{noun} {sort}");
        }
    }
    let reply = app
        .api(
            ("GET", "/projects?pagination=keyset&order_by=name"),
            &root,
            Value::Null,
        )
        .await;
    assert_eq!(
        reply.body,
        r#"{"error":"pagination=keyset goes with order_by=id only"}"#
    );
}
