//! TLS of a listener.

use std::path::PathBuf;

use crate::config::error::{ConfigError, SettingOrigin};
use crate::config::sources::settings::Settings;

/// The problem of a setting that means nothing without TLS.
const NO_TLS: &str = "needs a listener that speaks TLS; set `tls_certificate` and `tls_key` too";

/// The files of a listener that speaks TLS, and the oldest version that it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, with those between it and the authority that clients know behind it.
    pub certificate: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
    /// The authorities of which clients must have a certificate; nothing if clients need none.
    pub client_ca: Option<PathBuf>,
    /// The oldest version that is spoken.
    pub min_version: TlsVersion,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

impl Tls {
    /// Reads the TLS of the listener of `section`; nothing if it speaks plain HTTP.
    pub(in crate::config) fn read(
        settings: &Settings,
        section: &str,
    ) -> Result<Option<Self>, ConfigError> {
        let certificate = path(settings, &format!("{section}.tls_certificate"))?;
        let key = path(settings, &format!("{section}.tls_key"))?;
        let version = settings.get(&format!("{section}.tls_min_version"))?;
        let min_version = match version.text()? {
            "1.2" => TlsVersion::Tls12,
            "1.3" => TlsVersion::Tls13,
            _ => return Err(version.wrong("is \"1.2\" or \"1.3\"")),
        };
        let missing = |key: &str, problem: &str| {
            let setting = settings.get(&format!("{section}.{key}"))?;
            Err(setting.wrong(problem))
        };
        match (certificate, key) {
            (None, None) if version.origin != SettingOrigin::Default => Err(version.wrong(NO_TLS)),
            (None, None) => Ok(None),
            (Some(_), None) => missing("tls_certificate", "needs its key; set `tls_key` too"),
            (None, Some(_)) => missing(
                "tls_key",
                "needs its certificate; set `tls_certificate` too",
            ),
            (Some(certificate), Some(key)) => Ok(Some(Self {
                certificate,
                key,
                client_ca: None,
                min_version,
            })),
        }
    }

    /// The same for a listener that may want certificates of its clients.
    pub(in crate::config) fn read_with_clients(
        settings: &Settings,
        section: &str,
    ) -> Result<Option<Self>, ConfigError> {
        let key = format!("{section}.tls_client_ca");
        let client_ca = path(settings, &key)?;
        match Self::read(settings, section)? {
            Some(tls) => Ok(Some(Self { client_ca, ..tls })),
            None if client_ca.is_some() => Err(settings.get(&key)?.wrong(NO_TLS)),
            None => Ok(None),
        }
    }
}

/// The path of a file; nothing if none is written.
fn path(settings: &Settings, key: &str) -> Result<Option<PathBuf>, ConfigError> {
    Ok(settings.get(key)?.path()?.map(PathBuf::from))
}
