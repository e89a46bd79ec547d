//! What the admin API's endpoints have.

use std::sync::Arc;

use crate::app::{Admission, Desk};
use crate::domain::refresh_tokens::RefreshLifetimes;

/// The state of the admin listener: no other listener has it.
#[derive(Debug, Clone)]
pub struct AdminState {
    /// Where changes are made and questions answered.
    pub desk: Desk,
    /// The door that callers come through.
    pub admission: Admission,
    /// How long refresh tokens live.
    pub refresh_lifetimes: RefreshLifetimes,
    /// The address of the API for people and programs, without a slash at its end.
    pub public_url: Arc<str>,
}
