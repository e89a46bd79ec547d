//! Follows the changes that other processes make, so that no copy is older than a second.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::server::Service;
use crate::server::lifecycle::Lifecycle;
use crate::server::repeated_step::RepeatedStep;
use crate::storage::FileState;

/// The time from one look at the number of the last change to the next.
const INTERVAL: Duration = Duration::from_millis(250);
/// The pause between two looks at SQLite's files.
const FILE_PAUSE: Duration = Duration::from_millis(20);
/// The pause after notifications did not come.
const RETRY: Duration = Duration::from_secs(10);
/// The consequence while changes cannot be followed, and pulls go on.
const PULLS_GO_ON: &str = "the changes of others cannot be followed; pulls are answered as before, for `database.serve_stale_for`";
/// The consequence when that time is over.
const PULLS_END: &str = "the changes of others cannot be followed for longer than `database.serve_stale_for`; pulls are 503, too";
/// The name of the check on `/readyz` of ops, which is there while notifications do not come.
const NOTIFICATIONS: &str = "notifications";

/// Starts the tasks that follow changes.
pub(super) fn spawn(service: &Service, lifecycle: &Lifecycle) {
    let news = Arc::new(Notify::new());
    let following = Box::pin(follow(service.clone(), Arc::clone(&news)));
    let ending = lifecycle.clone();
    // Pulls come until the listeners close, and would each have to ask the database themselves.
    lifecycle.spawn(async move { ending.until_closing(following).await });
    lifecycle.spawn(listen(service.clone(), news, lifecycle.clone()));
}

/// Follows the changes: every 250 ms, and when there is news or somebody has written. After a question that took longer, the next one follows at once.
async fn follow(service: Service, news: Arc<Notify>) {
    let directory = service.directory.clone();
    let mut step = RepeatedStep::telling(service.health.clone(), "copies", move || {
        if directory.pulls_go_on() {
            PULLS_GO_ON
        } else {
            PULLS_END
        }
    });
    loop {
        let (state, next) = (service.directory.file_state(), Instant::now() + INTERVAL);
        step.run(service.directory.follow()).await;
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            () = written(&service, state) => {}
            () = news.notified() => {}
        }
    }
}

/// Waits until somebody writes to SQLite's files, which looked like that. The command line's changes so count before the next
/// command is typed.
async fn written(service: &Service, state: Option<FileState>) {
    loop {
        if state.is_none() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(FILE_PAUSE).await;
        if service.directory.file_state() != state {
            return;
        }
    }
}

/// Listens for news, where the database tells of changes by itself.
async fn listen(service: Service, news: Arc<Notify>, lifecycle: Lifecycle) {
    let Some(mut notifications) = service.directory.notifications() else {
        return;
    };
    let mut is_silent = false;
    loop {
        let Some(heard) = lifecycle.until_stop(notifications.next()).await else {
            return;
        };
        if let Err(error) = heard {
            let text = format!("{error}; changes are asked for four times a second instead");
            if !is_silent {
                tracing::warn!("no notifications: {text}");
            }
            is_silent = true;
            service.health.notice(NOTIFICATIONS, text);
            if !lifecycle.lasts(RETRY).await {
                return;
            }
        } else {
            news.notify_one();
            if is_silent {
                tracing::info!("notifications come again");
            }
            is_silent = false;
            service.health.forget(NOTIFICATIONS);
        }
    }
}
