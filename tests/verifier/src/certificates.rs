//! Certificates and their chains, as Go's `crypto/x509` verifies them.

use chrono::{DateTime, Utc};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{DerSignature, VerifyingKey};
use x509_parser::extensions::ParsedExtension;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{PublicKey, Refusal};

/// A certificate of a P-256 key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    subject: Vec<u8>,
    begins: i64,
    ends: i64,
    /// The number of authorities that may be between it and a leaf, if it may sign certificates at all.
    authority: Option<u32>,
    pub(crate) key: PublicKey,
    point: Vec<u8>,
}

impl Certificate {
    /// Reads one; none if it cannot be read, has anything behind it, or is of another kind of key.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        let point = parsed.public_key().subject_public_key.data.to_vec();
        let mut authority = None;
        let mut may_sign = true;
        for extension in parsed.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(basic) if basic.ca => {
                    authority = Some(basic.path_len_constraint.unwrap_or(u32::MAX));
                }
                ParsedExtension::KeyUsage(usage) => may_sign = usage.key_cert_sign(),
                _ => {}
            }
        }
        rest.is_empty().then_some(())?;
        Some(Self {
            der: der.to_vec(),
            signed: parsed.tbs_certificate.as_ref().to_vec(),
            signature: parsed.signature_value.data.to_vec(),
            issuer: parsed.issuer().as_raw().to_vec(),
            subject: parsed.subject().as_raw().to_vec(),
            begins: parsed.validity().not_before.timestamp(),
            ends: parsed.validity().not_after.timestamp(),
            authority: authority.filter(|_| may_sign),
            key: PublicKey::from_point(&point)?,
            point,
        })
    }

    /// The certificates of a file; other blocks are skipped.
    pub(crate) fn all_in(pem: &str) -> Result<Vec<Self>, String> {
        let blocks = Pem::iter_from_buffer(pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| error.to_string())?;
        let certificates = blocks.iter().filter(|block| block.label == "CERTIFICATE");
        certificates
            .map(|block| Self::from_der(&block.contents))
            .collect::<Option<_>>()
            .ok_or_else(|| "a certificate cannot be read".to_owned())
    }

    fn is_valid(&self, now: DateTime<Utc>) -> bool {
        let instant = |seconds| DateTime::from_timestamp(seconds, 0);
        instant(self.begins) <= Some(now) && Some(now) <= instant(self.ends)
    }

    /// Tells if it signed `child`, with `between` authorities between it and the leaf.
    fn signed(&self, child: &Self, between: u32) -> bool {
        let is_authority = self.authority.is_some_and(|most| between <= most);
        let (Ok(key), Ok(signature)) = (
            VerifyingKey::from_sec1_bytes(&self.point),
            DerSignature::from_bytes(&child.signature),
        ) else {
            return false;
        };
        is_authority
            && self.subject == child.issuer
            && key.verify(&child.signed, &signature).is_ok()
    }
}

/// The key of the first certificate, if a chain leads from it to one of the roots.
pub(crate) fn verify_chain(
    chain: &[Certificate],
    roots: &[Certificate],
    now: DateTime<Utc>,
) -> Result<PublicKey, Refusal> {
    let [leaf, intermediates @ ..] = chain else {
        return Err("the chain is empty");
    };
    if leads_to_a_root(leaf, intermediates, roots, now, 0) {
        Ok(leaf.key.clone())
    } else {
        Err("the chain does not verify")
    }
}

fn leads_to_a_root(
    certificate: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    now: DateTime<Utc>,
    between: u32,
) -> bool {
    if !certificate.is_valid(now) {
        return false;
    }
    let is_root = roots.iter().any(|root| root.der == certificate.der);
    let by_root = || {
        roots
            .iter()
            .any(|root| root.is_valid(now) && root.signed(certificate, between))
    };
    let by_intermediate = || {
        intermediates.iter().enumerate().any(|(at, parent)| {
            let mut others = intermediates.to_vec();
            others.remove(at);
            parent.signed(certificate, between)
                && leads_to_a_root(parent, &others, roots, now, between + 1)
        })
    };
    is_root || by_root() || by_intermediate()
}
