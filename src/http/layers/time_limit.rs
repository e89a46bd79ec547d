//! A time limit that costs a timer only where something is waited for.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;

/// The outcome of `work`; none if that takes longer than `limit`. The work stays with the caller, who drops it: this future would otherwise hold
/// it twice.
pub(super) async fn within<W, T>(limit: Duration, mut work: Pin<&mut W>) -> Option<T>
where
    W: Future<Output = T>,
{
    // Most of it waits for nothing, and needs no timer.
    let at_once = poll_fn(|context| Poll::Ready(work.as_mut().poll(context)));
    if let Poll::Ready(done) = at_once.await {
        return Some(done);
    }
    timeout(limit, work).await.ok()
}
