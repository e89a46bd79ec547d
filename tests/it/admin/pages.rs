//! Lists in pages, with the headers that GitLab's clients follow.

use axum::body::Body;
use axum::http::{HeaderName, Request};
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Reply, TestApp};

const TOKENS: &str = "http://localhost:5002/api/v4/personal_access_tokens";

/// What a page is said to be.
struct Page {
    length: usize,
    /// Number, size, next and previous page, entries and pages in all.
    headers: [String; 6],
    link: String,
}

/// A page of alice's 46 tokens.
async fn page(query: &str) -> Page {
    let app = TestApp::start().await;
    app.user("alice").await;
    for _ in 0..45 {
        app.actor("alice", "read_registry").await;
    }
    let alice = app.actor("alice", "api").await;
    let reply = alice.get(&format!("/personal_access_tokens{query}")).await;
    let names = [
        "x-page",
        "x-per-page",
        "x-next-page",
        "x-prev-page",
        "x-total",
        "x-total-pages",
    ];
    Page {
        length: reply.json().as_array().unwrap().len(),
        headers: names.map(|name| reply.header(name).to_owned()),
        link: reply.header("link").to_owned(),
    }
}

#[tokio::test]
async fn pages_have_gitlabs_headers() {
    let first = page("").await;
    assert_eq!(first.length, 20);
    assert_eq!(first.headers, ["1", "20", "2", "", "46", "3"]);
    assert_eq!(
        first.link,
        format!(
            "<{TOKENS}?page=2&per_page=20>; rel=\"next\", <{TOKENS}?page=1&per_page=20>; rel=\"first\", \
             <{TOKENS}?page=3&per_page=20>; rel=\"last\""
        )
    );
    let third = page("?page=3&state=active").await;
    assert_eq!(third.length, 6);
    assert_eq!(third.headers, ["3", "20", "", "2", "46", "3"]);
    assert!(
        third.link.starts_with(&format!(
            "<{TOKENS}?state=active&page=2&per_page=20>; rel=\"prev\""
        )),
        "{}",
        third.link
    );
}

#[tokio::test]
async fn a_page_that_is_too_long_or_beyond_the_end_or_empty_is_one_too() {
    let long = page("?per_page=1000").await;
    assert_eq!(
        (long.length, long.headers[1].as_str()),
        (46, "100"),
        "a page has at most 100 entries"
    );
    let beyond = page("?page=2500").await;
    let (next, previous) = (&beyond.headers[2], &beyond.headers[3]);
    assert_eq!((beyond.length, &**next, &**previous), (0, "", ""));
    assert!(!beyond.link.contains("prev") && !beyond.link.contains("next"));
    for before in ["?page=0", "?page=-7", "?page="] {
        let first = page(before).await;
        assert_eq!(first.headers, ["1", "20", "2", "", "46", "3"], "{before}");
    }
    let empty = page("?search=nothing").await;
    assert_eq!(empty.length, 0, "an empty list has a page");
    assert_eq!(empty.headers, ["1", "20", "", "", "0", "1"]);
    assert!(
        empty.link.ends_with("&page=1&per_page=20>; rel=\"last\""),
        "{}",
        empty.link
    );
}

#[tokio::test]
async fn a_text_that_is_longer_than_any_name_finds_nothing() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.group("team", Visibility::Private).await;
    let root = app.actor("root", "api").await;
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
            let found = root.read(&format!("{list}{text}")).await;
            assert_eq!(found, json!([]), "{list} {length}");
        }
    }
    let name = "n".repeat(255);
    let body = json!({ "username": "long", "name": name });
    root.post("/users", body).await;
    let found = root.read(&format!("/users?search={name}")).await;
    assert_eq!(found[0]["username"], "long");
}

#[tokio::test]
async fn links_do_not_repeat_a_token() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.actor("alice", "read_api").await;
    let alice = app.actor("alice", "api").await;
    for name in ["private_token", "access_token"] {
        for way in [
            name.to_owned(),
            format!("{name}[]"),
            format!("{name}["),
            format!("{name}[0"),
            format!("{name}%5B%5D"),
            name.replace('_', "%5F"),
        ] {
            let query = format!("{way}={}&page[=1&per_page=1&state=active", alice.secret());
            for list in [
                query.clone(),
                format!("{query}&pagination=keyset&order_by=id"),
            ] {
                let path = format!("/personal_access_tokens?{list}");
                let reply = app.anonymous().get(&path).await;
                assert_eq!(reply.status, 200, "{way} is a token");
                let link = reply.header("link").to_owned();
                assert!(
                    !link.is_empty() && !link.contains(alice.secret()),
                    "{way}: {link}"
                );
                assert!(
                    link.contains("state=active") && !link.contains("page%5B"),
                    "{link}"
                );
            }
        }
    }
    // These are none, but a program may think so.
    for way in [
        "private_token[x]",
        "access_token[x]",
        "PRIVATE_TOKEN",
        "Access_Token[]",
    ] {
        let path = format!(
            "/personal_access_tokens?{way}={}&per_page=1",
            alice.secret()
        );
        assert_eq!(app.anonymous().get(&path).await.status, 401, "{way}");
        let link = alice.get(&path).await.header("link").to_owned();
        assert!(
            !link.is_empty() && !link.contains(alice.secret()),
            "{way}: {link}"
        );
    }
}

