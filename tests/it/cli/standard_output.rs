//! Standard output that is closed, leads nowhere or is full.

use std::process::{Command, Output};

use super::{Workplace, stderr};

const CLOSED: &str = "is closed, or leads to /dev/null";

/// Runs a command behind a redirection of a shell.
fn led(workplace: &Workplace, redirection: &str, arguments: &[&str]) -> Output {
    Command::new("sh")
        .args(["-c", &format!("exec \"$0\" \"$@\" {redirection}")])
        .arg(env!("CARGO_BIN_EXE_wharfinger"))
        .args(arguments)
        .current_dir(workplace.path())
        .env_remove("WHARFINGER_CONFIG")
        .output()
        .unwrap()
}

/// The message of a command that fails behind a redirection.
fn fails(workplace: &Workplace, redirection: &str, arguments: &[&str]) -> String {
    let output = led(workplace, redirection, arguments);
    let said = stderr(&output);
    let status = output.status.code();
    assert_eq!(status, Some(1), "{arguments:?} {redirection}: {said}");
    said
}

#[test]
fn a_secret_is_not_made_where_it_would_be_lost() {
    let workplace = Workplace::furnished();
    let create = [
        "token", "create", "--user", "alice", "--name", "ci", "--scope", "api",
    ];
    workplace.ok(&create);
    let all = || {
        let tokens = workplace.ok(&["token", "list", "--all", "--json"]);
        tokens + &workplace.ok(&["deploy-token", "list", "--json"])
    };
    let before = all();
    let deploy = "deploy-token create team --name ci --scope read_registry";
    let deploy: Vec<&str> = deploy.split(' ').collect();
    for (redirection, why) in [
        (">&-", CLOSED),
        ("1<>/dev/null", CLOSED),
        ("1</dev/null", "cannot be written"),
        (">/dev/null", "leads to /dev/null"),
    ] {
        for command in [&create[..], &["token", "rotate", "1"], &deploy] {
            let said = fails(&workplace, redirection, command);
            let told = format!(
                "error: standard output {why}, and the secret would be lost; name a file for it with --output\n"
            );
            assert_eq!(said, told, "{command:?} {redirection}");
        }
    }
    assert_eq!(all(), before);
    let output = led(
        &workplace,
        ">&-",
        &[&create[..], &["--output", "a"]].concat(),
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(workplace.path().join("a").exists());
}

#[test]
fn a_user_without_a_password_is_made_whatever_becomes_of_standard_output() {
    let workplace = Workplace::migrated();
    for (name, redirection) in [("alice", ">&-"), ("bob", ">/dev/null")] {
        let output = led(&workplace, redirection, &["user", "create", name]);
        assert!(output.status.success(), "{}", stderr(&output));
        workplace.ok(&["user", "show", name]);
    }
}

#[test]
fn a_backup_or_an_export_that_nobody_gets_is_no_success() {
    let workplace = Workplace::furnished();
    for command in [&["backup", "-"][..], &["audit", "export"]] {
        for (redirection, why) in [(">&-", CLOSED), ("1</dev/null", "cannot be written")] {
            let said = fails(&workplace, redirection, command);
            let told = format!("error: standard output {why}; lead it into a file\n");
            assert_eq!(said, told, "{command:?} {redirection}");
        }
        // Whoever says so wants to know only if it can be done.
        let output = led(&workplace, ">/dev/null", command);
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

#[test]
fn what_was_done_is_told_although_its_result_cannot_be_printed() {
    let workplace = Workplace::furnished();
    let full = "standard output could not be written: No space left on device (os error 28)";
    let said = fails(
        &workplace,
        ">/dev/full",
        &["--json", "user", "create", "bob"],
    );
    let told = format!("{{\"error\":\"it is done, but {full}\"}}\n");
    assert_eq!(said, told);
    workplace.ok(&["user", "show", "bob"]);
    for changing in [
        &["project", "set-visibility", "team/app", "private"][..],
        &["member", "change", "team", "alice", "--endless"],
        &[
            "token", "create", "--user", "bob", "--name", "x", "--scope", "api", "--json",
            "--output", "x",
        ],
        &["backup", "b", "--json"],
    ] {
        let said = fails(&workplace, ">/dev/full", changing);
        assert!(said.contains(&format!("it is done, but {full}")), "{said}");
    }
    for reading in [
        &["user", "list"][..],
        &["user", "show", "bob"],
        &["audit", "export"],
        &["migrate", "status"],
        &["version"],
    ] {
        let said = fails(&workplace, ">/dev/full", reading);
        assert_eq!(said, format!("error: {full}\n"), "{reading:?}");
    }
}

#[test]
fn an_export_whose_reader_went_away_is_no_success() {
    let workplace = Workplace::furnished();
    for (command, status) in [("export", 1), ("list", 0)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_wharfinger"))
            .args(["audit", command])
            .current_dir(workplace.path())
            .env_remove("WHARFINGER_CONFIG")
            .stdout(writer)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{command}: {said}");
        assert_eq!(
            said.contains("the export is not whole"),
            status == 1,
            "{said}"
        );
    }
}
