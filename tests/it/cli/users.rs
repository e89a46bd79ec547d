//! Users.

use super::{Workplace, stderr};

#[test]
fn passwords_come_from_a_pipe_and_are_at_least_eight_characters() {
    let workplace = Workplace::migrated();
    let create = ["user", "create", "bob", "--password-stdin"];
    let output = workplace
        .command(&create)
        .write_stdin("short\n")
        .output()
        .unwrap();
    assert_eq!(
        stderr(&output),
        "error: a password has at least 8 characters\n"
    );
    // A login with it could not be told from garbage (RFC 7617).
    let output = workplace
        .command(&create)
        .write_stdin("long\tenough\n")
        .output()
        .unwrap();
    assert_eq!(
        stderr(&output),
        "error: a password is UTF-8, and has no tabs or other control characters: no client can log in with them\n"
    );
    for common in ["12345678\n", "PassWord1\n", "wharfinger1\n"] {
        let output = workplace.command(&create).write_stdin(common).output();
        assert_eq!(
            stderr(&output.unwrap()),
            "error: this password is one of the most common ones, which are tried first; choose another\n"
        );
    }
    assert!(
        workplace
            .command(&create)
            .write_stdin("long enough\n")
            .output()
            .unwrap()
            .status
            .success()
    );
    let reset = workplace
        .command(&["user", "reset-password", "bob", "--password-stdin"])
        .write_stdin("another one")
        .output();
    assert!(reset.unwrap().status.success());
    workplace.ok(&["user", "create", "alexandra"]);
    let named = workplace
        .command(&["user", "reset-password", "alexandra", "--password-stdin"])
        .write_stdin("Alexandra1999")
        .output();
    assert_eq!(
        stderr(&named.unwrap()),
        "error: a password is not the user name, with or without digits; choose another\n"
    );
    let told = workplace.fails(1, &["user", "reset-password", "bob"]);
    assert!(told.contains("--password-stdin"), "{told}");
}

#[test]
fn a_password_is_not_the_address_of_its_user() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "eve", "--email", "eve@example.com"]);
    let address = workplace
        .command(&["user", "reset-password", "eve", "--password-stdin"])
        .write_stdin("Eve@example.com")
        .output();
    assert_eq!(
        stderr(&address.unwrap()),
        "error: a password is not the e-mail address, with or without digits; choose another\n"
    );
}

#[test]
fn the_last_administrator_cannot_be_blocked() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "root", "--admin"]);
    let told = workplace.fails(1, &["user", "block", "root", "--yes"]);
    assert_eq!(told, "error: the last administrator cannot be blocked\n");
    workplace.ok(&["user", "create", "other", "--admin"]);
    workplace.ok(&["user", "block", "root", "--yes"]);
}

#[test]
fn deleting_a_user_says_first_what_goes_with_them() {
    let workplace = Workplace::furnished();
    workplace.ok(&["project", "create", "alice/tool"]);
    workplace.ok(&[
        "token", "create", "--user", "alice", "--name", "ci", "--scope", "api",
    ]);
    let says = "This deletes:\n  user alice\n  user namespace alice\n  project alice/tool\n  \
                personal access token 1 (ci)\n  the role developer in team\n";
    let told = workplace.fails(1, &["user", "delete", "alice"]);
    assert_eq!(
        told,
        format!(
            "{says}error: Delete the user alice (namespaces: 2, personal access tokens: 1, roles: 1)? There is nobody to \
             ask; say --yes to do it\n"
        )
    );
    let told = workplace.fails(1, &["--json", "user", "delete", "alice"]);
    assert!(
        told.contains("Delete the user alice (namespaces: 2"),
        "{told}"
    );
    assert_eq!(workplace.json(&["user", "show", "alice"])["id"], 1);
    let output = workplace.run(&["user", "delete", "alice", "--yes"]);
    assert_eq!(stderr(&output), says);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "alice\tactive\ta@example.com\tuser\tdisabled\n"
    );
    assert_eq!(workplace.ok(&["user", "list"]), "");
    assert_eq!(workplace.ok(&["project", "list"]), "team/app\tinternal\n");
    assert_eq!(workplace.ok(&["member", "list", "team"]), "");
    assert_eq!(workplace.ok(&["token", "list"]), "");
    workplace.ok(&["user", "create", "alice"]);
    assert_eq!(
        workplace.ok(&["token", "list"]),
        "",
        "made anew, with nothing of before"
    );
}

#[test]
fn the_last_administrator_is_not_deleted_or_demoted() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "root", "--admin"]);
    let told = workplace.fails(1, &["user", "change", "root", "--admin", "false"]);
    assert_eq!(told, "error: the last administrator cannot be demoted\n");
    let told = workplace.fails(1, &["user", "delete", "root", "--yes"]);
    assert!(
        told.ends_with("error: the last administrator cannot be removed\n"),
        "{told}"
    );
}

#[test]
fn a_password_that_begins_like_a_token_is_refused_because_no_client_could_log_in() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "bob"]);
    for command in ["create carol", "reset-password bob"] {
        for like_a_token in ["whf_pat_1\n", "whf_dpt_123\n", "whf_rt_1234\n"] {
            let mut words = vec!["user"];
            words.extend(command.split(' '));
            words.push("--password-stdin");
            let output = workplace.command(&words).write_stdin(like_a_token).output();
            assert_eq!(
                stderr(&output.unwrap()),
                "error: a password does not begin with whf_pat_, whf_dpt_ or whf_rt_, as tokens do: it would be taken for a broken one; choose another beginning\n"
            );
        }
    }
}
