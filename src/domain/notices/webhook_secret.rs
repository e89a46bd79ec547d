//! The secret of a webhook, as Standard Webhooks writes it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

/// The beginning of a secret as people write it.
const PREFIX: &str = "whsec_";

/// The secret that a webhook's messages are signed with: 24 to 64 bytes.
#[derive(Debug, Clone)]
pub struct WebhookSecret(SecretSlice<u8>);

/// A text that is no secret for a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", Self::PROBLEM)]
pub struct InvalidWebhookSecret;

impl InvalidWebhookSecret {
    /// The problem; reads on from the setting's name.
    pub const PROBLEM: &'static str =
        "is whsec_ and 24 to 64 random bytes in base64, such as from `openssl rand -base64 32`";
}

impl WebhookSecret {
    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl TryFrom<&SecretString> for WebhookSecret {
    type Error = InvalidWebhookSecret;

    fn try_from(text: &SecretString) -> Result<Self, Self::Error> {
        let encoded = text.expose_secret().strip_prefix(PREFIX);
        let bytes = STANDARD
            .decode(encoded.ok_or(InvalidWebhookSecret)?)
            .map_err(|_| InvalidWebhookSecret)?;
        if (24..=64).contains(&bytes.len()) {
            Ok(Self(bytes.into()))
        } else {
            Err(InvalidWebhookSecret)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_or_unreadable_secrets_are_refused() {
        let read = |text: &str| WebhookSecret::try_from(&SecretString::from(text));
        for text in [
            "",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_",
            "whsec_c2hvcnQ=",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS?",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let secret = read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(secret.expose().len(), 24);
        assert!(!format!("{secret:?}").contains("49"), "{secret:?}");
    }
}
