//! Scripts on the pages: copies, and forms that are sent once.

use crate::harness::{Browser, Kind, World, wait_until};
use crate::web::{at, make_token, signed_in};

pub(super) fn copies_are_made_and_a_form_is_sent_once(world: &World) {
    let browser = signed_in(world, "maintainer");
    browser.lets_pages_use_the_clipboard();
    let secret = make_token(world, &browser, "copied", &["read_registry"]);
    assert!(said(&browser).is_empty());
    browser.button("Copy").click();
    wait_until("it is said aloud", || said(&browser) == "Copied");
    // The button says so for a moment, and has its own name again.
    browser.find(Kind::Button, "Copied");
    browser.find(Kind::Button, "Copy");
    browser.go(&at(&world.service, "/access_tokens/new"));
    browser.field("Token name").paste();
    assert_eq!(browser.field("Token name").value(), secret);

    browser.field("Token name").fill("sent twice");
    browser.find(Kind::Checkbox, "read_registry").click();
    let button = "document.querySelector('main form[method=post] button.primary')";
    browser.evaluate(&format!("[{button}.click(), {button}.click()]"));
    world.secret(browser.field("Your new token").value());
}

/// The words of the page that screen readers say when they change.
fn said(browser: &Browser) -> String {
    let said = browser.evaluate("document.querySelector('.unseen[role=status]').textContent");
    said.as_str().unwrap().to_owned()
}
