//! Public keys: what they verify, and the four ways to name them (docs/protocol.md §2.5).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::json::{Json, Names, Object};

/// What Distribution 3.0.0 takes for the id of every P-256 key of its bundle: a bug.
pub(crate) const ID_IN_3_0: &str = "xx0BcA-wMohw8atYDJOe6peGModklG2wRHBlXHMvl0M";

/// `SubjectPublicKeyInfo` of an uncompressed P-256 point, up to the point (RFC 5480).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A P-256 key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    /// 04, x, y.
    point: [u8; 65],
}

impl PublicKey {
    pub(crate) fn from_point(bytes: &[u8]) -> Option<Self> {
        VerifyingKey::from_sec1_bytes(bytes).ok()?;
        let point = bytes.try_into().ok()?;
        Some(Self { point })
    }

    /// A whole `SubjectPublicKeyInfo`.
    pub(crate) fn from_spki(der: &[u8]) -> Option<Self> {
        Self::from_point(der.strip_prefix(SPKI.as_slice())?)
    }

    /// A JWK; both coordinates have all of their 32 bytes.
    pub(crate) fn from_coordinates(x: &str, y: &str) -> Option<Self> {
        let (x, y) = (base64url(x)?, base64url(y)?);
        if (x.len(), y.len()) != (32, 32) {
            return None;
        }
        Self::from_point(&[&[4], x.as_slice(), y.as_slice()].concat())
    }

    /// The key of a JWK object.
    pub(super) fn from_jwk(jwk: Object<'_>) -> Option<Self> {
        let is_p256 = jwk.text("kty") == Ok("EC") && jwk.text("crv") == Ok("P-256");
        let coordinates = (jwk.text("x").ok()?, jwk.text("y").ok()?);
        is_p256
            .then(|| Self::from_coordinates(coordinates.0, coordinates.1))
            .flatten()
    }

    /// ES256: the raw r and s, 32 bytes each (RFC 7518 section 3.4).
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (Ok(key), Ok(signature)) = (
            VerifyingKey::from_sec1_bytes(&self.point),
            Signature::from_slice(signature),
        ) else {
            return false;
        };
        key.verify(message, &signature).is_ok()
    }

    /// libtrust: 30 bytes of SHA-256 over the `SubjectPublicKeyInfo`, five bits a letter, by fours.
    pub(crate) fn libtrust(&self) -> String {
        let digest = Sha256::digest([&SPKI[..], &self.point].concat());
        let bits: Vec<u8> = digest[..30]
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1))
            .collect();
        let letters: Vec<char> = bits
            .chunks(5)
            .map(|five| {
                five.iter()
                    .fold(0, |value, bit| value * 2 + usize::from(*bit))
            })
            .map(|value| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value]))
            .collect();
        let groups: Vec<String> = letters
            .chunks(4)
            .map(|four| four.iter().collect())
            .collect();
        groups.join(":")
    }

    /// RFC 7638.
    pub(crate) fn thumbprint(&self) -> String {
        thumbprint(&self.point[1..33], &self.point[33..])
    }

    /// What Distribution 3.1 computes instead: without the zero bytes that x or y begin with.
    pub(crate) fn thumbprint_in_3_1(&self) -> String {
        let [x, y] = [&self.point[1..33], &self.point[33..]].map(|coordinate| {
            let zeros = coordinate.iter().take_while(|byte| **byte == 0).count();
            &coordinate[zeros..]
        });
        thumbprint(x, y)
    }
}

/// The keys of a key set, by the id that it gives them; `Err` is what stops a registry's start.
pub(super) fn key_set(text: &str) -> Result<Vec<(String, PublicKey)>, String> {
    let json = Json::parse(text.as_bytes(), Names::Strict)?;
    let Some(Json::List(items)) = json.object(Names::Strict)?.get("keys") else {
        return Err("the key set has no keys".to_owned());
    };
    let key = |item: &Json| {
        let jwk = item.object(Names::Strict)?;
        let key = PublicKey::from_jwk(jwk).ok_or("the key set has a key that is unknown")?;
        Ok((jwk.text("kid")?.to_owned(), key))
    };
    let keys: Result<Vec<_>, String> = items.iter().map(key).collect();
    match keys {
        Ok(keys) if keys.is_empty() => Err("the key set is empty".to_owned()),
        keys => keys,
    }
}

pub(super) fn base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn thumbprint(x: &[u8], y: &[u8]) -> String {
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    let canonical = format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}
