//! The files that the address of a server names for TLS: authorities, and a certificate of ours with its key.

use std::fs;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::domain::database_url::parameters;
use crate::domain::pem::WantedPem;
use crate::domain::text::without_mark;
use crate::storage::error::StorageError;

/// The parameters that name authorities, which the drivers read only if the server's certificate is looked at.
const AUTHORITIES: [&str; 4] = ["sslrootcert", "ssl-root-cert", "ssl-ca", "sslca"];
/// The parameters that say whether it is.
const MODES: [&str; 2] = ["sslmode", "ssl-mode"];
/// The parameters that name a file of ours, each with what must be in it.
const OURS: [(&str, WantedPem); 4] = [
    ("sslcert", WantedPem::Certificate),
    ("ssl-cert", WantedPem::Certificate),
    ("sslkey", WantedPem::PrivateKey),
    ("ssl-key", WantedPem::PrivateKey),
];

/// Refuses an address with a file that the driver reads and that cannot be read, which it would not name, or that has no certificate
/// or key, which it would pass over. The value is not repeated: it may be a part of a password.
pub(super) fn check(url: &str) -> Result<(), StorageError> {
    let mode = parameters(url).find(|(name, _)| MODES.contains(&name.as_str()));
    let mode = mode.map_or_else(String::new, |(_, mode)| mode.to_lowercase());
    for (name, path) in parameters(url) {
        let wanted = if AUTHORITIES.contains(&name.as_str()) {
            Some(WantedPem::Certificate).filter(|_| mode.starts_with("verify"))
        } else {
            let ours = OURS.into_iter().find(|(known, _)| *known == name);
            ours.map(|(_, wanted)| wanted)
                .filter(|_| !mode.starts_with("disable"))
        };
        let Some(wanted) = wanted else { continue };
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
            fs::read(&path).map_err(|error| refused(format!("cannot be read: {error}")))?;
        // The drivers pass over the certificate behind it.
        if without_mark(&content).len() < content.len() {
            return Err(refused(
                "begins with a byte order mark, which hides what follows; save it without one"
                    .to_owned(),
            ));
        }
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
