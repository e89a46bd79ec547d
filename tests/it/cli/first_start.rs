//! `wharfinger serve`, started for real.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Workplace;
use super::running::{free_address, send, spawn, start, start_with, within};
use super::terminal::terminal;

fn log(workplace: &Workplace, name: &str) -> String {
    std::fs::read_to_string(workplace.path().join(name)).unwrap()
}

#[test]
fn nobody_else_on_the_machine_reads_what_the_first_start_makes() {
    let workplace = Workplace::empty();
    let _first = start(&workplace, "first.log");
    let mode = |name: &str| {
        let made = std::fs::metadata(workplace.path().join(name)).unwrap();
        made.permissions().mode() & 0o777
    };
    assert_eq!(mode("data"), 0o700);
    assert_eq!(mode("keys/signing"), 0o700);
    assert_eq!(mode("keys/ca.key"), 0o600);
    // A registry that runs as another user passes through the folder to what is public in it, and lists nothing.
    assert_eq!(mode("keys"), 0o711);
    assert_eq!(mode("keys/public"), 0o755);
    assert_eq!(mode("keys/public/ca.crt"), 0o644);
}

#[test]
fn the_first_start_names_commands_that_reach_its_configuration() {
    let workplace = Workplace::empty();
    let log_file = std::fs::File::create(workplace.path().join("log")).unwrap();
    let variable = "export WHARFINGER_CONFIG=wharfinger.toml";
    let mut running = spawn(&workplace, variable, log_file, "");
    assert!(running.becomes_ready());
    let told = log(&workplace, "log");
    for command in [
        "user reset-password admin",
        "registry config",
        "token create",
    ] {
        let whole = format!(" --config wharfinger.toml {command}");
        assert!(told.contains(&whole), "{whole} in {told}");
    }
}

/// The files below a folder, and what is in them.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
    found
}

/// A key that comes with the program signs for everybody who can read the program.
#[test]
fn two_installations_have_no_key_in_common() {
    let workplaces = [Workplace::empty(), Workplace::empty()];
    let [one, other] = workplaces.each_ref().map(|workplace| {
        let _running = start(workplace, "log");
        let mut files = files(&workplace.path().join("keys"));
        files.retain(|(_, text)| !text.is_empty());
        files
    });
    let kinds = ["ca.key", "ca.crt", "jwks.json", "signing/"];
    for kind in kinds {
        assert!(one.iter().any(|(path, _)| path.contains(kind)), "{kind}");
    }
    for (path, text) in &one {
        assert!(other.iter().all(|(_, others)| others != text), "{path}");
    }
}

/// The modes of the database and of what SQLite puts beside it.
fn modes(workplace: &Workplace) -> Vec<(String, u32)> {
    let entries = std::fs::read_dir(workplace.path().join("data")).unwrap();
    let mut modes: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), mode)
        })
        .collect();
    modes.sort();
    modes
}

#[test]
fn the_database_is_its_owners_alone_whatever_the_umask() {
    let workplace = Workplace::empty();
    std::fs::create_dir(workplace.path().join("data")).unwrap();
    let output = std::fs::File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, "umask 000", output, "");
    assert!(running.becomes_ready());
    let made = modes(&workplace);
    let names: Vec<&str> = made.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["wharfinger.db", "wharfinger.db-shm", "wharfinger.db-wal"]
    );
    assert!(made.iter().all(|(_, mode)| *mode == 0o600), "{made:?}");
    let public = workplace.path().join("keys/public/ca.crt");
    let public = std::fs::metadata(public).unwrap().permissions().mode() & 0o777;
    assert_eq!(public, 0o644, "registries read it");
    assert!(!log(&workplace, "log").contains("everybody on this machine"));
    running.stop();

    // One from before stays as it is, and the start says so.
    let file = workplace.path().join("data/wharfinger.db");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let _again = start(&workplace, "again.log");
    let said = log(&workplace, "again.log");
    assert!(
        said.contains(
            "everybody on this machine can read or write the database; run `chmod o-rwx`"
        ),
        "{said}"
    );
    assert!(said.contains("data/wharfinger.db"), "{said}");
}

