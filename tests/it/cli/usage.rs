//! `wharfinger usage`, after a service that ran.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Workplace;
use super::running::{Running, start};

/// Makes a token of alice's, and gives its secret.
fn token(workplace: &Workplace, scopes: &str) -> String {
    let create = ["token", "create", "--user", "alice", "--name", "ci"];
    let secret = workplace.ok(&[&create[..], &["--scope", scopes]].concat());
    secret.trim().to_owned()
}

fn ask(running: &Running, secret: &str, scope: &str) {
    let basic = STANDARD.encode(format!("alice:{secret}"));
    let path = format!("/jwt/auth?service=container_registry&scope={scope}");
    let reply = running.get_with(&path, &format!("authorization: Basic {basic}\r\n"));
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

#[test]
fn a_stop_writes_what_was_counted_and_the_command_line_lists_it() {
    let workplace = Workplace::furnished();
    let secret = token(&workplace, "read_registry,write_registry");
    token(&workplace, "read_registry");
    let mut running = start(&workplace, "log");
    ask(&running, &secret, "repository:team/app:pull");
    ask(&running, &secret, "repository:team/app/worker:pull,push");
    ask(&running, &secret, "repository:team/app:delete");
    assert_eq!(running.stop().0, Some(0));

    let days = workplace.json(&["usage"]);
    let today = days[0]["day"].as_str().unwrap().to_owned();
    assert_eq!(days.as_array().unwrap().len(), 1);
    let line = format!("{today}\t1\t1\t0\t1\tscope_missing 1\n");
    assert_eq!(workplace.ok(&["usage"]), line);
    let tokens = format!("access_token\t1\talice\t{today}\t1\t1\t0\t1\tscope_missing 1\n");
    assert_eq!(workplace.ok(&["usage", "--by", "token"]), tokens);
    assert_eq!(
        workplace.ok(&["usage", "--by", "repository", "--project", "team/app"]),
        format!("team/app\t{today}\t1\t0\t0\t0\t-\nteam/app/worker\t{today}\t0\t1\t0\t0\t-\n")
    );
    let by_project = [
        "usage", "--by", "project", "--user", "alice", "--token", "1",
    ];
    assert_eq!(
        workplace.ok(&by_project),
        format!("-\t{today}\t0\t0\t0\t1\tscope_missing 1\nteam/app\t{today}\t1\t1\t0\t0\t-\n")
    );
    for (filter, listed) in [
        (&["--group", "team"][..], 1),
        (&["--group", "alice"], 0),
        (&["--repository", "team/app"], 1),
        (&["--repository", "team/other"], 0),
        (&["--deploy-token", "1"], 0),
        (&["--to", "2020-01-01"], 0),
        (&["--from", "2020-01-01", "--to", &today], 1),
    ] {
        let list = workplace.json(&[&["usage"], filter].concat());
        assert_eq!(list.as_array().unwrap().len(), listed, "{filter:?}");
    }
    let alice = workplace.json(&["user", "show", "alice"])["id"].to_string();
    workplace.ok(&["user", "delete", "alice", "--yes"]);
    let of_gone = format!("access_token\t1\t{alice}\t{today}\t1\t1\t0\t1\tscope_missing 1\n");
    for filter in [["--user", &alice], ["--token", "1"]] {
        let listed = workplace.ok(&[&["usage", "--by", "token"], &filter[..]].concat());
        assert_eq!(listed, of_gone, "{filter:?}");
    }
    let told = workplace.fails(1, &["usage", "--user", "alice"]);
    assert_eq!(
        told,
        "error: there is no user `alice`; usage of a deleted one is listed by their id, which \
         `wharfinger usage --by token` tells\n"
    );
    workplace.fails(2, &["usage", "--by", "year"]);
    workplace.fails(2, &["usage", "--from", "yesterday"]);
    workplace.fails(1, &["usage", "--project", "team/no"]);
}
