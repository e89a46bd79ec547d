//! Recovery codes: for those who lost the device with the secret. Each works once.

use std::fmt;

use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::ids::UserId;
use crate::domain::secret::SecretDigest;

/// The number of codes that a user gets.
pub const NUMBER: usize = 10;
/// 16 letters of 32 are 80 bits: no one guesses them, so no slow hash is needed.
const LENGTH: usize = 16;
/// Letters between two dashes.
const GROUP: usize = 4;
/// Crockford's base32: no two letters look the same.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A recovery code, in one spelling; does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

/// A text that is no recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a recovery code has 16 letters and digits")]
pub struct InvalidRecoveryCode;

impl RecoveryCode {
    /// Draws the codes of a user.
    pub fn generate(entropy: &dyn Entropy) -> [Self; NUMBER] {
        std::array::from_fn(|_| {
            let drawn = random_bytes::<LENGTH>(entropy);
            // 256 is a multiple of 32: no letter is likelier than another.
            let letter = |byte: u8| ALPHABET.get(usize::from(byte % 32)).copied();
            let letters = drawn.into_iter().filter_map(letter).map(char::from);
            Self(letters.collect())
        })
    }

    /// The code as its owner reads it: four groups with dashes between, such as `0b7k-x2mq-9tfz-4h1c`.
    pub fn written(&self) -> String {
        let mut text = String::new();
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }

    /// Its digest, which is all that is stored of it. The user is in it: whoever steals the digests has to guess for each.
    pub fn digest(&self, user: UserId) -> SecretDigest {
        SecretDigest::of(&format!("recovery code of user {user}: {}", self.0))
    }
}

impl TryFrom<&str> for RecoveryCode {
    type Error = InvalidRecoveryCode;

    /// Reads a code in any letter case, with dashes and blanks wherever they are, and with the letters that look like digits.
    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let is_between = |letter: &char| letter.is_whitespace() || *letter == '-';
        let letters = text.chars().filter(|letter| !is_between(letter));
        let code: String = letters
            .take(LENGTH + 1)
            .map(|letter| match letter.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            })
            .collect();
        let is_whole = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        if is_whole {
            Ok(Self(code))
        } else {
            Err(InvalidRecoveryCode)
        }
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for byte in buffer {
                *byte = self.0.fetch_add(37, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn a_code_is_read_in_every_spelling() {
        let read = |text: &str| RecoveryCode::try_from(text);
        let code = read("0b71-x2mq-9tfz-4h1c").unwrap();
        assert_eq!(code.written(), "0b71-x2mq-9tfz-4h1c");
        for same in [
            "0B71X2MQ9TFZ4H1C",
            " ob7l x2mq 9tfz 4hic ",
            "OB7I-X2MQ-9TFZ-4HLC",
        ] {
            assert_eq!(read(same).unwrap(), code, "{same}");
        }
        for bad in [
            "",
            "0b71-x2mq-9tfz",
            "0b71-x2mq-9tfz-4h1cc",
            "0b71-x2mq-9tfz-4h1u",
            "éb71-x2mq-9tfz-4h1c",
        ] {
            assert_eq!(read(bad), Err(InvalidRecoveryCode), "{bad}");
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode(…)");
    }

    #[test]
    fn a_code_is_its_users_alone() {
        let code = RecoveryCode::try_from("0b71-x2mq-9tfz-4h1c").unwrap();
        assert_ne!(code.digest(UserId(1)), code.digest(UserId(2)));
    }

    proptest! {
        #[test]
        fn a_code_that_was_drawn_is_read_back(seed in any::<u8>()) {
            for code in RecoveryCode::generate(&Counting(seed.into())) {
                prop_assert_eq!(RecoveryCode::try_from(code.written().as_str()), Ok(code));
            }
        }

        #[test]
        fn any_text_is_looked_at_without_panic(text in ".{0,60}") {
            let _ = RecoveryCode::try_from(text.as_str());
        }
    }
}
