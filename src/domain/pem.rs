//! Files in which a PEM block (RFC 7468) is missing, told for people.

use std::fmt;

use crate::domain::text::without_mark;

/// The marks of a text in UTF-16.
const MARKS_OF_UTF16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
/// The first byte of what is in binary form (DER, ITU-T X.690 section 8.9).
const SEQUENCE: u8 = 0x30;
/// The version of PKCS #12 (RFC 7292 section 4), with which each of its files begins behind a length.
const PKCS12: [u8; 3] = [2, 1, 3];

/// A block that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedPem {
    /// A certificate.
    Certificate,
    /// A private key that is not encrypted.
    PrivateKey,
}

/// The content of a file in which the wanted block is missing or cannot be read. It repeats nothing of the file, which may be another
/// one than was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundInstead {
    /// A sentence about what is there.
    pub found: &'static str,
    /// The sentence that says what to do.
    pub advice: &'static str,
}

impl fmt::Display for FoundInstead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.found, self.advice)
    }
}

/// A block that may be there in place of the wanted one, by a part of its first line.
type Other = (&'static str, FoundInstead);

const INSTEAD_OF_CERTIFICATE: &[Other] = &[
    (
        "BEGIN CERTIFICATE-----",
        instead("the one in it is cut off or altered", "copy it again"),
    ),
    (
        "BEGIN TRUSTED CERTIFICATE-----",
        instead(
            "the one in it is in a form of OpenSSL's own",
            "`openssl x509 -in FILE -out NEW` writes the usual one",
        ),
    ),
    (
        "CERTIFICATE REQUEST-----",
        instead(
            "it has a request for one",
            "name the certificate with which the authority answered it",
        ),
    ),
    (
        "BEGIN PKCS7-----",
        instead(
            "it has a list of them (PKCS #7)",
            "`openssl pkcs7 -in FILE -print_certs -out NEW` writes them one by one",
        ),
    ),
    (
        "PRIVATE KEY-----",
        instead("it has a private key", "name the file of the certificate"),
    ),
    (
        "PUBLIC KEY-----",
        instead("it has a public key", "name the file of the certificate"),
    ),
];

const INSTEAD_OF_KEY: &[Other] = &[
    (
        "ENCRYPTED",
        instead(
            "the one in it is encrypted, and nobody could type its passphrase",
            "`openssl pkey -in FILE -out NEW` writes one that is not",
        ),
    ),
    (
        "BEGIN OPENSSH PRIVATE KEY-----",
        instead(
            "the one in it is in the form of OpenSSH",
            "`ssh-keygen -p -N '' -m PKCS8 -f FILE` rewrites it",
        ),
    ),
    (
        "PRIVATE KEY-----",
        instead(
            "the one in it is in another form, or is cut off or altered",
            "`openssl pkey -in FILE -out NEW` writes it in the right form",
        ),
    ),
    (
        "PUBLIC KEY-----",
        instead("it has a public key", "name the file of the private key"),
    ),
    (
        "CERTIFICATE",
        instead(
            "it has a certificate, or a request for one",
            "name the file of the private key",
        ),
    ),
];

const fn instead(found: &'static str, advice: &'static str) -> FoundInstead {
    FoundInstead { found, advice }
}

impl WantedPem {
    /// The content of a file in which this block is missing or cannot be read.
    pub fn missing_in(self, content: &[u8]) -> FoundInstead {
        let text = String::from_utf8_lossy(without_mark(content));
        if text.trim().is_empty() {
            return instead("it is empty", "write it again");
        }
        if MARKS_OF_UTF16.iter().any(|mark| content.starts_with(mark)) {
            return instead("it is text in UTF-16", "save it as UTF-8");
        }
        let others = match self {
            Self::Certificate => INSTEAD_OF_CERTIFICATE,
            Self::PrivateKey => INSTEAD_OF_KEY,
        };
        let found = others.iter().find(|(begin, _)| text.contains(begin));
        found.map_or_else(|| self.without_blocks(content), |(_, found)| *found)
    }

    fn without_blocks(self, content: &[u8]) -> FoundInstead {
        const DER: &str = "it is in binary form (DER)";
        const PKCS12_FORM: &str = "it is in binary form (PKCS #12)";
        let is_binary = content.first() == Some(&SEQUENCE);
        let is_pkcs12 = content.windows(3).take(7).any(|part| part == PKCS12);
        match (self, is_binary, is_pkcs12) {
            (Self::Certificate, true, true) => instead(
                PKCS12_FORM,
                "`openssl pkcs12 -in FILE -nokeys -out NEW` writes the certificates in it",
            ),
            (Self::Certificate, true, false) => instead(
                DER,
                "`openssl x509 -inform DER -in FILE -out NEW` writes it as PEM",
            ),
            (Self::PrivateKey, true, true) => instead(
                PKCS12_FORM,
                "`openssl pkcs12 -in FILE -nocerts -nodes -out NEW` writes the key in it",
            ),
            (Self::PrivateKey, true, false) => instead(
                DER,
                "`openssl pkey -inform DER -in FILE -out NEW` writes it as PEM",
            ),
            (Self::Certificate, false, _) => instead(
                "it is something else",
                "a certificate begins with -----BEGIN CERTIFICATE-----",
            ),
            (Self::PrivateKey, false, _) => instead(
                "it is something else",
                "a private key begins with -----BEGIN PRIVATE KEY-----",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::WantedPem::{Certificate, PrivateKey};

    #[test]
    fn each_file_is_told_by_what_it_has() {
        let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n").into_bytes();
        let old = b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n".to_vec();
        for (wanted, content, told) in [
            (Certificate, b"\xef\xbb\xbf \n".to_vec(), "is empty"),
            (Certificate, b"\xff\xfe-\0".to_vec(), "save it as UTF-8"),
            (Certificate, b"hello".to_vec(), "begins with"),
            (Certificate, block("CERTIFICATE"), "cut off or altered"),
            (Certificate, block("NEW CERTIFICATE REQUEST"), "request"),
            (Certificate, block("TRUSTED CERTIFICATE"), "openssl x509"),
            (Certificate, block("PKCS7"), "openssl pkcs7"),
            (Certificate, block("EC PRIVATE KEY"), "a private key"),
            (Certificate, b"\x30\x82\x01\x02\x30".to_vec(), "(DER)"),
            (
                Certificate,
                b"\x30\x82\x01\x02\x02\x01\x03".to_vec(),
                "-nokeys",
            ),
            (PrivateKey, block("ENCRYPTED PRIVATE KEY"), "passphrase"),
            (PrivateKey, old, "passphrase"),
            (PrivateKey, block("OPENSSH PRIVATE KEY"), "ssh-keygen"),
            (PrivateKey, block("EC PRIVATE KEY"), "in another form"),
            (PrivateKey, block("RSA PUBLIC KEY"), "a public key"),
            (PrivateKey, block("CERTIFICATE"), "a certificate"),
            (
                PrivateKey,
                b"\x30\x81\x20\x02\x01\x00".to_vec(),
                "openssl pkey",
            ),
            (
                PrivateKey,
                b"\x30\x82\x01\x02\x02\x01\x03".to_vec(),
                "-nocerts",
            ),
        ] {
            let found = wanted.missing_in(&content).to_string();
            assert!(found.contains(told), "{wanted:?} {told}: {found}");
        }
    }
}
