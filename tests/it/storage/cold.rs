//! A token whose credential, roles and paths nobody asked for before.

use secrecy::SecretString;

use super::effort::Effort;
use super::plans::{A_TOKEN, Sent};
use crate::harness::TestApp;
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
    for (configuration, tables) in QUESTIONS {
        let sent = Sent::default();
        let watcher = sent.clone();
        let prepare = |db: &mut wharfinger::storage::Db| {
            db.watch(move |statement| watcher.note(statement));
        };
        let app = TestApp::on_with(url, configuration, prepare).await;
        // The first request of a service also learns of the changes before it.
        assert_eq!(app.made_up_caller("user8", 8).ask(&[]).await.status, 200);
        sent.clear();
        let path = world.project_path(7);
        let pull = format!("repository:{path}/app:pull");
        let push = format!("repository:{path}/other/app:pull,push");
        let user = app.made_up_caller("user7", 7);
        let granted = user.ask(&[&pull, &push]).await.granted(&app.keys);
        assert_eq!(granted.len(), 2, "{granted:?}");
        let questions = sent.questions("/jwt/auth");
        let begin = |table: &str| [format!("FROM \"{table}\""), format!("FROM `{table}`")];
        assert_eq!(questions.len(), tables.len(), "{questions:#?}");
        for (question, table) in questions.iter().zip(tables) {
            let asks = begin(table).iter().any(|from| question.contains(from));
            assert!(asks, "{table}: {question}");
            let rows = effort.of(question).await;
            assert!(rows <= A_TOKEN, "{rows} rows by {question}");
        }
    }
}
