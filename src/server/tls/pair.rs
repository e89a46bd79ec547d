//! A certificate with the key that belongs to it, ready for connections.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Days, Utc};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::config::{Tls, TlsVersion};
use crate::domain::timestamp;
use crate::server::tls::content::TlsContent;
use crate::server::tls::{HTTP2, TlsError};

/// The time before the end of a certificate in which the log and `/readyz` of ops warn of it, in days.
const NOTICE: u64 = 14;

/// A certificate with the key that belongs to it.
#[derive(Debug)]
pub(super) struct TlsPair {
    pub(super) config: Arc<ServerConfig>,
    /// The digest of the contents that it was made of.
    pub(super) digest: [u8; 32],
    /// The authorities of clients, as they were read.
    pub(super) client_ca: Option<Vec<u8>>,
    begin: DateTime<Utc>,
    end: DateTime<Utc>,
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
        let (begin, end) = chain.first().and_then(validity).ok_or_else(|| {
            of_certificate("the first certificate in it cannot be read".to_owned())
        })?;
        let key = PrivateKeyDer::from_pem_slice(&content.key).map_err(|_| {
            of_key("it has no private key in PEM form that is not encrypted".to_owned())
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
                "it cannot be used with the certificate in {}: {error}",
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
            begin,
            end,
        })
    }

    /// The end of the certificate.
    pub(super) fn end(&self) -> DateTime<Utc> {
        self.end
    }

    /// Refuses a pair that clients would refuse now, in favour of the one before.
    pub(super) fn check(
        &self,
        section: &'static str,
        files: &Tls,
        now: DateTime<Utc>,
    ) -> Result<(), TlsError> {
        if (self.begin..=self.end).contains(&now) {
            return Ok(());
        }
        let (begin, end) = (timestamp::seconds(self.begin), timestamp::seconds(self.end));
        let problem = format!("its certificate is valid from {begin} to {end} only");
        Err(TlsError {
            digest: Some(self.digest),
            ..TlsError::new(section, "tls_certificate", &files.certificate, problem)
        })
    }

    /// The sentence about a certificate that ends soon, has ended, or is not valid yet.
    pub(super) fn warning(&self, section: &str, files: &Tls, now: DateTime<Utc>) -> Option<String> {
        let soon = now.checked_add_days(Days::new(NOTICE)).unwrap_or(now);
        let (begin, end) = (timestamp::seconds(self.begin), timestamp::seconds(self.end));
        let what = if now > self.end {
            format!("has ended on {end}, and clients refuse it")
        } else if soon > self.end {
            format!("ends on {end}")
        } else if now < self.begin {
            format!("is valid from {begin} on, and clients refuse it until then")
        } else {
            return None;
        };
        let path = files.certificate.display();
        Some(format!(
            "the certificate of the {section} listener {what}; replace {path} and its key, and they are taken without a \
             restart"
        ))
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
        Ok(_) | Err(_) => Err("it has no certificate in PEM form".to_owned()),
    }
}

/// The first and last instant of a certificate (RFC 5280, section 4.1.2.5).
fn validity(certificate: &CertificateDer<'_>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let validity = certificate.validity();
    let at = |seconds| DateTime::from_timestamp(seconds, 0);
    let begin = at(validity.not_before.timestamp())?;
    Some((begin, at(validity.not_after.timestamp())?))
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
