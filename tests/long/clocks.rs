//! A machine whose clock is wrong for a while, by libfaketime.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use verifier::{Distribution, Registry, Settings, Version};

use crate::Story;
use crate::harness::{ask, auth, basic};
use crate::running::{Running, spawn, within};
use crate::workplace::Workplace;

pub(crate) const STORIES: &[Story] = &[
    (
        "clocks::years_ahead_while_it_runs",
        years_ahead_while_it_runs,
    ),
    (
        "clocks::years_ahead_for_longer_than_a_token_lives",
        years_ahead_for_longer_than_a_token_lives,
    ),
    ("clocks::years_ahead_at_a_start", years_ahead_at_a_start),
    ("clocks::years_behind", years_behind),
    ("clocks::years_ahead_at_the_first_start", first_start),
];

/// The service looks at its keys every two seconds; more on a loaded machine.
const FOLLOWED: Duration = Duration::from_secs(20);

/// A service on a machine whose clock can be wrong.
struct Scene {
    workplace: Workplace,
    running: Running,
    /// A line of the shell, after which programs have that clock.
    clock: String,
    secret: String,
}

impl Scene {
    /// The first start, by a clock that is wrong by so much.
    fn start(by: &str) -> Self {
        let workplace = Workplace::empty();
        let file = workplace.path().join("clock");
        std::fs::write(&file, by).unwrap();
        let library = std::fs::read_dir("/usr/lib").unwrap().flatten();
        let library = library.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
        let library: PathBuf = library.into_iter().find(|path| path.exists()).unwrap();
        let clock = format!(
            "export LD_PRELOAD={} FAKETIME_TIMESTAMP_FILE={} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1",
            library.display(),
            file.display()
        );
        let log = std::fs::File::create(workplace.path().join("log")).unwrap();
        let mut running = spawn(&workplace, &clock, log, "");
        assert!(running.becomes_ready());
        workplace.ok(&["user", "create", "alice"]);
        let arguments = ["--user", "alice", "--name", "x", "--scope", "read_registry"];
        let printed = workplace.ok(&[&["token", "create"], &arguments[..]].concat());
        Self {
            workplace,
            running,
            clock,
            secret: printed.trim().to_owned(),
        }
    }

    fn set(&self, by: &str) {
        // Whole at once: the service reads it all the time.
        let new = self.workplace.path().join("clock.new");
        std::fs::write(&new, by).unwrap();
        std::fs::rename(new, self.workplace.path().join("clock")).unwrap();
    }

    fn restart(&mut self, by: &str) -> bool {
        self.running.stop();
        self.set(by);
        self.running.start_again(&self.workplace, &self.clock);
        self.running.becomes_ready()
    }

    /// A registry that is started with the certificates of this moment.
    fn registry(&self) -> Registry {
        let keys = self.workplace.path().join("keys");
        let bundle = std::fs::read_to_string(keys.join("public/ca.crt")).unwrap();
        let settings = Settings {
            rootcertbundle: Some(&bundle),
            jwks: None,
            issuer: "wharfinger",
            service: "container_registry",
        };
        Registry::Distribution(Distribution::start(Version::Two, settings).unwrap())
    }

    fn token(&self) -> String {
        let answer = auth(&self.running.token, "", &basic("alice", &self.secret));
        assert_eq!(answer.status(), 200, "{answer:?}");
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// The last use of alice's token, as people see it.
    fn last_used(&self) -> Option<DateTime<Utc>> {
        let shown = self.workplace.json(&["token", "show", "1"]);
        shown["last_used_at"].as_str()?.parse().ok()
    }

    /// Waits until the registry accepts tokens, and gives the key that signs them.
    fn is_accepted_by(&self, registry: &Registry) -> String {
        let mut key = String::new();
        within(FOLLOWED, "the registry does not accept tokens", || {
            let token = self.token();
            key = key_of(&token);
            registry.verify(&token, now()).is_ok()
        });
        key
    }

    /// Makes a user whose event in the audit log is of another day than all before.
    fn create_two_days_later(&self, name: &str) {
        self.set("+2d");
        let create = format!("{}\nexec \"$0\" user create {name}", self.clock);
        let created = std::process::Command::new("sh")
            .args(["-c", &create, env!("CARGO_BIN_EXE_wharfinger")])
            .current_dir(self.workplace.path())
            .output();
        assert!(created.unwrap().status.success());
        self.set("+0");
    }

    fn signing_keys(&self) -> usize {
        let keys = self.workplace.path().join("keys/signing");
        std::fs::read_dir(keys).unwrap().count()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.workplace.path().join("log")).unwrap()
    }

