//! The life of a token on the command line.

use serde_json::{Value, json};

use super::{Workplace, stderr};

fn with_alice() -> Workplace {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "alice"]);
    workplace
}

const CREATE: [&str; 8] = [
    "token",
    "create",
    "--user",
    "alice",
    "--name",
    "ci",
    "--scope",
    "read_registry",
];

fn create(workplace: &Workplace, more: &[&str]) -> Value {
    workplace.json(&[&CREATE, more].concat())
}

#[test]
fn a_token_is_printed_once_and_alone() {
    let workplace = Workplace::furnished();
    let create = [
        "token",
        "create",
        "--user",
        "alice",
        "--name",
        "ci",
        "--scope",
        "read_registry",
        "--scope",
        "write_registry",
    ];
    let printed = workplace.ok(&[
        &create[..],
        &["--expires-at", "2099-12-31", "--repository", "team/*"],
    ]
    .concat());
    let secret = printed.trim_end();
    assert!(secret.starts_with("whf_pat_") && secret.len() == 54 && printed.lines().count() == 1);
    let listed = workplace.ok(&["token", "list", "--user", "alice"]);
    assert_eq!(
        listed,
        "1\talice\tci\tactive\tread_registry write_registry\t2099-12-31\t-\t-\tteam/*\n"
    );
    let shown = workplace.json(&["token", "show", "1"]);
    assert_eq!(
        shown["scopes"],
        serde_json::json!(["read_registry", "write_registry"])
    );
    assert_eq!(shown["expires_at"], "2099-12-31");
    assert!(shown.get("token").is_none());
    let created = workplace.json(&create);
    assert!(created["token"].as_str().unwrap().starts_with("whf_pat_"));
    assert_eq!(created["id"], 2);
    let database = std::fs::read(workplace.path().join("data/wharfinger.db")).unwrap();
    let wal = std::fs::read(workplace.path().join("data/wharfinger.db-wal")).unwrap_or_default();
    for file in [database, wal] {
        assert!(
            !file
                .windows(secret.len())
                .any(|window| window == secret.as_bytes()),
            "only a digest is stored"
        );
    }
}

#[test]
fn a_token_is_rotated_and_the_secret_printed_alone() {
    let workplace = with_alice();
    create(
        &workplace,
        &["--expires-at", "2099-01-01", "--repository", "team/*"],
    );
    let output = workplace.run(&["token", "rotate", "1"]);
    let expected = "Token 2 takes the place of token 1, which works no longer. It works until 20";
    assert!(stderr(&output).starts_with(expected));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.starts_with("whf_pat_") && printed.lines().count() == 1);
    assert!(
        workplace
            .ok(&["token", "show", "1"])
            .starts_with("1\talice\tci\trevoked\tread_registry\t2099-01-01\t-\t-\tteam/*")
    );
    assert!(
        workplace
            .ok(&["token", "show", "2"])
            .starts_with("2\talice\tci\tactive\tread_registry\t20")
    );
    let told = workplace.fails(1, &["token", "rotate", "1"]);
    assert_eq!(
        told,
        "error: the token was already revoked; make another one\n"
    );
    let again = workplace.run(&["token", "revoke", "1"]);
    assert_eq!(
        stderr(&again),
        "Token 1 (ci) was already revoked. Token 2, which took its place, works on; `wharfinger token revoke 2` ends that too.\n"
    );
    let told = workplace.fails(1, &["token", "rotate", "2", "--expires-at", "never"]);
    assert!(
        told.starts_with("error: token 2 has an end, and so has the token that takes its place: "),
        "{told}"
    );
    assert!(workplace.ok(&["token", "show", "2"]).contains("\tactive\t"));
    let told = workplace.fails(1, &["token", "rotate", "9"]);
    assert_eq!(told, "error: there is no personal access token `9`\n");
}

#[test]
fn with_a_grace_the_old_token_works_on_and_json_says_what_the_api_says() {
    let workplace = with_alice();
    create(&workplace, &[]);
    let rotate = [
        "token",
        "rotate",
        "1",
        "--grace",
        "7d",
        "--expires-at",
        "2099-01-01",
    ];
    let new = workplace.json(&rotate);
    assert!(new["token"].as_str().unwrap().starts_with("whf_pat_"));
    assert_eq!(new["previous_personal_access_token_id"], 1);
    assert_eq!(new["expires_at_time"], "2099-01-01T00:00:00.000Z");
    let old = workplace.json(&["token", "show", "1"]);
    assert_eq!(
        (&old["active"], &old["revoked"]),
        (&json!(true), &json!(false))
    );
    assert!(old["grace_until"].as_str().unwrap().ends_with('Z'));
    assert_eq!(
        (&old["last_used_at"], &old["last_used_ips"]),
        (&Value::Null, &json!([]))
    );
    let grace = old["grace_until"].as_str().unwrap().replace(".000Z", "Z");
    assert_eq!(
        workplace.ok(&["token", "list"]),
        format!(
            "1\talice\tci\tgrace\tread_registry\t-\t{grace}\t-\tall\n\
             2\talice\tci\tactive\tread_registry\t2099-01-01\t-\t-\tall\n"
        )
    );
    let told = workplace.fails(1, &["token", "rotate", "1", "--grace", "9d"]);
    assert!(
        told.contains("rotate the one that took its place"),
        "{told}"
    );
    workplace.ok(&["token", "revoke", "2", "--yes"]);
    assert_eq!(workplace.json(&["token", "show", "1"])["revoked"], true);
}

