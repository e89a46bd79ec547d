//! The web pages in a real browser.

mod everybody;
mod look;
mod looks;
mod places;
mod scripts;
mod sub_path;
mod token;
mod trouble;
mod two_factor;

use crate::harness::{Browser, Kind, Service, Story, World};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_token_that_a_person_makes_pulls_until_they_revoke_it",
        token::a_token_that_a_person_makes_pulls_until_they_revoke_it,
    ),
    (
        "with_two_factor_a_password_logs_in_nowhere_and_a_token_does",
        two_factor::with_two_factor_a_password_logs_in_nowhere_and_a_token_does,
    ),
    (
        "a_secret_is_shown_once_and_a_form_makes_one_token",
        token::a_secret_is_shown_once_and_a_form_makes_one_token,
    ),
    (
        "the_keyboard_alone_makes_and_revokes_a_token",
        everybody::the_keyboard_alone_makes_and_revokes_a_token,
    ),
    (
        "without_scripts_everything_works",
        everybody::without_scripts_everything_works,
    ),
    (
        "every_page_is_for_everybody_and_looks_well",
        looks::every_page_is_for_everybody_and_looks_well,
    ),
    (
        "pages_that_tell_of_trouble_are_for_everybody_too",
        trouble::pages_that_tell_of_trouble_are_for_everybody_too,
    ),
    (
        "copies_are_made_and_a_form_is_sent_once",
        scripts::copies_are_made_and_a_form_is_sent_once,
    ),
    (
        "dates_have_one_form_and_texts_have_their_lines",
        scripts::dates_have_one_form_and_texts_have_their_lines,
    ),
    (
        "a_page_opens_where_what_was_asked_for_stands",
        places::a_page_opens_where_what_was_asked_for_stands,
    ),
    (
        "the_page_of_the_api_is_for_everybody",
        everybody::the_page_of_the_api_is_for_everybody,
    ),
    (
        "the_pages_work_under_a_sub_path_behind_nginx",
        sub_path::the_pages_work_under_a_sub_path_behind_nginx,
    ),
];

/// Signs in at the pages of a service.
fn sign_in(browser: &Browser, pages: &str, user: &str, password: &str) {
    browser.go(&format!("{pages}/sign_in"));
    browser.field("Username or email").fill(user);
    browser.field("Password").fill(password);
    browser.button("Sign in").click();
    browser.find(Kind::Heading, "Personal access tokens");
}

/// Starts a service of its own with a configuration.
fn start_with(world: &World, configuration: &str) -> Service {
    let folder = world.new_folder().join("service");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("wharfinger.toml"), configuration).unwrap();
    Service::start(&folder)
}

/// Makes a user with a password of their own, which it gives.
fn add_user(world: &World, service: &Service, name: &str) -> String {
    let password = world.secret(format!("the password of {name}"));
    service.cli_with(&["user", "create", name, "--password-stdin"], &password);
    password
}

/// A browser in which a user of the world signed in.
fn signed_in(world: &World, user: &str) -> Browser {
    let browser = Browser::start(&world.new_folder());
    let password = format!("the password of {user}");
    sign_in(&browser, &world.service.admin_url, user, &password);
    browser
}

/// Fills in the form for a new token, sends it, and gives the secret.
fn make_token(world: &World, browser: &Browser, name: &str, scopes: &[&str]) -> String {
    browser.link("New token").click();
    browser.field("Token name").fill(name);
    for scope in scopes {
        browser.find(Kind::Checkbox, scope).click();
    }
    browser.button("Create token").click();
    world.secret(browser.field("Your new token").value())
}

/// The address of the pages of a service.
fn at(service: &Service, path: &str) -> String {
    format!("{}{path}", service.admin_url)
}
