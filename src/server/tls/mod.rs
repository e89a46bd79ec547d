//! TLS of the listeners: certificates and keys come from files, which may be replaced while the service runs.

mod chain_dates;
mod content;
mod follow;
mod pair;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use rustls::ServerConfig;
use tokio::sync::watch;

use crate::config::Tls;

use content::TlsContent;
pub(super) use follow::follow;
use pair::TlsPair;

/// The name of HTTP/2 in the handshake (RFC 9113, section 3.1).
pub(super) const HTTP2: &[u8] = b"h2";

/// The TLS of one listener: what its next connection gets, and the files that this comes from.
#[derive(Debug, Clone)]
pub(super) struct ListenerTls(Arc<TlsState>);

#[derive(Debug)]
struct TlsState {
    /// The section of the configuration, which has the listener's name.
    section: &'static str,
    files: Tls,
    pair: RwLock<Arc<TlsPair>>,
    /// Tells when the authorities of clients are replaced.
    authorities: watch::Sender<()>,
}

/// Tells the connections of clients that showed certificates when the authorities of these are replaced.
pub(super) type ClientAuthorities = watch::Receiver<()>;

/// A file of TLS that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{section}.{key}` says {path}, but {problem}")]
pub(super) struct TlsError {
    section: &'static str,
    key: &'static str,
    path: String,
    problem: String,
    /// The digest of all contents, if they could be read.
    digest: Option<[u8; 32]>,
}

impl TlsError {
    fn new(
        section: &'static str,
        key: &'static str,
        path: &Path,
        problem: impl Into<String>,
    ) -> Self {
        Self {
            section,
            key,
            path: path.display().to_string(),
            problem: problem.into(),
            digest: None,
        }
    }
}

impl ListenerTls {
    /// Reads the files of the listener of `section`.
    pub(super) fn open(section: &'static str, files: &Tls) -> Result<Self, TlsError> {
        let pair = TlsPair::of(section, files, &TlsContent::read(section, files)?)?;
        Ok(Self(Arc::new(TlsState {
            section,
            files: files.clone(),
            pair: RwLock::new(Arc::new(pair)),
            authorities: watch::Sender::default(),
        })))
    }

    /// The authorities of clients as they are now, if clients show certificates.
    pub(super) fn client_authorities(&self) -> Option<ClientAuthorities> {
        let wanted = self.0.files.client_ca.as_ref();
        wanted.map(|_| self.0.authorities.subscribe())
    }

    /// The configuration for a new connection.
    pub(super) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.pair().config)
    }

    /// Reads the files again and takes a new pair if it is a good one; true if there was one.
    fn look(&self, now: DateTime<Utc>) -> Result<bool, TlsError> {
        let TlsState {
            section,
            files,
            pair,
            authorities,
        } = &*self.0;
        let content = TlsContent::read(section, files)?;
        if content.digest() == self.pair().digest {
            return Ok(false);
        }
        let new = TlsPair::of(section, files, &content)?;
        // A pair that clients refuse is nothing to keep, and new authorities of clients do not wait for another certificate.
        if self.pair().check(section, files, now).is_ok() {
            new.check(section, files, now)?;
        }
        let has_new_authorities = new.client_ca != self.pair().client_ca;
        // The lock is held only to exchange one pointer, so a poisoned one is whole.
        *pair.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        if has_new_authorities {
            authorities.send_replace(());
        }
        Ok(true)
    }

    /// The pair that is in use.
    fn pair(&self) -> Arc<TlsPair> {
        Arc::clone(&self.0.pair.read().unwrap_or_else(PoisonError::into_inner))
    }
}
