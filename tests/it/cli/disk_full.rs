//! A disk that is full for a moment, under the database.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Workplace;
use super::running::{Running, send, start, within};

#[test]
#[expect(clippy::print_stderr, reason = "it says that nothing was tested")]
fn what_is_acknowledged_after_a_full_disk_is_committed() {
    let workplace = Workplace::empty();
    let Some(disk) = SmallDisk::mount(&workplace.path().join("data")) else {
        eprintln!("not tested: only root can mount a small disk");
        return;
    };
    let running = start(&workplace, "log");
    workplace.ok(&["user", "create", "alice"]);
    let secret = |user: &str, name: &str, scope: &str| {
        let arguments = ["--user", user, "--name", name, "--scope", scope];
        let printed = workplace.ok(&[&["token", "create"], &arguments[..]].concat());
        printed.trim().to_owned()
    };
    let administrator = Administrator(secret("admin", "api", "api"));
    let doomed: Vec<String> = (0..6)
        .map(|number| secret("alice", &format!("laptop-{number}"), "read_registry"))
        .collect();
    let opens = |running: &Running, secret: &str| {
        let login = STANDARD.encode(format!("alice:{secret}"));
        let header = format!("authorization: Basic {login}\r\n");
        let reply = running.get_with("/jwt/auth?service=container_registry", &header);
        status(&reply)
    };

    assert_eq!(administrator.create_group(&running, 0), 201);
    disk.fill();
    let mut statuses = (1..5000).map(|number| administrator.create_group(&running, number));
    let failed = statuses.find(|&status| status != 201);
    assert_eq!(failed, Some(503), "the disk was full");
    is_told(&running);
    disk.free();
    // A change that is refused ends with a rollback.
    assert_eq!(administrator.create_group(&running, 0), 400);
    for id in 2..8 {
        let request = format!("DELETE /api/v4/personal_access_tokens/{id}");
        assert_eq!(administrator.send(&running, &request, ""), 204, "{id}");
    }

    for secret in &doomed {
        assert_eq!(opens(&running, secret), 401);
    }
    // Another process sees it, and is not locked out.
    let revoked = workplace.json(&["token", "list", "--user", "alice", "--all"]);
    let revoked = revoked.as_array().unwrap();
    assert_eq!(revoked.len(), 6);
    assert!(revoked.iter().all(|token| token["revoked"] == true));
    workplace.ok(&["user", "create", "bob"]);
    drop(running);
    let running = start(&workplace, "second-log");
    for secret in &doomed {
        assert_eq!(opens(&running, secret), 401, "after a restart");
    }
}

/// SQLite makes a part beside the file even to read it, and without room for that it fails with words of its own, or is killed.
#[test]
fn a_start_and_a_command_on_a_full_disk_say_so() {
    let workplace = Workplace::empty();
    let Some(disk) = SmallDisk::mount(&workplace.path().join("data")) else {
        return;
    };
    disk.fill();
    must_be_told(&workplace);
    disk.free();
    workplace.ok(&["migrate"]);
    disk.fill();
    for command in [&["user", "list"][..], &["migrate", "status"]] {
        is_full(&workplace.fails(1, command));
    }
    must_be_told(&workplace);
    disk.free();
    start(&workplace, "log").stop();
}

fn must_be_told(workplace: &Workplace) {
    for command in [&["migrate"][..], &["serve"]] {
        is_full(&workplace.fails(1, command));
    }
}

fn is_full(told: &str) {
    let told = told.lines().last().unwrap();
    assert!(
        told.contains("data/wharfinger.db: its disk is full: 0 KiB are left in "),
        "{told}"
    );
}

/// Listeners that make changes become unready and ops says why, although small changes of nothing may still fit; pulls go on.
fn is_told(running: &Running) {
    let ready = |listener: &str| send(listener, "GET /readyz", "");
    within(Duration::from_secs(15), "it stays ready", || {
        let told = ready(&running.ops);
        told.starts_with("HTTP/1.1 503") && told.contains("no change can be made: ")
    });
    // It stays so.
    std::thread::sleep(Duration::from_secs(3));
    let told = ready(&running.ops);
    assert!(
        told.starts_with("HTTP/1.1 503") && told.contains("is full"),
        "{told}"
    );
    assert_eq!(status(&ready(&running.admin)), 503);
    assert_eq!(status(&ready(&running.token)), 200);
}

fn status(reply: &str) -> u16 {
    reply.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The secret of an administrator's token.
struct Administrator(String);

impl Administrator {
    fn send(&self, running: &Running, request: &str, body: &str) -> u16 {
        let headers = format!(
            "private-token: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            self.0,
            body.len()
        );
        // The body follows the empty line that ends the head.
        let reply = send(&running.admin, request, &format!("{headers}\r\n{body}"));
        status(&reply)
    }

    fn create_group(&self, running: &Running, number: usize) -> u16 {
        let body = format!("{{\"name\":\"g{number}\",\"path\":\"g{number}\"}}");
        self.send(running, "POST /api/v4/groups", &body)
    }
}

/// A disk of 20 MB in memory.
pub(super) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None for whoever may not mount.
    pub(super) fn mount(place: &Path) -> Option<Self> {
        fs::create_dir(place).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=20m,mode=700", "none"])
            .arg(place)
            .status();
        mounted.ok()?.success().then(|| Self(place.to_owned()))
    }

    /// The same files, which cannot be written by this path any more.
    pub(super) fn close(&self) {
        let mount = |arguments: &[&str]| {
            let mut command = Command::new("mount");
            let mounted = command.args(arguments).arg(&self.0).status();
            assert!(mounted.unwrap().success());
        };
        mount(&["--bind", &self.0.to_string_lossy()]);
        mount(&["-o", "remount,bind,ro"]);
    }

    /// Ends what [`Self::close`] began.
    pub(super) fn reopen(&self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.unwrap().success());
    }

    pub(super) fn fill(&self) {
        let mut file = File::create(self.0.join("filler")).unwrap();
        while file.write(&[0; 4096]).is_ok_and(|written| written > 0) {}
    }

    pub(super) fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
