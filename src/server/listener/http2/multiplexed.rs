//! A connection with many requests at the same time, in one task.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use hyper::rt::Executor;

use crate::server::listener::course::Course;

/// Takes the requests that hyper finds on a connection.
#[derive(Clone, Default)]
pub(super) struct NewStreams(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl NewStreams {
    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        // The lock is held only to exchange or extend the list, so a poisoned one is whole.
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for NewStreams {
    fn execute(&self, stream: F) {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        streams.push(stream.boxed());
    }
}

/// A connection and its requests. All are in one task: their steps follow one another, one client has one core at the most, and
/// nothing is left when the connection is given up.
pub(super) struct Multiplexed<'a, C> {
    http: Pin<Box<C>>,
    new: NewStreams,
    under_way: FuturesUnordered<BoxFuture<'static, ()>>,
    end: fn(Pin<&mut C>),
    course: &'a Course,
}

impl<'a, C> Multiplexed<'a, C> {
    /// The connection `http`, whose requests come to `new`, and which `end` tells to end.
    pub(super) fn new(http: C, new: NewStreams, end: fn(Pin<&mut C>), course: &'a Course) -> Self {
        Self {
            http: Box::pin(http),
            new,
            under_way: FuturesUnordered::new(),
            end,
            course,
        }
    }

    /// Tells the client to send no more requests (RFC 9113, section 6.8).
    pub(super) fn end(mut self: Pin<&mut Self>) {
        let end = self.end;
        end(self.http.as_mut());
    }

    /// Goes on with the requests that are under way. True if one is over.
    fn answer(&mut self, context: &mut Context<'_>) -> bool {
        let mut has_answered = false;
        while let Poll::Ready(Some(())) = self.under_way.poll_next_unpin(context) {
            has_answered = true;
        }
        has_answered
    }
}

impl<C: Future<Output = hyper::Result<()>>> Future for Multiplexed<'_, C> {
    type Output = hyper::Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        loop {
            // Requests have their share of the scheduler first: a client that sends frames without end uses it up, and neither the
            // database's answers nor any time limit would reach what waits for them.
            let mut has_answered = self.answer(context);
            if let Poll::Ready(ended) = self.http.poll_unpin(context) {
                return Poll::Ready(ended);
            }
            for stream in self.new.take() {
                self.under_way.push(stream);
            }
            has_answered |= self.answer(context);
            if self.course.activity.is_flooded() {
                tracing::debug!("a client gives up more requests than it lets finish");
                return Poll::Ready(Ok(()));
            }
            if !has_answered || !self.course.is_last() {
                return Poll::Pending;
            }
            // As HTTP/1.1's `connection: close`.
            self.as_mut().end();
            self.course.activity.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use tokio::task::consume_budget;
    use tokio::time::sleep;

    use super::*;
    use crate::config::ConnectionTimeouts;
    use crate::server::lifecycle::Lifecycle;
    use crate::server::listener::activity::Activity;
    use crate::server::listener::crowd::Crowding;

    const LONG: Duration = Duration::from_mins(1);

    /// A client that sends frames faster than they are read, as hyper sees it.
    async fn without_end() -> hyper::Result<()> {
        loop {
            consume_budget().await;
        }
    }

    #[tokio::test]
    async fn a_client_that_sends_without_end_stops_no_request() {
        let course = Course {
            activity: Activity::new(),
            timeouts: ConnectionTimeouts {
                handshake: LONG,
                headers: LONG,
                idle: LONG,
                write: LONG,
            },
            lifecycle: Lifecycle::default(),
            crowd: Crowding::default().listen(),
            authorities: None,
        };
        let (new, is_answered) = (NewStreams::default(), Arc::new(AtomicBool::new(false)));
        let answered = Arc::clone(&is_answered);
        new.execute(async move {
            sleep(Duration::from_millis(10)).await;
            answered.store(true, Ordering::SeqCst);
        });
        let mut connection = pin!(Multiplexed::new(without_end(), new, |_| {}, &course));
        let begin = Instant::now();
        poll_fn(|context| {
            let is_pending = connection.as_mut().poll(context).is_pending();
            let is_over = is_answered.load(Ordering::SeqCst);
            assert!(is_pending && begin.elapsed() < Duration::from_secs(5));
            if is_over {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}
