//! The state that the admin API's endpoints share.

use std::sync::Arc;

use crate::app::two_factor::TwoFactors;
use crate::app::{Admission, Desk};
use crate::domain::authority::Authority;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::domain::users::reference::UserReference;
use crate::http::admin::error::ApiError;

/// The state of the admin listener: no other listener has it.
#[derive(Debug, Clone)]
pub struct AdminState {
    /// The desk, where changes are made and questions answered.
    pub desk: Desk,
    /// The door that callers come through.
    pub admission: Admission,
    /// The second factors of the callers.
    pub two_factors: TwoFactors,
    /// The lifetimes of refresh tokens.
    pub refresh_lifetimes: RefreshLifetimes,
    /// The address of the API for people and programs, without a slash at its end.
    pub public_url: Arc<str>,
}

impl AdminState {
    /// The input, or the reason why it cannot be read. A caller who may not see the namespace that it
    /// is about learns that the namespace is not there, and nothing of the input.
    pub(super) async fn unless_hidden<T>(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        input: Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        if input.is_err() {
            self.desk.namespace(authority, name).await?;
        }
        input
    }

    /// The input, or the reason why it cannot be read, unless the user that it is about is not there:
    /// GitLab says that first.
    pub(super) async fn unless_unknown<T>(
        &self,
        authority: &Authority,
        user: &UserReference,
        input: Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        if input.is_err() {
            self.desk.user(authority, user).await?;
        }
        input
    }
}
