//! Addresses outside of the API: they show people a page, and programs nothing.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Reply, TestApp};

async fn visit(app: &TestApp, method: &str, path: &str, accept: &str) -> Reply {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("accept", accept).body(Body::empty());
    app.send_admin(request.unwrap()).await
}

/// A browser's first words.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn the_api_leads_to_its_description_by_a_relative_way() {
    let app = TestApp::start().await;
    for (path, way) in [("/api", "api/docs"), ("/api/", "docs")] {
        let reply = app.get_admin(path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("location")),
            (303, way),
            "{path}"
        );
    }
    assert_eq!(app.get_admin("/api/docs").await.status, 200);
    assert_eq!(app.get_admin("/api/nothing").await.status, 404);
}

#[tokio::test]
async fn every_web_url_shows_a_browser_one_page_and_tells_nothing() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.project("team/app", Visibility::Private).await;
    let root = app.actor("root", "api").await;
    let mut addresses = vec!["http://localhost:5002/nobody/nothing".to_owned()];
    for path in ["/user", "/groups/team", "/projects/team%2Fapp"] {
        let thing = root.read(path).await;
        addresses.push(thing["web_url"].as_str().unwrap().to_owned());
        if let Some(address) = thing["namespace"]["web_url"].as_str() {
            addresses.push(address.to_owned());
        }
    }
    assert_eq!(addresses.len(), 5, "{addresses:?}");
    let mut pages = BTreeSet::new();
    for address in addresses {
        let path = address.strip_prefix("http://localhost:5002").unwrap();
        for method in ["GET", "HEAD", "POST"] {
            let reply = visit(&app, method, path, BROWSER).await;
            assert_eq!(reply.status, 404, "{address}");
            let is_page = reply.header("content-type") == "text/html; charset=utf-8";
            assert!(is_page && !reply.body.contains("team"), "{address}");
            pages.insert(reply.body);
        }
        for (method, accept) in [
            ("GET", "*/*"),
            ("GET", "application/json"),
            ("POST", "application/json"),
        ] {
            let reply = visit(&app, method, path, accept).await;
            assert_eq!(reply.status, 404, "{address}");
            assert_eq!(
                reply.json()["message"],
                "404 Not Found - the API is at /api/v4, and /api/docs describes it"
            );
        }
    }
    assert_eq!(pages.len(), 2, "one page, and none for HEAD");
    let unknown = visit(&app, "GET", "/api/v4/nothing", BROWSER).await;
    assert_eq!(
        unknown.json()["message"],
        "404 Not Found",
        "as GitLab says it"
    );
}

#[tokio::test]
async fn the_other_listeners_say_at_their_root_where_things_are() {
    let app = TestApp::start().await;
    let token = app.anonymous().ask_at("/").await;
    assert_eq!(token.status, 200);
    assert!(
        token.body.contains("/jwt/auth") && token.header("content-type").starts_with("text/plain")
    );
    let ops = app.ops("/").await;
    assert!(ops.status == 200 && ops.body.contains("/metrics"));
}
