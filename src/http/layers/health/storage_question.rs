//! The question to storage whether it can be used. One is under way at a time, for all who ask, and goes on when they go away: anybody
//! may ask, and what is given up in the middle of a statement costs its connection.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Shared;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// The time after which whoever asks goes away: as a rule longer than storage's own limit, whose error says more.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// The time after which a question is given up: longer than all limits of storage for its two statements together.
const LONGEST: Duration = Duration::from_secs(12);

/// The reason why storage cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageProblem {
    /// The cause, for the operator.
    pub text: String,
    /// True if storage does not answer at all, false if its answer is no.
    pub is_away: bool,
}

impl StorageProblem {
    fn silence() -> Self {
        Self {
            text: "does not answer".to_owned(),
            is_away: true,
        }
    }
}

/// An answer of storage.
pub(super) type StorageAnswer = Result<(), StorageProblem>;

/// An answer that is to come.
pub(super) type PendingAnswer = Pin<Box<dyn Future<Output = StorageAnswer> + Send>>;

/// The question, with what is known of its answers; clones share it.
#[derive(Clone)]
pub(super) struct StorageQuestion {
    put: Arc<dyn Fn() -> PendingAnswer + Send + Sync>,
    tasks: TaskTracker,
    known: Arc<Mutex<StorageKnowledge>>,
}

/// The knowledge about storage.
#[derive(Default)]
struct StorageKnowledge {
    under_way: Option<Shared<oneshot::Receiver<StorageAnswer>>>,
    /// The last answer that came.
    last: Option<StorageAnswer>,
}

impl StorageQuestion {
    /// A question that `put` puts.
    pub(super) fn new(put: impl Fn() -> PendingAnswer + Send + Sync + 'static) -> Self {
        Self {
            put: Arc::new(put),
            tasks: TaskTracker::new(),
            known: Arc::default(),
        }
    }

    /// The same, whose answers are waited for among these tasks at a stop.
    pub(super) fn with_tasks(self, tasks: TaskTracker) -> Self {
        Self { tasks, ..self }
    }

    /// The answer to the question that is under way, or to a new one.
    pub(super) async fn ask(&self) -> StorageAnswer {
        let asked = self.join();
        match timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(StorageProblem::silence()),
        }
    }

    /// The last answer that came, for whoever does not wait; a new question begins.
    pub(super) fn ask_for_next_time(&self) -> Option<StorageAnswer> {
        // The answer comes without anybody who waits for it.
        drop(self.join());
        self.known().last.clone()
    }

    /// The last answer that came, if it was no, and not that storage is away.
    pub(super) fn last_no(&self) -> Option<StorageProblem> {
        let last = self.known().last.clone();
        last.and_then(Result::err)
            .filter(|problem| !problem.is_away)
    }

    /// Notes that storage is away, which somebody knows otherwise: it is newer than the last answer.
    pub(super) fn note_silence(&self) {
        self.known().last = Some(Err(StorageProblem::silence()));
    }

    fn join(&self) -> Shared<oneshot::Receiver<StorageAnswer>> {
        let mut known = self.known();
        let under_way = known.under_way.as_ref();
        if let Some(under_way) = under_way.filter(|asked| asked.peek().is_none()) {
            return under_way.clone();
        }
        let (sender, receiver) = oneshot::channel();
        let (asked, answered) = ((self.put)(), Arc::clone(&self.known));
        self.tasks.spawn(async move {
            let answer = timeout(LONGEST, asked).await;
            let answer = answer.unwrap_or_else(|_| Err(StorageProblem::silence()));
            let mut known = lock(&answered);
            known.last = Some(answer.clone());
            known.under_way = None;
            // It fails only where nobody waits.
            let _ = sender.send(answer);
        });
        let asked = receiver.shared();
        known.under_way = Some(asked.clone());
        asked
    }

    fn known(&self) -> MutexGuard<'_, StorageKnowledge> {
        lock(&self.known)
    }
}

fn lock(known: &Mutex<StorageKnowledge>) -> MutexGuard<'_, StorageKnowledge> {
    // The lock is held only to read or write what is known, so poisoned knowledge is whole.
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
