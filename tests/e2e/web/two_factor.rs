//! From a password with a code to a pull, and to its end.

use aws_lc_rs::hmac;

use crate::harness::{Browser, Kind, World};
use crate::web::{add_user, at, make_token, sign_in};

pub(super) fn with_two_factor_a_password_logs_in_nowhere_and_a_token_does(world: &World) {
    let name = "cautious";
    let password = add_user(world, &world.service, name);
    world
        .service
        .cli(&["member", "add", "team", name, "--level", "reporter"]);
    let browser = Browser::start(&world.new_folder());
    sign_in(&browser, &world.service.admin_url, name, &password);
    browser.go(&at(&world.service, "/profile/two_factor"));
    browser.button("Set up two-factor").click();
    let secret = world.secret(browser.field("Secret").value());
    assert_is_whole_on_a_phone(&browser, &secret);
    browser.field("Code").fill(&code(&secret, 0));
    browser.button("Confirm").click();
    browser.find(Kind::Heading, "Recovery codes");
    browser.button("Sign out").click();
    browser.field("Username or email").fill(name);
    browser.field("Password").fill(&password);
    browser.button("Sign in").click();
    // A code works once: the next one works already.
    browser.field("Code").fill(&code(&secret, 1));
    browser.button("Verify").click();
    browser.find(Kind::Heading, "Personal access tokens");

    let token = make_token(world, &browser, "after two steps", &["read_registry"]);
    let client = world.client();
    let sentence = world.sentence(name, &password);
    let refused = format!("unauthorized: {sentence}");
    let host = &world.registry.host;
    client
        .try_log_in(host, name, &password)
        .must_fail_with(&refused);
    client.log_in(host, name, &token);
    let image = world.registry.image("team/app");
    client.pull(&image);
    browser.go(&at(&world.service, "/access_tokens"));
    let row = browser.row("Active tokens", "after two steps");
    row.inner(Kind::Button, "Revoke").click();
    browser.button("Revoke token").click();
    browser.find(Kind::Heading, "Personal access tokens");
    client.try_pull(&image).must_fail_with(&refused);
}

/// Proves that all of the secret is seen in a small window, and can be copied.
fn assert_is_whole_on_a_phone(browser: &Browser, secret: &str) {
    browser.resize(320, 640);
    let is_seen = "(secret => secret.scrollWidth <= secret.clientWidth && secret.scrollHeight <= secret.clientHeight) \
        (document.getElementById('secret'))";
    assert_eq!(browser.evaluate(is_seen), true);
    browser.resize(1280, 800);
    browser.lets_pages_use_the_clipboard();
    browser.button("Copy").click();
    browser.find(Kind::Button, "Copied");
    browser.field("Code").paste();
    assert_eq!(browser.field("Code").value(), secret);
}

/// The code of now, or so many steps later (RFC 6238 with the usual choices).
#[expect(
    clippy::disallowed_methods,
    reason = "the service has the real clock too"
)]
pub(super) fn code(secret: &str, steps: u64) -> String {
    let key = data_encoding::BASE32_NOPAD
        .decode(secret.as_bytes())
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let step = since.unwrap().as_secs() / 30 + steps;
    let digest = hmac::sign(&key, &step.to_be_bytes());
    let digest = digest.as_ref();
    let at = usize::from(digest[19] & 15);
    let four: [u8; 4] = digest[at..at + 4].try_into().unwrap();
    format!(
        "{:06}",
        (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000
    )
}
