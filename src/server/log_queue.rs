//! The queue of log lines on their way to standard error.
//!
//! Standard error may be a full disk, or a pipe that nobody reads. Requests must not wait for that: they put
//! their lines into a queue of bounded size, and one thread writes them. What does not fit, or cannot be
//! written, is counted, and said as soon as lines can be written again.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// The size of the queue, in bytes: some thousand lines.
const CAPACITY: usize = 1024 * 1024;
/// The pause before an output is asked again that would have had to wait.
const PAUSE: Duration = Duration::from_millis(10);
/// The time in which more lines may come to be written with the first: under load, waking the writer for each line would
/// cost more than the line.
const GATHERING: Duration = Duration::from_millis(2);
/// The same after many lines came in that time, when nobody could read them one by one.
const GATHERING_MANY: Duration = Duration::from_millis(10);
/// So many bytes are many lines: a dozen, or five thousand a second.
const MANY: usize = 4096;

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
    /// The lines, one after the other.
    text: Vec<u8>,
    writer: Writer,
    /// True if somebody waits until everything is written.
    is_urgent: bool,
}

/// The writer's doings.
#[derive(Debug, Default, PartialEq, Eq)]
enum Writer {
    /// It waits for the first line.
    #[default]
    Idle,
    /// It has lines that it took from the queue, or is about to take some.
    Busy,
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
        let is_busy =
            |waiting: &mut Waiting| waiting.writer == Writer::Busy || !waiting.text.is_empty();
        let mut waiting = self.waiting();
        waiting.is_urgent = true;
        self.0.changed.notify_all();
        // Lines that are still there when time is up cannot be written, nor can that be said anywhere.
        let _ = self.0.changed.wait_timeout_while(waiting, limit, is_busy);
    }

    /// Puts a line into the queue, or counts it as lost.
    pub(super) fn put(&self, line: &[u8]) {
        let mut waiting = self.waiting();
        // The writer's own line says what was lost before: it has room always.
        let is_writer = || self.0.writer.get() == Some(&thread::current().id());
        if waiting.text.len() + line.len() > CAPACITY && !is_writer() {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.text.extend_from_slice(line);
        if waiting.writer == Writer::Idle {
            waiting.writer = Writer::Busy;
            self.0.changed.notify_all();
        }
    }

    /// Writes lines, for as long as the process lives.
    fn write_all_lines(&self, mut output: impl Write, tell: &impl Fn(u64)) {
        let _ = self.0.writer.set(thread::current().id());
        let (mut told, mut is_cut, mut lines) = (0, false, Vec::new());
        loop {
            self.next(&mut lines);
            let lost = write_lines(&mut output, &lines, &mut is_cut);
            self.0.lost.fetch_add(lost, Ordering::Relaxed);
            // A loss is said when lines can be written again.
            if lost == 0 && self.lost() > told {
                let lost = self.lost();
                tell(lost - told);
                told = lost;
            }
        }
    }

    /// Takes the lines that wait, in exchange for an empty room; waits for the first, and a moment for more.
    fn next(&self, lines: &mut Vec<u8>) {
        let gathering = if lines.len() < MANY {
            GATHERING
        } else {
            GATHERING_MANY
        };
        lines.clear();
        let mut waiting = self.waiting();
        if waiting.text.is_empty() {
            waiting.writer = Writer::Idle;
            self.0.changed.notify_all();
            let woken = self
                .0
                .changed
                .wait_while(waiting, |waiting| waiting.text.is_empty());
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
        }
        let gathered = self
            .0
            .changed
            .wait_timeout_while(waiting, gathering, |waiting| !waiting.is_urgent);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        waiting.writer = Writer::Busy;
        std::mem::swap(&mut waiting.text, lines);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // The lock is held only to move lines, so a poisoned queue is whole.
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes all lines, and waits where the output does not do so itself. Returns the number of those that could not be
/// written; `is_cut` says if the last thing written was a part of one.
fn write_lines(output: &mut impl Write, lines: &[u8], is_cut: &mut bool) -> u64 {
    let (mut rest, mut lost) = (lines, 0);
    while !rest.is_empty() {
        // A line that was cut off must not swallow the one behind it.
        let next: &[u8] = if *is_cut { b"\n" } else { rest };
        match output.write(next) {
            Ok(0) => lost += skip_line(&mut rest),
            Ok(_) if *is_cut => *is_cut = false,
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(_) => {
                let begun = lines.len() - rest.len();
                *is_cut |= begun > 0 && lines.get(begun - 1) != Some(&b'\n');
                lost += skip_line(&mut rest);
            }
        }
    }
    lost
}

/// Goes to the next line.
fn skip_line(rest: &mut &[u8]) -> u64 {
    let end = rest.iter().position(|&byte| byte == b'\n');
    *rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
    1
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
        const LINES: usize = 2500;
        let (mut queue, written, _) = start();
        let line = format!("{}\n", "x".repeat(1023));
        let begin = Instant::now();
        for _ in 0..LINES {
            queue.write_all(line.as_bytes()).unwrap();
        }
        queue.flush(Duration::from_millis(50));
        assert!(begin.elapsed() < Duration::from_secs(5));
        // The writer has a queue at most, and another one waits.
        let lost = queue.lost();
        assert!(lost >= 2500 - 2 * 1024, "{lost}");
        let said = format!("lost {lost}\n");
        let mut text = String::new();
        while !text.ends_with(&said) {
            text.push_str(&next(&written));
        }
        let whole = line.repeat(LINES - usize::try_from(lost).unwrap());
        assert!(text == whole + &said);
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
        let lines = [next(&written), next(&written)];
        assert_eq!(lines, ["third\n", "lost 2\n"]);
        queue.flush(Duration::from_secs(5));
        assert_eq!(queue.lost(), 2);
    }

    #[test]
    fn many_lines_are_written_together_and_few_are_not_held_up() {
        let (queue, written, _) = start();
        let put = |line: &str| {
            let begin = Instant::now();
            queue.put(line.as_bytes());
            assert_eq!(next(&written), line);
            begin.elapsed()
        };
        // The wait follows from what was written before.
        put(&"many\n".repeat(MANY));
        assert!(put("one\n") > GATHERING_MANY / 2);
        assert!((0..50).any(|_| put("one\n") < GATHERING_MANY / 2));
    }

    /// An output that takes so many bytes at a time, and fails where there is no number.
    struct Scripted(Vec<Option<usize>>, Vec<u8>);

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let Some(most) = (if self.0.is_empty() {
                Some(usize::MAX)
            } else {
                self.0.remove(0)
            }) else {
                return Err(Error::from(ErrorKind::StorageFull));
            };
            let count = most.min(bytes.len());
            self.1.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_was_cut_off_swallows_no_other() {
        for (script, lost, expected) in [
            (&[][..], 0, "one\ntwo\nthree\n"),
            (&[Some(2), Some(3)], 0, "one\ntwo\nthree\n"),
            (&[None], 1, "two\nthree\n"),
            (&[Some(4), None], 1, "one\nthree\n"),
            (&[Some(6), None], 1, "one\ntw\nthree\n"),
            (&[Some(6), None, None], 2, "one\ntw"),
            (
                &[Some(2), None, Some(1), Some(2), None],
                2,
                "on\ntw\nthree\n",
            ),
        ] {
            let mut output = Scripted(script.to_vec(), Vec::new());
            let mut is_cut = false;
            let counted = write_lines(&mut output, b"one\ntwo\nthree\n", &mut is_cut);
            let text = String::from_utf8(output.1).unwrap();
            assert_eq!((counted, text.as_str()), (lost, expected), "{script:?}");
            assert_eq!(is_cut, !expected.ends_with('\n'), "{script:?}");
        }
    }
}
