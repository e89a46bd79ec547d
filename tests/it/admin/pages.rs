//! Lists in pages, with the headers that GitLab's clients follow.

use serde_json::Value;

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
}

#[tokio::test]
async fn links_do_not_repeat_a_token() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let alice = app.token("alice", "api").await;
    let path = format!(
        "/personal_access_tokens?private_token={}&per_page=1",
        alice.secret.expose()
    );
    let reply = app.api_as(("GET", &path), None, Value::Null).await;
    assert!(!reply.header("link").is_empty() && !reply.header("link").contains("private_token"));
}
