//! zot: one key, no issuer, no audience, and a clock that must be right (docs/protocol.md §3).

use chrono::{DateTime, Utc};
use x509_parser::pem::parse_x509_pem;

use crate::certificates::Certificate;
use crate::claims::{audience, entries};
use crate::json::{Json, Names, Object};
use crate::keys::{self, PublicKey};
use crate::{Accepted, Entry, Parts, Refusal};

/// A zot that has read its key.
#[derive(Debug)]
pub struct Zot {
    key: PublicKey,
}

impl Zot {
    /// Reads `cert`: a certificate or a public key in PEM, or a key set of exactly one key.
    pub fn start(cert: &str) -> Result<Self, String> {
        if let Ok((_, block)) = parse_x509_pem(cert.as_bytes()) {
            let key = match block.label.as_str() {
                "CERTIFICATE" => Certificate::from_der(&block.contents).map(|read| read.key),
                "PUBLIC KEY" => PublicKey::from_spki(&block.contents),
                _ => None,
            };
            let key = key.ok_or("the PEM block is no key")?;
            return Ok(Self { key });
        }
        match keys::key_set(cert)?.as_slice() {
            [(_, key)] => Ok(Self { key: key.clone() }),
            keys => Err(format!("{} keys instead of one", keys.len())),
        }
    }

    pub(crate) fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Accepted, Refusal> {
        let parts = Parts::of(token)?;
        let header = Json::parse(&parts.header, Names::Folded)?;
        if header.object(Names::Folded)?.text("alg")? != "ES256" {
            return Err("the algorithm is not the key's");
        }
        let claims = Json::parse(&parts.claims, Names::Folded)?;
        let claims = claims.object(Names::Folded)?;
        for name in ["iss", "jti"] {
            claims.text(name)?;
        }
        audience(claims, true)?;
        let access = entries(claims.get("access"), Names::Folded)?;
        let times = ["exp", "nbf", "iat"].map(|name| time(claims, name));
        if !self.key.verifies(parts.signed, &parts.signature) {
            return Err("the signature is wrong");
        }
        let [expires, not_before, issued] = times;
        if expires?.is_some_and(|expires| now >= expires) {
            return Err("it has expired");
        }
        if not_before?.is_some_and(|begins| now < begins) {
            return Err("it is not valid yet");
        }
        if issued?.is_some_and(|issued| now < issued) {
            return Err("it was issued later than now");
        }
        let empty = || Entry {
            kind: String::new(),
            name: String::new(),
            actions: Vec::new(),
        };
        let access = access.into_iter().map(|entry| entry.unwrap_or_else(empty));
        Ok(Accepted {
            subject: claims.text("sub")?.to_owned(),
            access: access.collect(),
        })
    }
}

/// A time that may be missing, and may have a fraction, which is cut off.
fn time(claims: Object<'_>, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
    let number = match claims.get(name) {
        None => return Ok(None),
        Some(Json::Number(number)) => number,
        Some(_) => return Err("a time is not a number"),
    };
    let seconds = number.to_string();
    let seconds = seconds.split('.').next().unwrap_or_default();
    let instant = seconds
        .parse()
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    instant.map(Some).ok_or("a time is out of range")
}
