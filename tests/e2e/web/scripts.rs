//! Scripts on the pages: copies, forms that are sent once, and times.

use serde_json::json;

use crate::harness::{Browser, Kind, World, wait_until};
use crate::web::{add_user, at, make_token, sign_in, signed_in};

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

/// The day begins later in New York than the date of UTC, on which a token ends.
pub(super) fn dates_have_one_form_and_texts_have_their_lines(world: &World) {
    let password = add_user(world, &world.service, "dated");
    for (name, end) in [
        ("chosen", ["--expires-at", "2031-01-02"]),
        ("computed", ["--expires-in", "300d"]),
    ] {
        let new = ["token", "create", "--user", "dated", "--name", name];
        let more = [
            "--scope",
            "read_registry",
            "--description",
            "one\ntwo\nthree",
        ];
        let secret = world.service.secret_cli(&[&new[..], &end, &more].concat());
        world.secret(secret.trim_end().to_owned());
    }
    let browser = Browser::start(&world.new_folder());
    browser.is_in("America/New_York");
    sign_in(&browser, &world.service.admin_url, "dated", &password);
    let row = browser.row("Active tokens", "chosen");
    let text = row.text();
    assert!(text.contains("2031") && !text.contains("2030"), "{text}");
    let forms = "[...new Set([...document.querySelectorAll('time')].map(time => \
        time.textContent.replace(/[0-9]+/g, '1').replace(/[a-z]+/gi, 'month')))].length";
    assert_eq!(browser.evaluate(forms), json!(1), "{text}");
    browser.link("chosen").click();
    browser.find(Kind::Heading, "chosen");
    let shown = browser.evaluate("document.querySelector('dl.facts dd').innerText");
    assert_eq!(shown, json!("one\ntwo\nthree"));
}

/// The words of the page that screen readers say when they change.
fn said(browser: &Browser) -> String {
    let said = browser.evaluate("document.querySelector('.unseen[role=status]').textContent");
    said.as_str().unwrap().to_owned()
}
