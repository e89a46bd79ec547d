//! Pages open where what was asked for stands.

use serde_json::{Value, json};

use crate::harness::{Browser, World, wait_until};
use crate::web::{add_user, at, sign_in};

pub(super) fn a_page_opens_where_what_was_asked_for_stands(world: &World) {
    let password = add_user(world, &world.service, "orderly");
    let token = |name: &str, more: &[&str]| {
        let new = ["token", "create", "--user", "orderly", "--name", name];
        let scope = ["--scope", "read_registry"];
        let secret = world.service.secret_cli(&[&new[..], &scope, more].concat());
        world.secret(secret.trim_end().to_owned());
    };
    for _ in 0..21 {
        token("of yesterday", &["--expires-in", "1s"]);
    }
    for _ in 0..3 {
        token("of today", &[]);
    }
    let browser = Browser::start(&world.new_folder());
    sign_in(&browser, &world.service.admin_url, "orderly", &password);
    browser.resize(390, 600);
    browser.go(&at(
        &world.service,
        "/access_tokens/new?name=x&repositories=team/**",
    ));
    browser.button("Preview repositories").click();
    // Screen readers read on from there.
    let focus = "document.activeElement.id";
    wait_until("the preview has the focus", || {
        browser.evaluate(focus) == "preview"
    });
    assert!(is_in_view(&browser, "preview"));

    browser.go(&at(&world.service, "/access_tokens"));
    browser.button("Inactive tokens").click();
    browser.link("Older tokens").click();
    wait_until("the older ones are there", || {
        browser.address().contains("inactive=2")
    });
    assert!(is_in_view(&browser, "inactive"));
    browser.link("Newer tokens").click();
    wait_until("the newer ones are there", || {
        browser.address().contains("inactive=1")
    });
    assert!(is_in_view(&browser, "inactive"));
}

/// True if the beginning of the thing with that id is in the window.
fn is_in_view(browser: &Browser, id: &str) -> bool {
    let top = format!("document.getElementById('{id}').getBoundingClientRect().top");
    let is_seen =
        format!("document.readyState === 'complete' && {top} >= 0 && {top} < innerHeight");
    wait_until("the page is there", || {
        browser.evaluate("document.readyState") == json!("complete")
    });
    browser.evaluate(&is_seen) == Value::Bool(true)
}
