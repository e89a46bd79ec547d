//! A token whose credential, roles and paths nobody asked for before.

use secrecy::SecretString;

use super::effort::Effort;
use super::plans::{A_TOKEN, Sent};
use crate::harness::{Caller, TestApp};
use crate::made_up::world::World;

/// The tables that the three questions begin with, with copies and without.
const QUESTIONS: [(&str, [&str; 3]); 2] = [
    ("", ["personal_access_tokens", "members", "namespaces"]),
    (
        "[database]\ncache_megabytes = 0",
        ["personal_access_tokens", "namespaces", "members"],
    ),
];

pub(super) async fn a_cold_token_costs_three_questions(
    url: &SecretString,
    world: &World,
    effort: &Effort,
) {
    let maker = TestApp::on(url, |_| {}).await;
    for (configuration, tables) in QUESTIONS {
        let sent = Sent::default();
        let watcher = sent.clone();
        let prepare = |db: &mut wharfinger::storage::Db| {
            db.watch(move |statement| watcher.note(statement));
        };
        let app = TestApp::on_with(url, configuration, prepare).await;
        let name = format!("lonely-{}", app.last_change().await);
        maker.user(&name).await;
        let lonely = app.again(&maker.actor(&name, "read_registry").await);
        let scene = Scene { app, sent, effort };
        // The first request of a service also learns of the changes before it.
        let first = scene.app.made_up_caller("user8", 8);
        assert_eq!(first.ask(&[]).await.status, 200);
        let path = world.project_path(7);
        let pull = format!("repository:{path}/app:pull");
        let push = format!("repository:{path}/other/app:pull,push");
        let user = scene.app.made_up_caller("user7", 7);
        let granted = scene.asks(&user, [&pull, &push], &tables).await;
        assert_eq!(granted.len(), 2, "{granted:?}");
        what_is_not_there_costs_no_more(&scene, &lonely, &tables).await;
    }
}

/// A service whose questions are seen.
struct Scene<'a> {
    app: TestApp,
    sent: Sent,
    effort: &'a Effort,
}

impl Scene<'_> {
    /// The scopes that a caller is granted, by one question to each of these tables that looks at few rows.
    async fn asks(&self, caller: &Caller, scopes: [&str; 2], tables: &[&str]) -> Vec<String> {
        self.sent.clear();
        let granted = caller.ask(&scopes).await.granted(&self.app.keys);
        let questions = self.sent.questions("/jwt/auth");
        let begin = |table: &str| [format!("FROM \"{table}\""), format!("FROM `{table}`")];
        assert_eq!(questions.len(), tables.len(), "{questions:#?}");
        for (question, table) in questions.iter().zip(tables) {
            let asks = begin(table).iter().any(|from| question.contains(from));
            assert!(asks, "{table}: {question}");
            let rows = self.effort.of(question).await;
            assert!(rows <= A_TOKEN, "{rows} rows by {question}");
        }
        granted
    }
}

/// A user without roles, paths at which nothing is, and a caller without a name.
async fn what_is_not_there_costs_no_more(scene: &Scene<'_>, lonely: &Caller, tables: &[&str]) {
    let app = &scene.app;
    let paths = |part: &str| ["one", "two"].map(|n| format!("repository:none-{part}/{n}:pull"));
    for (caller, part, tables) in [
        (lonely, "first", tables),
        (&app.made_up_caller("user9", 9), "second", tables),
        (&app.anonymous(), "third", &["namespaces"]),
    ] {
        let [one, two] = paths(part);
        let granted = scene.asks(caller, [&one, &two], tables).await;
        assert_eq!(granted, [""; 0]);
    }
}
