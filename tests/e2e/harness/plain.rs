//! The protocol without a client: challenge, token, request.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::World;

/// What the registry or the token endpoint answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: serde_json::Value,
}

/// A user name and a secret, or nobody.
pub(crate) type Credential<'a> = Option<(&'a str, &'a str)>;

impl World {
    /// Asks the registry for `path`, and brings the token that its challenge demands.
    pub(crate) fn asks(&self, credential: Credential<'_>, path: &str) -> Answer {
        let url = format!("http://{}{path}", self.registry.host);
        let challenge = curl(&["--dump-header", "-", "--output", "/dev/null", &url]);
        let scope = parameter(&challenge, "scope").unwrap_or_default();
        let realm = parameter(&challenge, "realm").unwrap();
        let service = parameter(&challenge, "service").unwrap();
        let token = token(&realm, &service, credential, &scope);
        let bearer = format!("Authorization: Bearer {token}");
        answer(&["--header", ACCEPT, "--header", &bearer, &url])
    }

    /// The key that signs now.
    pub(crate) fn signing_key(&self) -> String {
        let realm = format!("{}/jwt/auth", self.service.url);
        let token = token(&realm, "container_registry", None, "");
        let header = token.split('.').next().unwrap();
        let header: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        header["kid"].as_str().unwrap().to_owned()
    }
}

/// Without it, the registry would convert manifests to a format that it cannot make from ours.
const ACCEPT: &str = "Accept: application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json";

fn token(realm: &str, service: &str, credential: Credential<'_>, scope: &str) -> String {
    let (service, scope) = (format!("service={service}"), format!("scope={scope}"));
    let mut arguments = vec!["--get", "--data-urlencode", &service];
    if scope != "scope=" {
        arguments.extend(["--data-urlencode", &scope]);
    }
    let user = credential.map(|(user, secret)| format!("{user}:{secret}"));
    if let Some(user) = &user {
        arguments.extend(["--user", user]);
    }
    arguments.push(realm);
    let answer = answer(&arguments);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["token"].as_str().unwrap().to_owned()
}

fn answer(arguments: &[&str]) -> Answer {
    let printed = curl(&[&["--write-out", "\n%{http_code}"], arguments].concat());
    let (body, status) = printed.rsplit_once('\n').unwrap();
    Answer {
        status: status.parse().unwrap(),
        body: serde_json::from_str(body).unwrap(),
    }
}

/// Its output holds signed tokens, and is not kept.
fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").arg("-s").args(arguments).output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

/// A parameter of the challenge in a reply's header.
fn parameter(header: &str, name: &str) -> Option<String> {
    let (_, value) = header.split_once(&format!("{name}=\""))?;
    value.split('"').next().map(str::to_owned)
}
