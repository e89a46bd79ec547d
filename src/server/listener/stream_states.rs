//! The requests that are under way on a connection with many.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::ConnectionTimeouts;
use crate::server::listener::incoming_frames::IncomingFrames;

/// The most requests that a client may have given up beyond those that were answered: who begins requests only to give
/// them up makes work that no limit on those at the same time bounds (CVE-2023-44487).
const MOST_GIVEN_UP: u32 = 32;

/// The longest that a request takes which was begun before the client was told to send no more: its deadline.
const LONGEST_LEAVE: Duration = Duration::from_secs(30);

/// The requests of a connection with many.
#[derive(Debug)]
pub(super) struct StreamStates {
    pub(super) under_way: u32,
    /// The replies that are being sent, each with its number and its beginning, the oldest first.
    replies: Vec<(u64, Instant)>,
    last_reply: u64,
    given_up: u32,
    frames: IncomingFrames,
    /// The time since which headers are coming.
    open_since: Option<Instant>,
    /// The time at which the client was told to send no more requests.
    pub(super) leaving: Option<Instant>,
}

impl StreamStates {
    pub(super) fn new() -> Self {
        Self {
            under_way: 0,
            replies: Vec::new(),
            last_reply: 0,
            given_up: 0,
            frames: IncomingFrames::new(),
            open_since: None,
            leaving: None,
        }
    }

    /// These bytes came.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        self.frames.read(bytes);
        if self.frames.is_open() {
            self.open_since.get_or_insert_with(Instant::now);
        } else {
            self.open_since = None;
        }
    }

    /// A reply is there, and will be sent; gives its number.
    pub(super) fn reply(&mut self) -> u64 {
        self.last_reply += 1;
        self.replies.push((self.last_reply, Instant::now()));
        self.last_reply
    }

    /// A request is over, with the reply of that number; given up, if that is not whole.
    pub(super) fn ended(&mut self, reply: Option<u64>, is_whole: bool) {
        self.under_way = self.under_way.saturating_sub(1);
        self.replies.retain(|(number, _)| Some(*number) != reply);
        self.given_up = if is_whole {
            self.given_up.saturating_sub(1)
        } else {
            self.given_up + 1
        };
    }

    /// True if the client gives up more requests than it may.
    pub(super) fn is_flooded(&self) -> bool {
        self.given_up > MOST_GIVEN_UP
    }

    /// The time at which the connection is given up, because headers do not come to their end, a reply is not taken,
    /// or the client does not leave.
    pub(super) fn end(&self, timeouts: &ConnectionTimeouts) -> Option<Instant> {
        let after = |since: Option<Instant>, time: Duration| since.map(|since| since + time);
        let oldest = self.replies.first().map(|(_, since)| *since);
        let ends = [
            after(self.open_since, timeouts.headers),
            after(oldest, timeouts.write),
            // A client that never says that it has heard it could begin requests for ever.
            after(self.leaving, LONGEST_LEAVE + timeouts.write),
        ];
        ends.into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_was_told_to_leave_has_an_end_whatever_is_under_way() {
        let timeouts = ConnectionTimeouts {
            headers: Duration::from_secs(1),
            idle: Duration::from_secs(1),
            write: Duration::from_secs(2),
            handshake: Duration::from_secs(1),
        };
        let mut streams = StreamStates::new();
        streams.under_way = 1;
        assert_eq!(streams.end(&timeouts), None);
        let told = Instant::now();
        streams.leaving = Some(told);
        assert_eq!(streams.end(&timeouts), Some(told + Duration::from_secs(32)));
    }
}
