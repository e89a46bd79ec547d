//! The secret id of a session, which its browser keeps in a cookie.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::secret::SecretDigest;

/// The random bytes of a secret: 256 bits.
const LENGTH: usize = 32;

/// The secret of a session; a new one at each sign-in. Never stored, never logged.
#[derive(Clone)]
pub struct SessionSecret(SecretString);

impl SessionSecret {
    /// Draws a new secret.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let text = URL_SAFE_NO_PAD.encode(random_bytes::<LENGTH>(entropy));
        Self(SecretString::from(text))
    }

    /// Reads the value of a cookie; none if it cannot be a secret of ours, so that storage need not be asked.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == LENGTH).then(|| Self(SecretString::from(text)))
    }

    /// Its digest, which is all that is stored of it.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(self.expose())
    }

    /// The text, for the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::Sevens;

    #[test]
    fn a_secret_is_read_as_it_was_written_and_prints_nothing() {
        let secret = SessionSecret::generate(&Sevens);
        let read = SessionSecret::read(secret.expose()).unwrap();
        assert_eq!(read.digest(), secret.digest());
        assert_eq!(format!("{secret:?}"), "SessionSecret(…)");
        let longer = format!("{}A", secret.expose());
        for wrong in ["", "AAAA", "whf_pat_x", &longer, " "] {
            assert!(SessionSecret::read(wrong).is_none(), "{wrong}");
        }
    }
}
