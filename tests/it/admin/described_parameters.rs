//! The API's description names the parameters that are read, and no others.
//!
//! No parameter may be a JSON object, but for the one that GitLab has. So an operation that answers
//! differently when a parameter is one has read it, and one that answers alike has not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use super::operations::{Operation, Others, description, operations};
use crate::harness::{Actor, Reply, TestApp};

/// Said to every operation: who calls, and that it is not for someone else.
const OF_THE_CALLER: [&str; 3] = ["private_token", "access_token", "sudo"];

/// The bound that lists which go upwards only refuse.
const REFUSED: &str = "id_before";

/// The names that an operation takes by its description, and what it is called with.
struct Described {
    operation: Operation,
    names: BTreeSet<String>,
    example: Map<String, Value>,
}

impl Described {
    fn new(operation: Operation, description: &Value) -> Self {
        let (names, example) = operation.parameters(description);
        let distinct: BTreeSet<String> = names.iter().cloned().collect();
        assert_eq!(distinct.len(), names.len(), "{operation:?} names one twice");
        Self {
            operation,
            names: distinct,
            example,
        }
    }

    /// The example, with an object for each of `names`.
    fn with_objects(&self, names: &BTreeSet<String>) -> Value {
        let mut body = self.example.clone();
        body.extend(names.iter().map(|name| (name.clone(), json!({}))));
        Value::from(body)
    }
}

/// Every word in quotes in the sources of the API: a name that is read stands there.
fn words_of_the_sources(folder: &Path, words: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            words_of_the_sources(&path, words);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let quoted = source.split('"').filter(|text| {
            let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
            !text.is_empty() && text.chars().all(is_letter)
        });
        words.extend(quoted.map(str::to_owned));
    }
}

/// A service with something in every list, its administrator, and the ids that are called on.
struct Stage {
    app: TestApp,
    root: Actor,
    ids: Others,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::start().await;
        app.administrator("root").await;
        app.user("bob").await;
        for path in ["base/app", "base/below/app", "bob/tool"] {
            app.project(path, Visibility::Private).await;
        }
        for path in ["base", "base/app"] {
            app.member(path, "bob", "guest").await;
        }
        let ids = Others {
            user: app.id_of("bob").await,
            token: app.actor("bob", "api").await.token_id.0,
            group: app.id_at("base").await,
            project: app.id_at("base/app").await,
        };
        let root = app.actor("root", "api").await;
        Self { app, root, ids }
    }

    /// Calls an operation; what changes something, with a token of its own: some end the one they are
    /// called with.
    async fn call(&self, operation: &Operation, body: Value) -> Reply {
        if operation.method == "GET" {
            return operation.call_with(&self.root, &self.ids, body).await;
        }
        let root = self.app.actor("root", "api").await;
        operation.call_with(&root, &self.ids, body).await
    }
}

#[tokio::test]
async fn the_described_parameters_are_those_that_are_read() {
    let stage = Stage::set().await;
    let description = description(&stage.app).await;
    let operations = operations(&stage.app).await.into_iter();
    let all: Vec<Described> = operations
        .map(|operation| Described::new(operation, &description))
        .collect();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/admin");
    let mut words = BTreeSet::new();
    words_of_the_sources(&sources, &mut words);
    words.extend(all.iter().flat_map(|one| one.names.clone()));
    words.retain(|word| !OF_THE_CALLER.contains(&word.as_str()));
    assert!(words.len() > 100, "{words:?}");
    for one in &all {
        every_described_one_is_read(&stage, one).await;
        no_other_is_read(&stage, one, &words).await;
    }
}

/// An object is refused, or lists other entries.
async fn every_described_one_is_read(stage: &Stage, one: &Described) {
    let is_get = one.operation.method == "GET";
    let plain = if is_get {
        let none = one.with_objects(&BTreeSet::new());
        stage.call(&one.operation, none).await.body
    } else {
        String::new()
    };
    for name in &one.names {
        let reply = stage
            .call(&one.operation, one.with_objects(&[name.clone()].into()))
            .await;
        let is_read = reply.status == 400 && reply.body.contains(name.as_str())
            || is_get && reply.status == 200 && reply.body != plain;
        assert!(is_read, "{:?} does not read {name}", one.operation);
    }
}

/// Objects for all other words change nothing.
async fn no_other_is_read(stage: &Stage, one: &Described, words: &BTreeSet<String>) {
    let mut others: BTreeSet<String> = words.difference(&one.names).cloned().collect();
    if one.names.contains("id_after") {
        others.remove(REFUSED);
    }
    let body = one.with_objects(&others);
    let is_unread = if one.operation.method == "GET" {
        let plain = stage
            .call(&one.operation, one.with_objects(&BTreeSet::new()))
            .await;
        stage.call(&one.operation, body).await.body == plain.body
    } else {
        // It is done, and not to those that the next operations are called on.
        let stage = Box::pin(Stage::set()).await;
        let reply = stage.call(&one.operation, body).await;
        let none = BTreeSet::new();
        let other = Box::pin(Stage::set()).await;
        reply.status.is_success()
            || one.names.is_empty() && reply.status == 404
            // A code cannot be right in an example: it is refused with these and without.
            || reply.body == other.call(&one.operation, one.with_objects(&none)).await.body
            // The ones that make tokens refuse what they do not know before they read anything.
            || reply.body.contains("is not a parameter here; there is")
    };
    assert!(
        is_unread,
        "{:?} reads more than is described",
        one.operation
    );
}

#[tokio::test]
async fn every_operation_has_an_id_of_its_own() {
    let app = TestApp::start().await;
    let description = description(&app).await;
    let operations = operations(&app).await;
    let ids = operations
        .iter()
        .map(|one| &one.described(&description)["operationId"]);
    let ids: BTreeSet<&str> = ids.map(|id| id.as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len());
    assert!(ids.contains("get_users_id_projects") && ids.contains("put_groups_id_members_user_id"));
}
