//! A database that is not what it was, under a running service: its file is replaced, or a dump is loaded into it.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use crate::cli::Workplace;
use crate::cli::log_notes::{cookie_line, submit};
use crate::cli::running::{Running, send, start_with, within};

/// `database.serve_stale_for` of these tests.
const STALE: Duration = Duration::from_secs(5);
const FOR_FIVE_SECONDS: &str = "[database]\nserve_stale_for = \"5s\"";
/// The time in which the end of [`STALE`] is not surely before or after the moment.
const UNSURE: Duration = Duration::from_secs(1);
/// The age at which copies are not right any more without a question to the database.
const OLD: Duration = Duration::from_millis(1300);

/// A place to work with a token of alice.
fn furnished() -> (Workplace, String) {
    let workplace = Workplace::furnished();
    let create = ["token", "create", "--user", "alice", "--name", "ci"];
    let secret = workplace.ok(&[&create[..], &["--scope", "read_registry"]].concat());
    // Its end writes everything into the file.
    start_with(&workplace, "first", "").stop();
    (workplace, secret.trim().to_owned())
}

/// The status of a request for a pull from a project.
fn pull(running: &Running, secret: &str, project: &str) -> String {
    let basic = STANDARD.encode(format!("alice:{secret}"));
    let reply = running.get_with(
        &format!("/jwt/auth?service=container_registry&scope=repository:{project}:pull"),
        &format!("authorization: Basic {basic}\r\n"),
    );
    let status = reply["HTTP/1.1 ".len()..][..3].to_owned();
    let says_when = reply.to_ascii_lowercase().contains("\r\nretry-after: 5");
    assert_eq!(says_when, status == "503", "{reply}");
    status
}

fn ready(listener: &str) -> String {
    send(listener, "GET /readyz", "")
}

fn log(workplace: &Workplace) -> String {
    fs::read_to_string(workplace.path().join("log")).unwrap()
}

/// Puts a copy in the place of the database's file, as somebody does who restores a copy and forgets the service.
fn replace(workplace: &Workplace, copy: &Path) {
    let data = workplace.path().join("data");
    for part in ["wharfinger.db", "wharfinger.db-wal", "wharfinger.db-shm"] {
        fs::rename(data.join(part), data.join(format!("aside-{part}"))).unwrap();
    }
    fs::copy(copy, data.join("wharfinger.db")).unwrap();
}

fn copied(workplace: &Workplace) -> std::path::PathBuf {
    let copy = workplace.path().join("copy");
    fs::copy(workplace.path().join("data/wharfinger.db"), &copy).unwrap();
    copy
}

/// A token that is revoked in the new file is not given out without end.
#[test]
fn pulls_end_when_the_file_was_replaced() {
    let (workplace, secret) = furnished();
    let copy = copied(&workplace);
    let mut running = start_with(&workplace, "log", FOR_FIVE_SECONDS);
    assert_eq!(pull(&running, &secret, "team/app"), "200");
    replace(&workplace, &copy);
    let replaced = Instant::now();
    workplace.ok(&["token", "revoke", "1", "--yes"]);
    assert_eq!(pull(&running, &secret, "team/other"), "503", "a cold one");
    while replaced.elapsed() + UNSURE < STALE {
        assert_eq!(pull(&running, &secret, "team/app"), "200");
        assert!(ready(&running.token).starts_with("HTTP/1.1 503"));
        sleep(Duration::from_millis(50));
    }
    let checks = ready(&running.ops);
    assert!(
        checks.contains("was replaced while it was open")
            && checks.contains("pulls are answered as before"),
        "{checks}"
    );
    sleep(2 * UNSURE);
    for _ in 0..10 {
        assert_eq!(pull(&running, &secret, "team/app"), "503");
        sleep(Duration::from_millis(50));
    }
    assert!(ready(&running.token).starts_with("HTTP/1.1 503"));
    running.stop();
    let again = start_with(&workplace, "second", FOR_FIVE_SECONDS);
    assert_eq!(pull(&again, &secret, "team/app"), "401");
}