    /// What `/readyz` of ops says about a part of a service that is ready.
    fn check(&self, name: &str) -> String {
        let ready = ask(&self.running.ops, "GET /readyz", "");
        assert_eq!(ready.status(), 200, "{ready:?}");
        ready.json()["checks"][name].to_string()
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock is what is tested")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn key_of(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap());
    let header: serde_json::Value = serde_json::from_slice(&header.unwrap()).unwrap();
    header["x5c"][0].to_string()
}

/// A key is made by the wrong clock; it waits, and the old one signs on.
fn years_ahead_while_it_runs() {
    let mut scene = Scene::start("+0");
    let registry = scene.registry();
    let first = scene.is_accepted_by(&registry);
    scene.set("+5y");
    within(FOLLOWED, "no key is made", || scene.signing_keys() == 2);
    let wrong = scene.token();
    assert!(
        registry.verify(&wrong, now()).is_err(),
        "it is of 5 years later"
    );
    within(FOLLOWED, "its use is not written down", || {
        scene.last_used().is_some_and(|at| at > now())
    });
    scene.set("+0");
    within(FOLLOWED, "nobody is told", || {
        scene
            .check("signing_keys")
            .contains("its certificate is valid only from")
    });
    assert_eq!(scene.is_accepted_by(&registry), first);
    assert!(scene.log().contains("its certificate is valid only from"));
    within(FOLLOWED, "no use is seen for years", || {
        scene.last_used().is_some_and(|at| at < now())
    });
    assert!(scene.restart("+0"));
    assert_eq!(scene.is_accepted_by(&registry), first);
    scene.workplace.ok(&["keys", "rotate"]);
    within(FOLLOWED, "the new key does not sign", || {
        key_of(&scene.token()) != first
    });
    scene.is_accepted_by(&registry);
    assert_eq!(scene.running.stop().0, Some(0));
}

/// By that clock nothing that the old key signed is valid any more, so that it is deleted.
fn years_ahead_for_longer_than_a_token_lives() {
    let mut scene = Scene::start("+0");
    let registry = scene.registry();
    scene.is_accepted_by(&registry);
    scene.set("+1826d");
    within(FOLLOWED, "no key is made", || scene.signing_keys() == 2);
    scene.set("+1827d");
    within(FOLLOWED, "the old key stays", || scene.signing_keys() == 1);
    scene.set("+0");
    within(FOLLOWED, "nobody is told", || {
        let told = scene.check("key_files");
        told.contains("is this machine's clock right?")
            && told.contains("run `wharfinger keys rotate`")
    });
    scene.workplace.ok(&["keys", "rotate"]);
    let second = scene.is_accepted_by(&registry);
    assert!(scene.restart("+0"));
    assert_eq!(scene.is_accepted_by(&registry), second);
    assert_eq!(scene.running.stop().0, Some(0));
}

/// The service is restarted while the clock is wrong, and again when it is right.
fn years_ahead_at_a_start() {
    let mut scene = Scene::start("+0");
    let registry = scene.registry();
    let first = scene.is_accepted_by(&registry);
    let dated = [
        "--user",
        "alice",
        "--name",
        "dated",
        "--scope",
        "read_registry",
    ];
    let arguments = [&["token", "create"], &dated[..], &["--expires-in", "300d"]].concat();
    let dated = scene.workplace.ok(&arguments);
    let opens =
        |scene: &Scene| auth(&scene.running.token, "", &basic("alice", dated.trim())).status();
    assert_eq!(opens(&scene), 200);
    scene.create_two_days_later("bob");
    assert!(scene.restart("+5y"));
    within(FOLLOWED, "no key is made", || scene.signing_keys() == 2);
    within(FOLLOWED, "nothing old is deleted", || {
        scene.log().contains("deleted old events of the audit log")
    });
    assert_eq!(opens(&scene), 401);
    assert!(scene.restart("+0"));
    assert_eq!(opens(&scene), 200, "it has not ended");
    assert_eq!(scene.is_accepted_by(&registry), first);
    let events = scene.workplace.ok(&["audit", "list"]);
    assert!(events.contains("bob"), "those of other days are kept");
    assert_eq!(scene.running.stop().0, Some(0));
}

fn years_behind() {
    let mut scene = Scene::start("+0");
    let registry = scene.registry();
    let first = scene.is_accepted_by(&registry);
    scene.set("-5y");
    std::thread::sleep(Duration::from_secs(5));
    assert!(registry.verify(&scene.token(), now()).is_err());
    println!("  while it runs: {}", scene.check("key_files"));
    scene.set("+0");
    assert_eq!(scene.is_accepted_by(&registry), first);
    let said_before = scene.log().len();
    assert!(!scene.restart("-5y"), "the authority is not valid yet");
    let told = scene.log().split_off(said_before);
    assert!(told.contains("is this machine's clock right?"), "{told}");
    scene.set("+0");
    scene.running.start_again(&scene.workplace, &scene.clock);
    assert!(scene.running.becomes_ready());
    assert_eq!(scene.is_accepted_by(&registry), first);
    assert_eq!(scene.running.stop().0, Some(0));
}

/// Everything is from the future.
fn first_start() {
    let mut scene = Scene::start("+5y");
    assert!(!scene.restart("+0"), "the authority is not valid yet");
    let told = scene.log();
    assert!(told.contains("is this machine's clock right?"), "{told}");
    scene.workplace.ok(&["keys", "ca", "renew", "--yes"]);
    scene.running.start_again(&scene.workplace, &scene.clock);
    assert!(scene.running.becomes_ready());
    let registry = scene.registry();
    scene.is_accepted_by(&registry);
    assert_eq!(scene.running.stop().0, Some(0));
}
