//! The service with every kind of registry around it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use verifier::{Accepted, Distribution, Refusal, Registry, Settings, Version, Zot};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Caller, TestApp};

/// A service for each way in which registries come to trust us.
const CONFIGURATION: &str = r#"
[[registry]]
service = "certified"
[[registry]]
service = "keyed"
trust = "jwks"
[[registry]]
service = "pinned"
trust = "pinned"
"#;

/// Where tokens of a service are accepted: `+` or `-` for each of [`Fleet::start`]'s registries
/// (docs/protocol.md §2.6).
pub(super) const SERVICES: [(&str, &str); 3] = [
    ("certified", "++++ -- ++ +"),
    ("keyed", "---- ++ ++ +"),
    ("pinned", "---- ++ ++ +"),
];

/// Every registry that a service could belong to, started from the files of this moment.
pub(super) struct Fleet(Vec<Registry>);

impl Fleet {
    /// With `ca.crt`: 2.x, GitLab, 3.0, 3.1. With `jwks.json`: 3.0, 3.1. With both: 3.0, 3.1. zot, with
    /// its own key if the service has one, else with the first of `jwks.json`.
    pub(super) fn start(app: &TestApp, service: &str) -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap();
        let authority = read(app.keys.ca_certificate_path());
        let jwks = read(app.keys.jwks_path());
        let registry = |version, bundle: Option<&str>, jwks| {
            let settings = Settings {
                rootcertbundle: bundle,
                jwks,
                issuer: "wharfinger",
                service,
            };
            Registry::Distribution(Distribution::start(version, settings).unwrap())
        };
        let (bundle, set) = (Some(authority.as_str()), Some(jwks.as_str()));
        let own = app
            .keys
            .pinned_path(&service.to_owned().try_into().unwrap());
        let key = if own.exists() {
            read(own)
        } else {
            let set: Value = serde_json::from_str(&jwks).unwrap();
            json!({ "keys": [set["keys"][0]] }).to_string()
        };
        Self(vec![
            registry(Version::Two, bundle, None),
            registry(Version::GitLab, bundle, None),
            registry(Version::Three, bundle, None),
            registry(Version::ThreeOne, bundle, None),
            registry(Version::Three, None, set),
            registry(Version::ThreeOne, None, set),
            registry(Version::Three, bundle, set),
            registry(Version::ThreeOne, bundle, set),
            Registry::Zot(Zot::start(&key).unwrap()),
        ])
    }

    /// Who accepts a token, in the notation of [`SERVICES`].
    pub(super) fn judge(&self, token: &str, now: DateTime<Utc>) -> String {
        let mut verdicts = String::new();
        for (at, registry) in self.0.iter().enumerate() {
            if [4, 6, 8].contains(&at) {
                verdicts.push(' ');
            }
            let accepted = registry.verify(token, now).is_ok();
            verdicts.push(if accepted { '+' } else { '-' });
        }
        verdicts
    }

    /// What the registries that accept a token read in it, and those registries.
    pub(super) fn accepted(&self, token: &str, now: DateTime<Utc>) -> Vec<(&Registry, Accepted)> {
        let accepted = self
            .0
            .iter()
            .filter_map(|registry| Some((registry, registry.verify(token, now).ok()?)));
        accepted.collect()
    }

    /// Why one of them refuses a token.
    pub(super) fn refusal(&self, at: usize, token: &str, now: DateTime<Utc>) -> Option<Refusal> {
        self.0[at].verify(token, now).err()
    }
}

/// A service with people, a private project and a public one.
pub(super) async fn start() -> TestApp {
    let app = TestApp::start_with(CONFIGURATION).await;
    app.administrator("root").await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.project("open/app", Visibility::Public).await;
    app.member("team", "alice", "developer").await;
    app
}

/// A token for that service.
pub(super) async fn issued(caller: &Caller, service: &str, scopes: &str) -> String {
    let path = format!("/jwt/auth?service={service}&scope={scopes}");
    caller.ask_at(&path).await.registry_token()
}

/// The certificate in a token's `x5c`, in PEM.
pub(super) fn leaf_of(token: &str) -> String {
    let header = header_of(token);
    let der = header["x5c"][0].as_str().unwrap();
    format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
}

/// A token's header.
pub(super) fn header_of(token: &str) -> Value {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap());
    serde_json::from_slice(&header.unwrap()).unwrap()
}
