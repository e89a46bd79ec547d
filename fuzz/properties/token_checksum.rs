//! Tokens: whole ones pass the checksum, and nothing else does.

use std::sync::Mutex;

use secrecy::SecretString;
use wharfinger::domain::entropy::Entropy;
use wharfinger::domain::secret::{RecognizedSecret, SecretKind, SecretToken};

const KINDS: [(SecretKind, &str); 3] = [
    (SecretKind::AccessToken, "whf_pat_"),
    (SecretKind::DeployToken, "whf_dpt_"),
    (SecretKind::RefreshToken, "whf_rt_"),
];
const BASE_62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Checks `data` as a secret, as the part between prefix and checksum, and as randomness.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    assert_eq!(is_token(&text), is_whole(&text), "{text:?}");
    for (kind, prefix) in KINDS {
        let body = format!("{prefix}{text}");
        let whole = format!("{body}{}", checksum(&body));
        assert_eq!(is_token(&whole), is_whole(&whole), "{whole:?}");
        generated(kind, prefix, data);
    }
}

/// Checks that a generated token passes, and no longer does with one letter changed, missing or added.
fn generated(kind: SecretKind, prefix: &str, data: &[u8]) {
    let token = SecretToken::generate(kind, &Repeating::new(data));
    let text = token.expose();
    assert!(text.starts_with(prefix));
    assert!(is_token(text) && is_whole(text), "{text}");
    let byte = |at: usize| data.get(at).copied().unwrap_or_default();
    for at in 0..text.len() {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let other = char::from(byte(at));
        if !text[at..].starts_with(other) {
            assert!(!is_token(&format!("{before}{other}{after}")));
        }
        assert!(!is_token(&format!("{before}{after}")));
        assert!(!is_token(&format!("{before}{other}{}", &text[at..])));
    }
}

fn is_token(text: &str) -> bool {
    matches!(
        SecretToken::recognize(&SecretString::from(text)),
        RecognizedSecret::Token(_)
    )
}

/// A prefix, 40 letters and digits, and the checksum of all that; perhaps white space behind.
fn is_whole(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '\t', '\n', '\r', '\x0c']);
    KINDS.iter().any(|(_, prefix)| {
        let letters = text.strip_prefix(prefix).unwrap_or_default();
        letters.len() == 46
            && letters.bytes().all(|b| BASE_62.contains(&b))
            && text.ends_with(&checksum(&text[..prefix.len() + 40]))
    })
}

/// CRC-32 bit by bit (polynomial 0xEDB88320, reflected), in base 62.
fn checksum(body: &str) -> String {
    let mut register = u32::MAX;
    for byte in body.bytes() {
        register ^= u32::from(byte);
        for _ in 0..8 {
            let low = register & 1;
            register = (register >> 1) ^ (0xEDB8_8320 * low);
        }
    }
    let mut rest = usize::try_from(!register).unwrap_or_default();
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE_62[rest % BASE_62.len()];
        rest /= BASE_62.len();
    }
    digits.iter().copied().map(char::from).collect()
}

/// The input over and over, changed a little each time so that it does not stay out of range.
struct Repeating(Mutex<(Vec<u8>, usize)>);

impl Repeating {
    fn new(data: &[u8]) -> Self {
        let data = if data.is_empty() { &[0][..] } else { data };
        Self(Mutex::new((data.to_vec(), 0)))
    }
}

impl Entropy for Repeating {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(|_| panic!("nobody panicked"));
        let (data, at) = &mut *state;
        for byte in buffer {
            let length = data.len();
            let drawn = &mut data[*at % length];
            *byte = *drawn;
            *drawn = drawn.wrapping_add(101);
            *at += 1;
        }
    }
}
