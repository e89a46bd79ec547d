//! A change that is made is answered as made: nothing is asked for after it that could fail.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::TestApp;

/// The row of a change, which is written last.
const LAST: &str = "INSERT INTO \"changes\"";

/// Changes whose answers tell more than they change: method, path and body.
async fn changes(app: &TestApp) -> Vec<(&'static str, String, Value)> {
    let (team, library) = (app.id_at("team").await, app.id_at("team/library").await);
    let (alice, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    let both = format!("{bob},{}", app.id_of("carol").await);
    let members = format!("/groups/{team}/members");
    let below = json!({ "name": "b", "path": "b", "parent_id": team });
    let project = json!({ "name": "app", "namespace_id": team });
    let one = json!({ "user_id": alice, "access_level": 20 });
    let two = json!({ "user_id": both, "access_level": 20 });
    let of_alice = |verb: &str| format!("/users/{alice}/{verb}");
    vec![
        ("POST", "/groups".to_owned(), below),
        ("POST", "/projects".to_owned(), project),
        (
            "PUT",
            format!("/projects/{library}"),
            json!({ "description": "Books" }),
        ),
        ("POST", members.clone(), one),
        ("POST", members.clone(), two),
        (
            "PUT",
            format!("{members}/{alice}"),
            json!({ "access_level": 30 }),
        ),
        ("PUT", format!("/users/{alice}"), json!({ "name": "Älice" })),
        ("POST", of_alice("block"), json!({})),
        ("POST", of_alice("unblock"), json!({})),
    ]
}

/// The list of a group's projects, which its change shows beside it, is left out if it cannot be read.
#[tokio::test]
async fn nothing_is_asked_for_after_a_commit() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/answers.db?mode=rwc", folder.path().display()).into();
    let sent: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&sent);
    let app = TestApp::on(&url, |db| {
        db.watch(move |statement| noted.lock().unwrap().push(statement.sql.clone()));
    });
    let app = Box::pin(app).await;
    app.administrator("root").await;
    for user in ["alice", "bob", "carol"] {
        app.user(user).await;
    }
    app.group("team", Visibility::Private).await;
    app.project("team/library", Visibility::Private).await;
    let root = app.actor("root", "api").await;
    for (method, path, body) in changes(&app).await {
        sent.lock().unwrap().clear();
        let reply = root.call(method, &path, body).await;
        assert!(reply.status.is_success(), "{path} {}", reply.status);
        let sent = std::mem::take(&mut *sent.lock().unwrap());
        let made = sent.iter().rposition(|sql| sql.starts_with(LAST));
        let made = made.expect("the row of the change");
        assert_eq!(sent[made + 1..], [""; 0], "{method} {path}");
    }
}
