//! The bodies of replies over HTTP/2.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::server::listener::http2::under_way::UnderWay;

/// The largest part, in bytes. A part is handed over when the client has room for one byte of it, and then waits until there is
/// room for all: all streams of a connection together may so keep as much as the system's buffer of one.
const PART: usize = 4 * 1024;

/// A body that is handed over in small parts, so that what the client does not take stays here, where its time runs.
pub(super) struct ReplyBody {
    inner: Body,
    /// The remainder of what came from `inner`.
    rest: Bytes,
    /// Ends with the body.
    under_way: UnderWay,
}

impl ReplyBody {
    pub(super) fn new(inner: Body, under_way: UnderWay) -> Self {
        let mut body = Self {
            inner,
            rest: Bytes::new(),
            under_way,
        };
        body.note_end();
        body
    }

    /// Notes it if all parts are handed over.
    fn note_end(&mut self) {
        if self.is_end_stream() {
            self.under_way.whole();
        }
    }
}

impl HttpBody for ReplyBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PART);
        // A copy, because the last part would keep the memory of all.
        let part = Bytes::copy_from_slice(&self.rest.split_to(length));
        self.note_end();
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let mut hint = self.inner.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}
