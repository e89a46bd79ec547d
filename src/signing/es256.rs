//! Signs tokens with a key that was parsed once.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::domain::registry::TrustMode;
use crate::signing::encoding::{Jwk, PublicPoint};
use crate::signing::error::SigningError;

/// A P-256 key that signs, with the headers of its tokens ready.
pub(super) struct SigningKey {
    pair: EcdsaKeyPair,
    point: PublicPoint,
    kid: String,
    /// The header with `x5c`, for registries that trust our certificate authority; a pinned key has none.
    certificate_header: Option<String>,
    /// The header without `x5c`: a 3.x registry that has only `jwks` refuses any token with it.
    bare_header: String,
}

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
            let header = Header {
                typ: "JWT",
                alg: "ES256",
                kid: &kid,
                x5c,
            };
            serde_json::to_vec(&header)
                .map(|json| URL_SAFE_NO_PAD.encode(json))
                .ok()
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

    /// A compact JWS (RFC 7515 section 3.1): ES256 with the raw 64-byte signature.
    pub(super) fn sign(
        &self,
        claims: &impl Serialize,
        trust: TrustMode,
    ) -> Result<String, SigningError> {
        let header = match trust {
            TrustMode::Certificate => self.certificate_header.as_ref(),
            TrustMode::Jwks | TrustMode::Pinned => Some(&self.bare_header),
        };
        let header = header.ok_or(SigningError::NoKey)?;
        let mut token = String::with_capacity(header.len() + 600);
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
        let signature = self.pair.sign(&SystemRandom::new(), token.as_bytes());
        let signature = signature.map_err(|_| SigningError::Signature)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// True if another library verifies a token that this key signed.
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
        let token = self.sign(&claims, TrustMode::Jwks).unwrap_or_default();
        let verified = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &rules);
        verified.is_ok_and(|verified| verified.claims == claims)
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
