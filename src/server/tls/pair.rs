//! A certificate with the key that belongs to it, ready for connections.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use crate::config::{Tls, TlsVersion};
use crate::domain::pem::WantedPem;
use crate::domain::timestamp;
use crate::server::tls::chain_dates::{CertificateDates, ChainDates};
use crate::server::tls::content::TlsContent;
use crate::server::tls::{HTTP2, TlsError};

/// A certificate with the key that belongs to it.
#[derive(Debug)]
pub(super) struct TlsPair {
    pub(super) config: Arc<ServerConfig>,
    /// The digest of the contents that it was made of.
    pub(super) digest: [u8; 32],
    /// The authorities of clients, as they were read.
    pub(super) client_ca: Option<Vec<u8>>,
    dates: ChainDates,
}

impl TlsPair {
    /// Parses the contents of `files`, and looks whether they belong together.
    pub(super) fn of(
        section: &'static str,
        files: &Tls,
        content: &TlsContent,
    ) -> Result<Self, TlsError> {
        let digest = content.digest();
        let failed = |key, path: &Path, problem: String| TlsError {
            digest: Some(digest),
            ..TlsError::new(section, key, path, problem)
        };
        let of_certificate = |problem| failed("tls_certificate", &files.certificate, problem);
        let of_key = |problem| failed("tls_key", &files.key, problem);
        let chain = certificates(&content.certificate).map_err(of_certificate)?;
        let dates = ChainDates::of(&chain).ok_or_else(|| {
            of_certificate("the first certificate in it cannot be read".to_owned())
        })?;
        let key = PrivateKeyDer::from_pem_slice(&content.key).map_err(|_| {
            let found = WantedPem::PrivateKey.missing_in(&content.key);
            of_key(format!("it has no private key that can be used: {found}"))
        })?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions(files.min_version))
            .map_err(|error| of_certificate(error.to_string()))?;
        let builder = match (&files.client_ca, &content.client_ca) {
            (Some(path), Some(text)) => {
                let verifier = client_verifier(text, provider)
                    .map_err(|problem| failed("tls_client_ca", path, problem))?;
                builder.with_client_cert_verifier(verifier)
            }
            (None, _) | (_, None) => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|error| {
            of_key(format!(
                "it cannot be used with the certificate in {}, of which the first in that file must be the key's: {error}",
                files.certificate.display()
            ))
        })?;
        config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
        if files.client_ca.is_some() {
            // A resumed session would outlive the end of its client's certificate.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Self {
            config: Arc::new(config),
            digest,
            client_ca: content.client_ca.clone(),
            dates,
        })
    }

    /// The dates of the certificate, or of one behind it that ends before.
    pub(super) fn first_to_end(&self) -> CertificateDates {
        self.dates.first_to_end()
    }

    /// Refuses a pair that clients would refuse now, in favour of the one before.
    pub(super) fn check(
        &self,
        section: &'static str,
        files: &Tls,
        now: DateTime<Utc>,
    ) -> Result<(), TlsError> {
        let Some((place, dates)) = self.dates.invalid(now) else {
            return Ok(());
        };
        let what = match place {
            1 => "its certificate".to_owned(),
            place => format!("certificate {place} in it"),
        };
        let (begin, end) = (
            timestamp::seconds(dates.begin),
            timestamp::seconds(dates.end),
        );
        let problem = format!("{what} is valid from {begin} to {end} only");
        Err(TlsError {
            digest: Some(self.digest),
            ..TlsError::new(section, "tls_certificate", &files.certificate, problem)
        })
    }

    /// The sentence about a certificate that ends soon, has ended, or is not valid yet.
    pub(super) fn warning(&self, section: &str, files: &Tls, now: DateTime<Utc>) -> Option<String> {
        let found = self.dates.invalid(now);
        let (place, dates) = found.or_else(|| self.dates.ending(now))?;
        let (begin, end) = (
            timestamp::seconds(dates.begin),
            timestamp::seconds(dates.end),
        );
        let what = if now > dates.end {
            format!("has ended on {end}, and clients refuse it")
        } else if now < dates.begin {
            format!("is valid from {begin} on, and clients refuse it until then")
        } else {
            format!("ends on {end}")
        };
        let path = files.certificate.display();
        Some(match place {
            1 => format!(
                "the certificate of the {section} listener {what}; replace {path} and its key, and they are taken without a \
                 restart"
            ),
            place => format!(
                "certificate {place} in {path}, which leads from that of the {section} listener to its authority, {what}; \
                 replace it by the authority's newest one, and it is taken without a restart"
            ),
        })
    }
}

fn versions(oldest: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    static ALL: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
    static NEWEST: [&SupportedProtocolVersion; 1] = [&TLS13];
    match oldest {
        TlsVersion::Tls12 => &ALL,
        TlsVersion::Tls13 => &NEWEST,
    }
}

/// The certificates of a file, of which there is one at least.
fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        // The error may repeat bytes of the file, which may be another one than was meant.
        Ok(_) | Err(_) => {
            let found = WantedPem::Certificate.missing_in(text);
            Err(format!("it has no certificate in PEM form: {found}"))
        }
    }
}

/// Wants a certificate of one of these authorities from every client.
fn client_verifier(
    text: &[u8],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(text)? {
        roots
            .add(certificate)
            .map_err(|error| format!("a certificate in it is no authority's: {error}"))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| error.to_string())
}
