//! Every page: what screen readers are told, what axe-core says, and what it looks like.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{Browser, Kind, Look, Service, World, run, wait_until};
use crate::web::two_factor::code;
use crate::web::{at, make_token, sign_in};

/// Sizes of windows.
const SIZES: [(&str, u32, u32); 2] = [("desktop", 1280, 800), ("phone", 390, 844)];

/// A service whose registry has a host, and somebody who works there.
struct Stage<'a> {
    world: &'a World,
    service: Service,
    browser: Browser,
}

pub(super) fn every_page_is_for_everybody_and_looks_well(world: &World) {
    let stage = Stage::set(world);
    let (browser, pages) = (&stage.browser, &stage.service.admin_url);
    browser.go(&format!("{pages}/sign_in"));
    stage.look_at("sign_in");
    sign_in(browser, pages, "ada", "the password of ada");
    stage.look_at("access_tokens_none");
    let secret = stage.furnish();
    wait_until(
        "the old token has expired, and the use of another is noted",
        || {
            browser.go(&format!("{pages}/access_tokens"));
            let table = browser.find(Kind::Table, "Active tokens").text();
            !table.contains("Old laptop")
                && !browser
                    .row("Active tokens", "Build")
                    .text()
                    .contains("Never")
        },
    );
    browser.button("Inactive tokens").click();
    stage.look_at("access_tokens");
    stage.form();
    browser.go(&format!("{pages}/access_tokens/1/rotate"));
    stage.look_at("rotate");
    browser.go(&format!("{pages}/access_tokens/1/revoke"));
    stage.look_at("revoke");
    for (path, page) in [
        ("/profile", "profile"),
        ("/profile/password", "password"),
        ("/profile/sessions", "sessions"),
    ] {
        browser.go(&format!("{pages}{path}"));
        stage.look_at(page);
    }
    browser.go(&format!("{pages}/nothing"));
    stage.look_at("not_found");
    // What was granted is written down within ten seconds.
    wait_until("the uses are counted", || {
        browser.go(&format!("{pages}/access_tokens/1"));
        browser.has(Kind::Button, "Show as a table")
    });
    stage.look_at("token");
    browser.go(&format!("{pages}/access_tokens"));
    let once = make_token(
        world,
        browser,
        "CI of team/app",
        &["read_registry", "write_registry"],
    );
    let encoded = STANDARD.encode(format!("ada:{once}"));
    stage.look_at_without("once", &[&once, &encoded]);
    assert_ne!(once, secret);
    stage.second_factor();
}

impl<'a> Stage<'a> {
    fn set(world: &'a World) -> Self {
        let folder = world.new_folder().join("service");
        fs::create_dir_all(&folder).unwrap();
        let registry =
            "[[registry]]\nservice = \"container_registry\"\nhost = \"registry.example.com\"\n";
        fs::write(folder.join("wharfinger.toml"), registry).unwrap();
        let service = Service::start(&folder);
        let password = world.secret("the password of ada".to_owned());
        let user = ["user", "create", "ada", "--password-stdin"];
        service.cli_with(&user, &password);
        service.cli(&["group", "create", "team"]);
        for project in ["team/app", "team/site", "team/tools"] {
            service.cli(&["project", "create", project]);
        }
        service.cli(&["member", "add", "team", "ada", "--level", "developer"]);
        Self {
            world,
            service,
            browser: Browser::start(&world.new_folder()),
        }
    }

    /// Makes tokens of all kinds, uses the first, and gives its secret.
    fn furnish(&self) -> String {
        let token = |name: &str, more: &[&str]| {
            let new = ["token", "create", "--user", "ada", "--name", name];
            let secret = self.service.secret_cli(&[&new, more].concat());
            self.world.secret(secret.trim_end().to_owned())
        };
        let first = token(
            "Build server",
            &[
                "--scope",
                "read_registry,write_registry",
                "--expires-in",
                "90d",
                "--repository",
                "team/**",
            ],
        );
        token(
            "Laptop",
            &["--scope", "read_registry", "--expires-in", "3d"],
        );
        token("Backup of the API", &["--scope", "read_api"]);
        token(
            "Old laptop",
            &["--scope", "read_registry", "--expires-in", "1s"],
        );
        token("Trial", &["--scope", "api"]);
        self.service.cli(&["token", "revoke", "5", "--yes"]);
        self.service
            .secret_cli(&["token", "rotate", "3", "--grace", "2d"]);
        let url = format!(
            "{}/jwt/auth?service=container_registry&scope=repository:team/app:pull",
            self.service.url
        );
        for _ in 0..5 {
            run(
                self.world,
                "curl",
                &["-s", "-o", "/dev/null", "-u", &format!("ada:{first}"), &url],
                "",
            )
            .must_succeed();
        }
        first
    }

