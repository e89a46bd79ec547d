//! Our tokens at every registry of docs/protocol.md, those included that the tests cannot install.
//!
//! `verifier` is how they verify, written a second time. `claim_rules`, `form_rules`, `key_rules`,
//! `permissions`, `starts` and `matrix` prove that it says what the registries said. `issued`, `rotations`
//! and `any_request` give it what `/jwt/auth` issues.

mod any_request;
mod claim_rules;
mod fleet;
mod forge;
mod form_rules;
mod issued;
mod key_rules;
mod matrix;
mod permissions;
mod rotations;
mod starts;
mod verifier;
mod world;
