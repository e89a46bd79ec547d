//! Restorations that are killed at moments that chance chooses, while a server makes the schema, takes the rows or commits.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Story;
use crate::harness::{Dice, Kind, Server, basic, signal};
use crate::running::{spawn, start_with};
use crate::work::Numbers;
use crate::workplace::{Workplace, stderr};

pub(crate) const STORIES: &[Story] = &[
    (
        "restorations::killed_on_sqlite_they_can_be_repeated",
        || killed(None),
    ),
    (
        "restorations::killed_on_postgresql_they_can_be_repeated",
        || killed(Some(Kind::Postgres)),
    ),
    (
        "restorations::killed_on_mariadb_they_can_be_repeated",
        || killed(Some(Kind::Maria)),
    ),
    (
        "restorations::on_postgresql_ids_go_on_after_the_largest_key",
        || without_last_ids(Kind::Postgres),
    ),
    (
        "restorations::on_mariadb_ids_go_on_after_the_largest_key",
        || without_last_ids(Kind::Maria),
    ),
    (
        "restorations::on_postgresql_a_role_that_ends_quiet_transactions_is_not_in_the_way",
        where_quiet_transactions_end,
    ),
    (
        "restorations::on_postgresql_one_that_stands_still_for_long_goes_on",
        || stands_still(Kind::Postgres),
    ),
    (
        "restorations::on_mariadb_one_that_stands_still_for_long_goes_on",
        || stands_still(Kind::Maria),
    ),
    (
        "restorations::on_postgresql_a_first_start_meanwhile_makes_nothing",
        || first_start_meanwhile(Kind::Postgres),
    ),
    (
        "restorations::on_mariadb_a_first_start_meanwhile_makes_nothing",
        || first_start_meanwhile(Kind::Maria),
    ),
];

const KILLS: usize = 12;
/// Longer than a server lets other commands be quiet inside a change.
const LONG: Duration = Duration::from_secs(66);
const PASSPHRASE: &str = "four words and more\n";

/// The database and the keys of a service that is lost, and what is left of it.
struct Lost {
    backup: String,
    secret: String,
    users: usize,
}

impl Lost {
    fn new() -> Self {
        let workplace = Workplace::empty();
        let mut running = start_with(&workplace, "log", "");
        let arguments = ["--user", "admin", "--name", "x", "--scope", "read_registry"];
        let secret = workplace.ok(&[&["token", "create"], &arguments[..]].concat());
        for number in 0..30 {
            workplace.ok(&["user", "create", &format!("user-{number}")]);
        }
        running.stop();
        fs::write(workplace.path().join("passphrase"), PASSPHRASE).unwrap();
        let phrase = ["--with-keys", "--passphrase-file", "passphrase"];
        let backup = std::env::temp_dir().join(format!("lost-{}.age", running.child.id()));
        let _ = fs::remove_file(&backup);
        let backup = backup.to_str().unwrap().to_owned();
        workplace.ok(&[&["backup", &backup], &phrase[..]].concat());
        Self {
            backup,
            secret: secret.trim().to_owned(),
            users: workplace.ok(&["user", "list"]).lines().count(),
        }
    }

    fn restore(&self) -> [&str; 4] {
        ["restore", &self.backup, "--passphrase-file", "passphrase"]
    }
}

impl Drop for Lost {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.backup);
    }
}

/// A place for restorations, with a database that can be emptied.
struct Place {
    workplace: Workplace,
    server: Option<Server>,
}

impl Place {
    fn new(kind: Option<Kind>) -> Self {
        let (workplace, server) = (Workplace::empty(), kind.map(Server::start));
        fs::write(workplace.path().join("passphrase"), PASSPHRASE).unwrap();
        let place = Self { workplace, server };
        let configuration = place.workplace.path().join("wharfinger.toml");
        fs::write(configuration, place.configuration()).unwrap();
        place
    }

    fn configuration(&self) -> String {
        let server = self.server.as_ref();
        server.map_or_else(String::new, |server| {
            format!("[database]\nurl = \"{}\"\n", server.url())
        })
    }

    fn make_empty(&self) {
        for folder in ["data", "keys"] {
            let _ = fs::remove_dir_all(self.workplace.path().join(folder));
        }
        if let Some(server) = &self.server {
            server.make_empty();
        }
    }

