//! Questions that a person answers on a terminal.

use std::io::{Read, Write};
use std::process::Stdio;

use super::Workplace;
use super::terminal::terminal;

/// All that a terminal shows of a shell's `script`, in which `wharfinger` is a word, while somebody waits for each of the
/// prompts and types the text beside it.
fn typed(workplace: &Workplace, script: &str, answers: &[(&str, &str)]) -> String {
    let program = env!("CARGO_BIN_EXE_wharfinger");
    let mut child = terminal(workplace)
        .args(["--quiet", "--return", "--command"])
        .arg(script.replace("wharfinger", program))
        .arg("/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let mut shown = Vec::new();
    for (prompt, answer) in answers {
        let begin = shown.len();
        while !String::from_utf8_lossy(&shown[begin..]).contains(prompt) {
            let mut byte = [0];
            let length = screen.read(&mut byte).unwrap();
            assert_eq!(
                length,
                1,
                "no {prompt}: {}",
                String::from_utf8_lossy(&shown)
            );
            shown.extend(byte);
        }
        keyboard.write_all(answer.as_bytes()).unwrap();
    }
    screen.read_to_end(&mut shown).unwrap();
    drop(keyboard);
    child.wait().unwrap();
    String::from_utf8(shown).unwrap()
}

const INTERRUPT: &str = "\u{3}";

#[test]
fn a_terminal_is_as_before_after_ctrl_c_at_a_prompt() {
    let workplace = Workplace::furnished();
    for (command, prompt) in [
        ("wharfinger user reset-password alice", "New password: "),
        ("wharfinger backup b --encrypt", "New passphrase: "),
    ] {
        // The tests themselves may have been started where it is ignored.
        let script = format!(
            "exec env --default-signal=INT sh -c 'trap : INT; {command}; echo status $?; stty -a'"
        );
        let half = format!("half{INTERRUPT}");
        let shown = typed(&workplace, &script, &[(prompt, &half)]);
        assert!(shown.contains("status 130"), "{shown}");
        let words: Vec<&str> = shown.split_whitespace().collect();
        assert!(
            words.contains(&"echo") && words.contains(&"isig"),
            "{shown}"
        );
        assert!(shown.contains("eol = <undef>"), "{shown}");
        assert!(!shown.contains("half"), "{shown}");
    }
    assert!(!workplace.path().join("b").exists());
}

#[test]
fn a_script_ends_with_the_prompt_at_which_it_was_interrupted() {
    let workplace = Workplace::furnished();
    let script =
        "exec env --default-signal=INT sh -c 'wharfinger user reset-password alice; echo went on'";
    let shown = typed(&workplace, script, &[("New password: ", INTERRUPT)]);
    assert!(!shown.contains("went on"), "{shown}");
}

#[test]
fn keys_for_the_terminal_are_no_part_of_a_new_secret() {
    let workplace = Workplace::furnished();
    for (command, prompt) in [
        ("wharfinger user reset-password alice", "New password: "),
        ("wharfinger backup b --encrypt", "New passphrase: "),
    ] {
        let stopped = "long enough\u{1a} for all\n";
        let shown = typed(&workplace, command, &[(prompt, stopped)]);
        assert!(shown.contains("Ctrl-Z was pressed"), "{shown}");
    }
    assert!(!workplace.path().join("b").exists());
}

#[test]
fn a_terminal_in_place_of_a_pipe_does_not_show_the_secret() {
    let workplace = Workplace::furnished();
    let password = "typed by hand\n";
    let shown = typed(
        &workplace,
        "wharfinger user create bob --password-stdin",
        &[("New password: ", password), ("Again: ", password)],
    );
    assert!(!shown.contains(password.trim()), "{shown}");
    workplace.ok(&["user", "show", "bob"]);
    let shown = typed(
        &workplace,
        "wharfinger backup b --passphrase-file -",
        &[("New passphrase: ", password), ("Again: ", password)],
    );
    assert!(!shown.contains(password.trim()), "{shown}");
    let shown = typed(
        &workplace,
        "mv data old; wharfinger restore b --passphrase-file -",
        &[("Passphrase: ", password)],
    );
    assert!(!shown.contains(password.trim()), "{shown}");
    workplace.ok(&["user", "show", "bob"]);
}

#[test]
fn a_backup_from_a_pipe_leaves_the_terminal_for_its_passphrase() {
    let workplace = Workplace::furnished();
    std::fs::write(workplace.path().join("phrase"), "one long phrase").unwrap();
    workplace.ok(&["backup", "b", "--passphrase-file", "phrase"]);
    let shown = typed(
        &workplace,
        "mv data old; wharfinger restore - <b",
        &[("Passphrase: ", "one long phrase\n")],
    );
    assert!(shown.contains("rows as of"), "{shown}");
    workplace.ok(&["user", "show", "alice"]);
    // Without a terminal, the advice is one that works.
    let output = std::process::Command::new("setsid")
        .args(["--wait", env!("CARGO_BIN_EXE_wharfinger"), "restore", "-"])
        .current_dir(workplace.path())
        .env_remove("WHARFINGER_CONFIG")
        .stdin(std::fs::File::open(workplace.path().join("b")).unwrap())
        .output()
        .unwrap();
    let told = super::stderr(&output);
    assert!(
        told.contains(
            "name a file that holds the passphrase with --passphrase-file: there is no terminal"
        ),
        "{told}"
    );
}

#[test]
fn a_yes_is_one_in_any_letters() {
    let workplace = Workplace::furnished();
    for (answer, done) in [("no\n", false), ("YES\n", true)] {
        let shown = typed(
            &workplace,
            "wharfinger user block alice",
            &[("[y/N] ", answer)],
        );
        assert_eq!(!shown.contains("nothing was done"), done, "{shown}");
    }
    assert_eq!(
        workplace.json(&["user", "show", "alice"])["state"],
        "blocked"
    );
}

#[test]
fn a_secret_without_end_is_refused() {
    let workplace = Workplace::furnished();
    let endless = "x".repeat(10_000);
    for arguments in [
        &["user", "create", "bob", "--password-stdin"][..],
        &["backup", "b", "--passphrase-file", "-"],
    ] {
        let output = workplace
            .command(arguments)
            .write_stdin(endless.as_str())
            .output();
        let told = super::stderr(&output.unwrap());
        let expected = "error: standard input holds more than a secret: 4096 bytes at the most\n";
        assert_eq!(told, expected);
    }
}

#[test]
fn nobody_is_asked_about_what_is_not_there() {
    let workplace = Workplace::furnished();
    workplace.ok(&["user", "create", "bob"]);
    for (arguments, problem) in [
        (&["member", "remove", "team", "bob"][..], "bob"),
        (&["user", "two-factor", "disable", "nobody"], "nobody"),
    ] {
        let told = workplace.fails(1, arguments);
        assert!(told.contains(problem) && !told.contains("--yes"), "{told}");
    }
}
