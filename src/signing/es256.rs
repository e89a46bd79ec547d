//! Signs tokens with a key that was parsed once.

use std::fmt;

use aws_lc_rs::digest::{Digest as ImportedDigest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::registry::TrustMode;
use crate::signing::encoding::{Jwk, PublicPoint};
use crate::signing::error::SigningError;

/// A P-256 key that signs, with the headers of its tokens ready.
pub(super) struct SigningKey {
    pair: EcdsaKeyPair,
    point: PublicPoint,
    kid: String,
    /// The header with `x5c`, for registries that trust our certificate authority; a pinned key has none.
    certificate_header: Option<EncodedHeader>,
    /// The header without `x5c`: a 3.x registry that has only `jwks` refuses any token with it.
    bare_header: EncodedHeader,
}

/// The beginning of all tokens with the same header, up to the dot behind it, and the state of SHA-256 after it: the certificate is
/// the larger part of what is signed, and never changes.
struct EncodedHeader {
    text: String,
    hashed: Sha256,
}

impl EncodedHeader {
    fn new(header: &Header<'_>) -> Option<Self> {
        let json = serde_json::to_vec(header).ok()?;
        let text = URL_SAFE_NO_PAD.encode(json) + ".";
        let hashed = Sha256::new_with_prefix(&text);
        Some(Self { text, hashed })
    }
}

/// A dot and a signature of 64 bytes in base64.
const ENCODED_SIGNATURE: usize = 1 + 86;

/// A protected header (RFC 7515 section 4).
#[derive(Debug, Serialize)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5c: Option<[String; 1]>,
}

impl SigningKey {
    /// A key in PKCS#8 and its certificate in DER, if it has one; none if the key is not a P-256 key.
    pub(super) fn new(pkcs8: &[u8], certificate: Option<&[u8]>) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?;
        let point = PublicPoint::from_sec1(pair.public_key().as_ref())?;
        let kid = point.libtrust_fingerprint()?;
        let header = |x5c| {
            EncodedHeader::new(&Header {
                typ: "JWT",
                alg: "ES256",
                kid: &kid,
                x5c,
            })
        };
        // Standard base64, not URL-safe (RFC 7515 section 4.1.6; registries refuse the other).
        let certificate_header = match certificate {
            Some(der) => Some(header(Some([STANDARD.encode(der)]))?),
            None => None,
        };
        let bare_header = header(None)?;
        Some(Self {
            pair,
            point,
            kid,
            certificate_header,
            bare_header,
        })
    }

    /// A compact JWS (RFC 7515 section 3.1): ES256 with the raw 64-byte signature over the claims, which are JSON.
    pub(super) fn sign(&self, claims: &[u8], trust: TrustMode) -> Result<String, SigningError> {
        let header = match trust {
            TrustMode::Certificate => self.certificate_header.as_ref(),
            TrustMode::Jwks | TrustMode::Pinned => Some(&self.bare_header),
        };
        let header = header.ok_or(SigningError::NoKey)?;
        let encoded = base64::encoded_len(claims.len(), false).unwrap_or_default();
        let mut token = String::with_capacity(header.text.len() + encoded + ENCODED_SIGNATURE);
        token.push_str(&header.text);
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let payload = token.get(header.text.len()..).unwrap_or_default();
        let digest = header.hashed.clone().chain_update(payload).finalize();
        // Less safe, because nobody there can check that these 32 bytes are a digest of SHA-256.
        let digest = ImportedDigest::import_less_safe(&digest, &SHA256);
        let signature = digest.and_then(|digest| self.pair.sign_digest(&digest));
        let signature = signature.map_err(|_| SigningError::Signature)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// True if other libraries read a token that this key signed, and verify its signature.
    pub(super) fn passes_probe(&self) -> bool {
        let [x, y] = self.point.coordinates();
        let Ok(key) = jsonwebtoken::DecodingKey::from_ec_components(&x, &y) else {
            return false;
        };
        let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_aud = false;
        let claims = serde_json::json!({ "sub": "probe" });
        let token = self.sign(claims.to_string().as_bytes(), TrustMode::Jwks);
        let token = token.unwrap_or_default();
        let verified = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &rules);
        let is_read = verified.is_ok_and(|verified| verified.claims == claims);
        // That one has the signing library check the signature, which may be wrong in both.
        let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        is_read && self.point.verifies(signed.as_bytes(), &signature)
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    pub(super) fn thumbprint(&self) -> String {
        self.point.thumbprint()
    }

    /// The public key in PEM (RFC 7468 section 13).
    pub(super) fn public_pem(&self) -> String {
        self.point.pem()
    }

    pub(super) fn jwk(&self) -> Jwk {
        self.point.jwk(&self.kid)
    }

    pub(super) fn point(&self) -> &PublicPoint {
        &self.point
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        SigningKey::new(pair.to_pkcs8v1().unwrap().as_ref(), None).unwrap()
    }

    #[test]
    fn a_key_whose_tokens_nobody_verifies_is_noticed() {
        let point = key().point;
        assert!(key().passes_probe());
        assert!(!SigningKey { point, ..key() }.passes_probe());
    }
}
