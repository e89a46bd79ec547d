//! Every page: what screen readers are told, what axe-core says, and what it looks like.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{Browser, Kind, Service, World, run, wait_until};
use crate::web::look::look_at;
use crate::web::two_factor::code;
use crate::web::{add_user, at, make_token, sign_in, start_with};

/// A description as people write it.
const DESCRIPTION: &str = "The grey one on the desk by the window, for pulls of everything that the team tries out before it is \
    released";

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
    stage.end_of_another_session();
    browser.go(&format!("{pages}/access_tokens/5"));
    stage.look_at("token_revoked");
    // What was granted is written down within ten seconds.
    wait_until("the uses are counted", || {
        browser.go(&format!("{pages}/access_tokens/1"));
        browser.has(Kind::Button, "Show as a table")
    });
    stage.look_at("token");
    browser.button("Show as a table").click();
    stage.look_at("token_with_table");
    browser.go(&format!("{pages}/access_tokens"));
    let once = make_token(
        world,
        browser,
        "CI of team/app",
        &["read_registry", "write_registry"],
    );
    let encoded = STANDARD.encode(format!("ada:{once}"));
    look_at(browser, "once", &[&once, &encoded]);
    assert_ne!(once, secret);
    stage.forms_of_the_past();
    stage.second_factor();
}

impl<'a> Stage<'a> {
    fn set(world: &'a World) -> Self {
        let registry =
            "[[registry]]\nservice = \"container_registry\"\nhost = \"registry.example.com\"\n";
        let service = start_with(world, registry);
        add_user(world, &service, "ada");
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
            &[
                "--scope",
                "read_registry",
                "--expires-in",
                "3d",
                "--description",
                DESCRIPTION,
            ],
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
        let scopes = "read_registry,write_registry,delete_registry";
        token(&"long".repeat(63), &["--scope", scopes]);
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

    /// Forms that were opened before somebody else did the same.
    fn forms_of_the_past(&self) {
        let (browser, pages) = (&self.browser, &self.service.admin_url);
        browser.go(&format!("{pages}/access_tokens/1/rotate"));
        let rotate = ["token", "rotate", "1", "--grace", "2d"];
        self.service.secret_cli(&rotate);
        browser.button("Rotate token").click();
        wait_until("it is told", || {
            browser.source().contains("Nothing was made just now")
        });
        self.look_at("rotate_again");
        browser.go(&format!(
            "{pages}/access_tokens/new?name=twice&scopes=read_api"
        ));
        let create = [
            "token", "create", "--user", "ada", "--name", "twice", "--scope", "read_api",
        ];
        self.service.secret_cli(&create);
        browser.button("Create token").click();
        wait_until("it is told", || {
            browser.source().contains("Nothing was made just now")
        });
        self.look_at("new_token_again");
    }

    /// The question before a session in another browser ends.
    fn end_of_another_session(&self) {
        let (browser, pages) = (&self.browser, &self.service.admin_url);
        let other = Browser::start(&self.world.new_folder());
        sign_in(&other, pages, "ada", "the password of ada");
        browser.go(&format!("{pages}/profile/sessions"));
        let other_row = browser.row_that("Sessions", |row| !row.contains("this one"));
        other_row.inner(Kind::Button, "End").click();
        browser.find(Kind::Heading, "End session");
        self.look_at("end_session");
        browser.button("End session").click();
        browser.find(Kind::Table, "Sessions");
        other.reload();
        other.find(Kind::Heading, "Sign in");
    }

    /// The pages of a second factor, which is on at the end.
    fn second_factor(&self) {
        let (browser, pages) = (&self.browser, &self.service.admin_url);
        browser.go(&format!("{pages}/profile/two_factor"));
        self.look_at("two_factor");
        browser.button("Set up two-factor").click();
        let secret = self.world.secret(browser.field("Secret").value());
        look_at(&self.browser, "two_factor_set_up", &[&secret]);
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
        look_at(&self.browser, "recovery_codes", &codes);
        browser.reload();
        browser.button("Turn off");
        self.look_at("two_factor_on");
        browser.back();
        assert!(!browser.source().contains(codes[0]), "codes are shown once");
        browser.go(&format!("{pages}/profile/two_factor/turn_off"));
        self.look_at("two_factor_off");
        browser.field("Code").fill("no code");
        browser.button("Turn off two-factor").click();
        wait_until("the problem is told", || {
            browser.source().contains("code is wrong")
        });
        self.look_at("two_factor_off_with_problem");
        browser.button("Sign out").click();
        browser.field("Username or email").fill("ada");
        browser.field("Password").fill("the password of ada");
        browser.button("Sign in").click();
        browser.field("Code");
        self.look_at("sign_in_code");
        browser.field("Code").fill("no code");
        browser.button("Verify").click();
        wait_until("the problem is told", || {
            browser.source().contains("code is wrong")
        });
        self.look_at("sign_in_code_with_problem");
        browser.link("Use a recovery code").click();
        browser.field("Recovery code");
        self.look_at("sign_in_recovery_code");
    }

    fn look_at(&self, page: &str) {
        look_at(&self.browser, page, &[]);
    }
}
