//! The state of a connection, and how long it may last.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::config::ConnectionTimeouts;
use crate::server::listener::stream_states::StreamStates;

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
    /// The beginning of the step, once somebody has asked for its end: nobody does for most.
    since: Option<Instant>,
    /// The time since which the client takes no more of the reply.
    blocked: Option<Instant>,
    /// The first byte that came.
    first: Option<u8>,
    /// The requests, if there may be many at the same time. The steps are then those of all together: fresh before the first,
    /// answering while there is one, else idle.
    streams: Option<StreamStates>,
}

impl Activity {
    /// A connection that was accepted just now.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(ConnectionState {
            step: Step::Fresh,
            since: Some(Instant::now()),
            blocked: None,
            first: None,
            streams: None,
        })))
    }

    pub(super) fn step(&self) -> Step {
        self.state().step
    }

    /// The first byte that came from the client.
    pub(super) fn first(&self) -> Option<u8> {
        self.state().first
    }

    /// These bytes came from the client.
    pub(super) fn received(&self, bytes: &[u8]) {
        let mut state = self.state();
        if let Some(streams) = &mut state.streams {
            return streams.received(bytes);
        }
        match state.step {
            // The time for the first headers runs from the beginning.
            Step::Fresh => {
                state.step = Step::Headers;
                state.first = bytes.first().copied();
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
        let mut state = self.state();
        let lasts = match state.step {
            Step::Fresh | Step::Headers => Some(timeouts.headers),
            Step::Idle => Some(timeouts.idle),
            Step::Closing => Some(LINGER),
            Step::Answering | Step::Replying => None,
        };
        let by_step = lasts.map(|lasts| *state.since.get_or_insert_with(Instant::now) + lasts);
        let by_writing = state.blocked.map(|since| since + timeouts.write);
        let streams = state.streams.as_ref();
        let by_streams = streams.and_then(|streams| streams.end(timeouts));
        [by_step, by_writing, by_streams]
            .into_iter()
            .flatten()
            .min()
    }

    /// There may be many requests at the same time from now on.
    pub(super) fn multiplex(&self) {
        self.state().streams = Some(StreamStates::new());
    }

    /// The headers of one of many requests are complete.
    pub(super) fn stream_began(&self) {
        let mut state = self.state();
        state.enter(Step::Answering);
        if let Some(streams) = &mut state.streams {
            streams.under_way += 1;
        }
    }

    /// The reply to one of many requests is there, and will be sent; gives its number.
    pub(super) fn stream_replies(&self) -> Option<u64> {
        self.state().streams.as_mut().map(StreamStates::reply)
    }

    /// One of many requests is over, with the reply of that number; given up, if that is not whole.
    pub(super) fn stream_ended(&self, reply: Option<u64>, is_whole: bool) {
        let mut state = self.state();
        let Some(streams) = &mut state.streams else {
            return;
        };
        streams.ended(reply, is_whole);
        if streams.under_way == 0 {
            let next = if streams.leaving.is_some() {
                Step::Closing
            } else {
                Step::Idle
            };
            state.enter(next);
        }
    }

    /// True if the client gives up more requests than it may.
    pub(super) fn is_flooded(&self) -> bool {
        let state = self.state();
        state.streams.as_ref().is_some_and(StreamStates::is_flooded)
    }

    /// A client that may have many requests was told to send no more; false if it was told before, or has only one at a time.
    pub(super) fn leave(&self) -> bool {
        let mut state = self.state();
        match &mut state.streams {
            Some(streams) if streams.leaving.is_none() => {
                streams.leaving = Some(Instant::now());
                if streams.under_way == 0 {
                    state.enter(Step::Closing);
                }
                true
            }
            Some(_) | None => false,
        }
    }

    fn state(&self) -> MutexGuard<'_, ConnectionState> {
        // The lock is held only to change one field after another, so a poisoned state is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionState {
    fn enter(&mut self, step: Step) {
        self.step = step;
        self.since = None;
    }
}
