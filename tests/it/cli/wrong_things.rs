//! Wrong things that a newcomer does: each gets an answer that helps.

use super::Workplace;

#[test]
fn a_command_before_the_first_start_says_so_and_makes_nothing() {
    let workplace = Workplace::empty();
    for arguments in [
        &["user", "list"][..],
        &["token", "list"],
        &["group", "create", "team"],
    ] {
        let told = workplace.fails(1, arguments);
        let expected = format!(
            "error: there is no database {}: run this in the folder of the service and with its configuration: a path in `database.url` that \
             does not begin with / leads from the folder in which a command runs; for a first start, start the server or run `wharfinger migrate`\n",
            workplace.path().join("data/wharfinger.db").display()
        );
        assert_eq!(told, expected);
    }
    let told = workplace.fails(1, &["keys", "list"]);
    assert!(
        told.contains("has no keys yet; the first start of the server makes them"),
        "{told}"
    );
    let told = workplace.fails(1, &["registry", "config"]);
    assert!(told.contains("has no keys yet"), "{told}");
    assert_eq!(std::fs::read_dir(workplace.path()).unwrap().count(), 0);
}

#[test]
fn commands_that_cannot_be_read_end_with_2() {
    let workplace = Workplace::migrated();
    for arguments in [
        &["tokens"][..],
        &[
            "token", "create", "--user", "alice", "--name", "x", "--scope", "read",
        ],
        &["token", "create", "--user", "alice", "--name", "x"],
        &["token", "show", "one"],
        &["user", "create", "no spaces"],
        &["member", "add", "team", "alice", "--level", "boss"],
        &[
            "member",
            "add",
            "team",
            "alice",
            "--level",
            "guest",
            "--expires-at",
            "tomorrow",
        ],
        &["project", "create", "team//app"],
    ] {
        workplace.fails(2, arguments);
    }
    let told = workplace.fails(2, &["member", "add", "t", "a", "--level", "boss"]);
    assert!(
        told.contains("use guest, reporter, developer, maintainer or owner"),
        "{told}"
    );
    let told = workplace.fails(
        2,
        &[
            "token", "create", "--user", "a", "--name", "x", "--scope", "read",
        ],
    );
    assert!(
        told.contains("use api, read_api, read_user, read_registry"),
        "{told}"
    );
}

/// An end is a date: a time of day would be lost.
#[test]
fn an_end_with_a_time_of_day_is_refused() {
    let workplace = Workplace::furnished();
    let commands = [
        "token create --user alice --name x --scope api",
        "token change 1",
        "token rotate 1",
        "deploy-token create team --name x --scope read_registry",
        "member add team/app alice --level guest",
        "member change team alice",
    ];
    for command in commands {
        for end in ["2099-01-01T12:00:00Z", "2099-01-01T00:00:00+01:00"] {
            let arguments = command.split(' ').chain(["--expires-at", end]);
            let told = workplace.fails(2, &arguments.collect::<Vec<_>>());
            let problem = "it has a time of day, and an end is at 00:00 UTC; write YYYY-MM-DD";
            assert!(told.contains(problem), "{command}: {told}");
            let has_lifetimes = command.starts_with("token ");
            assert_eq!(told.contains("with --expires-in"), has_lifetimes, "{told}");
        }
    }
    // Nothing is lost of the form in which ends are shown.
    let add = "member add team/app alice --level guest --expires-at 2099-01-01T00:00:00.000Z";
    let told = workplace.ok(&add.split(' ').collect::<Vec<_>>());
    assert!(told.contains("2099-01-01"), "{told}");
}

/// Runs commands that fail, and looks what they say.
fn each_is_refused(commands: &[(&str, &str)]) {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "alice"]);
    workplace.ok(&["group", "create", "team"]);
    workplace.ok(&["project", "create", "team/app"]);
    for (command, told) in commands {
        let arguments: Vec<&str> = command.split(' ').collect();
        assert_eq!(
            workplace.fails(1, &arguments),
            format!("error: {told}\n"),
            "{arguments:?}"
        );
    }
}

