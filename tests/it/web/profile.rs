//! `/profile`, and texts of others on pages.

use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{PASSWORD, World};
use crate::web::access_tokens::{GOOD, READS, made, send};

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

/// Older versions took names that turn the text around them.
#[tokio::test]
async fn a_stored_name_that_turns_the_text_around_it_is_read_and_a_new_one_refused() {
    let World { app, root, .. } = World::start().await;
    let browser = app.signed_in("alice").await;
    made(&browser, &[READS]).await;
    app.project("inner/lib", Visibility::Private).await;
    app.machine("inner/lib", "read_registry").await;
    let turning = "ci\u{202e}nimda";
    for table in ["personal_access_tokens", "deploy_tokens"] {
        app.execute(&format!("UPDATE {table} SET name = '{turning}'"))
            .await;
    }
    let tokens = root.read("/deploy_tokens").await;
    assert_eq!(tokens[0]["name"], turning);
    let mut ids = browser.open("/access_tokens").await.body.clone();
    ids = ids.split("id=\"token-").nth(1).unwrap().to_owned();
    let own = format!("/access_tokens/{}", ids.split('"').next().unwrap());
    let isolated = format!("<strong><bdi>{turning}</bdi></strong>");
    for question in ["rotate", "revoke"] {
        let page = browser.open(&format!("{own}/{question}")).await;
        assert!(page.body.contains(&isolated), "{}", page.body);
    }
    let rotated = browser
        .post(&format!("{own}/rotate"), &[("expires_in", "7d")])
        .await;
    assert_eq!(rotated.status, 200, "{}", rotated.body);
    let fields = [&[("name", turning)], &GOOD[1..], &[READS]].concat();
    let reply = send(&browser, &fields).await;
    let told = "A name has no characters that turn the direction of writing";
    assert!(reply.body.contains(told), "{}", reply.body);
    let change = json!({ "name": "\u{200b}" });
    let reply = root.put(&app.user_path("alice").await, change).await;
    assert_eq!(
        reply.told(),
        r#"400 {"message":"400 Bad request - a name has a character that can be seen"}"#
    );
}
