//! Forms that come late: something else happened after they were opened, or while they wait for their turn.

use axum::http::StatusCode;

use crate::harness::PASSWORD;
use crate::web::access_tokens::{GOOD, READS, start};

/// Alice opened the form in one tab; in another one, root has signed in since.
#[tokio::test]
async fn a_form_that_somebody_else_opened_makes_no_token() {
    let (app, browser) = start().await;
    app.administrator("root").await;
    let form = browser.open("/access_tokens/new").await;
    let owner = form.value("owner");
    let alices = [&GOOD[..], &[READS, ("owner", &*owner)]].concat();
    browser.press(&form, "Sign out", &[]).await;
    browser.sign_in("root", PASSWORD).await;
    for button in ["create", "preview"] {
        let fields = [&alices[..], &[("do", button)]].concat();
        let reply = browser.post("/access_tokens/new", &fields).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{button}");
        let told = "You are signed in as root now";
        assert!(reply.body.contains(told), "{}", reply.body);
        assert!(reply.body.contains("value=\"laptop\""), "{}", reply.body);
    }
    let list = browser.open("/access_tokens").await;
    assert!(list.text().contains("You have no active tokens"));
    // Root means it, and presses the button of the page that says so.
    let page = browser.press(&form, "Create token", &[]).await;
    let (owner, newest) = (page.value("owner"), page.value("newest"));
    let more = [READS, ("owner", &*owner), ("newest", &*newest)];
    let fields = [&GOOD[..], &more].concat();
    let made = browser.post("/access_tokens/new", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
}
