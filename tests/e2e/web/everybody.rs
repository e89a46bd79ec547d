//! Pages for people who have a keyboard only, no scripts, or a screen reader.

use crate::harness::{Browser, ENTER, Kind, TAB, World};
use crate::web::{at, sign_in};

/// Goes on with the tab key until the focus is on the thing with that name, and says how far that was.
fn tab_to(browser: &Browser, name: &str) {
    let mut passed = Vec::new();
    for _ in 0..60 {
        let focused = browser.focused();
        if focused == name {
            return;
        }
        passed.push(focused);
        browser.press(TAB);
    }
    panic!("the tab key never comes to {name:?}: {passed:?}");
}

pub(super) fn the_keyboard_alone_makes_and_revokes_a_token(world: &World) {
    let browser = Browser::start(&world.new_folder());
    browser.go(&at(&world.service, "/sign_in"));
    tab_to(&browser, "Username or email");
    browser.press("maintainer");
    tab_to(&browser, "Password");
    browser.press(&format!("the password of maintainer{ENTER}"));
    browser.find(Kind::Heading, "Personal access tokens");
    // The first stop leads past the navigation.
    browser.press(TAB);
    assert_eq!(browser.focused(), "Skip to content");
    browser.press(ENTER);
    tab_to(&browser, "New token");
    browser.press(ENTER);
    browser.find(Kind::Heading, "New token");
    tab_to(&browser, "Token name");
    browser.press("by keyboard");
    tab_to(&browser, "read_registry");
    browser.press(" ");
    tab_to(&browser, "Create token");
    browser.press(ENTER);
    world.secret(browser.field("Your new token").value());
    browser.go(&at(&world.service, "/access_tokens"));
    browser.find(Kind::Table, "Active tokens");
    tab_to(&browser, "by keyboard");
    tab_to(&browser, "Revoke");
    browser.press(ENTER);
    browser.find(Kind::Heading, "Revoke token");
    tab_to(&browser, "Revoke token");
    browser.press(ENTER);
    browser.find(Kind::Heading, "Personal access tokens");
    assert!(
        browser
            .source()
            .contains("The token “<bdi>by keyboard</bdi>” was revoked.")
    );
}

pub(super) fn without_scripts_everything_works(world: &World) {
    let browser = Browser::start(&world.new_folder());
    browser.without_scripts();
    sign_in(
        &browser,
        &world.service.admin_url,
        "guest",
        "the password of guest",
    );
    browser.link("New token").click();
    browser.field("Token name").fill("no scripts");
    browser.field("Limit to repositories").fill("team/**");
    browser.button("Preview repositories").click();
    assert_eq!(browser.field("Token name").value(), "no scripts");
    browser.find(Kind::Checkbox, "read_registry").click();
    browser.button("Create token").click();
    let secret = world.secret(browser.field("Your new token").value());
    for title in ["docker login", "config.json"] {
        browser.find(Kind::Heading, title);
    }
    assert!(!browser.has(Kind::Button, "Copy"), "it would do nothing");
    // A page that is loaded anew sends its form again.
    browser.send_again();
    browser.find(Kind::Heading, "New token");
    assert!(browser.source().contains("Nothing was made just now"));
    assert!(!browser.source().contains(&secret));
    browser.go(&at(&world.service, "/access_tokens"));
    let row = browser.row("Active tokens", "no scripts");
    row.inner(Kind::Button, "Rotate").click();
    browser.button("Rotate token").click();
    world.secret(browser.field("Your new token").value());
}

pub(super) fn the_page_of_the_api_is_for_everybody(world: &World) {
    let browser = Browser::start(&world.new_folder());
    browser.go(&at(&world.service, "/api/docs"));
    browser.find(Kind::Heading, "Wharfinger API");
    assert_eq!(browser.axe(), [""; 0]);
    browser.resize(320, 640);
    assert!(!browser.scrolls_sideways());
}
