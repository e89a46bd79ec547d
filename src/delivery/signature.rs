//! The signature of a webhook's message (Standard Webhooks, "Signature scheme"): HMAC-SHA-256 over id, time and body.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::notices::webhook_secret::WebhookSecret;

/// The value of `webhook-signature` for a message that is sent at `timestamp`, in seconds since 1970.
pub(super) fn sign(secret: &WebhookSecret, (id, timestamp): (&str, i64), body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
    let signed = format!("{id}.{timestamp}.{body}");
    let tag = hmac::sign(&key, signed.as_bytes());
    format!("v1,{}", STANDARD.encode(tag))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn messages_are_signed_as_standard_webhooks_says() {
        let text = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let secret = WebhookSecret::try_from(&text).unwrap();
        let message = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330);
        assert_eq!(
            sign(&secret, message, "{\"test\": 2432232314}"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
