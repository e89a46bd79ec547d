//! What the admin API's endpoints have.

use std::sync::Arc;

use crate::app::Desk;
use crate::app::access_tokens::UsageQueue;
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::identity::Authenticator;

/// The state of the admin listener: no other listener has it.
#[derive(Debug, Clone)]
pub struct AdminState {
    /// Where changes are made and questions answered.
    pub desk: Desk,
    /// Who is calling.
    pub authenticator: Authenticator,
    /// Where uses of tokens are noted.
    pub usage: UsageQueue,
    /// How long refresh tokens live.
    pub refresh_lifetimes: RefreshLifetimes,
    /// The address of the API for people and programs, without a slash at its end.
    pub public_url: Arc<str>,
}
