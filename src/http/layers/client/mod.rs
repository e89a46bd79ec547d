//! The client of a request: its address, past the proxies before us, and the caller that it turned out to be.

pub(super) mod client_address;
pub(super) mod forgotten_proxy;
mod forwarded;
mod from_the_right;
pub(super) mod origin;
pub(super) mod who;
