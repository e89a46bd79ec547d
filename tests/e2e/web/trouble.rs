//! Pages that tell of trouble: problems with a sign-in, a password that is to be changed, and errors.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::{Browser, Kind, Service, World, wait_until};
use crate::web::look::look_at;
use crate::web::{add_user, start_with};

/// Holds the lock of a database for changes until the input ends.
const LOCK: &str = "import sqlite3, sys; database = sqlite3.connect(sys.argv[1], isolation_level=None); \
    database.execute('begin immediate'); print(flush=True); sys.stdin.read()";

pub(super) fn pages_that_tell_of_trouble_are_for_everybody_too(world: &World) {
    let service = Service::start(&world.new_folder().join("service"));
    let pages = &service.admin_url;
    let password = add_user(world, &service, "ada");
    let browser = Browser::start(&world.new_folder());
    browser.go(&format!("{pages}/sign_in"));
    look_at_wrong_passwords(&browser);
    browser.go(&format!("{pages}/nothing"));
    look_at(&browser, "not_found", &[]);

    let new = world.secret("a password for one day".to_owned());
    let reset = ["user", "reset-password", "ada", "--password-stdin"];
    service.cli_with(&reset, &new);
    browser.go(&format!("{pages}/sign_in"));
    type_password(&browser, &new);
    browser.find(Kind::Heading, "Choose a new password");
    look_at(&browser, "password_to_be_chosen", &[]);
    browser.field("Current password").fill(&new);
    browser.field("New password").fill(&password);
    browser.field("Repeat the new password").fill(&password);
    browser.button("Change password").click();
    browser.find(Kind::Heading, "Personal access tokens");
    look_at_another_sites_form(&browser, pages);
    look_at_a_locked_database(&browser, &service);
    look_at_a_required_second_factor(world, &browser);
}

fn type_password(browser: &Browser, password: &str) {
    browser.field("Username or email").fill("ada");
    browser.field("Password").fill(password);
    let is_left = "document.documentElement.dataset.isLeft";
    browser.evaluate(&format!("{is_left} = 'yes'"));
    browser.button("Sign in").click();
    let arrived = format!("document.readyState === 'complete' && !{is_left}");
    wait_until("the next page is there", || {
        browser.evaluate(&arrived) == serde_json::Value::Bool(true)
    });
}

fn look_at_wrong_passwords(browser: &Browser) {
    type_password(browser, "a wrong password");
    wait_until("the problem is told", || {
        browser.source().contains("password is wrong")
    });
    assert_eq!(browser.field("Username or email").value(), "ada");
    look_at(browser, "sign_in_with_problem", &[]);
    // The same wrong password counts once, however often it comes.
    let mut others = (1..).map(|number| format!("wrong password {number}"));
    wait_until("there were too many", || {
        type_password(browser, &others.next().unwrap());
        browser.source().contains("Too many sign-ins failed")
    });
    look_at(browser, "sign_in_too_often", &[]);
    // The wait is for the right password, too.
    let source = browser.source();
    let (_, wait) = source.split_once("Try again in ").unwrap();
    let seconds = wait.split(' ').next().unwrap().parse().unwrap();
    std::thread::sleep(Duration::from_secs(seconds));
}

fn look_at_another_sites_form(browser: &Browser, pages: &str) {
    let form = format!("<form method=post action='{pages}/sign_out'><button>Win a prize</button>");
    browser.go(&format!("data:text/html,{form}"));
    browser.button("Win a prize").click();
    browser.find(Kind::Heading, "Not done");
    look_at(browser, "from_another_site", &[]);
    browser.go(pages);
    browser.find(Kind::Heading, "Personal access tokens");
}

fn look_at_a_locked_database(browser: &Browser, service: &Service) {
    browser.link("New token").click();
    browser.field("Token name").fill("locked out");
    browser.find(Kind::Checkbox, "read_registry").click();
    let mut other = Command::new("python3")
        .args(["-c", LOCK])
        .arg(service.folder.join("data/wharfinger.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = other.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    browser.button("Create token").click();
    // The service waits for other programs that write.
    wait_until("it gives up", || {
        browser.has(Kind::Heading, "Please try again")
    });
    drop(other.stdin.take());
    assert!(other.wait().unwrap().success());
    look_at(browser, "unavailable", &[]);
    browser.back();
    browser.find(Kind::Heading, "New token");
}

fn look_at_a_required_second_factor(world: &World, browser: &Browser) {
    let service = start_with(world, "[two_factor]\nrequired = true\n");
    let password = add_user(world, &service, "ada");
    browser.go(&format!("{}/sign_in", service.admin_url));
    type_password(browser, &password);
    browser.button("Set up two-factor");
    look_at(browser, "two_factor_required", &[]);
}
