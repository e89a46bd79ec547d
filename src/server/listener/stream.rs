//! A client's stream, which notes what happens on it.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::server::listener::activity::Activity;

/// The most that is read and thrown away after the reply, in bytes.
const MOST_THROWN_AWAY: usize = 256 * 1024;

/// The stream of one connection.
#[derive(Debug)]
pub(super) struct Stream<S> {
    inner: S,
    activity: Activity,
    thrown_away: usize,
}

impl<S> Stream<S> {
    pub(super) fn new(inner: S, activity: Activity) -> Self {
        Self {
            inner,
            activity,
            thrown_away: 0,
        }
    }

    /// Notes that the client takes no more, if that is so.
    fn noted<T>(&self, poll: Poll<T>) -> Poll<T> {
        if poll.is_pending() {
            self.activity.blocked();
        }
        poll
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if let Some(new @ [_, ..]) = buffer.filled().get(before..) {
            self.activity.received(new);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.noted(poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.noted(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// Called when everything is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        // TLS keeps what the system does not take, and so may wait here.
        let poll = Pin::new(&mut self.inner).poll_flush(context);
        ready!(self.noted(poll))?;
        self.activity.flushed();
        Poll::Ready(Ok(()))
    }

    /// Closes our side, then waits until the client closes its own: a socket that is closed while something is
    /// unread resets the connection, and the client may lose the reply.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let poll = Pin::new(&mut self.inner).poll_shutdown(context);
        ready!(self.noted(poll))?;
        self.activity.closing();
        let mut waste = [0; 4096];
        while self.thrown_away < MOST_THROWN_AWAY {
            let mut buffer = ReadBuf::new(&mut waste);
            ready!(Pin::new(&mut self.inner).poll_read(context, &mut buffer))?;
            match buffer.filled().len() {
                0 => break,
                count => self.thrown_away += count,
            }
        }
        Poll::Ready(Ok(()))
    }
}
