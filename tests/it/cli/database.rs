//! Databases that are not there, not readable, not writable or not the right one: each is named, with what to do.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::storage::unreachable::postgresql_that_refuses;

use super::running::{send, spawn, start, start_with, within};
use super::{Workplace, give_away, stderr};

fn fails_with(workplace: &Workplace, url: &str, arguments: &[&str]) -> String {
    let mut command = workplace.command(arguments);
    let output = command.env("WHARFINGER_DATABASE__URL", url).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn the_shortest_addresses_make_a_database_at_the_first_start() {
    let workplace = Workplace::empty();
    let absolute = format!("sqlite://{}/c/w.db", workplace.path().display());
    for (url, file) in [
        ("sqlite://a/w.db", "a/w.db"),
        ("sqlite:b/w.db", "b/w.db"),
        (absolute.as_str(), "c/w.db"),
        ("sqlite://with%20space.db", "with space.db"),
    ] {
        for arguments in [&["migrate"][..], &["user", "create", "alice"]] {
            let mut command = workplace.command(arguments);
            let output = command.env("WHARFINGER_DATABASE__URL", url).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{url}: {}", stderr(&output));
        }
        let path = workplace.path().join(file);
        assert!(path.exists(), "{url}");
        let output = workplace
            .command(&["migrate"])
            .env("WHARFINGER_DATABASE__URL", url)
            .output();
        let told = format!(
            "The schema of the database {} is up to date.\n",
            path.display()
        );
        assert_eq!(
            stderr(&output.unwrap()),
            told,
            "the file is named, in case it is the wrong one"
        );
    }
}

#[test]
fn a_file_that_must_exist_is_not_made() {
    let workplace = Workplace::empty();
    let told = fails_with(&workplace, "sqlite://w.db?mode=rw", &["migrate"]);
    let path = workplace.path().join("w.db");
    let expected = format!(
        "error: cannot use the database {}: there is no such file, and `mode=rw`",
        path.display()
    );
    assert!(told.starts_with(&expected), "{told}");
    assert!(!path.exists());
}

#[test]
fn a_database_that_is_only_read_is_refused() {
    let workplace = Workplace::migrated();
    for (url, told) in [
        (
            "sqlite://data/wharfinger.db?mode=ro",
            "it asks for a database that is only read",
        ),
        (
            "sqlite://data/wharfinger.db?immutable=true",
            "it asks for a database that is only read",
        ),
        (
            "sqlite://data/wharfinger.db?cache=private&immutable=1",
            "it asks for a database that is only read",
        ),
        (
            "sqlite://data/wharfinger.db?mode=r%6F",
            "it asks for a database that is only read",
        ),
        (
            "sqlite::memory:",
            "a database in memory is gone with its last connection",
        ),
        (
            "sqlite://w.db?mode=memory",
            "a database in memory is gone with its last connection",
        ),
    ] {
        for arguments in [&["serve"][..], &["migrate"], &["user", "list"]] {
            let said = fails_with(&workplace, url, arguments);
            assert!(said.contains(told), "{url}: {said}");
        }
    }
}

#[test]
fn what_is_no_database_is_named() {
    let workplace = Workplace::empty();
    fs::write(workplace.path().join("text.db"), "x".repeat(5000)).unwrap();
    fs::create_dir(workplace.path().join("folder.db")).unwrap();
    for (name, why) in [
        ("text.db", "file is not a database"),
        ("folder.db", "it is a folder"),
    ] {
        for arguments in [&["migrate"][..], &["user", "list"]] {
            let told = fails_with(&workplace, &format!("sqlite://{name}"), arguments);
            let path = workplace.path().join(name);
            let begin = format!("error: cannot use the database {}: ", path.display());
            assert!(told.starts_with(&begin) && told.contains(why), "{told}");
            assert_eq!(told.matches(why).count(), 1, "said once: {told}");
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "it says that nothing was tested")]
fn a_missing_right_is_no_missing_file() {
    let workplace = Workplace::migrated();
    let _keys = start(&workplace, "log");
    if !give_away(&workplace.path().join("data")) {
        eprintln!("not tested: only root can give a file away");
        return;
    }
    let told = |arguments: &[&str]| {
        let output = workplace
            .command_of_another_user(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        stderr(&output)
    };
    let path = workplace.path().join("data/wharfinger.db");
    for arguments in [&["user", "list"][..], &["migrate"]] {
        let expected = format!(
            "error: cannot use the database {}: this user may not read and write it; run this as the user of the \
             service, or `chown` it to that user\n",
            path.display()
        );
        assert_eq!(told(arguments), expected);
    }
    give_away(&workplace.path().join("keys"));
    let said = told(&["keys", "list"]);
    assert!(
        said.contains(": cannot be read: Permission denied"),
        "{said}"
    );
    assert!(
        said.contains("run this as the user of the service"),
        "{said}"
    );
    assert!(!said.contains("has no keys yet"), "{said}");
}

#[test]
fn a_server_that_refuses_is_named_once_and_at_once() {
    for (scheme, address) in [
        ("postgres", "127.0.0.1"),
        ("mysql", "127.0.0.1"),
        ("postgres", "[::1]"),
        ("mysql", "[::1]"),
    ] {
        let Ok(listener) = TcpListener::bind(format!("{address}:0")) else {
            continue;
        };
        let place = listener.local_addr().unwrap().to_string();
        drop(listener);
        let begin = Instant::now();
        let url = format!("{scheme}://someone:hidden@{place}/w");
        let told = fails_with(&Workplace::empty(), &url, &["user", "list"]);
        let expected =
            format!("error: cannot use the database {place}: Connection refused (os error 111)\n");
        assert_eq!(told, expected);
        assert!(
            begin.elapsed() < Duration::from_secs(3),
            "{:?}",
            begin.elapsed()
        );
    }
}

/// The drivers do not name a file that is missing, and pass over one without a certificate, so that the server's is told as a wrong one.
#[test]
fn a_file_for_the_link_to_a_server_that_cannot_be_used_is_named() {
    let workplace = Workplace::empty();
    let path = |name: &str| workplace.path().join(name).display().to_string();
    fs::write(path("der"), b"\x30\x82\x01\x02\x30\x82").unwrap();
    fs::write(path("public"), "-----BEGIN PUBLIC KEY-----\n").unwrap();
    fs::write(path("mark"), "\u{feff}-----BEGIN CERTIFICATE-----\n").unwrap();
    for (parameter, file, told) in [
        (
            "sslmode=verify-full&sslrootcert",
            "none",
            "cannot be read: No such file",
        ),
        (
            "sslmode=verify-ca&sslrootcert",
            "mark",
            "begins with a byte order mark",
        ),
        (
            "ssl-mode=VERIFY_CA&ssl-ca",
            "der",
            "has no certificate in PEM form: it is in binary form (DER); `openssl x509",
        ),
        (
            "sslkey",
            "public",
            "has no private key in PEM form: it has a public key",
        ),
    ] {
        let scheme = if parameter.ends_with("ssl-ca") {
            "mysql"
        } else {
            "postgres"
        };
        let url = format!("{scheme}://u@127.0.0.1:1/d?{parameter}={}#x", path(file));
        let parameter = parameter.rsplit('&').next().unwrap();
        let said = fails_with(&workplace, &url, &["migrate", "status"]);
        let told = format!(
            "`database.url` cannot be used: the file that its parameter `{parameter}` names {told}"
        );
        assert!(said.contains(&told), "{said}");
    }
    // The driver reads it only to look at the server's certificate.
    let url = "postgres://u@127.0.0.1:1/d?sslmode=disable&sslrootcert=none";
    let said = fails_with(&workplace, url, &["migrate", "status"]);
    assert!(said.contains("Connection refused"), "{said}");
}

#[test]
fn a_start_says_why_a_server_takes_no_connection() {
    let workplace = Workplace::empty();
    let log = fs::File::create(workplace.path().join("log")).unwrap();
    let port = postgresql_that_refuses("53300", "sorry, too many clients already");
    let more = format!("[database]\nurl = \"postgres://someone:hidden@127.0.0.1:{port}/w\"");
    let mut running = spawn(&workplace, "", log, &more);
    let said = || fs::read_to_string(workplace.path().join("log")).unwrap();
    let expected = format!(
        "cannot use the database 127.0.0.1:{port}: no answer within 2 s; it takes no new connection: sorry, too many clients already; trying again for 30 s"
    );
    within(Duration::from_secs(10), "nothing is said", || {
        said().contains(&expected)
    });
    running.stop();
}

/// Another program may keep the file for itself, such as one that looks at it with `locking_mode = EXCLUSIVE`.
#[tokio::test]
async fn a_file_that_another_program_has_for_itself_is_told_so() {
    let workplace = Workplace::migrated();
    let path = workplace.path().join("data/wharfinger.db");
    let mut other = sea_orm::ConnectOptions::new(format!("sqlite://{}", path.display()));
    other.max_connections(1);
    let other = sea_orm::Database::connect(other).await.unwrap();
    let keep = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT";
    sea_orm::ConnectionTrait::execute_unprepared(&other, keep)
        .await
        .unwrap();
    let begin = Instant::now();
    let told = workplace.fails(1, &["user", "list"]);
    let expected = format!(
        "error: cannot use the database {}: it cannot be opened in time, as a rule because another program has the file for itself\n",
        path.display()
    );
    assert_eq!(told, expected);
    assert!(
        begin.elapsed() < Duration::from_secs(10),
        "{:?}",
        begin.elapsed()
    );
    let log = fs::File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, "", log, "");
    let said = || fs::read_to_string(workplace.path().join("log")).unwrap();
    within(Duration::from_secs(20), "nothing is said", || {
        said().contains("another program has the file for itself; trying again for 30 s")
    });
    assert!(!said().contains("in case it is starting"), "{}", said());
    sea_orm::DatabaseConnection::close(other).await.unwrap();
    assert!(running.becomes_ready());
    running.stop();
}

#[test]
fn a_start_says_at_once_that_it_waits_for_the_server() {
    let workplace = Workplace::empty();
    let log = fs::File::create(workplace.path().join("log")).unwrap();
    let place = super::running::free_address();
    let more = format!("[database]\nurl = \"postgres://someone:hidden@{place}/w\"");
    let mut running = spawn(&workplace, "", log, &more);
    let said = || fs::read_to_string(workplace.path().join("log")).unwrap();
    let expected = format!(
        "cannot use the database {place}: Connection refused (os error 111); trying again for 30 s"
    );
    within(Duration::from_secs(5), "nothing is said", || {
        said().contains(&expected)
    });
    assert_eq!(said().matches(&expected).count(), 1);
    assert!(running.get("/livez").starts_with("HTTP/1.1 200"));
    let (status, took) = running.stop();
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

/// SQLite goes on with a file that was deleted, and everything that is written there is lost.
#[test]
fn a_file_that_is_deleted_under_the_service_is_noticed() {
    let workplace = Workplace::empty();
    let running = start(&workplace, "log");
    let arguments = [
        "token", "create", "--user", "admin", "--name", "x", "--scope", "api",
    ];
    let secret = workplace.ok(&arguments);
    let create = |name: &str| {
        let request = format!("POST /api/v4/groups?name={name}&path={name}");
        let header = format!("private-token: {}\r\n", secret.trim());
        send(&running.admin, &request, &header)
    };
    assert!(create("before").starts_with("HTTP/1.1 201"));
    let aside = workplace.path().join("aside");
    for part in ["wharfinger.db", "wharfinger.db-wal", "wharfinger.db-shm"] {
        let file = workplace.path().join("data").join(part);
        fs::rename(&file, &aside).unwrap();
        let reply = create("lost");
        assert!(reply.starts_with("HTTP/1.1 503"), "{part}: {reply}");
        let is_unready = |why: &str| {
            let ready = send(&running.ops, "GET /readyz", "");
            assert!(
                ready.starts_with("HTTP/1.1 503") && ready.contains(why),
                "{part}: {ready}"
            );
        };
        is_unready("was deleted or moved while it was open");
        assert!(running.get("/readyz").starts_with("HTTP/1.1 503"));
        fs::copy(&aside, &file).unwrap();
        is_unready("was replaced while it was open");
        fs::rename(&aside, &file).unwrap();
        let reply = create(&part.replace(['.', '-'], ""));
        assert!(reply.starts_with("HTTP/1.1 201"), "{part}: {reply}");
        assert!(send(&running.ops, "GET /readyz", "").starts_with("HTTP/1.1 200"));
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "it says that nothing was tested")]
fn a_disk_that_becomes_read_only_makes_the_service_unready() {
    let workplace = Workplace::empty();
    let Some(disk) = super::disk_full::SmallDisk::mount(&workplace.path().join("data")) else {
        eprintln!("not tested: only root can mount a small disk");
        return;
    };
    let mut running = start_with(&workplace, "log", "");
    let ready = || send(&running.ops, "GET /readyz", "");
    disk.close();
    let reply = ready();
    assert!(
        reply.starts_with("HTTP/1.1 503")
            && reply.contains("cannot be written: Read-only file system"),
        "{reply}"
    );
    running.stop();
    let told = workplace.fails(1, &["serve"]);
    assert!(
        told.contains("cannot use the database") && told.contains("data/wharfinger.db"),
        "{told}"
    );
    disk.reopen();
    assert!(
        start(&workplace, "second")
            .get("/readyz")
            .starts_with("HTTP/1.1 200")
    );
}

/// Another program that keeps the write lock of SQLite for long.
#[tokio::test]
async fn what_is_stuck_is_told_with_its_time_until_it_is_over() {
    let workplace = Workplace::empty();
    let running = start(&workplace, "log");
    let arguments = [
        "token",
        "create",
        "--user",
        "admin",
        "--name",
        "x",
        "--scope",
        "read_registry",
    ];
    let secret = workplace.ok(&arguments);
    let url = format!(
        "sqlite://{}",
        workplace.path().join("data/wharfinger.db").display()
    );
    let other = sea_orm::Database::connect(url).await.unwrap();
    let other = sea_orm::TransactionTrait::begin(&other).await.unwrap();
    let lock = "UPDATE change_counter SET number = number";
    sea_orm::ConnectionTrait::execute_unprepared(&other, lock)
        .await
        .unwrap();

    let basic = STANDARD.encode(format!("admin:{}", secret.trim()));
    let login = running.get_with(
        "/jwt/auth?service=container_registry",
        &format!("authorization: Basic {basic}\r\n"),
    );
    assert!(login.starts_with("HTTP/1.1 200"), "{login}");
    let checks = || send(&running.ops, "GET /readyz", "");
    let told = "uses of tokens are not written down, and wait: ";
    within(Duration::from_secs(30), "nothing is told", || {
        let checks = checks();
        checks.contains(told) && !checks.contains("; for 0 s") && checks.contains("\"usage\"")
    });
    other.rollback().await.unwrap();
    within(Duration::from_secs(30), "it is never over", || {
        !checks().contains("usage")
    });
    let log = || fs::read_to_string(workplace.path().join("log")).unwrap();
    within(Duration::from_secs(30), "the log says nothing", || {
        log().contains("s: uses of tokens are not written down, and wait")
    });
    let told = "\"uses of tokens are not written down, and wait\"";
    assert_eq!(log().matches(told).count(), 1, "{}", log());
    let used = workplace.json(&["token", "show", "1"]);
    assert_eq!(
        used["last_used_ips"],
        serde_json::json!(["127.0.0.1"]),
        "nothing is lost"
    );
}

#[test]
fn a_folder_in_which_no_file_can_be_made_is_named() {
    let workplace = Workplace::empty();
    fs::create_dir(workplace.path().join("data")).unwrap();
    fs::create_dir(workplace.path().join("theirs")).unwrap();
    let closed = fs::Permissions::from_mode(0o555);
    fs::set_permissions(workplace.path().join("data"), closed).unwrap();
    if !give_away(&workplace.path().join("theirs")) {
        return;
    }
    let output = workplace.command_of_another_user(&["migrate"]).output();
    let told = stderr(&output.unwrap());
    assert!(
        told.contains("no file can be made in the folder "),
        "{told}"
    );
    assert!(
        told.contains("it must be there, and belong to the user of this program"),
        "{told}"
    );
}
