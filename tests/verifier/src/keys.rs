//! Public keys: what they verify, and the four ways to name them (docs/protocol.md §2.5).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::json::{Json, Names, Object};

/// The id that Distribution 3.0.0 gives to every P-256 key of its bundle: a bug.
pub const ID_IN_3_0: &str = "xx0BcA-wMohw8atYDJOe6peGModklG2wRHBlXHMvl0M";

/// `SubjectPublicKeyInfo` of an uncompressed P-256 point, up to the point (RFC 5480).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A P-256 key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// 04, x, y.
    point: [u8; 65],
}

impl PublicKey {
    /// An uncompressed point: 04, x, y.
    pub fn from_point(bytes: &[u8]) -> Option<Self> {
        VerifyingKey::from_sec1_bytes(bytes).ok()?;
        let point = bytes.try_into().ok()?;
        Some(Self { point })
    }

    /// A whole `SubjectPublicKeyInfo`.
    pub fn from_spki(der: &[u8]) -> Option<Self> {
        Self::from_point(der.strip_prefix(SPKI.as_slice())?)
    }

    /// A JWK; both coordinates have all of their 32 bytes.
    pub fn from_coordinates(x: &str, y: &str) -> Option<Self> {
        let (x, y) = (base64url(x)?, base64url(y)?);
        if (x.len(), y.len()) != (32, 32) {
            return None;
        }
        Self::from_point(&[&[4], x.as_slice(), y.as_slice()].concat())
    }

    /// The key of a JWK object.
    pub(crate) fn from_jwk(jwk: Object<'_>) -> Option<Self> {
        let is_p256 = jwk.text("kty") == Ok("EC") && jwk.text("crv") == Ok("P-256");
        let coordinates = (jwk.text("x").ok()?, jwk.text("y").ok()?);
        is_p256
            .then(|| Self::from_coordinates(coordinates.0, coordinates.1))
            .flatten()
    }

    /// ES256: the raw r and s, 32 bytes each (RFC 7518 section 3.4).
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (Ok(key), Ok(signature)) = (
            VerifyingKey::from_sec1_bytes(&self.point),
            Signature::from_slice(signature),
        ) else {
            return false;
        };
        key.verify(message, &signature).is_ok()
    }

    /// libtrust: 30 bytes of SHA-256 over the `SubjectPublicKeyInfo`, five bits a letter, by fours.
    pub fn libtrust(&self) -> String {
        let digest = Sha256::digest([&SPKI[..], &self.point].concat());
        let bits: Vec<u8> = digest
            .iter()
            .take(30)
            .flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1))
            .collect();
        let letters: Vec<char> = bits
            .chunks(5)
            .map(|five| five.iter().fold(0, |value, bit| value * 2 + bit))
            .map(base32)
            .collect();
        let groups: Vec<String> = letters
            .chunks(4)
            .map(|four| four.iter().collect())
            .collect();
        groups.join(":")
    }

    fn coordinates(&self) -> (&[u8], &[u8]) {
        let [_, coordinates @ ..] = &self.point;
        coordinates.split_at(32)
    }

    /// The thumbprint of RFC 7638.
    pub fn thumbprint(&self) -> String {
        let (x, y) = self.coordinates();
        thumbprint(x, y)
    }

    /// The thumbprint as Distribution 3.1 computes it: without the zero bytes that x or y begin with.
    pub fn thumbprint_in_3_1(&self) -> String {
        let (x, y) = self.coordinates();
        let [x, y] = [x, y].map(|coordinate| {
            let bytes = coordinate.iter().copied();
            bytes.skip_while(|byte| *byte == 0).collect::<Vec<_>>()
        });
        thumbprint(&x, &y)
    }
}

/// The keys of a key set, by the id that it gives them; `Err` is what stops a registry's start.
pub(crate) fn key_set(text: &str) -> Result<Vec<(String, PublicKey)>, String> {
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

pub(crate) fn base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The letter of five bits (RFC 4648 section 6).
fn base32(five: u8) -> char {
    char::from(match five {
        0..26 => b'A' + five,
        _ => b'2' + (five - 26),
    })
}

fn thumbprint(x: &[u8], y: &[u8]) -> String {
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    let canonical = format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}