/// Whoever was blocked in the new file reads no pages of the old one, and nobody signs in there.
#[test]
fn pages_of_a_replaced_file_are_closed_at_once() {
    const SIGN_IN: &str = "username=alice&password=correct+horse+battery";
    for bound in ["serve_stale_for = \"5s\"", "cache_megabytes = 0"] {
        let (workplace, _) = furnished();
        let mut set = workplace.command(&["user", "reset-password", "alice", "--password-stdin"]);
        set.write_stdin("correct horse battery").assert().success();
        let copy = copied(&workplace);
        let running = start_with(&workplace, "log", &format!("[database]\n{bound}"));
        let signed_in = submit(&running, "/sign_in", "", SIGN_IN);
        let cookie = cookie_line(&signed_in);
        let page = |path: &str| send(&running.admin, &format!("GET {path}"), &cookie);
        assert!(page("/profile/password").starts_with("HTTP/1.1 200"));
        replace(&workplace, &copy);
        sleep(OLD);
        for path in ["/profile/password", "/access_tokens", "/profile/sessions"] {
            let reply = page(path);
            assert!(reply.starts_with("HTTP/1.1 503"), "{path}: {reply}");
        }
        for password in ["correct+horse+battery", "wrong"] {
            let form = format!("username=alice&password={password}");
            let reply = submit(&running, "/sign_in", "", &form);
            assert!(reply.starts_with("HTTP/1.1 503"), "{bound}: {reply}");
        }
    }
}

#[test]
fn a_replaced_file_ends_pulls_at_once_without_copies() {
    for bound in ["cache_megabytes = 0", "serve_stale_for = \"0s\""] {
        let (workplace, secret) = furnished();
        let copy = copied(&workplace);
        let running = start_with(&workplace, "log", &format!("[database]\n{bound}"));
        assert_eq!(pull(&running, &secret, "team/app"), "200");
        replace(&workplace, &copy);
        sleep(OLD);
        assert_eq!(pull(&running, &secret, "team/app"), "503", "{bound}");
    }
}

/// The operator reads what is so: while pulls go on, and when they do not.
#[test]
fn the_end_of_pulls_is_told_once() {
    const GO_ON: &str = "pulls are answered as before, for `database.serve_stale_for`";
    const END: &str = "pulls are 503, too";
    for (bound, expected) in [("3s", [1, 1]), ("0s", [0, 1])] {
        let (workplace, secret) = furnished();
        let copy = copied(&workplace);
        let bound = format!("[database]\nserve_stale_for = \"{bound}\"");
        let mut running = start_with(&workplace, "log", &bound);
        assert_eq!(pull(&running, &secret, "team/app"), "200");
        replace(&workplace, &copy);
        within(2 * STALE, "its end is not told", || {
            ready(&running.ops).contains(END)
        });
        assert!(!ready(&running.ops).contains(GO_ON));
        sleep(OLD);
        assert_eq!(pull(&running, &secret, "team/app"), "503");
        running.stop();
        let log = log(&workplace);
        let told = [GO_ON, END].map(|text| log.matches(text).count());
        assert_eq!(told, expected, "{log}");
    }
}

async fn opened(workplace: &Workplace) -> DatabaseConnection {
    let file = workplace.path().join("data/wharfinger.db");
    let opened = Database::connect(format!("sqlite://{}", file.display()));
    opened.await.unwrap()
}

/// A dump makes each table and then fills it; for a moment the counter of changes has no row.
#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_is_being_loaded_is_a_database_that_is_away() {
    let (workplace, secret) = furnished();
    let mut running = start_with(&workplace, "log", FOR_FIVE_SECONDS);
    assert_eq!(pull(&running, &secret, "team/app"), "200");
    let database = opened(&workplace).await;
    for statement in [
        "CREATE TABLE aside AS SELECT * FROM change_counter",
        "DELETE FROM change_counter",
    ] {
        database.execute_unprepared(statement).await.unwrap();
    }
    let begin = Instant::now();
    sleep(OLD);
    while begin.elapsed() + UNSURE < STALE {
        assert_eq!(pull(&running, &secret, "team/app"), "200");
        assert_eq!(pull(&running, &secret, "team/other"), "503", "a cold one");
        assert!(ready(&running.token).starts_with("HTTP/1.1 200"));
        sleep(Duration::from_millis(50));
    }
    // What ends a service that is not healthy leaves it alone, and the operator is told.
    workplace.ok(&["health", "--pulls"]);
    let told = workplace.fails(1, &["health"]);
    assert!(
        told.contains("perhaps because a dump is being loaded"),
        "{told}"
    );
    sleep(2 * UNSURE);
    assert_eq!(pull(&running, &secret, "team/app"), "503");
    workplace.fails(1, &["health", "--pulls"]);

    let put_back = "INSERT INTO change_counter SELECT * FROM aside";
    database.execute_unprepared(put_back).await.unwrap();
    within(2 * UNSURE, "it does not recover", || {
        pull(&running, &secret, "team/app") == "200"
            && pull(&running, &secret, "team/other") == "200"
    });
    assert!(ready(&running.ops).starts_with("HTTP/1.1 200"));
    running.stop();
}
