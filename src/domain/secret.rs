//! The secrets that we hand out, and the digests that we keep of them.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::domain::entropy::Entropy;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Random characters of a token: 40 × log2(62) is 238 bits.
const RANDOM_LENGTH: usize = 40;
/// Characters of the checksum: 62⁶ is more than 2³².
const CHECKSUM_LENGTH: usize = 6;

/// The kind of a secret, which its prefix tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// A personal access token.
    AccessToken,
    /// A deploy token of a group or project.
    DeployToken,
    /// A refresh token.
    RefreshToken,
}

impl SecretKind {
    const ALL: [Self; 3] = [Self::AccessToken, Self::DeployToken, Self::RefreshToken];

    /// The kind that a text has by its prefix, whole or not; none if it is no secret of ours.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| text.starts_with(kind.prefix()))
    }

    /// The text as it was handed out: files and Kubernetes secrets often end in a newline, and no secret of ours has white space.
    /// Another text, such as a password, stays as it is.
    pub fn without_line_end(text: &str) -> &str {
        match Self::of(text) {
            Some(_) => text.trim_ascii_end(),
            None => text,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::AccessToken => "whf_pat_",
            Self::DeployToken => "whf_dpt_",
            Self::RefreshToken => "whf_rt_",
        }
    }
}

/// A secret in the clear, on its way from or to its owner; never stored, never logged.
#[derive(Clone)]
pub struct SecretToken {
    kind: SecretKind,
    text: SecretString,
}

/// The result of looking at a text that may be a secret of ours.
#[derive(Debug)]
pub enum RecognizedSecret {
    /// A secret of ours with a correct checksum; storage knows if it exists.
    Token(RecognizedToken),
    /// A text with one of our prefixes that was mistyped or cut: storage need not be asked.
    Broken,
    /// Something else, perhaps a password.
    Foreign,
}

/// A secret of ours that somebody presented: all that is needed to find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecognizedToken {
    /// Its kind.
    pub kind: SecretKind,
    /// Its digest.
    pub digest: SecretDigest,
}

impl SecretToken {
    /// Draws a new secret.
    pub fn generate(kind: SecretKind, entropy: &dyn Entropy) -> Self {
        let mut text = String::from(kind.prefix());
        while text.len() < kind.prefix().len() + RANDOM_LENGTH {
            let mut byte = [0];
            entropy.fill(&mut byte);
            // 248 is the largest multiple of 62 in a byte: beyond it, some letters would be likelier.
            if let [drawn @ 0..248] = byte {
                text.push(char::from(letter(u32::from(drawn))));
            }
        }
        text.extend(checksum(&text).map(char::from));
        Self {
            kind,
            text: SecretString::from(text),
        }
    }

    /// Looks at a text: is it a secret of ours, and is it whole? White space behind it does not matter.
    pub fn recognize(secret: &SecretString) -> RecognizedSecret {
        let text = SecretKind::without_line_end(secret.expose_secret());
        let Some(kind) = SecretKind::of(text) else {
            return RecognizedSecret::Foreign;
        };
        let letters = text.strip_prefix(kind.prefix()).unwrap_or_default();
        // The checksum alone would pass for a text of any length and letters.
        let whole = letters.len() == RANDOM_LENGTH + CHECKSUM_LENGTH
            && letters.bytes().all(|letter| letter.is_ascii_alphanumeric())
            && text
                .split_at_checked(text.len() - CHECKSUM_LENGTH)
                .is_some_and(|(body, sum)| checksum(body) == sum.as_bytes());
        if whole {
            RecognizedSecret::Token(RecognizedToken {
                kind,
                digest: SecretDigest::of(text),
            })
        } else {
            RecognizedSecret::Broken
        }
    }

    /// Its digest, which is all that is stored of it.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(self.expose())
    }

    /// The text, for the one reply or line that shows it to its owner.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretToken({:?})", self.kind)
    }
}

/// The SHA-256 of a secret, which is all that is ever stored of it. A slow hash is not needed, because
/// secrets are random.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// A digest that was stored.
    pub fn stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(in crate::domain) fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// The digest's bytes, for storage.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(…)")
    }
}

