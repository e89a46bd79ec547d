//! The queue of log lines on their way to standard error.
//!
//! Standard error may be a full disk, or a pipe that nobody reads. Requests must not wait for that: they put
//! their lines into a queue of bounded size, and one thread writes them. What does not fit, or cannot be
//! written, is counted, and said as soon as lines can be written again.

use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// The size of the queue, in bytes: some thousand lines.
const CAPACITY: usize = 1024 * 1024;
/// The pause before an output is asked again that would have had to wait.
const PAUSE: Duration = Duration::from_millis(10);

/// Takes lines without waiting; clones share the queue.
#[derive(Debug, Clone)]
pub(super) struct LogQueue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    lost: AtomicU64,
    writer: OnceLock<ThreadId>,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// True while the writer has a line that it took from the queue.
    is_writing: bool,
}

impl LogQueue {
    /// Begins to write to `output`; after lines were lost, `tell` is called with their number and may log it.
    pub(super) fn start(
        output: impl Write + Send + 'static,
        tell: impl Fn(u64) + Send + 'static,
    ) -> std::io::Result<Self> {
        let queue = Self(Arc::default());
        let writing = queue.clone();
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || writing.write_all_lines(output, &tell))?;
        Ok(queue)
    }

    /// The number of lines that were lost since the start.
    pub(super) fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// Waits until everything is written, but no longer than `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let is_busy = |waiting: &mut Waiting| waiting.is_writing || !waiting.lines.is_empty();
        // Lines that are still there when time is up cannot be written, nor can that be said anywhere.
        let _ = self
            .0
            .changed
            .wait_timeout_while(self.waiting(), limit, is_busy);
    }

    /// Puts a line into the queue, or counts it as lost.
    fn put(&self, line: &[u8]) {
        let mut waiting = self.waiting();
        // The writer's own line says what was lost before: it has room always.
        let is_writer = self.0.writer.get() == Some(&thread::current().id());
        if waiting.bytes + line.len() > CAPACITY && !is_writer {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.bytes += line.len();
        waiting.lines.push_back(line.to_owned());
        self.0.changed.notify_all();
    }

    /// Writes line after line, for as long as the process lives.
    fn write_all_lines(&self, mut output: impl Write, tell: &impl Fn(u64)) {
        let _ = self.0.writer.set(thread::current().id());
        let (mut told, mut is_cut) = (0, false);
        loop {
            let line = self.next();
            // A line that was cut off must not swallow the one behind it.
            let begin: &[u8] = if is_cut { b"\n" } else { b"" };
            let written =
                write_whole(&mut output, begin).and_then(|()| write_whole(&mut output, &line));
            is_cut = written.is_err();
            if is_cut {
                self.0.lost.fetch_add(1, Ordering::Relaxed);
            } else if self.lost() > told {
                let lost = self.lost();
                tell(lost - told);
                told = lost;
            }
        }
    }

    /// The next line; waits for one.
    fn next(&self) -> Vec<u8> {
        let mut waiting = self.waiting();
        waiting.is_writing = false;
        loop {
            if let Some(line) = waiting.lines.pop_front() {
                waiting.bytes -= line.len();
                waiting.is_writing = true;
                return line;
            }
            self.0.changed.notify_all();
            let woken = self.0.changed.wait(waiting);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // The lock is held only to move one line, so a poisoned queue is whole.
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes all of `bytes`, and waits where the output does not do so itself.
fn write_whole(output: &mut impl Write, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::time::Instant;

    use super::*;

    /// An output that takes a text when it is asked for one, and fails while it is told to.
    struct Slow(SyncSender<String>, Arc<AtomicU64>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let failures = self.1.load(Ordering::SeqCst);
            if failures > 0 {
                self.1.store(failures - 1, Ordering::SeqCst);
                return Err(Error::from(ErrorKind::StorageFull));
            }
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            self.0.send(text).map_err(Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// A queue that tells of losses in itself, what it wrote, and the number of writes that are to fail.
    fn start() -> (LogQueue, Receiver<String>, Arc<AtomicU64>) {
        let (sender, receiver) = sync_channel(0);
        let (failures, own) = (Arc::default(), Arc::new(OnceLock::<LogQueue>::new()));
        let telling = Arc::clone(&own);
        let output = Slow(sender, Arc::clone(&failures));
        let queue = LogQueue::start(output, move |lost| {
            let told = format!("lost {lost}\n");
            telling.get().unwrap().put(told.as_bytes());
        });
        let queue = queue.unwrap();
        own.set(queue.clone()).unwrap();
        (queue, receiver, failures)
    }

    fn next(written: &Receiver<String>) -> String {
        written.recv_timeout(Duration::from_secs(5)).unwrap()
    }

    #[test]
    fn an_output_that_takes_nothing_holds_nobody_up_and_the_loss_is_said_afterwards() {
        let (mut queue, written, _) = start();
        let line = format!("{}\n", "x".repeat(1023));
        let begin = Instant::now();
        for _ in 0..1500 {
            queue.write_all(line.as_bytes()).unwrap();
        }
        queue.flush(Duration::from_millis(50));
        assert!(begin.elapsed() < Duration::from_secs(5));
        // One line is with the writer, 1024 wait.
        let lost = queue.lost();
        assert!((475..=476).contains(&lost), "{lost}");
        let mut lines = Vec::new();
        while lines.len() < 1500 - usize::try_from(lost).unwrap() + 1 {
            lines.push(next(&written));
        }
        assert_eq!(lines.pop().unwrap(), format!("lost {lost}\n"));
        assert!(lines.iter().all(|text| *text == line));
        queue.put(b"more\n");
        assert_eq!(next(&written), "more\n", "it is said once");
    }

    #[test]
    fn a_line_that_cannot_be_written_is_lost_and_counted() {
        let (mut queue, written, failures) = start();
        failures.store(2, Ordering::SeqCst);
        queue.write_all(b"first\n").unwrap();
        queue.write_all(b"second\n").unwrap();
        queue.flush(Duration::from_secs(5));
        assert_eq!(queue.lost(), 2);
        queue.write_all(b"third\n").unwrap();
        let lines = [next(&written), next(&written), next(&written)];
        assert_eq!(lines, ["\n", "third\n", "lost 2\n"]);
        queue.flush(Duration::from_secs(5));
        assert_eq!(queue.lost(), 2);
    }
}
