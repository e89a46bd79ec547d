//! Second factors in JSON, in the replies that show their secrets once.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::two_factor::recovery_code::RecoveryCode;

/// The secret that the user's device is to have.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TwoFactor)]
pub struct TwoFactorView {
    /// In base32, to be typed.
    secret: String,
    /// The secret as an `otpauth:` address, to be shown as a QR code.
    otpauth_uri: String,
}

/// The codes for those who lose their device.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub struct RecoveryCodesView {
    /// Each works once.
    recovery_codes: Vec<String>,
}

impl TwoFactorView {
    /// A secret, in both forms.
    pub fn new(secret: &SecretString, uri: &SecretString) -> Self {
        Self {
            secret: secret.expose_secret().to_owned(),
            otpauth_uri: uri.expose_secret().to_owned(),
        }
    }
}

impl RecoveryCodesView {
    /// The codes, as their owner writes them down.
    pub fn new(codes: &[RecoveryCode]) -> Self {
        Self {
            recovery_codes: codes.iter().map(RecoveryCode::written).collect(),
        }
    }
}

impl fmt::Debug for TwoFactorView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TwoFactorView(…)")
    }
}

impl fmt::Debug for RecoveryCodesView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodesView(…)")
    }
}
