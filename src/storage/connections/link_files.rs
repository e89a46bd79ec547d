//! The files that the address of a server names for TLS: authorities, and a certificate of ours with its key.

use std::fs;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::domain::pem::WantedPem;
use crate::storage::error::StorageError;

/// The parameters that name one, each with what must be in it.
const NAMES: [(&str, WantedPem); 8] = [
    ("sslrootcert", WantedPem::Certificate),
    ("ssl-root-cert", WantedPem::Certificate),
    ("ssl-ca", WantedPem::Certificate),
    ("sslca", WantedPem::Certificate),
    ("sslcert", WantedPem::Certificate),
    ("ssl-cert", WantedPem::Certificate),
    ("sslkey", WantedPem::PrivateKey),
    ("ssl-key", WantedPem::PrivateKey),
];

/// Refuses an address with a file that cannot be read, which the driver would not name, or that has no certificate or key, which
/// it would pass over. The value is not repeated: it may be a part of a password.
pub(super) fn check(url: &str) -> Result<(), StorageError> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    for (name, path) in form_urlencoded::parse(query.as_bytes()) {
        let Some((_, wanted)) = NAMES.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        // The drivers take the text itself too.
        if path.trim_start().starts_with("-----BEGIN") {
            continue;
        }
        let refused = |problem: String| {
            StorageError::Address(format!(
                "the file that its parameter `{name}` names {problem}"
            ))
        };
        let content =
            fs::read(&*path).map_err(|error| refused(format!("cannot be read: {error}")))?;
        let (kind, is_there) = match wanted {
            WantedPem::Certificate => (
                "certificate",
                CertificateDer::from_pem_slice(&content).is_ok(),
            ),
            WantedPem::PrivateKey => (
                "private key",
                PrivateKeyDer::from_pem_slice(&content).is_ok(),
            ),
        };
        if !is_there {
            let found = wanted.missing_in(&content);
            return Err(refused(format!("has no {kind} in PEM form: {found}")));
        }
    }
    Ok(())
}
