//! Work that gets the time of the processor that nobody else wants.

use std::io;
use std::thread;

use tokio::sync::oneshot;

/// The steps by which the priority is lower than that of other work, which has nine times the time while both want it.
const NICE: i32 = 10;

/// Runs work on a thread of its own behind all other work. A thread may lower its priority and not raise it again, so none is
/// used twice.
pub(super) async fn background<T, F>(work: F) -> io::Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new().spawn(move || {
        lower_priority();
        // A caller who hung up wants no result.
        let _ = sender.send(work());
    })?;
    receiver.await.map_err(io::Error::other)
}

/// On Linux it counts for this thread alone. Where it is refused, the work has the same priority as all other.
#[cfg(target_os = "linux")]
fn lower_priority() {
    use rustix::process::{getpriority_process, setpriority_process};

    if let Ok(own) = getpriority_process(None) {
        let _ = setpriority_process(None, own + NICE);
    }
}

#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_work_gives_way_and_nothing_else_does() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        assert_eq!(background(nice).await.unwrap(), before + NICE);
        assert_eq!(nice(), before);
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error() {
        let work = || assert_eq!(1, 2);
        assert!(background(work).await.is_err());
    }
}