/// A link would forget what is in a body, and the next page would be one of everything.
#[tokio::test]
async fn a_list_has_its_parameters_in_the_query() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let alice = app.actor("alice", "api").await;
    app.actor("alice", "read_api").await;
    let secret = alice.secret();
    let get = async |kind: &str, body: String| {
        let request = Request::get("/api/v4/personal_access_tokens?per_page=1&private_token=")
            .header("content-type", kind)
            .body(Body::from(body));
        app.send_admin(request.unwrap()).await
    };
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let parts = "multipart/form-data; boundary=XX";
    let part = |name: &str, value: &str| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let token = part("private_token", secret);
    for (kind, body) in [
        (json, format!(r#"{{"private_token":"{secret}"}}"#)),
        (form, format!("access_token={secret}")),
        (parts, format!("{token}--XX--\r\n")),
    ] {
        let listed = get(kind, body).await;
        assert_eq!(listed.status, 200, "{}", listed.body);
        let link = listed.header("link");
        assert!(link.contains("next") && !link.contains(secret), "{link}");
    }
    for (kind, body) in [
        (
            json,
            format!(r#"{{"private_token":"{secret}","state":"active"}}"#),
        ),
        (json, format!(r#"{{"private_token":"{secret}","page":2}}"#)),
        (
            json,
            format!(r#"{{"private_token":"{secret}","{secret}":1}}"#),
        ),
        (form, format!("private_token={secret}&state=active")),
        (
            parts,
            format!("{token}{}--XX--\r\n", part("state", "active")),
        ),
    ] {
        let told = get(kind, body).await.told();
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r#"400 {"error":"a list has its parameters in the query; in the body of its GET only a token is read"}"#);
        }
    }
    for body in [json!(null), json!({})] {
        let listed = alice.call("GET", "/personal_access_tokens", body).await;
        assert_eq!(listed.status, 200, "{}", listed.body);
    }
}

pub(super) fn ids(list: &Value) -> Vec<i64> {
    let list = list.as_array().unwrap().iter();
    list.map(|thing| thing["id"].as_i64().unwrap()).collect()
}

/// The path of the next page, which a reply to a keyset names.
pub(super) fn next(reply: &Reply) -> Option<String> {
    let mut names = reply.headers.keys().map(HeaderName::as_str);
    assert!(
        !names.any(|name| name.starts_with("x-total") || name.starts_with("x-page")),
        "nothing is counted"
    );
    let rest = reply
        .header("link")
        .strip_prefix("<http://localhost:5002/api/v4")?;
    let (next, relation) = rest.split_once('>').unwrap();
    assert_eq!(relation, "; rel=\"next\"");
    assert!(!next.contains("private_token"), "{next}");
    Some(next.to_owned())
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
    let root = app.actor("root", "api").await;
    for noun in ["users", "groups", "projects"] {
        for (sort, descending) in [("asc", false), ("desc", true)] {
            let query = format!("pagination=keyset&order_by=id&sort={sort}&per_page=3");
            let token = root.secret();
            let mut path = Some(format!("/{noun}?{query}&private_token={token}"));
            let mut found = Vec::new();
            while let Some(page) = path {
                let reply = if page.contains("private_token") {
                    app.anonymous().get(&page).await
                } else {
                    root.get(&page).await
                };
                assert_eq!(reply.status, 200, "{}", reply.body);
                found.extend(ids(&reply.json()));
                path = next(&reply);
            }
            let all = format!("/{noun}?order_by=id&sort=asc&per_page=100");
            let mut all = ids(&root.read(&all).await);
            if descending {
                all.reverse();
            }
            assert_eq!(found, all, "{noun} {sort}");
        }
    }
    let reply = root.get("/projects?pagination=keyset&order_by=name").await;
    assert_eq!(
        reply.body,
        r#"{"error":"pagination=keyset goes with order_by=id only"}"#
    );
}
