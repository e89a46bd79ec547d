//! Programs as callers: `--json` everywhere, errors too, and help that is in order.

use serde_json::{Value, json};

use super::running::start;
use super::{Workplace, stderr};

/// One of each kind, in an order in which they succeed.
const COMMANDS: &[&str] = &[
    "version",
    "health",
    "migrate",
    "user create alice",
    "user list",
    "user show alice",
    "user change alice --name Alice",
    "user block alice --yes",
    "user unblock alice",
    "user reset-password alice --output alice.password",
    "group create team",
    "group list",
    "group show team",
    "group change team --name Team",
    "group set-visibility team internal",
    "project create team/app",
    "project list",
    "project show team/app",
    "project change team/app --description x",
    "project set-visibility team/app internal",
    "member add team alice --level developer",
    "member add team alice --level developer",
    "member change team alice --level owner",
    "member list team",
    "member remove team alice --yes",
    "token create --user alice --name ci --scope api",
    "token list",
    "token show 1",
    "token change 1 --name laptop",
    "token rotate 1",
    "token revoke 2 --yes",
    "token revoke 2 --yes",
    "deploy-token create team --name ci --scope read_registry",
    "deploy-token list",
    "deploy-token revoke 1 --yes",
    "refresh-token list",
    "audit list",
    "audit list --entity team --author (operator) --action group.created",
    "keys list",
    "keys rotate",
    "keys jwks",
    "keys ca",
    "keys ca renew",
    "registry list",
    "registry config",
    "explain --user alice --scope repository:team/app:pull",
    "project delete team/app --yes",
    "group delete team --yes",
    "user delete alice --yes",
];

#[test]
fn every_command_prints_json_and_nothing_else() {
    let workplace = Workplace::empty();
    let running = start(&workplace, "log");
    for command in COMMANDS {
        let arguments: Vec<&str> = command.split(' ').collect();
        let output = workplace.run(&[&arguments[..], &["--json"]].concat());
        assert!(output.status.success(), "{command}: {}", stderr(&output));
        assert_eq!(stderr(&output), "", "{command}");
        let printed: Result<Value, _> = serde_json::from_slice(&output.stdout);
        let is_thing = printed
            .as_ref()
            .is_ok_and(|it| it.is_object() || it.is_array());
        assert!(is_thing, "{command}: {printed:?}");
    }
    drop(running);
}

#[test]
fn errors_are_json_too() {
    let workplace = Workplace::migrated();
    let told = |status, arguments: &[&str]| -> Value {
        serde_json::from_str(&workplace.fails(status, arguments)).unwrap()
    };
    assert_eq!(
        told(1, &["--json", "token", "show", "7"]),
        json!({ "error": "there is no personal access token `7`" })
    );
    let unreadable = told(2, &["token", "show", "laptop", "--json"]);
    let text = unreadable["error"].as_str().unwrap();
    assert!(
        text.starts_with("invalid value 'laptop' for '<ID>': "),
        "{text}"
    );
    assert!(told(1, &["health", "--json"])["error"].is_string());
    assert!(told(1, &["keys", "list", "--json"])["error"].is_string());
    std::fs::write(
        workplace.path().join("wharfinger.toml"),
        "[token]\nlistn = 1\n",
    )
    .unwrap();
    let broken = told(1, &["user", "list", "--json"]);
    assert!(broken["error"].as_str().unwrap().contains("token.listn"));
}

#[test]
fn a_name_in_place_of_an_id_is_told_where_ids_are() {
    let workplace = Workplace::migrated();
    for (command, list) in [
        ("token revoke laptop", "token"),
        ("token show laptop", "token"),
        ("token rotate laptop", "token"),
        ("explain --user alice --scope x --token laptop", "token"),
        ("deploy-token revoke laptop", "deploy-token"),
        ("refresh-token revoke laptop", "refresh-token"),
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let told = workplace.fails(2, &arguments);
        let help = format!("it is not an id; `wharfinger {list} list` shows the ids");
        assert!(told.contains(&help), "{command}: {told}");
    }
}

/// The same option means something else to commands that share it.
#[test]
fn help_tells_what_an_option_means_to_its_command() {
    let workplace = Workplace::empty();
    let help = |command: &str| {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let words: Vec<String> = workplace
            .ok(&arguments)
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        words.join(" ")
    };
    assert!(help("backup").contains("A backup is encrypted if this is given"));
    let restore = help("restore");
    assert!(
        !restore.contains("is encrypted if this is given"),
        "{restore}"
    );
    assert!(
        restore.contains("Read the passphrase of an encrypted backup from this file"),
        "{restore}"
    );
    for command in ["token create", "token change"] {
        assert!(help(command).contains("00:00 UTC, or never"), "{command}");
    }
    let rotate = help("token rotate");
    assert!(
        rotate.contains("`never` only in place of a token without an end"),
        "{rotate}"
    );
}

#[test]
fn options_come_in_the_order_of_their_use() {
    let workplace = Workplace::empty();
    let options = |command: &str| {
        let arguments: Vec<&str> = command.split(' ').chain(["-h"]).collect();
        let help = workplace.ok(&arguments);
        let options = help
            .lines()
            .filter_map(|line| line.trim().split("--").nth(1));
        let names = options.map(|rest| rest.split([' ', ',']).next().unwrap().to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    for (command, order) in [
        (
            "token create",
            "user name scope expires-at expires-in repository description output config json help",
        ),
        (
            "token change",
            "name scope expires-at expires-in repository description config json help",
        ),
        (
            "token rotate",
            "grace expires-at expires-in output config json help",
        ),
        (
            "token list",
            "state all expires-within unused-for config json help",
        ),
        (
            "audit export",
            "entity author action since until config json help",
        ),
        (
            "deploy-token create",
            "name scope expires-at username output config json help",
        ),
        ("member add", "level expires-at config json help"),
        (
            "user create",
            "admin external email password-stdin output config json help",
        ),
    ] {
        let shown = options(command);
        // The line of usage names those that are needed; the list comes after it.
        assert!(shown.ends_with(order), "{command}: {shown}");
    }
}

#[test]
fn every_option_that_writes_a_file_says_what_is_in_it() {
    let workplace = Workplace::empty();
    for (command, what) in [
        ("token create", "Write the secret into this file"),
        ("token rotate", "Write the secret into this file"),
        ("deploy-token create", "Write the secret into this file"),
        (
            "user create",
            "Draw a random password, and write it into this file",
        ),
        (
            "user reset-password",
            "Draw a random password, and write it into this file",
        ),
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = workplace.ok(&arguments);
        assert!(help.contains(what), "{command}: {help}");
    }
}

#[test]
fn groups_and_projects_are_helped_in_their_own_words() {
    let workplace = Workplace::empty();
    for (noun, example) in [
        ("group", "such as team\n"),
        ("project", "such as team/app\n"),
    ] {
        let all = workplace.ok(&[noun, "--help"]);
        for verb in [
            "Make a",
            "List all",
            "Show a",
            "Rename or describe a",
            "Delete a",
        ] {
            assert!(all.contains(&format!("{verb} {noun}")), "{verb}: {all}");
        }
        let create = workplace.ok(&[noun, "create", "--help"]);
        assert!(
            create.contains(&format!("The {noun}'s path, {example}")),
            "{create}"
        );
        assert!(!(all + &create).contains("NOUN"));
    }
}
