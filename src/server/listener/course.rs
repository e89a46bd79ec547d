//! The course of a connection: its steps, their times, and its end.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Poll, ready};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use crate::config::ConnectionTimeouts;
use crate::server::lifecycle::Lifecycle;
use crate::server::listener::activity::{Activity, Step};
use crate::server::listener::crowd::Crowd;
use crate::server::tls::ClientAuthorities;

/// At a stop, the time that a client has whose connection was accepted, but whose first request is still under way.
pub(super) const FIRST_REQUEST: Duration = Duration::from_secs(1);
/// The time that a client has for the next request on a connection that was used before.
const NEXT_REQUEST: Duration = Duration::from_millis(20);

/// The course of one connection.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) activity: Activity,
    pub(super) timeouts: ConnectionTimeouts,
    pub(super) lifecycle: Lifecycle,
    pub(super) crowd: Crowd,
    /// The authorities that the client's certificate was judged by, if it has shown one.
    pub(super) authorities: Option<ClientAuthorities>,
}

impl Course {
    /// True if a reply that leaves now should be the connection's last.
    pub(super) fn is_last(&self) -> bool {
        let authorities = self.authorities.as_ref();
        let is_stranger = authorities.is_some_and(|known| known.has_changed().is_ok_and(|new| new));
        self.lifecycle.is_stopping() || self.crowd.is_there() || is_stranger
    }

    /// Lets a connection answer requests until the client closes it, takes too long, or must make room. `end` tells it to end
    /// after the requests that are under way.
    pub(super) async fn follow<C>(&self, http: C, end: impl Fn(Pin<&mut C>))
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let Self {
            activity,
            timeouts,
            lifecycle,
            crowd,
            authorities,
        } = self;
        let (mut http, mut is_last, mut is_told) = (pin!(http), false, false);
        let mut overdue = pin!(overdue(activity, timeouts));
        let mut news = news(activity, lifecycle, crowd.clone());
        if let Some(authorities) = authorities.clone() {
            news.push(other_authorities(authorities).boxed());
        }
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
                    // A request may be on its way: the client is told that it is not answered, and with TLS that nobody cut
                    // the connection (RFC 8446, section 6.1).
                    if is_told || activity.step() != Step::Idle {
                        return;
                    }
                    is_told = true;
                    activity.leave();
                    end(http.as_mut());
                    overdue.set(self::overdue(activity, timeouts));
                    continue;
                }
                Some(what) = news.next() => match what {
                    News::Abort => return,
                    News::LastCall => is_last = true,
                    News::Crowd(crowd) => news.push(Box::pin(next_crowd(crowd))),
                }
            }
            let may_end = match activity.step() {
                Step::Fresh => is_last,
                // Hyper would drop the half of a request that is there; its reply will end the connection.
                Step::Headers => false,
                Step::Answering | Step::Replying | Step::Idle | Step::Closing => {
                    is_last || crowd.is_there()
                }
            };
            if may_end {
                end(http.as_mut());
                activity.leave();
            }
        }
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
    // Without a share of the scheduler: a client that keeps the connection busy would use it up, and no time would end.
    tokio::task::unconstrained(wait).await;
}

/// News for a connection that is answering.
enum News {
    /// The hard stop has begun.
    Abort,
    /// A stop has closed the listeners, and a request that may have been under way is there, or will not come. Or the client has to
    /// show its certificate anew.
    LastCall,
    /// The listener has become crowded, or has room again.
    Crowd(Crowd),
}

/// The news to come. Each is polled only when it has come: to ask for it with every request would take locks that all
/// connections share.
fn news<'a>(
    activity: &'a Activity,
    lifecycle: &'a Lifecycle,
    crowd: Crowd,
) -> FuturesUnordered<BoxFuture<'a, News>> {
    let abort = async {
        lifecycle.aborting().await;
        News::Abort
    };
    let (abort, last_call) = (abort.boxed(), last_call(activity, lifecycle).boxed());
    [abort, last_call, next_crowd(crowd).boxed()]
        .into_iter()
        .collect()
}

/// Waits until the listener becomes crowded, or has room again.
async fn next_crowd(mut crowd: Crowd) -> News {
    crowd.changed().await;
    News::Crowd(crowd)
}

/// Waits until other authorities judge the certificates of clients.
async fn other_authorities(mut authorities: ClientAuthorities) -> News {
    // Without a listener that might tell, a stop does.
    if authorities.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    News::LastCall
}

/// Waits until a stop closes the listeners, and then for a request that may be under way.
async fn last_call(activity: &Activity, lifecycle: &Lifecycle) -> News {
    lifecycle.closing().await;
    let time = match activity.step() {
        Step::Fresh => FIRST_REQUEST,
        _ => NEXT_REQUEST,
    };
    tokio::task::unconstrained(tokio::time::sleep(time)).await;
    News::LastCall
}
