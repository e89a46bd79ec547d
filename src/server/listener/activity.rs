//! The state of a connection, and how long it may last.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::config::ConnectionTimeouts;

/// The time that a client has to close its side after the reply, so that nothing it still sends resets the
/// connection before it has read that reply.
const LINGER: std::time::Duration = std::time::Duration::from_secs(1);

/// The step of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing has come yet.
    Fresh,
    /// The headers of a request are coming.
    Headers,
    /// A request is being answered.
    Answering,
    /// The reply is being sent.
    Replying,
    /// The reply is sent, and the next request has not begun.
    Idle,
    /// We have closed our side.
    Closing,
}

/// The step of a connection and its times; clones tell of the same connection.
#[derive(Debug, Clone)]
pub(super) struct Activity(Arc<Mutex<ConnectionState>>);

#[derive(Debug)]
struct ConnectionState {
    step: Step,
    since: Instant,
    /// The time since which the client takes no more of the reply.
    blocked: Option<Instant>,
    /// The first byte that came.
    first: Option<u8>,
}

impl Activity {
    /// A connection that was accepted just now.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(ConnectionState {
            step: Step::Fresh,
            since: Instant::now(),
            blocked: None,
            first: None,
        })))
    }

    pub(super) fn step(&self) -> Step {
        self.state().step
    }

    /// The first byte that came from the client.
    pub(super) fn first(&self) -> Option<u8> {
        self.state().first
    }

    /// Something came from the client, and begins with this byte.
    pub(super) fn received(&self, first: u8) {
        let mut state = self.state();
        match state.step {
            // The time for the first headers runs from the beginning.
            Step::Fresh => {
                state.step = Step::Headers;
                state.first = Some(first);
            }
            Step::Idle => state.enter(Step::Headers),
            Step::Headers | Step::Answering | Step::Replying | Step::Closing => {}
        }
    }

    /// The headers of a request are complete.
    pub(super) fn request(&self) {
        self.state().enter(Step::Answering);
    }

    /// The reply is there, and will be sent.
    pub(super) fn reply(&self) {
        self.state().enter(Step::Replying);
    }

    /// The client takes no more at the moment.
    pub(super) fn blocked(&self) {
        self.state().blocked.get_or_insert_with(Instant::now);
    }

    /// Everything is sent.
    pub(super) fn flushed(&self) {
        let mut state = self.state();
        state.blocked = None;
        if state.step == Step::Replying {
            state.enter(Step::Idle);
        }
    }

    /// Our side of the connection is closed.
    pub(super) fn closing(&self) {
        let mut state = self.state();
        state.blocked = None;
        if state.step != Step::Closing {
            state.enter(Step::Closing);
        }
    }

    /// The time at which the connection is given up, if nothing happens before; a request that is being
    /// answered has its own limit.
    pub(super) fn end(&self, timeouts: &ConnectionTimeouts) -> Option<Instant> {
        let state = self.state();
        let by_step = match state.step {
            Step::Fresh | Step::Headers => Some(state.since + timeouts.headers),
            Step::Idle => Some(state.since + timeouts.idle),
            Step::Closing => Some(state.since + LINGER),
            Step::Answering | Step::Replying => None,
        };
        let by_writing = state.blocked.map(|since| since + timeouts.write);
        by_step.into_iter().chain(by_writing).min()
    }

    fn state(&self) -> MutexGuard<'_, ConnectionState> {
        // The lock is held only to change one field after another, so a poisoned state is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionState {
    fn enter(&mut self, step: Step) {
        self.step = step;
        self.since = Instant::now();
    }
}
