//! Changes that cannot be made, although the database answers.

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database};

use crate::cli::Workplace;
use crate::cli::running::{send, start, within};

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_nobody_can_make_are_seen_and_are_over_by_themselves() {
    let workplace = Workplace::empty();
    let running = start(&workplace, "log");
    let secret = workplace.ok(&[
        "token", "create", "--user", "admin", "--name", "x", "--scope", "api",
    ]);
    let header = format!("private-token: {}\r\n", secret.trim());
    let create = |name: &str| {
        let request = format!("POST /api/v4/groups?name={name}&path={name}");
        send(&running.admin, &request, &header)
    };
    let ready = |listener: &str| send(listener, "GET /readyz", "");

    let file = workplace.path().join("data/wharfinger.db");
    let mut one = ConnectOptions::new(format!("sqlite://{}", file.display()));
    one.max_connections(1);
    let other = Database::connect(one).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let reply = create("waits");
    assert!(reply.starts_with("HTTP/1.1 503"), "{reply}");

    within(Duration::from_secs(20), "it stays ready", || {
        ready(&running.ops).starts_with("HTTP/1.1 503")
    });
    let told = ready(&running.ops);
    assert!(
        told.contains("no change can be made: ")
            && told.contains("database is locked; for ")
            && told.contains(r#""storage":"ok""#),
        "{told}"
    );
    assert!(ready(&running.admin).starts_with("HTTP/1.1 503"));
    // Pulls go on.
    assert!(ready(&running.token).starts_with("HTTP/1.1 200"));

    other.execute_unprepared("ROLLBACK").await.unwrap();
    within(Duration::from_secs(20), "it does not heal", || {
        ready(&running.ops).starts_with("HTTP/1.1 200")
    });
    assert!(create("made").starts_with("HTTP/1.1 201"));
}
