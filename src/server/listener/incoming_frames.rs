//! The frames of HTTP/2 that come from a client.

/// The length of the text with which a client begins (RFC 9113, section 3.4).
const PREFACE: usize = 24;
/// The length of a frame's head.
const HEAD: usize = 9;
/// The types of frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
/// The flag of the frame with which headers end.
const END_HEADERS: u8 = 4;

/// Follows frames (RFC 9113, section 4.1) as far as it tells that headers are on their way.
#[derive(Debug)]
pub(super) struct IncomingFrames {
    head: Vec<u8>,
    /// The bytes of the frame at hand that are still to come.
    rest: usize,
    is_data: bool,
    /// True if the headers of a request are not at their end yet.
    has_open_headers: bool,
}

impl IncomingFrames {
    /// A connection of which nothing has come.
    pub(super) fn new() -> Self {
        Self {
            head: Vec::with_capacity(HEAD),
            rest: PREFACE,
            is_data: false,
            has_open_headers: false,
        }
    }

    /// These bytes came.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let wanted = if self.rest > 0 {
                self.rest
            } else {
                HEAD - self.head.len()
            };
            let (part, others) = bytes.split_at(wanted.min(bytes.len()));
            bytes = others;
            if self.rest > 0 {
                self.rest -= part.len();
                continue;
            }
            self.head.extend_from_slice(part);
            if let [high, middle, low, kind, flags, ..] = *self.head
                && self.head.len() == HEAD
            {
                self.rest =
                    usize::from(high) * 65_536 + usize::from(middle) * 256 + usize::from(low);
                self.is_data = kind == DATA;
                if kind == HEADERS || kind == CONTINUATION {
                    self.has_open_headers = flags & END_HEADERS == 0;
                }
                self.head.clear();
            }
        }
    }

    /// True if a frame or a request's headers have begun and are not complete; bodies have a time of their own.
    pub(super) fn is_open(&self) -> bool {
        let has_part = self.rest > 0 && !self.is_data;
        has_part || self.has_open_headers || !self.head.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, length: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, length, kind, flags, 0, 0, 0, 1];
        frame.resize(HEAD + usize::from(length), 0);
        frame
    }

    /// However the bytes are divided, headers are open from their first byte to their last.
    #[test]
    fn headers_are_open_until_the_frame_that_ends_them() {
        let mut bytes = vec![0; PREFACE];
        let mut open = vec![true; PREFACE - 1];
        open.push(false);
        for (kind, flags, length, is_open_after) in [
            (4, 0, 6, false),
            (HEADERS, 0, 5, true),
            (CONTINUATION, 0, 0, true),
            (CONTINUATION, END_HEADERS, 3, false),
            (HEADERS, END_HEADERS, 4, false),
            (8, 0, 4, false),
        ] {
            let frame = frame(kind, flags, length);
            open.extend(vec![true; frame.len() - 1]);
            open.push(is_open_after);
            bytes.extend(frame);
        }
        for step in [1, 2, 7, bytes.len()] {
            let (mut frames, mut at) = (IncomingFrames::new(), 0);
            for part in bytes.chunks(step) {
                frames.read(part);
                at += part.len();
                assert_eq!(frames.is_open(), open[at - 1], "{at} by {step}");
            }
        }
    }

    #[test]
    fn a_body_is_not_open() {
        let mut frames = IncomingFrames::new();
        frames.read(&[0; PREFACE]);
        frames.read(&frame(DATA, 0, 9)[..=HEAD]);
        assert!(!frames.is_open());
    }
}
