//! Secrets in files: `--output`.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sea_orm::{ConnectionTrait, Database};

use super::{Workplace, stderr};

fn secret(workplace: &Workplace, name: &str) -> String {
    let path = workplace.path().join(name);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{name}");
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.lines().count(), 1, "{name}");
    assert!(text.ends_with('\n') && !text.contains(' '), "{name}");
    text.trim_end().to_owned()
}

/// The names of the files in a folder, with spaces between them.
fn files(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.join(" ")
}

const CREATE: [&str; 10] = [
    "token", "create", "--user", "alice", "--name", "ci", "--scope", "api", "--output", "a.token",
];

const CREATE_DEPLOY_TOKEN: [&str; 7] = [
    "deploy-token",
    "create",
    "team",
    "--name",
    "x",
    "--scope",
    "read_registry",
];

#[test]
fn secrets_of_every_kind_go_into_files_that_nobody_else_reads() {
    let workplace = Workplace::furnished();
    for (command, file, begin) in [
        (&CREATE[..8], "a.token", "whf_pat_"),
        (&CREATE_DEPLOY_TOKEN, "d.token", "whf_dpt_"),
        (&["token", "rotate", "1"], "r.token", "whf_pat_"),
        (&["user", "create", "bob"], "bob.password", ""),
        (&["user", "reset-password", "alice"], "alice.password", ""),
    ] {
        let output = workplace.run(&[command, &["--output", file]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{command:?}");
        let said = stderr(&output);
        let secret = secret(&workplace, file);
        assert!(
            secret.starts_with(begin) && secret.len() >= 32,
            "{command:?}"
        );
        assert!(
            said.ends_with(&format!("The secret is in {file}.\n")),
            "{said}"
        );
        assert!(!said.contains(&secret), "{said}");
    }
    let made = workplace.json(&CREATE);
    assert_eq!((&made["name"], made.get("token")), (&"ci".into(), None));
    workplace.fails(
        2,
        &["user", "create", "c", "--password-stdin", "--output", "c"],
    );
}

#[test]
fn a_command_that_fails_leaves_the_old_file_alone() {
    let workplace = Workplace::furnished();
    workplace.ok(&CREATE);
    let old = secret(&workplace, "a.token");
    let before = files(workplace.path());
    for rotate in [
        &["token", "rotate", "77"][..],
        &["token", "rotate", "1", "--expires-at", "2020-01-01"],
        &["user", "reset-password", "nobody"],
        &["user", "create", "alice"],
        &[
            "deploy-token",
            "create",
            "nowhere",
            "--name",
            "x",
            "--scope",
            "read_registry",
        ],
    ] {
        workplace.fails(1, &[rotate, &["--output", "a.token"]].concat());
        assert_eq!(secret(&workplace, "a.token"), old, "{rotate:?}");
        assert_eq!(files(workplace.path()), before, "{rotate:?}");
    }
    workplace.ok(&["token", "rotate", "1", "--output", "a.token"]);
    assert_ne!(secret(&workplace, "a.token"), old);
    assert_eq!(files(workplace.path()), before);
}

/// When the rotation is done, nothing may come between it and its secret: here nobody can read the old token any more.
#[tokio::test]
async fn a_new_secret_is_handed_over_whatever_becomes_of_the_old_token() {
    let workplace = Workplace::furnished();
    workplace.ok(&CREATE);
    let path = workplace.path().join("data/wharfinger.db");
    let db = Database::connect(format!("sqlite://{}", path.display())).await;
    let db = db.unwrap();
    let spoil = "CREATE TRIGGER spoil AFTER INSERT ON events WHEN NEW.action = 'access_token.rotated' BEGIN \
                 UPDATE personal_access_tokens SET scopes = 'nonsense' WHERE id = 1; END";
    db.execute_unprepared(spoil).await.unwrap();
    db.close().await.unwrap();
    let output = workplace.run(&["token", "rotate", "1", "--grace", "1h"]);
    let said = stderr(&output);
    assert!(output.status.success(), "{said}");
    assert!(output.stdout.starts_with(b"whf_pat_"));
    let begin = "Token 2 takes the place of token 1, which works until 20";
    assert!(said.starts_with(begin), "{said}");
    let told = workplace.fails(1, &["token", "show", "1"]);
    assert!(told.contains("nonsense"), "{told}");
}

#[test]
fn a_place_that_cannot_be_written_is_found_before_anything_is_made() {
    let workplace = Workplace::furnished();
    let create = |file: &str| workplace.fails(1, &[&CREATE[..9], &[file]].concat());
    let told = create("nowhere/a.token");
    assert!(
        told.starts_with("error: nowhere/a.token cannot be written: "),
        "{told}"
    );
    let told = create("data");
    assert_eq!(told, "error: data is a folder; name a file in it\n");
    assert_eq!(workplace.ok(&["token", "list", "--all"]), "");
}

/// A reader that has gone, and a disk that is full.
#[test]
fn a_secret_that_nobody_got_is_no_success() {
    let workplace = Workplace::furnished();
    for is_full in [false, true] {
        let what = if is_full {
            "standard output could not be written"
        } else {
            "nobody reads standard output"
        };
        let told = format!("{what}, so nobody has the secret of ");
        for options in [&[][..], &["--json"]] {
            let id = workplace.json(&CREATE[..8])["id"].as_i64().unwrap();
            let (old, [next, last]) = (id.to_string(), [id + 1, id + 2]);
            for (command, of) in [
                (&CREATE[..8], format!("token {next}: ")),
                (&["token", "rotate", &old], format!("token {last}: ")),
                (&CREATE_DEPLOY_TOKEN, "deploy token ".to_owned()),
            ] {
                let arguments = [options, command].concat();
                let output = write_in_vain(&workplace, &arguments, is_full);
                let said = stderr(&output);
                assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
                let told = format!("{told}{of}");
                assert!(said.contains(&told), "{arguments:?}: {said}");
            }
        }
    }
    // A list that somebody has seen enough of is none the worse.
    let listed = write_in_vain(&workplace, &["token", "list", "--all"], false);
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
}

/// Runs a command whose standard output goes to a full disk, or to a pipe that nobody reads.
fn write_in_vain(workplace: &Workplace, arguments: &[&str], is_full: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharfinger"));
    command
        .current_dir(workplace.path())
        .env_remove("WHARFINGER_CONFIG")
        .args(arguments)
        .stderr(Stdio::piped());
    if is_full {
        let full = File::options().write(true).open("/dev/full").unwrap();
        command.stdout(full);
    } else {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer);
    }
    command.spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn a_file_that_others_could_read_is_replaced_by_one_that_they_cannot() {
    let workplace = Workplace::furnished();
    let path = workplace.path().join("a.token");
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    workplace.ok(&CREATE);
    secret(&workplace, "a.token");
}

/// As root, a rename over a device or a pipe would take its place.
#[test]
fn only_files_are_replaced_and_links_stay() {
    let workplace = Workplace::furnished();
    let pipe = workplace.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for place in ["pipe", "/dev/null", "/dev/fd/1"] {
        let told = workplace.fails(1, &[&CREATE[..9], &[place]].concat());
        assert!(
            told.contains("is no file that could be replaced"),
            "{place}: {told}"
        );
    }
    assert_eq!(
        workplace.json(&["token", "list"]).as_array().unwrap().len(),
        0
    );
    std::fs::write(workplace.path().join("real"), "old").unwrap();
    std::os::unix::fs::symlink("real", workplace.path().join("link")).unwrap();
    workplace.ok(&[&CREATE[..9], &["link"]].concat());
    assert!(workplace.path().join("link").is_symlink());
    assert!(secret(&workplace, "real").starts_with("whf_pat_"));
}

#[test]
fn a_link_is_followed_also_to_where_nothing_is_yet() {
    let workplace = Workplace::furnished();
    std::fs::create_dir(workplace.path().join("box")).unwrap();
    for (link, leads) in [
        ("link", "box/next"),
        ("box/next", "real"),
        ("astray", "nowhere/real"),
        ("endless", "endless"),
    ] {
        std::os::unix::fs::symlink(leads, workplace.path().join(link)).unwrap();
    }
    for (link, place) in [("astray", "nowhere/real"), ("endless", "endless")] {
        let told = workplace.fails(1, &[&CREATE[..9], &[link]].concat());
        let begin = format!("error: {place} cannot be written: ");
        assert!(told.starts_with(&begin), "{told}");
    }
    assert_eq!(workplace.ok(&["token", "list", "--all"]), "");
    workplace.ok(&[&CREATE[..9], &["link"]].concat());
    assert!(secret(&workplace, "box/real").starts_with("whf_pat_"));
    for link in ["link", "box/next", "endless"] {
        assert!(workplace.path().join(link).is_symlink(), "{link}");
    }
}

/// Such a folder cannot be opened, and so the name of a file in it cannot be brought to the disk.
#[test]
#[expect(clippy::print_stderr, reason = "it says that nothing was tested")]
fn a_folder_that_may_be_written_and_not_listed_takes_a_secret_and_a_backup() {
    let workplace = Workplace::furnished();
    let folder = workplace.path().join("box");
    std::fs::create_dir(&folder).unwrap();
    if std::fs::metadata(&folder).unwrap().uid() != 0 {
        eprintln!("not tested: only root can run a command with fewer rights");
        return;
    }
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o300)).unwrap();
    for (command, file) in [(&CREATE[..9], "box/a.token"), (&["backup"], "box/b.backup")] {
        let arguments = [command, &[file]].concat();
        let output = workplace.command_of_another_user(&arguments).output();
        let output = output.unwrap();
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        let told = format!("{file} is written, but a loss of power may take it away: its folder ");
        assert!(said.contains(&told), "{said}");
        assert!(workplace.path().join(file).is_file());
    }
    assert!(secret(&workplace, "box/a.token").starts_with("whf_pat_"));
}

#[test]
fn a_dash_is_standard_output_and_no_file() {
    let workplace = Workplace::furnished();
    let printed = workplace.ok(&[&CREATE[..9], &["-"]].concat());
    assert!(printed.starts_with("whf_pat_"), "{printed}");
    let told = workplace.fails(1, &["user", "create", "bob", "--output", "-"]);
    assert!(told.contains("no password is printed"), "{told}");
    assert!(!workplace.path().join("-").exists());
}
