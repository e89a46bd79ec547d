//! A service that ends in the middle of its work, and starts again.

use std::fs::File;

use crate::running::{Running, launch};
use crate::workplace::Workplace;

impl Running {
    /// Starts it again after it ended: at the same addresses, with the configuration that it had, after `before` in the
    /// shell, its log at the end of the file `log`.
    pub(crate) fn start_again(&mut self, workplace: &Workplace, before: &str) {
        let log = File::options()
            .append(true)
            .open(workplace.path().join("log"))
            .unwrap();
        self.child = launch(workplace, before, log);
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
