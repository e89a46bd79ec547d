//! Tables on a terminal: `script` is one.

use std::process::Command;

use super::Workplace;

/// A terminal in a workplace. The machine's own variables would decide about colours
/// too, as `CI`, `CLICOLOR` and `NO_COLOR` do.
pub(super) fn terminal(workplace: &Workplace) -> Command {
    let mut script = Command::new("script");
    script
        .current_dir(workplace.path())
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("TERM", "xterm");
    script
}

/// The output of a command on a terminal, with lines that end as in a pipe.
fn on_a_terminal(workplace: &Workplace, command: &str, environment: &[(&str, &str)]) -> String {
    let command = format!("{} {command}", env!("CARGO_BIN_EXE_wharfinger"));
    let output = terminal(workplace)
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .replace("\r\n", "\n")
}

fn with_tokens() -> Workplace {
    let workplace = Workplace::furnished();
    let create = [
        "token",
        "create",
        "--user",
        "alice",
        "--scope",
        "read_registry",
        "--name",
    ];
    workplace.ok(&[&create[..], &["laptop", "--repository", "team/*"]].concat());
    workplace.ok(&[
        &create[..],
        &["a longer name", "--expires-at", "2099-01-01"],
    ]
    .concat());
    workplace.ok(&[&create[..], &["dead"]].concat());
    workplace.ok(&["token", "revoke", "3", "--yes"]);
    workplace
}

#[test]
fn a_table_is_aligned_and_has_a_head() {
    let workplace = with_tokens();
    assert_eq!(
        on_a_terminal(&workplace, "token list", &[("NO_COLOR", "1")]),
        "ID  USER   NAME           STATE   SCOPES         ENDS        GRACE UNTIL  LAST USED  REPOSITORIES\n\
         1   alice  laptop         active  read_registry  -           -            -          team/*\n\
         2   alice  a longer name  active  read_registry  2099-01-01  -            -          all\n\
         Left out, because they have expired or were revoked: 1. --all lists them too.\n"
    );
    for (command, head) in [
        (
            "user list",
            "USER   STATE   E-MAIL         KIND  TWO-FACTOR\nalice  active  a@example.com  user  disabled\n",
        ),
        (
            "user show alice",
            "USER   STATE   E-MAIL         KIND  TWO-FACTOR\nalice  active  a@example.com  user  disabled\n",
        ),
        ("group list", "PATH  VISIBILITY\nteam  private\n"),
        ("project list", "PATH      VISIBILITY\nteam/app  internal\n"),
        (
            "member list team",
            "USER   ROLE       ENDS\nalice  developer  2099-01-01\n",
        ),
        (
            "registry list",
            "SERVICE             TRUST        PULL  PUSH\ncontainer_registry  certificate  5m    15m\n",
        ),
        ("deploy-token list", "There is nothing to list.\n"),
        ("refresh-token list", "There is nothing to list.\n"),
    ] {
        assert_eq!(
            on_a_terminal(&workplace, command, &[("NO_COLOR", "1")]),
            head,
            "{command}"
        );
    }
}

#[test]
fn colours_are_on_terminals_that_want_them_alone() {
    let workplace = with_tokens();
    let coloured = on_a_terminal(&workplace, "token list --all", &[]);
    assert!(
        coloured.contains("\u{1b}[32mactive\u{1b}[0m"),
        "{coloured:?}"
    );
    assert!(
        coloured.contains("\u{1b}[31mrevoked\u{1b}[0m"),
        "{coloured:?}"
    );
    let wrong = on_a_terminal(&workplace, "token show 77", &[]);
    assert!(wrong.contains("\u{1b}["), "{wrong:?}");
    for plain in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        for command in [
            "token list --all",
            "token show 77",
            "token list --help",
            "tokens",
        ] {
            let printed = on_a_terminal(&workplace, command, &[plain]);
            assert!(
                !printed.is_empty() && !printed.contains('\u{1b}'),
                "{plain:?} {printed:?}"
            );
        }
    }
    let piped = workplace.ok(&["token", "list", "--all"]);
    assert!(!piped.contains('\u{1b}') && piped.lines().count() == 3);
}

#[test]
fn json_on_a_terminal_is_json() {
    let workplace = with_tokens();
    let printed = on_a_terminal(&workplace, "--json token list", &[]);
    let tokens: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(tokens.as_array().unwrap().len(), 2);
}
