//! The place at which browsers see the pages.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use tower_http::csrf::CsrfLayer;

use crate::http::web::assets::Assets;

/// The place at which browsers see the pages: all links are made here.
#[derive(Debug, Clone)]
pub struct Site {
    /// The path of the public address, without a slash at its end.
    base: Arc<str>,
    /// The name of the cookie.
    cookie: Arc<str>,
    is_secure: bool,
    guard: CsrfLayer,
    assets: Arc<Assets>,
}

/// A public address whose origin no browser sends.
#[derive(Debug, thiserror::Error)]
#[error("`admin.public_url` has no origin that browsers send")]
pub struct UnusableOrigin;

impl Site {
    /// The place with that origin, as browsers write it, and that path without a slash at its end.
    pub fn new(origin: &str, path: &str) -> Result<Self, UnusableOrigin> {
        let guard = CsrfLayer::new().add_trusted_origin(origin);
        let is_secure = origin.starts_with("https:");
        // Cookies are for all ports and paths of a host: the digest tells services apart that share one.
        let digest = Sha256::digest(format!("{origin}{path}"));
        let digest = data_encoding::HEXLOWER.encode(&digest);
        let digest = digest.get(..8).unwrap_or_default();
        // Not all browsers take a cookie with the prefix over plain HTTP, which is only for this machine.
        let prefix = if is_secure { "__Host-" } else { "" };
        Ok(Self {
            base: path.into(),
            cookie: format!("{prefix}wharfinger-{digest}").into(),
            is_secure,
            guard: guard.map_err(|_| UnusableOrigin)?,
            assets: Arc::new(Assets::new()),
        })
    }

    /// The link to a path of ours, such as `/access_tokens?page=2`.
    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The name of the session's cookie.
    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// True if browsers reach the pages over HTTPS only.
    pub(super) fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The guard against what other sites' pages send.
    pub(super) fn guard(&self) -> CsrfLayer {
        self.guard.clone()
    }

    /// The files beside the pages.
    pub(super) fn assets(&self) -> &Arc<Assets> {
        &self.assets
    }
}
