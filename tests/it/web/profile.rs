//! `/profile`, and texts of others on pages.

use serde_json::json;

use crate::harness::{PASSWORD, World};

#[tokio::test]
async fn a_user_sees_who_they_are() {
    let World { app, .. } = World::start().await;
    let page = app.signed_in("alice").await.open("/profile").await;
    assert_eq!(page.heading(), "Profile");
    let text = page.text();
    for fact in ["Username alice", "Name alice", "Email alice@example.com"] {
        assert!(text.contains(fact), "{text}");
    }
    for link in ["/profile/password", "/profile/sessions"] {
        assert!(page.body.contains(&format!("href=\"{link}\"")), "{link}");
    }
}

#[tokio::test]
async fn what_people_write_stays_text() {
    let World { app, root, .. } = World::start().await;
    let name = "<script>alert(1)</script>\"'& co";
    let change = json!({ "name": name, "email": "\"><img/src=x>@example.com" });
    let reply = root.put(&app.user_path("alice").await, change).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let browser = app.browser().with("user-agent", "<b>\"Firefox/1</b>");
    let page = browser
        .sign_in("\"><img/src=x>@example.com", PASSWORD)
        .await;
    assert_eq!(page.heading(), "Personal access tokens");
    for path in [
        "/profile",
        "/profile/sessions",
        "/access_tokens",
        "/<script>",
        "/sign_in?next=/\"><b>",
    ] {
        let path = path
            .replace('<', "%3C")
            .replace('>', "%3E")
            .replace('"', "%22");
        let page = browser.open(&path).await;
        for element in ["<script>alert", "<img/src", "<b>"] {
            assert!(!page.body.contains(element), "{path}: {}", page.body);
        }
    }
    let profile = browser.open("/profile").await;
    assert!(profile.text().contains(name), "{}", profile.text());
}