#[test]
fn the_first_start_says_what_to_do_next_and_the_second_only_where_it_listens() {
    let workplace = Workplace::empty();
    let mut first = start(&workplace, "first.log");
    let said = log(&workplace, "first.log");
    for line in said.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["message"].is_string(), "the log is JSON throughout");
    }
    for hint in [
        "wharfinger user reset-password admin",
        "wharfinger registry config --for distribution",
        "wharfinger user create",
        "wharfinger project create",
        "wharfinger token create",
        "docker login",
    ] {
        assert!(said.contains(hint), "{hint} in {said}");
    }
    assert!(
        workplace
            .ok(&["registry", "config"])
            .starts_with("auth:\n  token:\n    realm: \"http://localhost:")
    );
    assert!(
        workplace
            .ok(&["keys", "ca"])
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    assert_eq!(workplace.json(&["keys", "list"])[0]["state"], "active");
    assert!(workplace.ok(&["keys", "jwks"]).contains("\"kty\": \"EC\""));
    assert_eq!(
        workplace.ok(&["user", "list"]),
        "admin\tactive\t-\tadministrator\tdisabled\n"
    );
    first.signal("-TERM");
    assert_eq!(first.child.wait().unwrap().code(), Some(0));
    workplace.fails(1, &["health"]);

    let mut second = start(&workplace, "second.log");
    second.signal("-INT");
    assert_eq!(second.child.wait().unwrap().code(), Some(0));
    let said = log(&workplace, "second.log");
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("/readyz"))
        .collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(
        lines[0].contains("listening on")
            && lines[1].contains("stopping")
            && lines[2].contains("stopped")
    );
}

/// Nobody comes in without a password, and the first start is the only one that says how to give one.
#[test]
fn the_first_start_tells_a_log_of_warnings_the_way_to_a_password() {
    let workplace = Workplace::empty();
    let _first = start_with(&workplace, "first.log", "[log]\nfilter = \"warn\"\n");
    let said = log(&workplace, "first.log");
    assert_eq!(said.matches("what to do next").count(), 1, "{said}");
    assert!(
        said.contains("wharfinger user reset-password admin"),
        "{said}"
    );
}

#[test]
fn uses_of_tokens_are_written_down_every_second_and_at_the_end() {
    let workplace = Workplace::empty();
    let mut running = start(&workplace, "serve.log");
    let create = [
        "token",
        "create",
        "--user",
        "admin",
        "--name",
        "x",
        "--scope",
        "read_registry",
    ];
    let secrets = [(); 2].map(|()| workplace.ok(&create));
    let log_in = |secret: &str| {
        let credential = STANDARD.encode(format!("admin:{}", secret.trim_end()));
        let path = "/jwt/auth?service=container_registry";
        let reply = running.get_with(path, &format!("authorization: Basic {credential}\r\n"));
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    };
    let used = |id: &str| workplace.json(&["token", "show", id])["last_used_ips"].take();
    log_in(&secrets[0]);
    within(Duration::from_secs(20), "nothing is written", || {
        used("1") == serde_json::json!(["127.0.0.1"])
    });
    log_in(&secrets[1]);
    running.signal("-TERM");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    assert_eq!(used("2"), serde_json::json!(["127.0.0.1"]));
}

