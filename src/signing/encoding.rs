//! Encodings and names of a public key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::{EncodePublicKey, LineEnding};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A point on P-256, by its coordinates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicPoint {
    key: p256::PublicKey,
    x: [u8; 32],
    y: [u8; 32],
}

impl PublicPoint {
    /// Reads an uncompressed point (SEC 1): 04, x, y.
    pub(super) fn from_sec1(bytes: &[u8]) -> Option<Self> {
        let key = p256::PublicKey::from_sec1_bytes(bytes).ok()?;
        let (&0x04, coordinates) = bytes.split_first()? else {
            return None;
        };
        let (x, y) = coordinates.split_at_checked(32)?;
        Some(Self {
            key,
            x: x.try_into().ok()?,
            y: y.try_into().ok()?,
        })
    }

    /// True if the signature of 64 bytes over `signed` is of this key.
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        let key = VerifyingKey::from(&self.key);
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| key.verify(signed, &signature).is_ok())
    }

    /// True if a coordinate starts with a zero byte: registries disagree about the thumbprint of
    /// such keys (docs/protocol.md §2.5), so they are drawn again.
    pub(super) fn starts_with_zero(&self) -> bool {
        self.x.first() == Some(&0) || self.y.first() == Some(&0)
    }

    /// The key id that registries of the 2.x line compute: the first 30 bytes of SHA-256 over the
    /// `SubjectPublicKeyInfo`, in base32, in groups of four (libtrust, docs/protocol.md §2.5).
    pub(super) fn libtrust_fingerprint(&self) -> Option<String> {
        let info = self.key.to_public_key_der().ok()?;
        let digest = Sha256::digest(info.as_bytes());
        let text = data_encoding::BASE32.encode(digest.get(..30)?);
        let mut fingerprint = String::with_capacity(59);
        for (position, letter) in text.chars().enumerate() {
            if position > 0 && position % 4 == 0 {
                fingerprint.push(':');
            }
            fingerprint.push(letter);
        }
        Some(fingerprint)
    }

    /// The JWK thumbprint (RFC 7638).
    pub(super) fn thumbprint(&self) -> String {
        let [x, y] = self.coordinates();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
    }

    /// The key in PEM, as `SubjectPublicKeyInfo`.
    pub(super) fn pem(&self) -> String {
        self.key
            .to_public_key_pem(LineEnding::LF)
            .unwrap_or_default()
    }

    /// The key as an entry of a key set.
    pub(super) fn jwk(&self, kid: &str) -> Jwk {
        let [x, y] = self.coordinates();
        Jwk {
            kty: "EC",
            crv: "P-256",
            key_use: "sig",
            alg: "ES256",
            kid: kid.to_owned(),
            x,
            y,
        }
    }

    /// x and y in base64url, always 32 bytes each.
    pub(super) fn coordinates(&self) -> [String; 2] {
        [&self.x, &self.y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate))
    }
}

/// A public signing key (RFC 7517 section 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    kty: &'static str,
    crv: &'static str,
    #[serde(rename = "use")]
    key_use: &'static str,
    alg: &'static str,
    kid: String,
    x: String,
    y: String,
}

/// All public signing keys (RFC 7517 section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwks {
    pub(super) keys: Vec<Jwk>,
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer;
    use p256::elliptic_curve::sec1::ToSec1Point;

    use super::*;

    fn point_of(key: &p256::PublicKey) -> PublicPoint {
        PublicPoint::from_sec1(key.to_sec1_point(false).as_bytes()).unwrap()
    }

    #[test]
    fn the_vector_of_the_token_specification_has_its_two_ids() {
        let coordinate = |text| URL_SAFE_NO_PAD.decode(text).unwrap();
        let mut bytes = vec![4];
        bytes.extend(coordinate("m7zUpx3b-zmVE5cymSs64POG9QcyEpJaYCD82-549_Q"));
        bytes.extend(coordinate("dU3biz8sZ_8GPB-odm8Wxz3lNDr1xcAQQPQaOcr1fmc"));
        let point = PublicPoint::from_sec1(&bytes).unwrap();
        assert_eq!(
            point.libtrust_fingerprint().unwrap(),
            "PYYO:TEWU:V7JH:26JV:AQTZ:LJC3:SXVJ:XGHA:34F2:2LAQ:ZRMK:Z7Q6"
        );
        assert_eq!(
            point.thumbprint(),
            "8qjioA3ZA7ti2JIE7c-U8smBFuZolQZvhSHDPU3hhB8"
        );
        assert!(!point.starts_with_zero());
    }

    #[test]
    fn the_key_with_a_leading_zero_is_recognized() {
        let mut scalar = [0; 32];
        scalar[31] = 43;
        let secret = p256::SecretKey::from_slice(&scalar).unwrap();
        let point = point_of(&secret.public_key());
        assert!(point.starts_with_zero());
        assert_eq!(
            point.libtrust_fingerprint().unwrap(),
            "5AGM:HKO7:7OPF:652Q:TP4K:C4TR:SMEB:2RDP:EZOM:FPEU:QIPJ:TCRD"
        );
        assert_eq!(
            point.thumbprint(),
            "WZsjbh58q8kl1WsGShqtiycImZtCgGbukDn4RAacMig"
        );
    }

    #[test]
    fn a_signature_is_verified_byte_for_byte() {
        let secret = p256::SecretKey::from_slice(&[7; 32]).unwrap();
        let point = point_of(&secret.public_key());
        let signature: Signature = p256::ecdsa::SigningKey::from(&secret).sign(b"probe");
        let mut bytes = signature.to_bytes();
        assert!(point.verifies(b"probe", &bytes));
        assert!(!point.verifies(b"other", &bytes));
        bytes[63] ^= 1;
        assert!(!point.verifies(b"probe", &bytes));
        assert!(!point.verifies(b"probe", b""));
    }

    #[test]
    fn what_is_no_point_is_refused() {
        for bytes in [&[][..], &[4; 65], &[2; 33], &[4; 64]] {
            assert!(PublicPoint::from_sec1(bytes).is_none());
        }
    }
}
