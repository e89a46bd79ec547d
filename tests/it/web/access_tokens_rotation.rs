//! Forms for rotation that are sent twice, late or with odd values.

use chrono::Duration;
use serde_json::json;
use wharfinger::domain::expiry::Expiry;

use super::access_tokens::{READS, made, secret, start, works};
use crate::harness::TestApp;

#[tokio::test]
async fn a_rotation_that_is_sent_twice_leads_to_the_token_that_it_made() {
    for grace in ["", "1d"] {
        let (app, browser) = start().await;
        made(&browser, &[READS]).await;
        let wanted = [("expires_in", "90d"), ("grace", grace)];
        let reply = browser.post("/access_tokens/1/rotate", &wanted).await;
        let new = secret(&reply);
        let again = browser.post("/access_tokens/1/rotate", &wanted).await;
        assert_eq!(again.status, 409, "{grace}: {}", again.body);
        for part in [
            "Nothing was made just now",
            "href=\"/access_tokens/2\"",
            "Its secret was shown once.",
            "href=\"/access_tokens/2/rotate\"",
        ] {
            assert!(again.body.contains(part), "{grace}: {}", again.body);
        }
        assert!(!again.body.contains(&new) && !again.body.contains("Rotate token</button>"));
        assert!(works(&app, &new).await);
        assert_eq!(browser.get("/access_tokens/3").await.status, 404);
        // The way on: the new token, which can be rotated.
        let reply = browser.post("/access_tokens/2/rotate", &wanted).await;
        assert!(works(&app, &secret(&reply)).await);
        let again = browser.post("/access_tokens/1/rotate", &wanted).await;
        assert_eq!(again.status, 409);
        assert!(!again.body.contains("href=\"/access_tokens/2/rotate\""));
    }
}

#[tokio::test]
async fn the_question_is_asked_of_tokens_that_can_be_rotated_only() {
    let (app, browser) = start().await;
    for _ in 0..4 {
        made(&browser, &[READS, ("expires_in", "7d")]).await;
    }
    let grace = [("expires_in", "90d"), ("grace", "7d")];
    browser.post("/access_tokens/1/rotate", &grace).await;
    browser.post("/access_tokens/2/rotate", &grace[..1]).await;
    browser.post("/access_tokens/3/revoke", &[]).await;
    for (id, told) in [
        (1, "Replaced by Token 5"),
        (2, "Replaced by Token 6"),
        (3, "Revoked"),
    ] {
        let page = browser.open(&format!("/access_tokens/{id}/rotate")).await;
        assert_eq!(page.path, format!("/access_tokens/{id}"));
        assert!(page.text().contains(told), "{}", page.text());
    }
    let revoked = browser.post("/access_tokens/3/rotate", &grace).await;
    assert_eq!(revoked.status, 422);
    assert!(revoked.body.contains("already revoked"), "{}", revoked.body);
    app.clock.advance(Duration::days(7));
    let browser = app.signed_in("alice").await;
    let page = browser.open("/access_tokens/4/rotate").await;
    assert_eq!(page.path, "/access_tokens/4", "it has expired");
}

#[tokio::test]
async fn an_unknown_grace_or_end_is_refused_beside_its_field() {
    let (app, browser) = start().await;
    let secret = made(&browser, &[READS]).await;
    for (end, grace, id) in [
        ("30d", "2d", "grace-problem"),
        ("30d", "soon", "grace-problem"),
        ("usual", "1d", "expires-problem"),
        ("-1d", "1d", "expires-problem"),
    ] {
        let wanted = [("expires_in", end), ("grace", grace)];
        let reply = browser.post("/access_tokens/1/rotate", &wanted).await;
        assert_eq!(reply.status, 422, "{end} {grace}");
        assert!(
            reply.body.contains(&format!("id=\"{id}\"")),
            "{}",
            reply.body
        );
    }
    assert!(works(&app, &secret).await);
    assert_eq!(browser.get("/access_tokens/2").await.status, 404);
}

/// Alice has token 2, which was made with a token that ends then.
async fn with_a_token_of_a_maker_that_ends(date: &str) -> TestApp {
    let app = TestApp::start().await;
    app.user("alice").await;
    let end = Expiry::on(date.parse().unwrap());
    let maker = app
        .actor_with("alice", "api", |token| token.expiring(Some(end)))
        .await;
    let wanted = json!({ "name": "made", "scopes": ["read_registry"] });
    let reply = maker.post("/user/personal_access_tokens", wanted).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    app
}

#[tokio::test]
async fn what_is_chosen_first_is_possible_where_the_maker_ends_sooner() {
    let app = with_a_token_of_a_maker_that_ends("2026-03-20").await;
    let browser = app.signed_in("alice").await;
    let form = browser.open("/access_tokens/2/rotate").await;
    assert!(
        form.body.contains(
            "<option value=\"maker\" selected>With the token that it was made with (20 Mar 2026)"
        ) && form.body.contains("max=\"2026-03-20\"")
            && !form.body.contains("In 7 days"),
        "{}",
        form.body
    );
    let date = [("expires_in", "date"), ("expires_at", "2026-03-21")];
    let late = browser.post("/access_tokens/2/rotate", &date).await;
    assert!(
        late.body.contains("The end must not be after 2026-03-20"),
        "{}",
        late.body
    );
    let reply = browser
        .post("/access_tokens/2/rotate", &[("expires_in", "maker")])
        .await;
    assert!(works(&app, &secret(&reply)).await);
}

#[tokio::test]
async fn an_end_of_the_maker_that_is_too_late_by_now_is_not_offered() {
    let app = with_a_token_of_a_maker_that_ends("2026-12-31").await;
    let shorter = app.beside("[access_tokens]\nlongest_lifetime = \"10d\"\n");
    let shorter = shorter.await;
    let signed_in = app.signed_in("alice").await;
    let browser = signed_in.beside(&shorter.browser());
    let form = browser.open("/access_tokens/2/rotate").await.body.clone();
    assert!(
        !form.contains("value=\"maker\"")
            && form.contains("max=\"2026-03-24\"")
            && form.contains("value=\"longest\""),
        "{form}"
    );
    let late = [("expires_in", "maker")];
    let reply = browser.post("/access_tokens/2/rotate", &late).await;
    assert!(reply.body.contains("id=\"expires-problem\""));
    let reply = browser.post("/access_tokens/2/rotate", &[("expires_in", "longest")]);
    assert!(works(&app, &secret(&reply.await)).await);
}

#[tokio::test]
async fn the_old_token_works_on_for_no_longer_than_the_new_one() {
    let (app, browser) = start().await;
    let old = made(&browser, &[READS]).await;
    let wanted = [
        ("expires_in", "date"),
        ("expires_at", "2026-03-15"),
        ("grace", "7d"),
    ];
    let reply = browser.post("/access_tokens/1/rotate", &wanted).await;
    let new = secret(&reply);
    let told = "The old token works until <time datetime=\"2026-03-15T00:00:00";
    assert!(reply.body.contains(told), "{}", reply.body);
    assert!(works(&app, &old).await && works(&app, &new).await);
    app.clock.advance(Duration::days(1));
    assert!(!works(&app, &old).await && !works(&app, &new).await);
}
