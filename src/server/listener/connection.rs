//! One connection, from its first request to its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Poll, ready};
use std::time::Duration;

use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::config::ConnectionTimeouts;
use crate::server::lifecycle::Lifecycle;
use crate::server::listener::activity::{Activity, Step};
use crate::server::listener::answers::Answers;
use crate::server::listener::slots::Slot;
use crate::server::listener::stream::Stream;

/// The longest headers and query together, in bytes; longer ones are answered 431 without a body. A connection may
/// take this much memory without having asked for anything, so it is little more than the longest query.
const MAX_HEADERS: usize = 24 * 1024;
/// At a stop, the time that a client has whose connection was accepted, but whose first request is still under way.
const FIRST_REQUEST: Duration = Duration::from_secs(1);
/// The same for the next request on a connection that was used before.
const NEXT_REQUEST: Duration = Duration::from_millis(20);

/// A connection that was accepted, and has its place.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) slot: Slot,
    pub(super) timeouts: ConnectionTimeouts,
}

impl Connection {
    /// Answers requests until the client closes the connection, takes too long, or must make room.
    pub(super) async fn answer(self, answers: Answers, lifecycle: Lifecycle) {
        // Replies are small and written whole: waiting for more would only delay them.
        let _ = self.stream.set_nodelay(true);
        let (activity, crowded) = (Activity::new(), self.slot.crowded());
        let answering = Answering {
            answers,
            peer: self.peer,
            activity: activity.clone(),
            lifecycle: lifecycle.clone(),
            crowded: crowded.clone(),
        };
        let stream = TokioIo::new(Stream::new(self.stream, activity.clone()));
        let http = http1::Builder::new()
            // Hyper would count idle time as well; `overdue` tells them apart.
            .header_read_timeout(None)
            .max_buf_size(MAX_HEADERS)
            .serve_connection(stream, service_fn(|request| answering.answer(request)));
        let (mut http, mut is_last) = (pin!(http), false);
        let mut overdue = pin!(overdue(&activity, &self.timeouts));
        let mut news = news(&activity, &lifecycle, crowded.clone());
        loop {
            tokio::select! {
                biased;
                ended = &mut http => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                () = &mut overdue => {
                    tracing::debug!(step = ?activity.step(), "a connection took too long");
                    return;
                }
                Some(what) = news.next() => match what {
                    News::Abort => return,
                    News::LastCall => is_last = true,
                    News::Crowd(more) => news.push(Box::pin(crowd(more))),
                }
            }
            let may_end = match activity.step() {
                Step::Fresh => is_last,
                // Hyper would drop the half of a request that is there; its reply will end the connection.
                Step::Headers => false,
                Step::Answering | Step::Replying | Step::Idle | Step::Closing => {
                    is_last || *crowded.borrow()
                }
            };
            if may_end {
                http.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Answers the requests of one connection.
struct Answering {
    answers: Answers,
    peer: SocketAddr,
    activity: Activity,
    lifecycle: Lifecycle,
    crowded: watch::Receiver<bool>,
}

impl Answering {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response, Infallible> {
        self.activity.request();
        let mut response = self.answers.answer(request, self.peer).await;
        if self.lifecycle.is_stopping() || *self.crowded.borrow() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        self.activity.reply();
        Ok(response)
    }
}

/// Waits until the connection has stayed too long in one step.
async fn overdue(activity: &Activity, timeouts: &ConnectionTimeouts) {
    let mut timer = pin!(tokio::time::sleep(Duration::ZERO));
    // The end only changes in the same task, which polls this again afterwards. It moves away with every request: the timer
    // is set anew when it has rung, and not each time, because all connections share what it takes.
    let wait = poll_fn(|context| {
        loop {
            let Some(end) = activity.end(timeouts) else {
                return Poll::Pending;
            };
            if timer.deadline() > end {
                timer.as_mut().reset(end);
            }
            ready!(timer.as_mut().poll(context));
            if timer.deadline() >= end {
                return Poll::Ready(());
            }
            timer.as_mut().reset(end);
        }
    });
    wait.await;
}

/// News for a connection that is answering.
enum News {
    /// The hard stop has begun.
    Abort,
    /// A stop has closed the listeners, and a request that may have been under way is there, or will not come.
    LastCall,
    /// The listener has become crowded, or has room again.
    Crowd(watch::Receiver<bool>),
}

/// The news to come. Each is polled only when it has come: to ask for it with every request would take locks that all
/// connections share.
fn news<'a>(
    activity: &'a Activity,
    lifecycle: &'a Lifecycle,
    crowded: watch::Receiver<bool>,
) -> FuturesUnordered<BoxFuture<'a, News>> {
    let abort = async {
        lifecycle.aborting().await;
        News::Abort
    };
    let (abort, last_call) = (abort.boxed(), last_call(activity, lifecycle).boxed());
    [abort, last_call, crowd(crowded).boxed()]
        .into_iter()
        .collect()
}

/// Waits until the listener becomes crowded, or has room again.
async fn crowd(mut crowded: watch::Receiver<bool>) -> News {
    if crowded.changed().await.is_err() {
        // The listener ends, and the lifecycle tells of that.
        std::future::pending::<()>().await;
    }
    News::Crowd(crowded)
}

/// Waits until a stop closes the listeners, and then for a request that may be under way.
async fn last_call(activity: &Activity, lifecycle: &Lifecycle) -> News {
    lifecycle.closing().await;
    let time = match activity.step() {
        Step::Fresh => FIRST_REQUEST,
        _ => NEXT_REQUEST,
    };
    tokio::time::sleep(time).await;
    News::LastCall
}