    fn begin(&self, lost: &Lost) -> Child {
        Command::new(env!("CARGO_BIN_EXE_wharfinger"))
            .current_dir(self.workplace.path())
            .args(lost.restore())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Waits until key files are written, which is just before the commit.
    fn wait_for_key_files(&self, restoration: &mut Child) {
        let mark = self.workplace.path().join("keys/.restoring");
        let begin = Instant::now();
        let names_key_files =
            || fs::read_to_string(&mark).is_ok_and(|text| text.lines().count() > 1);
        while !names_key_files() && restoration.try_wait().unwrap().is_none() {
            assert!(begin.elapsed() < Duration::from_mins(2));
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// The state of everything, after something was killed.
    fn state(&self) -> Value {
        let output = self.workplace.run(&["migrate", "status", "--json"]);
        let told = stderr(&output);
        let state: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"));
        if state["can_serve"] == false {
            let is_told =
                told.contains("wharfinger restore") || told.contains("wharfinger migrate");
            assert!(output.status.code() == Some(1) && is_told, "{told}");
        }
        state
    }

    fn must_be_restored(&self, lost: &Lost) {
        let mut running = start_with(&self.workplace, "log", &self.configuration());
        assert!(!self.workplace.path().join("keys/.restoring").exists());
        let header = basic("x", &lost.secret);
        let reply = running.get_with("/jwt/auth?service=container_registry", &header);
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
        let users = self.workplace.ok(&["user", "list"]).lines().count();
        assert_eq!(users, lost.users);
        self.workplace.ok(&["user", "create", "next"]);
        running.stop();
        let configuration = self.workplace.path().join("wharfinger.toml");
        fs::write(configuration, self.configuration()).unwrap();
    }
}

fn killed(kind: Option<Kind>) {
    let seed = Dice::any_seed();
    println!("  chance: {seed}");
    let (lost, place, mut dice) = (Lost::new(), Place::new(kind), Dice::new(seed));
    let begin = Instant::now();
    place.workplace.ok(&lost.restore());
    let whole = usize::try_from(begin.elapsed().as_millis()).unwrap();
    place.must_be_restored(&lost);
    place.make_empty();
    let (mut left, mut done) = (Vec::new(), 0);
    for number in 0..KILLS {
        let mut restoration = place.begin(&lost);
        if number % 2 == 0 {
            std::thread::sleep(dice.millis(whole / 4, whole));
        } else {
            place.wait_for_key_files(&mut restoration);
            std::thread::sleep(dice.millis(0, 40));
        }
        let _ = restoration.kill();
        restoration.wait().unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let state = place.state();
        if state["empty"] == true {
            let half = if state["half_restored"] == true {
                " with keys"
            } else {
                ""
            };
            left.push(format!("{}{half}", state["status"]));
        } else {
            done += 1;
            // Nobody has to know that the kill came after the commit.
            place.workplace.ok(&lost.restore());
            place.must_be_restored(&lost);
            place.make_empty();
        }
    }
    println!("  {done} were done before the kill; left behind: {left:?}");
    assert!(
        !left.is_empty(),
        "no kill came at a moment that proves anything"
    );
    place.workplace.ok(&lost.restore());
    place.must_be_restored(&lost);
}

/// PostgreSQL counts apart from the rows: it would give out ids that are taken.
fn without_last_ids(kind: Kind) {
    let (source, place) = (Workplace::empty(), Place::new(Some(kind)));
    source.ok(&["migrate"]);
    for name in ["alice", "bob"] {
        source.ok(&["user", "create", name]);
    }
    source.ok(&["backup", "whole"]);
    let whole = fs::read_to_string(source.path().join("whole")).unwrap();
    let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
    let end = lines.pop().unwrap();
    for line in &mut lines {
        let last = line.find(",\"last_id\":");
        match last.filter(|_| line.starts_with("{\"table\"")) {
            Some(at) if line.starts_with("{\"table\":\"users\"") => {
                line.replace_range(at.., ",\"last_id\":1}");
            }
            Some(at) => line.replace_range(at.., "}"),
            None => {}
        }
    }
    let text = lines.join("\n") + "\n";
    let mut end: Value = serde_json::from_str(&end).unwrap();
    end["sha256"] = data_encoding::HEXLOWER
        .encode(&Sha256::digest(&text))
        .into();
    let file = place.workplace.path().join("altered");
    fs::write(file, format!("{text}{end}\n")).unwrap();
    place.workplace.ok(&["restore", "altered"]);
    let made = place.workplace.json(&["user", "create", "carol"]);
    assert_eq!(made["id"], 3);
    place.workplace.ok(&["group", "create", "team"]);
}

/// The turn of a restoration is quiet for as long as the schema is made and rows are written.
fn where_quiet_transactions_end() {
    let (lost, place) = (Lost::new(), Place::new(Some(Kind::Postgres)));
    let setting = "?options=-c%20idle_in_transaction_session_timeout%3D20ms\"\n";
    let configuration = place.configuration().replace("\"\n", setting);
    let path = place.workplace.path().join("wharfinger.toml");
    fs::write(&path, &configuration).unwrap();
    place.workplace.ok(&lost.restore());
    place.workplace.ok(&["backup", "again"]);
    let log = place.server.as_ref().unwrap().log();
    assert!(!log.contains("idle-in-transaction"), "{log}");
    fs::write(path, place.configuration()).unwrap();
    place.must_be_restored(&lost);
}

/// SIGSTOP just before the commit: the transaction with the rows and the one that has the turn are quiet.
fn stands_still(kind: Kind) {
    let (lost, place) = (Lost::new(), Place::new(Some(kind)));
    for _ in 0..20 {
        let mut restoration = place.begin(&lost);
        place.wait_for_key_files(&mut restoration);
        signal(&restoration, "-STOP");
        let was_stopped = place.state()["empty"] == true;
        if was_stopped {
            std::thread::sleep(LONG);
        }
        signal(&restoration, "-CONT");
        assert!(restoration.wait().unwrap().success());
        if was_stopped {
            place.must_be_restored(&lost);
            return;
        }
        place.make_empty();
    }
    panic!("it was never stopped before its commit");
}

/// The row that a restoration keeps locked. Keys that a start makes meanwhile would be others than those of the backup.
fn first_start_meanwhile(kind: Kind) {
    let place = Place::new(Some(kind));
    place.workplace.ok(&["migrate"]);
    let log = place.workplace.path().join("log");
    let has_keys = || place.workplace.path().join("keys/ca.key").exists();
    Numbers::while_locked(&place.server.as_ref().unwrap().url(), || {
        let output = fs::File::create(&log).unwrap();
        let mut starting = spawn(&place.workplace, "", output, &place.configuration());
        assert_eq!(starting.child.wait().unwrap().code(), Some(1));
        let told = fs::read_to_string(&log).unwrap();
        let advice = "if a backup is being restored, start again when that is done";
        assert!(told.contains(advice) && !has_keys(), "{told}");
    });
    let mut running = start_with(&place.workplace, "log", &place.configuration());
    assert!(has_keys());
    assert_eq!(running.stop().0, Some(0));
}
