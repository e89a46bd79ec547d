//! PEM files, and the certificates in them.

use std::path::Path;

use chrono::{DateTime, Utc};
use p256::pkcs8::LineEnding;
use p256::pkcs8::der::pem;
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;

use crate::domain::pem::WantedPem;
use crate::domain::text::without_mark;
use crate::domain::timestamp;
use crate::signing::encoding::PublicPoint;
use crate::signing::error::KeyError;
use crate::signing::es256::SigningKey;

/// The label of a certificate's block (RFC 7468 section 5).
pub(super) const CERTIFICATE: &str = "CERTIFICATE";

/// A certificate that was read, and parses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) der: Vec<u8>,
    pub(super) not_before: DateTime<Utc>,
    pub(super) not_after: DateTime<Utc>,
}

impl Certificate {
    /// The certificates of a file, in their order.
    pub(super) fn all_in(path: &Path, text: &str) -> Result<Vec<Self>, KeyError> {
        let blocks = blocks(text).filter(|block| block.label == CERTIFICATE);
        blocks
            .map(|block| Self::read(path, block.contents))
            .collect()
    }

    fn read(path: &Path, der: Vec<u8>) -> Result<Self, KeyError> {
        let unreadable = |problem: String| {
            KeyError::new(path, format!("its certificate cannot be read: {problem}"))
        };
        let (not_before, not_after) = {
            let (_, parsed) =
                X509Certificate::from_der(&der).map_err(|error| unreadable(error.to_string()))?;
            let validity = parsed.validity();
            let at = |seconds| DateTime::from_timestamp(seconds, 0);
            (
                at(validity.not_before.timestamp()),
                at(validity.not_after.timestamp()),
            )
        };
        let (Some(not_before), Some(not_after)) = (not_before, not_after) else {
            return Err(unreadable("its dates are no dates".to_owned()));
        };
        Ok(Self {
            der,
            not_before,
            not_after,
        })
    }

    /// True if it has ended.
    pub(super) fn has_ended(&self, now: DateTime<Utc>) -> bool {
        self.not_after <= now
    }

    /// Its PEM block, with a line break at the end.
    pub(super) fn pem(&self) -> String {
        pem::encode_string(CERTIFICATE, LineEnding::LF, &self.der).unwrap_or_default()
    }

    /// True if it is the certificate of this key.
    pub(super) fn belongs_to(&self, key: &SigningKey) -> bool {
        self.parsed()
            .and_then(|parsed| PublicPoint::from_sec1(&parsed.public_key().subject_public_key.data))
            .is_some_and(|point| point == *key.point())
    }

    /// True if it is an authority's, and signed `other`.
    pub(super) fn certifies(&self, other: &Self) -> bool {
        let (Some(issuer), Some(other)) = (self.parsed(), other.parsed()) else {
            return false;
        };
        issuer.is_ca()
            && issuer.subject() == other.issuer()
            && other.verify_signature(Some(issuer.public_key())).is_ok()
    }

    /// True if it is not valid yet: this machine's clock is wrong, or was when it was made.
    pub(super) fn is_early(&self, now: DateTime<Utc>) -> bool {
        now < self.not_before
    }

    /// True if it is not valid, now by this machine's clock.
    pub(super) fn is_invalid(&self, now: DateTime<Utc>) -> bool {
        self.is_early(now) || self.has_ended(now)
    }

    /// The error that the certificate in the file at `path` is not valid yet; `repair` is the command that replaces it.
    pub(super) fn early(&self, path: &Path, repair: &str) -> KeyError {
        let problem = format!(
            "its certificate is valid only from {}; is this machine's clock right? If it is now, and was wrong when this \
             was made, run `{repair}`",
            self.not_before
        );
        KeyError::new(path, problem)
    }

    /// The error that the authority's certificate in the file at `path` has ended or is not valid yet.
    pub(super) fn check_dates(&self, path: &Path, now: DateTime<Utc>) -> Result<(), KeyError> {
        if self.is_early(now) {
            return Err(self.early(path, "wharfinger keys ca renew --yes"));
        }
        if self.has_ended(now) {
            let problem = format!(
                "its certificate ended on {}; is this machine's clock right? If it is, run `wharfinger keys ca renew --yes`, \
                 and bring the new public/ca.crt to every registry",
                self.not_after
            );
            return Err(KeyError::new(path, problem));
        }
        Ok(())
    }

    /// The question whether to replace this authority, if by this machine's clock it is not valid.
    pub(super) fn replacement_question(&self, now: DateTime<Utc>) -> Option<String> {
        self.is_invalid(now).then(|| {
            format!(
                "By this machine's clock it is {}, and the certificate authority is valid from {} to {}. If the clock is wrong, \
                 correct it, and do nothing else. Is it right, and is the authority to be replaced at once? Every registry \
                 refuses everything until it has the new public/ca.crt and was restarted.",
                timestamp::seconds(now),
                timestamp::seconds(self.not_before),
                timestamp::seconds(self.not_after)
            )
        })
    }

    /// The question whether to put this authority aside, which waits and by this machine's clock is not valid.
    pub(super) fn waiting_question(&self, now: DateTime<Utc>) -> Option<String> {
        self.is_invalid(now).then(|| {
            format!(
                "By this machine's clock it is {}, and the next certificate authority, which waits, is valid from {} to {}. If \
                 the clock is wrong, correct it, and do nothing else. Is it right, and is another one to be made?",
                timestamp::seconds(now),
                timestamp::seconds(self.not_before),
                timestamp::seconds(self.not_after)
            )
        })
    }

    fn parsed(&self) -> Option<X509Certificate<'_>> {
        X509Certificate::from_der(&self.der)
            .ok()
            .map(|(_, parsed)| parsed)
    }
}

/// The private key of a file (PKCS#8).
pub(super) fn key(path: &Path, text: &str) -> Result<SigningKey, KeyError> {
    signing_key(path, text, None)
}

/// The private key of a file and its certificate, which belong together.
pub(super) fn key_and_certificate(
    path: &Path,
    text: &str,
) -> Result<(SigningKey, Certificate), KeyError> {
    let certificate = Certificate::read(path, block(path, text, WantedPem::Certificate)?)?;
    let key = signing_key(path, text, Some(&certificate.der))?;
    if !certificate.belongs_to(&key) {
        let problem = "the key does not belong to its certificate; restore both from one backup";
        return Err(KeyError::new(path, problem));
    }
    Ok((key, certificate))
}

fn signing_key(
    path: &Path,
    text: &str,
    certificate: Option<&[u8]>,
) -> Result<SigningKey, KeyError> {
    let pkcs8 = block(path, text, WantedPem::PrivateKey)?;
    SigningKey::new(&pkcs8, certificate).ok_or_else(|| {
        KeyError::new(
            path,
            "is not a P-256 key in PKCS#8; restore it from a backup",
        )
    })
}

fn blocks(text: &str) -> impl Iterator<Item = Pem> {
    Pem::iter_from_buffer(without_mark(text.as_bytes())).filter_map(Result::ok)
}

/// The content of the first such PEM block.
fn block(path: &Path, text: &str, wanted: WantedPem) -> Result<Vec<u8>, KeyError> {
    let label = match wanted {
        WantedPem::Certificate => CERTIFICATE,
        WantedPem::PrivateKey => "PRIVATE KEY",
    };
    let found = blocks(text).find(|block| block.label == label);
    found.map(|block| block.contents).ok_or_else(|| {
        let found = wanted.missing_in(text.as_bytes()).found;
        let problem = format!("has no PEM block {label}: {found}; restore it from a backup");
        KeyError::new(path, problem)
    })
}
