//! Two-factor authentication, as its users, their clients and administrators meet it.

mod codes;
mod key;
mod logins;
mod reset;
mod secrets;
mod set_up;
mod turn_off;

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::{Value, json};
use wharfinger::app::sessions::{Arrival, BegunSession};
use wharfinger::domain::events::origin::{Face, Origin};
use wharfinger::domain::sessions::device::Device as Agent;
use wharfinger::domain::sessions::{SessionRules, SessionState};

use crate::harness::{Actor, PASSWORD, TestApp};

const PATH: &str = "/user/two_factor";
const CONFIRM: &str = "/user/two_factor/confirm";
const AUTH: &str = "/jwt/auth?service=container_registry";

/// The things that a user with two-factor authentication has.
pub(crate) struct Device {
    secret: String,
    pub(crate) recovery_codes: Vec<String>,
}

impl Device {
    /// The six digits that it shows at an instant (RFC 6238), computed a second time.
    pub(crate) fn shows(&self, now: DateTime<Utc>) -> String {
        shown(&self.secret, now)
    }
}

pub(crate) fn shown(secret: &str, now: DateTime<Utc>) -> String {
    let secret = data_encoding::BASE32_NOPAD
        .decode(secret.as_bytes())
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret);
    let step = u64::try_from(now.timestamp() / 30).unwrap();
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap());
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// A code that is not shown now, nor a step before or after.
pub(crate) fn wrong_code(device: &Device, now: DateTime<Utc>, number: u32) -> String {
    let near = [-30, 0, 30].map(|seconds| device.shows(now + chrono::Duration::seconds(seconds)));
    let mut codes = (0..).map(|more| format!("{:06}", number * 10 + more));
    codes.find(|code| !near.contains(code)).unwrap()
}

/// Sets up two-factor authentication with the caller's token. The code of that moment is used then.
pub(crate) async fn set_up(app: &TestApp, actor: &Actor) -> Device {
    let begun = actor.post(PATH, Value::Null).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    let secret = begun.json()["secret"].as_str().unwrap().to_owned();
    let code = shown(&secret, app.now());
    let confirmed = actor.post(CONFIRM, json!({ "code": code })).await;
    assert_eq!(confirmed.status, 201, "{}", confirmed.body);
    let codes = confirmed.json()["recovery_codes"].clone();
    Device {
        secret,
        recovery_codes: serde_json::from_value(codes).unwrap(),
    }
}

/// Whoever signs in as alice from an address, with the right password.
#[derive(Clone, Copy)]
struct SignIn<'a> {
    app: &'a TestApp,
    address: &'a str,
}

const RULES: SessionRules = SessionRules {
    idle: std::time::Duration::from_hours(1),
    absolute: std::time::Duration::from_hours(1),
    most_per_user: 100,
};

impl SignIn<'_> {
    fn origin(self) -> Origin {
        Origin {
            address: Some(self.address.parse().unwrap()),
            ..Origin::local(Face::Web)
        }
    }

    /// Shows the password.
    async fn begin(self) -> BegunSession {
        let admission = &self.app.service.issuer.admission;
        let arrival = Arrival {
            device: Agent::of_user_agent(""),
            earlier: None,
            origin: self.origin(),
        };
        let credential = ("alice", &SecretString::from(PASSWORD));
        let begun = admission.sign_in(credential, arrival, &RULES).await;
        let begun = begun.unwrap();
        assert_eq!(begun.state, SessionState::AwaitsCode);
        begun
    }

    /// Shows a code or recovery code after it.
    async fn end(self, begun: &BegunSession, code: &str) -> Result<(), String> {
        let factors = &self.app.service.two_factors;
        let shown = (&begun.secret, &SecretString::from(code));
        let ended = factors.finish_sign_in(shown, &RULES, self.origin()).await;
        match ended {
            Ok(session) => {
                assert_eq!(session.state, SessionState::Open);
                assert_ne!(session.secret.expose(), begun.secret.expose());
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Alice at her sign-in.
fn at(app: &TestApp) -> SignIn<'_> {
    SignIn {
        app,
        address: "203.0.113.7",
    }
}

/// The answer whether a code or recovery code is accepted at a sign-in.
async fn check(sign_in: SignIn<'_>, code: &str) -> Result<(), String> {
    let begun = sign_in.begin().await;
    sign_in.end(&begun, code).await
}

const WRONG: &str = "the code is wrong or was used before";
