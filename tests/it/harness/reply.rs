//! A reply, and what a registry reads in it.

use std::fmt::Display;

use axum::body::to_bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;
use wharfinger::signing::KeyRing;

/// JSON on several lines, its members in the order in which they came.
pub(crate) fn pretty(json: impl Display) -> String {
    let json = json.to_string();
    let mut reader = serde_json::Deserializer::from_str(&json);
    let mut text = Vec::new();
    let mut writer = serde_json::Serializer::pretty(&mut text);
    serde_transcode::transcode(&mut reader, &mut writer).unwrap();
    reader.end().unwrap();
    String::from_utf8(text).unwrap()
}

/// A field of every entry of a list, with spaces between them.
pub(crate) fn each(list: &Value, field: &str) -> String {
    let entries = list.as_array().unwrap().iter();
    let texts: Vec<_> = entries
        .map(|entry| entry[field].as_str().unwrap())
        .collect();
    texts.join(" ")
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The body, which is JSON, on several lines.
    pub(crate) fn pretty(&self) -> String {
        pretty(&self.body)
    }

    /// Status and body, to be compared.
    pub(crate) fn told(&self) -> String {
        let told = format!("{} {}", self.status.as_u16(), self.body);
        told.trim_end().to_owned()
    }

    /// The token for a registry.
    pub(crate) fn registry_token(&self) -> String {
        let json = self.json();
        let token = json["token"].as_str();
        token
            .unwrap_or_else(|| panic!("no token: {}", self.body))
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The claims of the token, verified with p256 and the published key set.
    pub(crate) fn claims(&self, keys: &KeyRing) -> Value {
        let token = self.registry_token();
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            panic!("not three parts: {token}")
        };
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let header: Value = serde_json::from_slice(&decode(header)).unwrap();
        let set = serde_json::to_value(keys.jwks()).unwrap();
        let key = set["keys"]
            .as_array()
            .unwrap()
            .iter()
            .find(|key| key["kid"] == header["kid"])
            .unwrap();
        let mut point = vec![4];
        point.extend(decode(key["x"].as_str().unwrap()));
        point.extend(decode(key["y"].as_str().unwrap()));
        let verifier = VerifyingKey::from_sec1_bytes(&point).unwrap();
        let signature = Signature::from_slice(&decode(signature)).unwrap();
        let message = token.rsplit_once('.').unwrap().0;
        verifier.verify(message.as_bytes(), &signature).unwrap();
        serde_json::from_slice(&decode(claims)).unwrap()
    }

    /// What the token grants, as scopes.
    pub(crate) fn granted(&self, keys: &KeyRing) -> Vec<String> {
        let claims = self.claims(keys);
        let entries = claims["access"].as_array().unwrap().iter().map(|entry| {
            let actions: Vec<&str> = entry["actions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|action| action.as_str().unwrap())
                .collect();
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            format!("{}:{}:{}", text("type"), text("name"), actions.join(","))
        });
        entries.collect()
    }
}
