//! The state that the admin API's endpoints share.

use std::sync::Arc;

use crate::app::{Admission, Desk};
use crate::domain::refresh_tokens::RefreshLifetimes;

/// The state of the admin listener: no other listener has it.
#[derive(Debug, Clone)]
pub struct AdminState {
    /// The desk, where changes are made and questions answered.
    pub desk: Desk,
    /// The door that callers come through.
    pub admission: Admission,
    /// The lifetimes of refresh tokens.
    pub refresh_lifetimes: RefreshLifetimes,
    /// The address of the API for people and programs, without a slash at its end.
    pub public_url: Arc<str>,
}
