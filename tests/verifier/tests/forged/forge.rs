//! Makes keys, certificates and tokens by hand, good ones and those with one thing wrong.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rcgen::{Issuer, date_time_ymd};

use verifier::{Certificate, PublicKey};

pub(crate) const ISSUER: &str = "wharfinger";
pub(crate) const SERVICE: &str = "registry.example";

/// The instant at which forged tokens are looked at.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-03-14T15:09:26Z".parse().unwrap()
}

/// A key pair with a private scalar of one's choice.
pub(crate) struct Key {
    secret: p256::SecretKey,
}

impl Key {
    pub(crate) fn of_scalar(scalar: u8) -> Self {
        let mut bytes = [0; 32];
        bytes[31] = scalar;
        Self {
            secret: p256::SecretKey::from_slice(&bytes).unwrap(),
        }
    }

    pub(crate) fn public(&self) -> PublicKey {
        let spki = self.secret.public_key().to_public_key_der().unwrap();
        PublicKey::from_spki(spki.as_bytes()).unwrap()
    }

    pub(crate) fn public_pem(&self) -> String {
        let key = self.secret.public_key();
        key.to_public_key_pem(LineEnding::LF).unwrap()
    }

    /// A JWK, with an id or none.
    pub(crate) fn jwk(&self, kid: Option<&str>) -> String {
        let spki = self.secret.public_key().to_public_key_der().unwrap();
        let point = &spki.as_bytes()[27..];
        let [x, y] = [&point[..32], &point[32..]].map(|part| URL_SAFE_NO_PAD.encode(part));
        let kid = kid.map_or_else(String::new, |kid| format!(r#","kid":"{kid}""#));
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"{kid}}}"#)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        SigningKey::from(&self.secret).sign(message)
    }

    fn pair(&self) -> KeyPair {
        KeyPair::from_pem(&self.secret.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap()
    }
}

/// What a certificate says; both years are of their first of January.
#[derive(Clone, Copy)]
pub(crate) struct Paper<'a> {
    pub(crate) name: &'a str,
    pub(crate) years: (i32, i32),
    /// Whether it is an authority, and how many may be below it.
    pub(crate) authority: Option<BasicConstraints>,
    pub(crate) signs_certificates: bool,
    pub(crate) serial: u64,
}

impl Default for Paper<'_> {
    fn default() -> Self {
        Self {
            name: "leaf",
            years: (2026, 2027),
            authority: None,
            signs_certificates: false,
            serial: 1,
        }
    }
}

impl Paper<'static> {
    pub(crate) fn authority() -> Self {
        Self {
            name: "authority",
            authority: Some(BasicConstraints::Unconstrained),
            signs_certificates: true,
            ..Self::default()
        }
    }
}

impl Paper<'_> {
    fn params(self) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, self.name);
        params.not_before = date_time_ymd(self.years.0, 1, 1);
        params.not_after = date_time_ymd(self.years.1, 1, 1);
        params.serial_number = Some(self.serial.into());
        params.is_ca = self.authority.map_or(IsCa::ExplicitNoCa, IsCa::Ca);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if self.signs_certificates {
            params.key_usages.push(KeyUsagePurpose::KeyCertSign);
        }
        params
    }

    /// A certificate that its own key signed, in PEM.
    pub(crate) fn of(self, key: &Key) -> String {
        self.params().self_signed(&key.pair()).unwrap().pem()
    }

    /// A certificate that the key of another paper signed, in PEM.
    pub(crate) fn signed_by(self, key: &Key, (authority, signer): (Paper<'_>, &Key)) -> String {
        let issuer = Issuer::new(authority.params(), signer.pair());
        let certificate = self.params().signed_by(&key.pair(), &issuer);
        certificate.unwrap().pem()
    }
}

/// A certificate as `x5c` has it.
pub(crate) fn x5c(pem: &str) -> String {
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    assert!(Certificate::from_der(&block.contents).is_some());
    STANDARD.encode(block.contents)
}

/// A token, and the rule that it breaks or keeps to.
pub(crate) struct Case {
    pub(crate) rule: &'static str,
    pub(crate) token: String,
}

impl Case {
    pub(crate) fn of(rule: &'static str, token: impl Into<String>) -> Self {
        let token = token.into();
        Self { rule, token }
    }
}

/// A token in its making: JSON as text, so that anything can be wrong with it.
pub(crate) struct Forged<'a> {
    pub(crate) header: String,
    pub(crate) claims: String,
    pub(crate) key: &'a Key,
}

impl<'a> Forged<'a> {
    /// A good token, with those members in its header beside `typ` and `alg`.
    pub(crate) fn good(key: &'a Key, header: &str) -> Self {
        let at = |seconds| (now() + Duration::seconds(seconds)).timestamp();
        Self {
            header: format!(r#"{{"typ":"JWT","alg":"ES256",{header}}}"#),
            claims: format!(
                r#"{{"iss":"{ISSUER}","sub":"alice","aud":"{SERVICE}","exp":{},"nbf":{},"iat":{},"jti":"1","access":[{{"type":"repository","name":"team/app","actions":["pull","push"]}}]}}"#,
                at(300),
                at(-10),
                at(-10)
            ),
            key,
        }
    }

    /// The same with other text in the header; the text must be there.
    pub(crate) fn header(mut self, from: &str, to: &str) -> Self {
        assert!(self.header.contains(from), "{from} in {}", self.header);
        self.header = self.header.replacen(from, to, 1);
        self
    }

    /// The same with other text in the claims; the text must be there.
    pub(crate) fn claims(mut self, from: &str, to: &str) -> Self {
        assert!(self.claims.contains(from), "{from} in {}", self.claims);
        self.claims = self.claims.replacen(from, to, 1);
        self
    }

    /// The same with another time, some seconds from now.
    pub(crate) fn time(self, name: &str, seconds: i64) -> Self {
        let value = (now() + Duration::seconds(seconds)).timestamp();
        self.member(name, &value.to_string())
    }

    /// The same with another value of a claim, as JSON.
    pub(crate) fn member(mut self, name: &str, json: &str) -> Self {
        let start = self.claims.find(&format!("\"{name}\":")).unwrap() + name.len() + 3;
        let rest = &self.claims[start..];
        let length = rest.find(",\"").unwrap_or(rest.len() - 1);
        let length = if name == "access" {
            rest.len() - 1
        } else {
            length
        };
        self.claims.replace_range(start..start + length, json);
        self
    }

    /// The same without a claim.
    pub(crate) fn without(self, name: &str) -> Self {
        self.claims(&format!("\"{name}\":"), &format!("\"not-{name}\":"))
    }

    /// What is signed.
    pub(crate) fn message(&self) -> String {
        let [header, claims] =
            [&self.header, &self.claims].map(|json| URL_SAFE_NO_PAD.encode(json));
        format!("{header}.{claims}")
    }

    /// The whole token as a case.
    pub(crate) fn named(&self, rule: &'static str) -> Case {
        Case::of(rule, self.token())
    }

    /// The whole token.
    pub(crate) fn token(&self) -> String {
        self.signed(|_, signature| signature.to_bytes().to_vec())
    }

    /// The whole token with something else for a signature, made of the message and the right one.
    pub(crate) fn signed(&self, sign: impl FnOnce(&[u8], Signature) -> Vec<u8>) -> String {
        let message = self.message();
        let signature = sign(message.as_bytes(), self.key.sign(message.as_bytes()));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