    /// The form for a new token: as a link fills it in, with a preview, and with problems.
    fn form(&self) {
        let query =
            "/access_tokens/new?name=CI&scopes=read_registry,write_registry&repositories=team/*";
        self.browser.go(&at(&self.service, query));
        self.browser.button("Preview repositories").click();
        self.browser.find(Kind::Heading, "New token");
        self.look_at("new_token");
        self.browser
            .go(&at(&self.service, "/access_tokens/new?scopes=api"));
        self.browser.field("Token name").fill(" ");
        self.browser.field("Limit to repositories").fill("team/[x]");
        self.browser.button("Create token").click();
        wait_until("the problems are told", || {
            self.browser
                .source()
                .contains("is not a repository pattern")
        });
        self.look_at("new_token_with_problems");
    }

    /// The pages of a second factor, which is on at the end.
    fn second_factor(&self) {
        let (browser, pages) = (&self.browser, &self.service.admin_url);
        browser.go(&format!("{pages}/profile/two_factor"));
        self.look_at("two_factor");
        browser.button("Set up two-factor").click();
        let secret = self.world.secret(browser.field("Secret").value());
        self.look_at_without("two_factor_set_up", &[&secret]);
        browser.field("Code").fill(&code(&secret, 0));
        browser.button("Confirm").click();
        browser.find(Kind::Heading, "Recovery codes");
        let codes = browser
            .evaluate("[...document.querySelectorAll('ol code')].map(code => code.textContent)");
        let codes = codes.as_array().unwrap().iter();
        let codes: Vec<String> = codes
            .map(|code| code.as_str().unwrap().to_owned())
            .collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        self.look_at_without("recovery_codes", &codes);
        browser.go(&format!("{pages}/profile/two_factor/turn_off"));
        self.look_at("two_factor_off");
        browser.button("Sign out").click();
        browser.field("Username or email").fill("ada");
        browser.field("Password").fill("the password of ada");
        browser.button("Sign in").click();
        browser.field("Code");
        self.look_at("sign_in_code");
    }

    fn look_at(&self, page: &str) {
        self.look_at_without(page, &[]);
    }

    /// Compares what screen readers are told but for secrets, asks axe-core, and takes pictures.
    fn look_at_without(&self, page: &str, secrets: &[&str]) {
        let browser = &self.browser;
        let told = secrets.iter().fold(browser.aria(), |told, secret| {
            told.replace(secret, "SECRET")
        });
        insta::assert_snapshot!(page, without_dates(&told));
        for (size, width, height) in SIZES {
            browser.resize(width, height);
            for (look, name) in [(Look::Light, "light"), (Look::Dark, "dark")] {
                browser.prefer(look);
                assert_eq!(browser.axe(), [""; 0], "{page} {size} {look:?}");
                browser.picture(&format!("{page}-{size}-{name}"));
            }
        }
        browser.resize(320, 640);
        assert!(!browser.scrolls_sideways(), "{page}");
        browser.resize(1280, 800);
        browser.prefer(Look::Light);
    }
}

/// The same with `DATE` in place of `26 Nov 2026`, and without the days that are left.
fn without_dates(text: &str) -> String {
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let year: String = word.chars().take(4).collect();
        let month = words
            .last()
            .is_some_and(|month| MONTHS.contains(&month.as_str()));
        let day = words
            .len()
            .checked_sub(2)
            .map(|at| words[at].trim_matches(['"', '(']).to_owned());
        if month && is_number(&year) && day.as_deref().is_some_and(is_number) {
            words.pop();
            let day = words.pop().unwrap();
            let before = day.trim_end_matches(|letter: char| letter.is_ascii_digit());
            let after: String = word.chars().skip(4).collect();
            words.push(format!("{before}DATE{after}"));
        } else {
            words.push(word.to_owned());
        }
    }
    let text = words.join(" ");
    let lines = text.lines().map(|line| match line.split_once("in ") {
        Some((before, left)) if left.starts_with(|first: char| first.is_ascii_digit()) => {
            format!("{before}in SOME TIME\"")
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
