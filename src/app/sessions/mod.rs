//! Sessions of people on the web pages.

mod end;
mod find;
mod purge;
mod sign_in;

pub(in crate::app) use end::end_others;
pub use find::Visit;
pub use sign_in::{Arrival, BegunSession, SignInError};
