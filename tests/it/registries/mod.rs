//! Our tokens at every registry of docs/protocol.md, those included that the tests cannot install.
//!
//! The crate `verifier` (tests/verifier) is how they verify, written a second time; its own tests prove that it
//! says what the registries said. Here it is given what `/jwt/auth` issues.

mod any_request;
mod fleet;
mod issued;
mod rotations;
mod wrong_clocks;
