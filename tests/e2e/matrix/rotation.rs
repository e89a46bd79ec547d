//! A key rotation in the middle of the matrix, which nobody notices.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::record::Matrix;

/// A rotation that goes on while cells are run.
pub(super) struct Rotation {
    old: String,
    begin: Instant,
    rotates: Option<JoinHandle<String>>,
}

impl Drop for Rotation {
    /// Nothing may outlive the world, not even when the trial that ends the rotation is left out.
    fn drop(&mut self) {
        if let Some(rotates) = self.rotates.take() {
            let _ = rotates.join();
        }
    }
}

/// Begins a rotation and does not wait for it: the cells that follow are run while the keys change.
pub(super) fn begin(matrix: &Matrix) {
    let old = matrix.world.signing_key();
    let world = Arc::clone(&matrix.world);
    let rotation = Rotation {
        old,
        begin: Instant::now(),
        rotates: Some(std::thread::spawn(move || {
            world.service.cli(&["keys", "rotate"])
        })),
    };
    *matrix.rotation.lock().unwrap() = Some(rotation);
}

/// The new key signs from now on; the cells that follow are run with it.
pub(super) fn end(matrix: &Matrix) {
    // A trial before this one began it.
    let mut rotation = matrix.rotation.lock().unwrap().take().unwrap();
    let rotated = rotation.rotates.take().unwrap().join().unwrap();
    let new = rotated.split('\t').next().unwrap();
    let within = Duration::from_secs(10);
    while matrix.world.signing_key() != new {
        assert!(
            rotation.begin.elapsed() < within,
            "the new key does not sign"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    let before = matrix.keys();
    assert!(
        !before.is_empty() && before.iter().all(|key| *key == rotation.old || *key == new),
        "{before:?} are not {} and {new}",
        rotation.old
    );
}

/// The registry was never restarted, and took the tokens of both keys.
pub(super) fn both_signed(matrix: &Matrix) {
    let mut keys = matrix.keys();
    let all = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), 2, "one change of keys in {all} cells: {keys:?}");
    let listed = matrix.world.service.cli(&["keys", "list"]);
    let state = |key: &str, state: &str| {
        listed
            .lines()
            .any(|line| line.contains(key) && line.contains(state))
    };
    assert!(
        state(&keys[0], "retiring") && state(&keys[1], "active"),
        "{listed}"
    );
}
