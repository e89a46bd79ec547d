//! Repositories that were pulled from or pushed to, as far as registry tokens tell.

mod find;
mod preview;
