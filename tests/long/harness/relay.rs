//! A wire between two programs that can go silent, or be cut.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PASSING: u8 = 0;
const SILENT: u8 = 1;

/// Passes on what comes to its port.
pub(crate) struct Relay {
    pub(crate) port: u16,
    to: u16,
    state: Arc<AtomicU8>,
    /// The number of times that all connections were forgotten.
    forgotten: Arc<AtomicUsize>,
    /// The connections that came so far.
    taken: Arc<AtomicUsize>,
    /// The ends of all connections.
    ends: Arc<Mutex<Vec<TcpStream>>>,
    listener: Option<Listener>,
}

struct Listener {
    is_over: Arc<AtomicU8>,
    thread: std::thread::JoinHandle<()>,
}

impl Relay {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut relay = Self {
            port: listener.local_addr().unwrap().port(),
            to: port,
            state: Arc::default(),
            forgotten: Arc::default(),
            taken: Arc::default(),
            ends: Arc::default(),
            listener: None,
        };
        relay.accept(listener);
        relay
    }

    /// The number of connections that came so far.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Takes connections and bytes from now on, and passes nothing on, as a network does that has forgotten them.
    pub(crate) fn fall_silent(&self) {
        self.state.store(SILENT, Ordering::SeqCst);
    }

    /// Passes nothing on any more of the connections that are there, and tells nobody; new ones are as before.
    pub(crate) fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
    }

    /// Passes on again what comes; a connection on which something was lost stays silent for ever.
    pub(crate) fn speak(&self) {
        self.state.store(PASSING, Ordering::SeqCst);
    }

    /// Cuts all connections, and refuses others.
    pub(crate) fn refuse(&mut self) {
        let Listener { is_over, thread } = self.listener.take().unwrap();
        is_over.store(1, Ordering::SeqCst);
        thread.join().unwrap();
        for end in self.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Takes connections again.
    pub(crate) fn admit(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        self.accept(listener);
    }

    fn accept(&mut self, listener: TcpListener) {
        listener.set_nonblocking(true).unwrap();
        let is_over = Arc::new(AtomicU8::new(0));
        let (to, state, ends) = (self.to, Arc::clone(&self.state), Arc::clone(&self.ends));
        let forgotten = Arc::clone(&self.forgotten);
        let (over, taken) = (Arc::clone(&is_over), Arc::clone(&self.taken));
        let thread = std::thread::spawn(move || {
            while over.load(Ordering::SeqCst) == 0 {
                if let Ok((near, _)) = listener.accept() {
                    taken.fetch_add(1, Ordering::SeqCst);
                    near.set_nonblocking(false).unwrap();
                    connect(near, to, (&state, &forgotten), &ends);
                } else {
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
        });
        self.listener = Some(Listener { is_over, thread });
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if self.listener.is_some() {
            self.refuse();
        }
    }
}

fn connect(
    near: TcpStream,
    to: u16,
    (state, forgotten): (&Arc<AtomicU8>, &Arc<AtomicUsize>),
    ends: &Mutex<Vec<TcpStream>>,
) {
    if state.load(Ordering::SeqCst) == SILENT {
        // It is taken, and that is all.
        ends.lock().unwrap().push(near);
        return;
    }
    let Ok(far) = TcpStream::connect(("127.0.0.1", to)) else {
        return;
    };
    for stream in [&near, &far] {
        stream.set_nodelay(true).unwrap();
        ends.lock().unwrap().push(stream.try_clone().unwrap());
    }
    let (near_again, far_again) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    for (from, to) in [(near, far), (far_again, near_again)] {
        let (state, forgotten) = (Arc::clone(state), Arc::clone(forgotten));
        let age = forgotten.load(Ordering::SeqCst);
        let is_silent = move || {
            state.load(Ordering::SeqCst) == SILENT || forgotten.load(Ordering::SeqCst) != age
        };
        std::thread::spawn(move || pass_on(from, to, is_silent));
    }
}

/// Passes bytes on until the wire falls silent; from then on it swallows them.
fn pass_on(mut from: TcpStream, mut to: TcpStream, is_silent: impl Fn() -> bool) {
    let mut bytes = [0; 16 * 1024];
    let mut is_dead = false;
    while let Ok(count) = from.read(&mut bytes) {
        is_dead |= is_silent();
        if is_dead {
            if count == 0 {
                return;
            }
            continue;
        }
        if count == 0 || to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    if !is_dead {
        let _ = to.shutdown(Shutdown::Both);
    }
}
