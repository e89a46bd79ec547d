//! The state that the pages share.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::app::two_factor::TwoFactors;
use crate::app::{Admission, Desk};
use crate::domain::registry::ServiceName;
use crate::domain::registry::host::RegistryHost;
use crate::domain::sessions::SessionRules;
use crate::http::web::site::Site;
use crate::http::web::this_machine::ThisMachine;

/// The state of the web pages.
#[derive(Debug, Clone)]
pub struct WebState {
    /// The desk, where changes are made and questions answered.
    pub desk: Desk,
    /// The door that people come through.
    pub admission: Admission,
    /// The second factors of people.
    pub two_factors: TwoFactors,
    /// True if everybody must have a second factor.
    pub two_factor_required: bool,
    /// The rules for sessions.
    pub sessions: SessionRules,
    /// The place at which browsers see the pages.
    pub site: Site,
    /// The guard of passwords against plain HTTP over a network.
    pub this_machine: ThisMachine,
    /// The hosts of the registries, as far as they are known.
    pub hosts: Arc<[RegistryHost]>,
    /// The registries whose hosts are not known.
    pub hostless: Arc<[ServiceName]>,
}

impl FromRef<WebState> for Site {
    fn from_ref(state: &WebState) -> Self {
        state.site.clone()
    }
}
