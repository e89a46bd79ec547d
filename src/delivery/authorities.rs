//! The certificate authorities that servers may have certificates from: the well-known ones, and those of a file.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::domain::pem::{FoundInstead, WantedPem};

/// A text that has no certificates of authorities.
#[derive(Debug, thiserror::Error)]
#[error("the file has no certificate (PEM) that can be used: {0}")]
pub struct InvalidAuthorities(FoundInstead);

impl InvalidAuthorities {
    /// The error that this text has none.
    pub(super) fn of(text: &str) -> Self {
        Self(WantedPem::Certificate.missing_in(text.as_bytes()))
    }
}

/// The TLS of a client that trusts the well-known authorities, and those in `more`, in PEM.
pub fn client_config(more: Option<&str>) -> Result<ClientConfig, InvalidAuthorities> {
    let mut store = RootCertStore::empty();
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(text) = more {
        add(&mut store, text)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| InvalidAuthorities::of(more.unwrap_or_default()))?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

/// Looks if there are certificates in a text, in PEM, and all of them can be used.
pub(super) fn check(text: &str) -> Result<(), InvalidAuthorities> {
    add(&mut RootCertStore::empty(), text)
}

fn add(store: &mut RootCertStore, text: &str) -> Result<(), InvalidAuthorities> {
    let before = store.len();
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        let certificate = certificate.map_err(|_| InvalidAuthorities::of(text))?;
        let added = store.add(certificate);
        added.map_err(|_| InvalidAuthorities::of(text))?;
    }
    if store.len() == before {
        return Err(InvalidAuthorities::of(text));
    }
    Ok(())
}
