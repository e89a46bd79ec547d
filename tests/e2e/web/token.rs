//! From a sign-in to a pull, and to its end.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{Kind, World, wait_until};
use crate::web::{at, make_token, signed_in};

pub(super) fn a_token_that_a_person_makes_pulls_until_they_revoke_it(world: &World) {
    let browser = signed_in(world, "reporter");
    let secret = make_token(world, &browser, "the laptop", &["read_registry"]);
    assert!(secret.starts_with("whf_pat_"));
    let client = world.client();
    client.log_in(&world.registry.host, "reporter", &secret);
    let image = world.registry.image("team/app");
    client.pull(&image);

    browser.go(&at(&world.service, "/access_tokens"));
    let row = browser.row("Active tokens", "the laptop");
    row.inner(Kind::Button, "Revoke").click();
    browser.find(Kind::Heading, "Revoke token");
    assert!(browser.source().contains("the laptop"));
    browser.button("Revoke token").click();
    browser.find(Kind::Heading, "Personal access tokens");
    assert!(
        browser
            .source()
            .contains("The token “<bdi>the laptop</bdi>” was revoked.")
    );
    let sentence = world.sentence("reporter", &secret);
    client
        .try_pull(&image)
        .must_fail_with(&format!("unauthorized: {sentence}"));
    browser.button("Inactive tokens").click();
    let row = browser.row("Inactive tokens", "the laptop");
    assert!(row.text().contains("Revoked"), "{}", row.text());
}

pub(super) fn a_secret_is_shown_once_and_a_form_makes_one_token(world: &World) {
    let browser = signed_in(world, "developer");
    let secret = make_token(world, &browser, "shown once", &["read_registry"]);
    let tabs = [
        "docker login",
        "podman",
        "Kubernetes secret",
        "GitHub Actions",
        "GitLab CI",
        "config.json",
    ];
    for tab in tabs {
        browser.button(tab).click();
        browser.find(Kind::Button, "Copy");
    }
    assert!(!browser.address().contains(&secret));
    let folder = world.new_folder();
    browser.keep_downloads(&folder);
    browser.link("Download config.json").click();
    let file = folder.join("config.json");
    wait_until("the file is there", || file.exists());
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let auth = kept["auths"]["registry.example.com"]["auth"].as_str();
    let expected = STANDARD.encode(format!("developer:{secret}"));
    assert_eq!(auth, Some(&*expected));
    // The token is there, and nobody sees its secret again: neither by a reload, nor by going back and forth.
    browser.reload();
    browser.find(Kind::Heading, "shown once");
    assert!(!browser.source().contains(&secret), "after a reload");
    browser.link("Access tokens").click();
    browser.find(Kind::Heading, "Personal access tokens");
    for _ in 0..3 {
        browser.back();
        assert!(!browser.source().contains(&secret), "{}", browser.address());
    }
    browser.go(&at(&world.service, "/access_tokens"));
    let table = browser.find(Kind::Table, "Active tokens").text();
    assert_eq!(table.matches("shown once").count(), 1, "{table}");
    // Some browsers keep the whole page for their back button.
    make_token(world, &browser, "come back to", &["read_registry"]);
    let kept = "new PageTransitionEvent('pageshow', { persisted: true })";
    browser.evaluate(&format!("dispatchEvent({kept})"));
    browser.find(Kind::Heading, "come back to");
}
