//! CNCF Distribution 2.7 to 3.1, and GitLab's fork of 2.x.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, Utc};

use crate::certificates::{self, Certificate};
use crate::claims::Claims;
use crate::json::{Json, Names, Object};
use crate::keys::{self, ID_IN_3_0, PublicKey};
use crate::{Accepted, Parts, Refusal};

/// The difference that a registry allows between its clock and ours (docs/protocol.md §2.3).
const LEEWAY: Duration = Duration::seconds(60);

/// The versions that differ in the tokens that they accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 2.7 and 2.8.
    Two,
    /// GitLab's fork of 2.x: `aud` may be a list.
    GitLab,
    /// 3.0.0.
    Three,
    /// 3.1.
    ThreeOne,
}

/// `auth.token` of a registry's configuration, with the files in place of their names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings<'a> {
    /// Certificates in PEM.
    pub rootcertbundle: Option<&'a str>,
    /// A key set in JSON, which versions 2.x do not know.
    pub jwks: Option<&'a str>,
    /// The issuer that tokens have to name.
    pub issuer: &'a str,
    /// The audience that tokens have to name.
    pub service: &'a str,
}

/// A registry that has read its files.
#[derive(Debug)]
pub struct Distribution {
    version: Version,
    issuer: String,
    service: String,
    roots: Vec<Certificate>,
    keys: BTreeMap<String, PublicKey>,
}

impl Distribution {
    /// Reads the files, as a start does (docs/protocol.md §2.1); `Err` is why it does not start.
    pub fn start(version: Version, settings: Settings<'_>) -> Result<Self, String> {
        let roots = match settings.rootcertbundle {
            Some(pem) => Certificate::all_in(pem)?,
            None => Vec::new(),
        };
        let set = match settings.jwks {
            Some(text) if !version.is_two() => keys::key_set(text)?,
            _ => Vec::new(),
        };
        if roots.is_empty() && set.is_empty() {
            return Err("nothing to verify tokens with".to_owned());
        }
        let bundled = roots
            .iter()
            .map(|root| (version.id_of(&root.key), root.key.clone()));
        Ok(Self {
            version,
            issuer: settings.issuer.to_owned(),
            service: settings.service.to_owned(),
            keys: bundled.chain(set).collect(),
            roots,
        })
    }

    pub(crate) fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Accepted, Refusal> {
        let names = self.version.names();
        let parts = Parts::of(token)?;
        let header = Json::parse(&parts.header, names)?;
        let header = header.object(names)?;
        let claims = Json::parse(&parts.claims, names)?;
        let lists = self.version != Version::Two;
        let claims = Claims::read(claims.object(names)?, names, lists)?;

        let key = self.key_of(header, now)?;
        if header.text("alg")? != "ES256" {
            return Err("the algorithm is not the key's");
        }
        if !key.verifies(parts.signed, &parts.signature) {
            return Err("the signature is wrong");
        }
        if claims.issuer != self.issuer {
            return Err("the issuer is another");
        }
        if !claims.audience.contains(&self.service.as_str()) {
            return Err("the audience is another");
        }
        let instant = |seconds| DateTime::from_timestamp(seconds, 0).ok_or("no time");
        if now > instant(claims.expires)? + LEEWAY {
            return Err("it has expired");
        }
        if now < instant(claims.not_before)? - LEEWAY {
            return Err("it is not valid yet");
        }
        Ok(Accepted {
            subject: claims.subject.to_owned(),
            access: claims.access()?,
        })
    }

    /// Strict precedence with no way back: `x5c`, else `jwk`, else `kid` (docs/protocol.md §2.4).
    fn key_of(&self, header: Object<'_>, now: DateTime<Utc>) -> Result<PublicKey, Refusal> {
        let kid = header.text("kid")?;
        let chain = header.texts("x5c")?;
        if !chain.is_empty() {
            return self.by_chain(&chain, now);
        }
        if let Some(jwk) = header.get("jwk") {
            return self.by_jwk(jwk.object(self.version.names())?, now);
        }
        if kid.is_empty() {
            return Err("the header names no key");
        }
        self.by_id(kid)
    }

    fn by_chain(&self, chain: &[&str], now: DateTime<Utc>) -> Result<PublicKey, Refusal> {
        let chain: Option<Vec<Certificate>> = chain
            .iter()
            .map(|text| Certificate::from_der(&STANDARD.decode(text).ok()?))
            .collect();
        let chain = chain.ok_or("x5c is not certificates in standard base64")?;
        certificates::verify_chain(&chain, &self.roots, now)
    }

    fn by_jwk(&self, jwk: Object<'_>, now: DateTime<Utc>) -> Result<PublicKey, Refusal> {
        let chain = jwk.texts("x5c")?;
        if !chain.is_empty() {
            return self.by_chain(&chain, now);
        }
        let kid = jwk.text("kid")?;
        if !self.version.is_two() {
            return self.by_id(kid);
        }
        let key = PublicKey::from_jwk(jwk).ok_or("the header's key cannot be read")?;
        let id = key.libtrust();
        if !kid.is_empty() && kid != id {
            return Err("the header's key has another id");
        }
        self.by_id(&id)
    }

    fn by_id(&self, kid: &str) -> Result<PublicKey, Refusal> {
        self.keys.get(kid).cloned().ok_or("the key is unknown")
    }
}

impl Version {
    fn is_two(self) -> bool {
        matches!(self, Self::Two | Self::GitLab)
    }

    fn names(self) -> Names {
        if self.is_two() {
            Names::Folded
        } else {
            Names::Strict
        }
    }

    /// The id of a key of the bundle (docs/protocol.md §2.5).
    fn id_of(self, key: &PublicKey) -> String {
        match self {
            Self::Two | Self::GitLab => key.libtrust(),
            Self::Three => ID_IN_3_0.to_owned(),
            Self::ThreeOne => key.thumbprint_in_3_1(),
        }
    }
}