#[test]
fn names_that_cannot_be_say_what_to_do() {
    each_is_refused(&[
        (
            "user create alice",
            "`alice` is taken: user names and top-level groups, also deleted ones, share one name space",
        ),
        (
            "group create alice",
            "`alice` is taken: it is a user's own namespace",
        ),
        (
            "project create app",
            "a project is below a group or a user's own namespace: write GROUP/app",
        ),
        (
            "project create other/app",
            "there is no group `other` to put it in; make that first",
        ),
        (
            "group create team/app/sub",
            "a project has no groups or projects below it; its repositories need none",
        ),
        (
            "group create alice/sub",
            "a user's own namespace has projects only, no groups",
        ),
        ("group create team", "`team` is taken: it is a group"),
        ("project delete team --yes", "there is no project `team`"),
        (
            "group set-visibility nope public",
            "there is no group `nope`",
        ),
    ]);
}

#[test]
fn members_and_tokens_that_cannot_be_say_what_to_do() {
    each_is_refused(&[
        (
            "member add team bob --level guest",
            "there is no user `bob`",
        ),
        (
            "member add alice alice --level guest",
            "a user's own namespace has neither members nor deploy tokens; name a project in it",
        ),
        (
            "member remove team alice --yes",
            "`alice` is not a direct member of `team`",
        ),
        (
            "token revoke 7 --yes",
            "there is no personal access token `7`",
        ),
        (
            "token create --user bob --name x --scope api",
            "there is no user `bob`",
        ),
        (
            "token create --user alice --name x --scope api --repository team/*",
            "a token that is limited to repositories can hold read_registry, write_registry, delete_registry and self_rotate only, not api: it could make itself a wider one",
        ),
    ]);
}

#[test]
fn a_broken_configuration_names_its_line() {
    let workplace = Workplace::empty();
    std::fs::write(
        workplace.path().join("wharfinger.toml"),
        "[token]\nlistn = \"x\"\n",
    )
    .unwrap();
    let told = workplace.fails(1, &["serve"]);
    assert_eq!(
        told,
        "error: wharfinger.toml:2: unknown key `token.listn` (did you mean `token.listen`?)\n"
    );
    let output = workplace
        .command(&["--config", "other.toml", "serve"])
        .output()
        .unwrap();
    let told = super::stderr(&output);
    assert_eq!(
        told,
        "error: other.toml: cannot be read: No such file or directory (os error 2)\n"
    );
    let output = Workplace::empty()
        .command(&["serve"])
        .env("WHARFINGER_TOKEN__LISTEN", "5001")
        .output()
        .unwrap();
    let told = super::stderr(&output);
    assert!(
        told.starts_with(
            "error: WHARFINGER_TOKEN__LISTEN: `token.listen` is an address to listen on"
        ),
        "{told}"
    );
    let kubernetes = Workplace::migrated();
    let output = kubernetes
        .command(&["user", "list"])
        .env("WHARFINGER_PORT_5001_TCP", "tcp://10.0.0.1:5001")
        .output();
    assert!(
        output.unwrap().status.success(),
        "names without two underscores are not ours"
    );
}

#[test]
fn a_database_address_that_cannot_be_read_is_told_without_its_password() {
    for address in [
        "postgres://story:pass#word@127.0.0.1/story",
        "mysql://story:pass#word@127.0.0.1:port/story",
        "sqlite://story:pass#word@/story",
    ] {
        for command in ["migrate", "serve"] {
            let output = Workplace::empty()
                .command(&[command])
                .env("WHARFINGER_DATABASE__URL", address)
                .env("WHARFINGER_TOKEN__LISTEN", "127.0.0.1:0")
                .env("WHARFINGER_ADMIN__LISTEN", "127.0.0.1:0")
                .env("WHARFINGER_OPS__LISTEN", "127.0.0.1:0")
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(1));
            let told = super::stderr(&output);
            assert!(
                told.contains("error: `database.url` cannot be used: it is no address"),
                "{told}"
            );
            assert!(!told.contains("#word"), "{told}");
        }
    }
}