/// Starts the service on a terminal, which writes `terminal.log` and takes what is typed.
fn start_on_a_terminal(workplace: &Workplace, token: &str, no_color: &str) -> Child {
    terminal(workplace)
        .args([
            "--quiet",
            "--flush",
            "--command",
            env!("CARGO_BIN_EXE_wharfinger"),
            "terminal.log",
        ])
        .env("WHARFINGER_TOKEN__LISTEN", token)
        .env("WHARFINGER_ADMIN__LISTEN", free_address())
        .env("WHARFINGER_OPS__LISTEN", free_address())
        .env("NO_COLOR", no_color)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The password that is shown, once the service listens.
fn shown_password(workplace: &Workplace) -> String {
    let begin = Instant::now();
    loop {
        let said =
            std::fs::read_to_string(workplace.path().join("terminal.log")).unwrap_or_default();
        let shown = said
            .split("has the password ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        match shown {
            Some(password) if said.contains("listening on") => return password.to_owned(),
            _ => assert!(
                begin.elapsed() < Duration::from_secs(20),
                "no password: {said}"
            ),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Only a terminal is shown the password: `script` is one.
/// Harbor CVE-2026-4404 (a default password of the administrator): each installation draws its own.
#[test]
fn the_first_password_is_shown_on_a_terminal_and_works() {
    let workplace = Workplace::empty();
    let token = free_address();
    let mut child = start_on_a_terminal(&workplace, &token, "");
    let password = shown_password(&workplace);
    let login = |password: &str| {
        let basic = STANDARD.encode(format!("admin:{password}"));
        let request = "GET /jwt/auth?service=container_registry";
        let reply = send(
            &token,
            request,
            &format!("authorization: Basic {basic}\r\n"),
        );
        reply.starts_with("HTTP/1.1 200")
    };
    assert!(login(&password));
    assert!(
        !login("admin") && !login("password"),
        "no password is known beforehand"
    );
    // Control-C, as a person ends it.
    child.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    within(Duration::from_secs(20), "Control-C does not end it", || {
        child.try_wait().unwrap().is_some()
    });
    let said = log(&workplace, "terminal.log");
    assert!(said.contains("stopped"), "{said}");
    let program = env!("CARGO_BIN_EXE_wharfinger");
    for command in [
        "user create alice",
        "member add team alice --level developer",
        "token create --user alice --name laptop --scope read_registry --scope write_registry",
    ] {
        assert!(
            said.contains(&format!("     {program} {command}")),
            "{said}"
        );
        let readme = include_str!("../../../README.md");
        assert!(
            readme.contains(&format!("wharfinger {command}")),
            "{command}"
        );
    }
    assert!(
        !said.contains("reset-password"),
        "the password is known: {said}"
    );
    assert!(
        !said.contains("\"http.route\""),
        "lines for people, not JSON: {said}"
    );
}

#[test]
fn the_log_on_a_terminal_has_colours_unless_nobody_wants_them() {
    for (no_color, has_colours) in [("", true), ("1", false)] {
        let workplace = Workplace::empty();
        let mut child = start_on_a_terminal(&workplace, &free_address(), no_color);
        shown_password(&workplace);
        child.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
        within(Duration::from_secs(20), "Control-C does not end it", || {
            child.try_wait().unwrap().is_some()
        });
        let said = log(&workplace, "terminal.log");
        assert_eq!(said.contains("\u{1b}["), has_colours, "{said:?}");
    }
}

#[test]
fn every_request_has_one_line_of_json_without_its_query() {
    let workplace = Workplace::empty();
    let running = start(&workplace, "log");
    let reply = running.get("/jwt/auth?service=container_registry&account=geheim");
    assert!(reply.starts_with("HTTP/1.1 200"));
    let id = reply
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap();
    within(Duration::from_secs(20), "the request is not logged", || {
        log(&workplace, "log").contains(id)
    });
    let said = log(&workplace, "log");
    let lines: Vec<&str> = said.lines().filter(|line| line.contains(id)).collect();
    assert_eq!(lines.len(), 1, "{said}");
    let line: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(line["http.route"], "/jwt/auth");
    assert_eq!(line["http.status"], 200);
    assert_eq!(line["who"], "anonymous");
    assert_eq!(line["client.address"], "127.0.0.1");
    assert!(line["duration_us"].is_number(), "{line}");
    assert!(!said.contains("geheim"));
}

#[test]
fn a_port_that_is_taken_stops_the_start_before_anything_is_made() {
    let workplace = Workplace::empty();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = workplace
        .command(&["serve"])
        .env("WHARFINGER_TOKEN__LISTEN", &address)
        .output()
        .unwrap();
    let told = super::stderr(&output);
    assert!(
        told.contains("is the service running already? else choose another port"),
        "{told}"
    );
    assert_eq!(std::fs::read_dir(workplace.path()).unwrap().count(), 0);
}
