//! Health checks: `/livez` says that the service runs, `/readyz` that it can do its work.

pub(super) mod storage_question;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio_util::task::TaskTracker;

use crate::domain::numbers::CheckState;
use crate::http::layers::health::storage_question::{PendingAnswer, StorageQuestion};
use crate::http::layers::replies::retry_after::{WHILE_AWAY, retry_after};

/// The time that storage may take where the work may go on without it. Whoever asks has a limit too, often a second, and takes a listener out
/// whose answer comes later.
const SOON: Duration = Duration::from_millis(250);

/// The work of a listener without storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithoutStorage {
    /// True if it is known that storage is away, so that nobody needs to ask.
    pub is_away: bool,
    /// True if the work goes on all the same.
    pub goes_on: bool,
}

/// The state of storage, for one answer.
enum StorageState {
    /// It can be used.
    Good,
    /// It is away or silent, and the work goes on.
    NotNeeded,
    /// It cannot be used.
    Failed(String),
}

/// The time since which changes fail, and why.
type Stuck = dyn Fn() -> Option<(Instant, String)> + Send + Sync;

/// The state on which readiness depends.
#[derive(Clone)]
pub struct Health {
    open: Arc<AtomicBool>,
    /// The work that listeners of this state are ready for, if it is not all; as the log says it.
    work: &'static str,
    /// The time since which they are not ready because of storage, so that a change is logged, and not each probe.
    failing: Arc<Mutex<Option<Instant>>>,
    storage: StorageQuestion,
    /// The work of the listener without storage.
    without_storage: Arc<dyn Fn() -> WithoutStorage + Send + Sync>,
    /// The failure of changes, if it is more than a moment: a listener that makes some is not ready then.
    stuck: Arc<Stuck>,
    /// Texts for the operator, by subject; none of them makes the service unready by itself.
    notices: Arc<Mutex<BTreeMap<&'static str, Notice>>>,
}

/// A text for the operator.
#[derive(Debug, Clone)]
struct Notice {
    text: String,
    /// The time since which it has been so, if it is a failure.
    since: Option<Instant>,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.since {
            Some(since) => write!(f, "{}; for {} s", self.text, since.elapsed().as_secs()),
            None => f.write_str(&self.text),
        }
    }
}

/// The text of a check that is good.
const GOOD: &str = "ok";

/// The detail in which a listener answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthDetail {
    /// Yes or no, for anyone.
    YesOrNo,
    /// Each check, for the operator.
    EachCheck,
}

impl Health {
    /// A state that is not ready until [`Health::open`].
    pub fn new(storage: impl Fn() -> PendingAnswer + Send + Sync + 'static) -> Self {
        Self {
            open: Arc::new(AtomicBool::new(false)),
            work: "",
            failing: Arc::default(),
            storage: StorageQuestion::new(storage),
            without_storage: Arc::new(|| WithoutStorage {
                is_away: false,
                goes_on: false,
            }),
            stuck: Arc::new(|| None),
            notices: Arc::default(),
        }
    }

    /// The same state, whose questions to storage are among `tasks`, for which a stop waits.
    #[must_use]
    pub fn with_tasks(self, tasks: TaskTracker) -> Self {
        Self {
            storage: self.storage.with_tasks(tasks),
            ..self
        }
    }

    /// The same state for a listener that makes no changes, and is ready without storage, too, while its work goes on. So the two
    /// are not always ready at the same times.
    #[must_use]
    pub fn while_it_goes_on(
        &self,
        without_storage: impl Fn() -> WithoutStorage + Send + Sync + 'static,
    ) -> Self {
        Self {
            work: " for pulls",
            failing: Arc::default(),
            without_storage: Arc::new(without_storage),
            stuck: Arc::new(|| None),
            ..self.clone()
        }
    }

    /// The same state for listeners that make changes, and are not ready while they are `stuck`.
    #[must_use]
    pub fn unless_stuck(
        self,
        stuck: impl Fn() -> Option<(Instant, String)> + Send + Sync + 'static,
    ) -> Self {
        Self {
            stuck: Arc::new(stuck),
            ..self
        }
    }

    /// Makes the service ready: all listeners are bound.
    pub fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// Makes the service unready: it is stopping, and no more requests should come.
    pub fn close(&self) {
        self.open.store(false, Ordering::Release);
    }

    /// Says something about `subject` to the operator; the service stays ready.
    pub fn notice(&self, subject: &'static str, text: String) {
        self.notices().insert(subject, Notice { text, since: None });
    }

    /// Says that something about `subject` fails, and since when.
    pub fn failing(&self, subject: &'static str, text: String, since: Instant) {
        let since = Some(since);
        self.notices().insert(subject, Notice { text, since });
    }

    /// Says nothing about `subject` any more.
    pub fn forget(&self, subject: &'static str) {
        self.notices().remove(subject);
    }

    /// True if listeners of this state are ready, as far as it is known: nobody waits for storage, whose answer to the question before
    /// counts.
    pub fn was_ready(&self) -> bool {
        let known = (self.without_storage)();
        let storage_is_good = if known.is_away {
            known.goes_on
        } else {
            match self.storage.ask_for_next_time() {
                None | Some(Ok(())) => true,
                Some(Err(problem)) => problem.is_away && known.goes_on,
            }
        };
        self.open.load(Ordering::Acquire) && (self.stuck)().is_none() && storage_is_good
    }