/// PostgreSQL takes the user's name for it.
#[test]
fn an_address_of_mysql_without_a_database_is_refused() {
    let workplace = Workplace::empty();
    for address in [
        "mysql://story@127.0.0.1:1",
        "mysql://story@127.0.0.1:1/",
        "mysql://story:pass%2Fword@[::1]:1?ssl-mode=DISABLED",
        "mysql://story@127.0.0.1:1/?ssl-mode=DISABLED",
    ] {
        let mut command = workplace.command(&["migrate"]);
        let output = command.env("WHARFINGER_DATABASE__URL", address).output();
        let told = super::stderr(&output.unwrap());
        let expected =
            "names no database; write its name behind the host: mysql://USER:PASSWORD@HOST/NAME";
        assert!(told.contains(expected), "{address}: {told}");
        assert!(!told.contains("word@"), "{told}");
    }
    for address in [
        "mysql://story@127.0.0.1:1/w",
        "postgres://story@127.0.0.1:1",
    ] {
        let mut command = workplace.command(&["migrate"]);
        let output = command.env("WHARFINGER_DATABASE__URL", address).output();
        let told = super::stderr(&output.unwrap());
        assert!(told.contains("Connection refused"), "{address}: {told}");
    }
}

#[test]
fn a_file_whose_address_must_be_written_otherwise_is_told_how() {
    let workplace = Workplace::empty();
    for (address, file) in [
        ("sqlite:my data/w.db", "my data/w.db"),
        ("sqlite:a:b/w.db", "a:b/w.db"),
    ] {
        let mut command = workplace.command(&["migrate"]);
        let output = command.env("WHARFINGER_DATABASE__URL", address).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", super::stderr(&output));
        assert!(workplace.path().join(file).exists(), "{file}");
    }
    for address in ["sqlite://my data/w.db", "sqlite://a:b/w.db"] {
        let mut command = workplace.command(&["migrate"]);
        let output = command.env("WHARFINGER_DATABASE__URL", address).output();
        let told = super::stderr(&output.unwrap());
        let expected = "`database.url` cannot be used: it is no address; write a path that does not begin with / directly behind \
                        `sqlite:`, without the two slashes";
        assert!(told.contains(expected), "{address}: {told}");
        assert!(!told.contains("password"), "{told}");
    }
}

#[test]
fn a_change_of_nothing_is_asked_what_it_is() {
    let workplace = Workplace::migrated();
    for (arguments, option) in [
        (vec!["user", "change", "alice"], "--external"),
        (vec!["group", "change", "team"], "--description"),
        (vec!["project", "change", "team/app"], "--description"),
        (vec!["member", "change", "team", "alice"], "--level"),
    ] {
        let told = workplace.fails(2, &arguments);
        assert!(told.contains(option), "{told}");
    }
}

#[test]
fn a_configuration_that_was_meant_is_never_passed_over() {
    let workplace = Workplace::empty();
    std::os::unix::fs::symlink("gone.toml", workplace.path().join("wharfinger.toml")).unwrap();
    let told = workplace.fails(1, &["migrate"]);
    let begin = "error: wharfinger.toml: cannot be read: No such file or directory (os error 2)";
    assert_eq!(
        told,
        format!("{begin}; it is a link to a file that is not there\n")
    );
    for named in [
        &["--config", "a.toml", "user", "list", "--config=b.toml"][..],
        &["user", "--config=a.toml", "list", "--config", "b.toml"],
        &["user", "list", "--config", "a.toml", "--config", "b.toml"],
    ] {
        let told = workplace.fails(2, named);
        let expected = "error: the argument '--config <FILE>' cannot be used multiple times\n";
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn lists_of_what_cannot_be_are_refused() {
    let workplace = Workplace::migrated();
    for list in ["deploy-token", "refresh-token"] {
        let told = workplace.fails(2, &[list, "list", "--state", "grace"]);
        assert!(
            told.contains("[possible values: active, expired, revoked]"),
            "{told}"
        );
        workplace.ok(&[list, "list", "--state", "expired,revoked"]);
    }
    workplace.ok(&["token", "list", "--state", "grace"]);
    let told = workplace.fails(1, &["usage", "--from", "2026-03-02", "--to", "2026-03-01"]);
    assert!(
        told.contains("--from is later than the last day, 2026-03-01"),
        "{told}"
    );
    workplace.fails(1, &["usage", "--from", "2999-01-01"]);
    let told = workplace.fails(2, &["usage", "--to", "2026-03-14T15:00Z"]);
    assert!(
        told.contains("it has a time of day, and usage is kept by days"),
        "{told}"
    );
    for command in ["list", "export"] {
        let between = ["--since", "2026-03-02", "--until", "2026-03-01"];
        let told = workplace.fails(1, &[&["audit", command][..], &between].concat());
        assert!(told.contains("--since is later than --until"), "{told}");
    }
}
