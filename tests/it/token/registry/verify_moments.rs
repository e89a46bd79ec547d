//! Forward authentication while somebody changes what it rests on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::harness::TestApp;

/// Nobody waits for the question.
const IDLE: u8 = 0;
/// The next question is waited for.
const AWAITED: u8 = 1;
/// It is answered, and whoever asked goes on when this is over.
const ASKED: u8 = 2;
/// The longest that whoever asked waits.
const MOST_PAUSES: usize = 5000;
const PAUSE: Duration = Duration::from_millis(1);

/// The token and its owner are read, the owner is blocked, and only then the answer is given: it is that of a moment that is over.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_is_blocked_while_their_token_is_looked_up_is_refused() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/verify.db?mode=rwc", folder.path().display()).into();
    let state = Arc::new(AtomicU8::new(IDLE));
    let noted = Arc::clone(&state);
    let app = TestApp::on(&url, |db| {
        db.watch(move |statement| {
            let sql = &statement.sql;
            if !(sql.starts_with("SELECT") && sql.contains("personal_access_tokens")) {
                return;
            }
            let of = (Ordering::SeqCst, Ordering::SeqCst);
            if noted.compare_exchange(AWAITED, ASKED, of.0, of.1).is_err() {
                return;
            }
            for _ in 0..MOST_PAUSES {
                if noted.load(Ordering::SeqCst) != ASKED {
                    break;
                }
                std::thread::sleep(PAUSE);
            }
        });
    });
    let app = Box::pin(app).await;
    app.user("alice").await;
    let alice = app.actor("alice", "api").await;
    state.store(AWAITED, Ordering::SeqCst);
    let mut verified = JoinSet::new();
    verified.spawn(async move { alice.ask_at("/auth/verify").await.status.as_u16() });
    while state.load(Ordering::SeqCst) != ASKED {
        sleep(PAUSE).await;
    }
    app.block("alice").await;
    state.store(IDLE, Ordering::SeqCst);
    assert_eq!(verified.join_next().await.unwrap().unwrap(), 401);
}
