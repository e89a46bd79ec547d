//! One-time codes of the moment (TOTP, RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds, as every authenticator app has them.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::entropy::{Entropy, random_bytes};

/// 160 bits, as RFC 4226 section 4 recommends.
const SECRET_LENGTH: usize = 20;
/// Seconds (RFC 6238 section 5.2).
const STEP: i64 = 30;
const DIGITS: usize = 6;

/// The secret that the user's device and we have in common; does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET_LENGTH]);

/// A step of time, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TotpStep(pub i64);

/// A code that somebody typed; does not print itself.
#[derive(Clone)]
pub struct TotpCode([u8; DIGITS]);

/// A text that is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has six digits")]
pub struct InvalidTotpCode;

impl TotpSecret {
    /// Draws a new secret.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(random_bytes(entropy))
    }

    /// A secret that was stored; none if these bytes are not one.
    pub fn stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes, to be encrypted.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text that people type into their device: base32 without padding (RFC 4648 section 6).
    pub fn base32(&self) -> SecretString {
        SecretString::from(data_encoding::BASE32_NOPAD.encode(&self.0))
    }

    /// Reads that text; none if it is not one.
    pub fn from_base32(text: &SecretString) -> Option<Self> {
        let bytes = data_encoding::BASE32_NOPAD.decode(text.expose_secret().as_bytes());
        Self::stored(&bytes.ok()?)
    }

    /// True if it is the same one; it takes the same time, whatever differs.
    pub fn is(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }

    /// The address that devices read from a QR code (the "Key URI Format" of Google Authenticator).
    pub fn uri(&self, issuer: &str, account: &str) -> SecretString {
        let (issuer, account) = (encoded(issuer), encoded(account));
        let secret = data_encoding::BASE32_NOPAD.encode(&self.0);
        SecretString::from(format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP}"
        ))
    }

    /// The step that `code` is of: the one at `now`, or one to either side, for clocks that differ and people who type; but only
    /// one after `last`.
    pub fn step_of(&self, code: &TotpCode, last: TotpStep, now: DateTime<Utc>) -> Option<TotpStep> {
        let now = now.timestamp().div_euclid(STEP);
        let near = [now.saturating_sub(1), now, now.saturating_add(1)].map(TotpStep);
        // All are compared, each in constant time; of steps that share a code the last one counts, so that no code counts twice.
        near.into_iter().fold(None, |found, step| {
            let fits = verify_slices_are_equal(&self.code_at(step), &code.0).is_ok();
            if fits && step > last {
                Some(step)
            } else {
                found
            }
        })
    }

    /// The digits of a step (RFC 4226 section 5.3).
    fn code_at(&self, TotpStep(step): TotpStep) -> [u8; DIGITS] {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let last = tag.as_ref().last().copied().unwrap_or_default();
        let chosen = tag.as_ref().iter().skip(usize::from(last & 15)).take(4);
        let number = chosen.fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let mut rest = number & 0x7fff_ffff;
        let mut digits = [b'0'; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        digits
    }
}

impl TryFrom<&str> for TotpCode {
    type Error = InvalidTotpCode;

    /// Reads six digits, with blanks or dashes between them or not.
    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let is_between = |letter: &char| letter.is_whitespace() || *letter == '-';
        let letters = text.chars().filter(|letter| !is_between(letter));
        // One more than fit, which is then too many.
        let digits: Vec<u8> = letters
            .take(DIGITS + 1)
            .map(|letter| u8::try_from(letter).unwrap_or_default())
            .collect();
        match <[u8; DIGITS]>::try_from(digits) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(Self(digits)),
            Ok(_) | Err(_) => Err(InvalidTotpCode),
        }
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpCode(…)")
    }
}

/// A text in an address: all but unreserved letters percent-encoded (RFC 3986 section 2.3). A space is `%20`: devices show `+` as
/// it is.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            plain if is_plain(plain) => char::from(plain).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::stored(b"12345678901234567890").unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn code(text: &str) -> TotpCode {
        TotpCode::try_from(text).unwrap()
    }

    const NEVER: TotpStep = TotpStep(0);

    /// RFC 6238 appendix B, of whose eight digits ours are the last six.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (time, expected) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = TotpStep(time / STEP);
            assert_eq!(secret().code_at(step), expected.as_bytes()[2..], "{time}");
            let found = secret().step_of(&code(&expected[2..]), NEVER, at(time));
            assert_eq!(found, Some(step));
        }
    }

    #[test]
    fn clocks_may_differ_by_a_step_to_either_side() {
        let of_step = code("050471");
        let step = 1_111_111_111 / STEP;
        for (seconds, is_accepted) in [
            (-31, false),
            (-30, true),
            (0, true),
            (59, true),
            (60, false),
        ] {
            let now = at(step * STEP + seconds);
            let found = secret().step_of(&of_step, NEVER, now);
            assert_eq!(found, is_accepted.then_some(TotpStep(step)), "{seconds}");
        }
    }

    #[test]
    fn no_code_is_accepted_after_itself_or_a_later_one() {
        let (now, step) = (at(1_111_111_111), 1_111_111_111 / STEP);
        let found = |last| secret().step_of(&code("050471"), TotpStep(last), now);
        assert_eq!(found(step - 1), Some(TotpStep(step)));
        assert_eq!(found(step), None);
        assert_eq!(found(step + 1), None);
    }

    #[test]
    fn codes_are_read_as_people_and_devices_write_them() {
        for good in ["050471", " 050 471 ", "050-471", "0 5 0 4 7 1\n"] {
            assert!(TotpCode::try_from(good).is_ok(), "{good}");
        }
        for bad in ["", "05047", "0504711", "05047a", "٠٥٠٤٧١", "-050471x"] {
            assert!(TotpCode::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn devices_read_the_secret_and_people_its_letters() {
        assert_eq!(
            secret().base32().expose_secret(),
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
        assert_eq!(
            secret().uri("Our Wharf", "alice").expose_secret(),
            "otpauth://totp/Our%20Wharf:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Our%20Wharf&algorithm=SHA1&digits=6&period=30"
        );
        let shown = format!("{:?} {:?}", secret(), code("050471"));
        assert_eq!(shown, "TotpSecret(…) TotpCode(…)");
    }
}
