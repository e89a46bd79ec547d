//! Changes that another process makes count within a second, whatever the service has in memory.

use std::thread::sleep;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sea_orm::{ConnectionTrait, Database};
use tokio::runtime::Runtime;

use crate::cli::Workplace;
use crate::cli::running::{Running, start};

/// The time after which every change counts.
const A_SECOND: Duration = Duration::from_secs(1);

const SCOPE: &str = "repository:team/app:pull";

/// The status of a request for a pull with a secret, and whether it is granted.
fn pull(running: &Running, secret: &str) -> &'static str {
    let basic = STANDARD.encode(format!("alice:{secret}"));
    let reply = running.get_with(
        &format!("/jwt/auth?service=container_registry&scope={SCOPE}"),
        &format!("authorization: Basic {basic}\r\n"),
    );
    if reply.starts_with("HTTP/1.1 401") {
        "refused"
    } else if reply.starts_with("HTTP/1.1 200") && reply.contains("\"denied\"") {
        "nothing"
    } else if reply.starts_with("HTTP/1.1 200") {
        "granted"
    } else {
        panic!("{reply}")
    }
}

fn token(workplace: &Workplace, name: &str) -> String {
    let made = workplace.ok(&[
        "token",
        "create",
        "--user",
        "alice",
        "--scope",
        "read_registry",
        "--name",
        name,
    ]);
    made.trim().to_owned()
}

/// Each change by the command line, after the service has answered; and what it answers a second later.
#[test]
fn a_change_by_the_command_line_counts_within_a_second() {
    let workplace = Workplace::furnished();
    workplace.ok(&["project", "set-visibility", "team/app", "private"]);
    let (first, second) = (token(&workplace, "first"), token(&workplace, "second"));
    let running = start(&workplace, "log");
    let project = ["project", "create", "team/app"];
    for (change, expected) in [
        (&["token", "show", "1"][..], ["granted", "granted"]),
        (&["token", "revoke", "1", "--yes"], ["refused", "granted"]),
        (&["user", "block", "alice", "--yes"], ["refused", "refused"]),
        (&["user", "unblock", "alice"], ["refused", "granted"]),
        (
            &["member", "remove", "team", "alice", "--yes"],
            ["refused", "nothing"],
        ),
        (
            &["member", "add", "team/app", "alice", "--level", "reporter"],
            ["refused", "granted"],
        ),
        (
            &["project", "delete", "team/app", "--yes"],
            ["refused", "nothing"],
        ),
        (&project, ["refused", "nothing"]),
        (
            &["project", "set-visibility", "team/app", "internal"],
            ["refused", "granted"],
        ),
        (
            &["user", "change", "alice", "--external", "true"],
            ["refused", "nothing"],
        ),
        (
            &["member", "add", "team", "alice", "--level", "reporter"],
            ["refused", "granted"],
        ),
        (
            &["user", "delete", "alice", "--yes"],
            ["refused", "refused"],
        ),
    ] {
        workplace.ok(change);
        sleep(A_SECOND);
        let answers = [pull(&running, &first), pull(&running, &second)];
        assert_eq!(answers, expected, "{change:?}");
    }
}

/// A process that stood still does not begin with what it knew before.
#[test]
fn a_service_that_stood_still_answers_by_what_is_true_now() {
    let workplace = Workplace::furnished();
    let secret = token(&workplace, "ci");
    let running = start(&workplace, "log");
    assert_eq!(pull(&running, &secret), "granted");
    running.signal("-STOP");
    workplace.ok(&["token", "revoke", "1", "--yes"]);
    sleep(A_SECOND);
    running.signal("-CONT");
    assert_eq!(pull(&running, &secret), "refused");
}

/// Takes the revocation of the second token back, which was the last change, as a standby does that had not got it.
fn lose_the_last_change(workplace: &Workplace) {
    let url = format!(
        "sqlite://{}",
        workplace.path().join("data/wharfinger.db").display()
    );
    let put_back = async {
        let database = Database::connect(url).await.unwrap();
        for statement in [
            "DELETE FROM events WHERE change_number = (SELECT number FROM change_counter)",
            "DELETE FROM changes WHERE number = (SELECT number FROM change_counter)",
            "UPDATE change_counter SET number = number - 1",
            "UPDATE personal_access_tokens SET revoked_at = NULL WHERE id = 2",
        ] {
            let put_back = database.execute_unprepared(statement).await.unwrap();
            assert_eq!(put_back.rows_affected(), 1, "{statement}");
        }
        database.close().await.unwrap();
    };
    Runtime::new().unwrap().block_on(put_back);
}

/// A fail-over loses the last change, and the next one gets its number before this service asks again.
#[test]
fn a_database_that_went_back_and_came_up_to_the_same_number_is_noticed() {
    let workplace = Workplace::furnished();
    let (first, second) = (token(&workplace, "first"), token(&workplace, "second"));
    let running = start(&workplace, "log");
    assert_eq!(pull(&running, &first), "granted");
    workplace.ok(&["token", "revoke", "2", "--yes"]);
    sleep(A_SECOND);
    assert_eq!(pull(&running, &second), "refused");

    running.signal("-STOP");
    lose_the_last_change(&workplace);
    workplace.ok(&["token", "revoke", "1", "--yes"]);
    sleep(A_SECOND);
    running.signal("-CONT");
    assert_eq!(pull(&running, &first), "refused");
    assert_eq!(pull(&running, &second), "granted");
}