/// CRC-32 of `body` in base 62, which shows that a token was mistyped without a look-up.
fn checksum(body: &str) -> [u8; CHECKSUM_LENGTH] {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [0; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = letter(rest);
        rest /= 62;
    }
    digits
}

/// The letter for `value` modulo 62.
fn letter(value: u32) -> u8 {
    let index = usize::try_from(value % 62).unwrap_or_default();
    ALPHABET.get(index).copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    struct Fixed(std::sync::atomic::AtomicU8);

    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            for byte in buffer {
                *byte = self.0.fetch_add(7, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    fn token() -> SecretToken {
        SecretToken::generate(SecretKind::AccessToken, &Fixed(3.into()))
    }

    #[test]
    fn a_token_has_prefix_randomness_and_checksum() {
        let token = token();
        let text = token.expose();
        assert_eq!(text.len(), 8 + 40 + 6);
        assert!(text.starts_with("whf_pat_"));
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        assert!(matches!(
            SecretToken::recognize(&SecretString::from(text)),
            RecognizedSecret::Token(_)
        ));
    }

    /// In five turns through all bytes each letter comes as often as any other.
    #[test]
    fn each_letter_is_as_likely_as_any_other() {
        let (entropy, mut times) = (Fixed(3.into()), BTreeMap::new());
        for _ in 0..5 * 248 / RANDOM_LENGTH {
            let token = SecretToken::generate(SecretKind::RefreshToken, &entropy);
            let letters = token.expose().bytes().skip("whf_rt_".len());
            for letter in letters.take(RANDOM_LENGTH) {
                *times.entry(letter).or_default() += 1;
            }
        }
        let equal = ALPHABET.map(|letter| (letter, 20));
        assert_eq!(times, BTreeMap::from(equal));
    }

    #[test]
    fn the_checksum_is_crc_32_in_base_62() {
        // CRC-32 of "123456789" is 0xCBF43926 by definition (the check value of CRC-32/ISO-HDLC).
        assert_eq!(0xCBF4_3926_u32, 3_421_780_262);
        assert_eq!(&checksum("123456789"), b"3jZRME");
    }

    #[test]
    fn neither_token_nor_digest_prints_itself() {
        let shown = format!("{:?} {:?}", token(), token().digest());
        assert_eq!(shown, "SecretToken(AccessToken) SecretDigest(…)");
    }

    #[test]
    fn a_checksum_makes_no_token_of_other_letters() {
        for body in [" ", "-", "_", "\n", "\0"].map(|odd| format!("whf_pat_{}", odd.repeat(40))) {
            let sum = checksum(&body).map(char::from);
            let text = format!("{body}{}", String::from_iter(sum));
            let recognized = SecretToken::recognize(&SecretString::from(text));
            assert!(matches!(recognized, RecognizedSecret::Broken), "{body:?}");
        }
    }

    #[test]
    fn white_space_behind_a_token_is_no_part_of_it() {
        let token = token();
        let text = token.expose();
        for (secret, is_whole) in [
            (format!("{text}\n"), true),
            (format!("{text} \r\n"), true),
            (format!("{text}\u{a0}"), false),
            (format!(" {text}"), false),
            (format!("{text}\n{text}"), false),
        ] {
            let recognized = SecretToken::recognize(&SecretString::from(secret.as_str()));
            let found = match recognized {
                RecognizedSecret::Token(found) => Some(found.digest),
                RecognizedSecret::Broken | RecognizedSecret::Foreign => None,
            };
            assert_eq!(found, is_whole.then(|| token.digest()), "{secret:?}");
        }
        assert_eq!(SecretKind::without_line_end("a password\n"), "a password\n");
    }

    proptest! {
        #[test]
        fn one_wrong_letter_is_noticed(at in 8..54_usize, letter in "[0-9A-Za-z]") {
            let good = token();
            let mut text = good.expose().to_owned();
            text.replace_range(at..=at, &letter);
            let same = text == good.expose();
            let recognized = SecretToken::recognize(&SecretString::from(text));
            prop_assert_eq!(matches!(recognized, RecognizedSecret::Token(_)), same);
        }

        #[test]
        fn any_text_is_looked_at_without_panic(text in "(whf_pat_)?.{0,60}") {
            let _ = SecretToken::recognize(&SecretString::from(text));
        }
    }
}