    /// The checks that the operator sees, but for storage and the listeners.
    pub fn checks(&self) -> Vec<CheckState> {
        let notices = self.operator_notices().into_iter();
        let state = |(subject, notice): (&'static str, Notice)| CheckState {
            subject,
            is_failing: notice.since.is_some() || notice.text != GOOD,
            age: notice.since.map(|since| since.elapsed()),
        };
        notices.map(state).collect()
    }

    /// The texts for the operator, with that of changes that fail.
    fn operator_notices(&self) -> BTreeMap<&'static str, Notice> {
        let stuck = (self.stuck)();
        let mut notices = self.notices().clone();
        if let Some((since, text)) = stuck {
            let since = Some(since);
            notices.entry("changes").or_insert(Notice { text, since });
        }
        notices
    }

    /// The state of storage for the operator, with the time for which it fails.
    fn told(&self, state: StorageState, is_open: bool) -> String {
        let (good, problem) = match state {
            StorageState::Good => (GOOD, None),
            StorageState::NotNeeded => ("not needed", None),
            StorageState::Failed(problem) => ("", Some(problem)),
        };
        // A service that is not open yet has nothing that could have failed, and one that stops tells no more.
        let failing = if is_open {
            self.failing_since(problem.as_ref())
        } else {
            *self.lock_failing()
        };
        match (problem, failing) {
            (None, _) => good.to_owned(),
            (Some(problem), Some(since)) => {
                format!("{problem}; for {} s", since.elapsed().as_secs())
            }
            (Some(problem), None) => problem,
        }
    }

    /// The time since which storage fails; a change is logged.
    fn failing_since(&self, problem: Option<&String>) -> Option<Instant> {
        let work = self.work;
        let mut failing = self.lock_failing();
        match (problem, *failing) {
            (Some(error), None) => {
                tracing::warn!(%error, "not ready{work}: the database cannot be used");
                *failing = Some(Instant::now());
            }
            (None, Some(since)) => {
                let seconds = since.elapsed().as_secs();
                tracing::info!(seconds, "ready{work} again, after {seconds} s");
                *failing = None;
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
        *failing
    }

    fn lock_failing(&self) -> MutexGuard<'_, Option<Instant>> {
        // The lock is held only to compare and exchange one value, so a poisoned one is whole.
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notices(&self) -> MutexGuard<'_, BTreeMap<&'static str, Notice>> {
        // The lock is held only to read or write one entry, so a poisoned map is whole.
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at storage. A listener whose work goes on without it does not wait for its silence; what it said last, or says meanwhile to
    /// nobody, counts the next time.
    async fn storage_state(&self) -> StorageState {
        let known = (self.without_storage)();
        if known.is_away {
            self.storage.note_silence();
            return if known.goes_on {
                StorageState::NotNeeded
            } else {
                StorageState::Failed("is away".to_owned())
            };
        }
        let mut asked = pin!(self.storage.ask());
        let answer = match tokio::time::timeout(SOON, &mut asked).await {
            Ok(answer) => answer,
            Err(_) if (self.without_storage)().goes_on => {
                let said_no = self.storage.last_no();
                return said_no.map_or(StorageState::NotNeeded, |problem| {
                    StorageState::Failed(problem.text)
                });
            }
            Err(_) => asked.await,
        };
        let Err(problem) = answer else {
            return StorageState::Good;
        };
        let known = (self.without_storage)();
        if known.goes_on && (known.is_away || problem.is_away) {
            return StorageState::NotNeeded;
        }
        StorageState::Failed(problem.text)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

/// The routes `/livez` and `/readyz`.
pub fn routes(health: Health, detail: HealthDetail) -> Router {
    let ready = move |State(health): State<Health>| async move { readyz(&health, detail).await };
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(ready))
        .with_state(health)
}

/// The route `/readyz/pulls`, which answers for a listener that is not there itself: strangers may have all of that one's places.
pub fn pulls_route(pulls: Health) -> Router {
    let ready = async |State(health): State<Health>| readyz(&health, HealthDetail::EachCheck).await;
    Router::new()
        .route("/readyz/pulls", get(ready))
        .with_state(pulls)
}

async fn livez() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

async fn readyz(health: &Health, detail: HealthDetail) -> Response {
    let is_open = health.open.load(Ordering::Acquire);
    let state = health.storage_state().await;
    let is_stuck = (health.stuck)().is_some();
    let is_ready = is_open && !is_stuck && !matches!(state, StorageState::Failed(_));
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let storage = health.told(state, is_open);
    let word = if is_ready { "ready" } else { "not ready" };
    let body = match detail {
        HealthDetail::YesOrNo => serde_json::json!({ "status": word }),
        HealthDetail::EachCheck => {
            let notices = health.operator_notices();
            let texts = notices
                .iter()
                .map(|(subject, notice)| (*subject, notice.to_string()));
            let mut checks: BTreeMap<&str, String> = texts.collect();
            let listeners = if is_open { GOOD } else { "not open" };
            checks.insert("listeners", listeners.to_owned());
            checks.insert("storage", storage);
            serde_json::json!({ "status": word, "checks": checks })
        }
    };
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
    if !is_ready {
        let wait = retry_after(WHILE_AWAY);
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

#[cfg(test)]
mod tests;