/// The old token would else work for longer than the one in its place.
#[test]
fn a_grace_beyond_the_new_end_is_cut_and_said() {
    let workplace = with_alice();
    create(&workplace, &["--expires-at", "2099-01-01"]);
    let output = workplace.run(&["token", "rotate", "1", "--grace", "30d"]);
    let end = workplace.json(&["token", "show", "2"])["expires_at"].clone();
    let end = end.as_str().unwrap();
    assert_eq!(
        stderr(&output),
        format!(
            "Token 2 takes the place of token 1, which works until {end}. It works until {end}.\n"
        )
    );
    let grace = workplace.json(&["token", "show", "1"])["grace_until"].clone();
    assert_eq!(grace, format!("{end}T00:00:00.000Z"));
    let next = workplace.json(&["token", "rotate", "2", "--grace", "1h"]);
    let seen = workplace.json(&["token", "show", "2"]);
    assert_eq!(next["previous_grace_until"], seen["grace_until"]);
}

#[test]
fn an_end_is_a_date_or_a_duration() {
    let workplace = with_alice();
    let finer = create(&workplace, &["--expires-in", "90m"]);
    let instant = finer["expires_at_time"].as_str().unwrap();
    assert_eq!(finer["active"], true);
    let list = workplace.ok(&["token", "list"]);
    let shown = format!("\t{}Z\t", instant.split('.').next().unwrap());
    assert!(list.contains(&shown), "{list}");
    for bad in [
        &["--expires-in", "soon"][..],
        &["--expires-in", "0s"],
        &["--expires-at", "12345-01-01"],
        &["--expires-at", "0001-01-01"],
        &["--expires-in", "1h", "--expires-at", "2099-01-01"],
    ] {
        workplace.fails(2, &[&CREATE, bad].concat());
        workplace.fails(2, &[&["token", "rotate", "1"], bad].concat());
    }
    let told = workplace.fails(2, &["token", "rotate", "1", "--grace", "a while"]);
    assert!(
        told.contains("a duration is written as 90s, 5m, 2h or 30d"),
        "{told}"
    );
}

#[test]
fn the_settings_bind_the_command_line_too() {
    let workplace = with_alice();
    create(&workplace, &["--expires-at", "2099-01-01"]);
    let settings = "[access_tokens]\nlongest_lifetime = \"30d\"\ndefault_lifetime = \"10d\"\n";
    std::fs::write(workplace.path().join("wharfinger.toml"), settings).unwrap();
    let far = ["--expires-at", "2099-01-01"];
    for command in [&CREATE[..], &["token", "rotate", "1"]] {
        let told = workplace.fails(1, &[command, &far].concat());
        assert!(
            told.starts_with("error: expires_at must be before 20"),
            "{told}"
        );
    }
    let (usual, longest) = (
        create(&workplace, &[]),
        create(&workplace, &["--expires-at", "never"]),
    );
    let date = |token: &Value| -> chrono::NaiveDate {
        token["expires_at"].as_str().unwrap().parse().unwrap()
    };
    assert_eq!(date(&longest) - date(&usual), chrono::Duration::days(20));
    std::fs::write(
        workplace.path().join("wharfinger.toml"),
        "[access_tokens]\nallow_endless = false\n",
    )
    .unwrap();
    let told = workplace.fails(1, &CREATE);
    assert_eq!(
        told,
        "error: expires_at can't be blank: tokens need an end here, a date or a duration\n"
    );
}

/// The command that changes the first token.
fn change(options: &str) -> Vec<&str> {
    let command = ["token", "change", "1"].into_iter();
    command.chain(options.split(' ')).collect()
}

#[test]
fn a_token_is_renamed_narrowed_and_shortened_and_never_widened() {
    let workplace = with_alice();
    let more = ["--scope", "write_registry", "--repository", "team/*"];
    create(
        &workplace,
        &[&more[..], &["--repository", "base/**"]].concat(),
    );
    assert_eq!(
        workplace.ok(&change(
            "--name laptop --scope read_registry --repository team/app --expires-at 2099-01-01"
        )),
        "1\talice\tlaptop\tactive\tread_registry\t2099-01-01\t-\t-\tteam/app\n"
    );
    let shorter = workplace.json(&change("--expires-in 12h --description night"));
    assert_eq!(
        (&shorter["description"], &shorter["name"]),
        (&json!("night"), &json!("laptop"))
    );
    assert_ne!(shorter["expires_at_time"], "2099-01-01T00:00:00.000Z");
    let audited = workplace.json(&["audit", "list", "--action", "access_token.changed"]);
    assert_eq!(audited.as_array().unwrap().len(), 2, "{audited}");
    let cleared = workplace.json(&["token", "change", "1", "--description="]);
    assert_eq!(cleared["description"], Value::Null);
    for (wider, why) in [
        ("--scope write_registry", "get scopes that it does not have"),
        ("--expires-at never", "end later than it does"),
        ("--expires-in 13h", "end later than it does"),
        (
            "--repository team/*",
            "get repositories that it does not have",
        ),
    ] {
        let told = workplace.fails(1, &change(wider));
        let expected = format!("error: a token can only be narrowed: it cannot {why}\n");
        assert_eq!(told, expected, "{wider}");
    }
    let told = workplace.fails(2, &["token", "change", "1"]);
    assert!(told.contains("--expires-in <DURATION>"), "{told}");
    let told = workplace.fails(1, &["token", "change", "9", "--name", "x"]);
    assert_eq!(told, "error: there is no personal access token `9`\n");
}
