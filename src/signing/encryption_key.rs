//! The key that encrypts what must be read back (AES-256-GCM, NIST SP 800-38D): `keys/encryption.key`.
//!
//! It is read each time: that is rare, and a file that was brought back from a backup counts at once.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::sealed::Sealed;
use crate::signing::error::KeyError;
use crate::signing::files;
use crate::signing::key_directory::KeyDirectory;

/// Bytes.
const KEY_LENGTH: usize = 32;

/// The place of the key, which is made when it is needed for the first time.
#[derive(Debug, Clone)]
pub struct EncryptionKeyFile {
    directory: KeyDirectory,
}

/// The key; does not print itself.
pub struct EncryptionKey(LessSafeKey);

/// A secret that was not encrypted, because the library refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret could not be encrypted")]
pub struct NotSealed;

impl EncryptionKeyFile {
    /// The key's place in the folder of the key files.
    pub(super) fn of(directory: &KeyDirectory) -> Self {
        Self {
            directory: directory.clone(),
        }
    }

    /// The key, if it was made.
    pub fn read(&self) -> Result<Option<EncryptionKey>, KeyError> {
        let path = self.directory.encryption_key();
        let Some(text) = files::read_private_or_wait(&path)? else {
            return Ok(None);
        };
        let bytes = STANDARD.decode(text.trim()).ok();
        let key = bytes.and_then(|bytes| EncryptionKey::of(&bytes));
        let problem = "is not the base64 of 32 bytes; bring it back from a backup";
        key.map(Some).ok_or_else(|| KeyError::new(&path, problem))
    }

    /// Makes the key, unless it is there; none while another process writes key files. Nothing may be encrypted already: what
    /// was could never be read again.
    pub fn make(&self, entropy: &dyn Entropy) -> Result<Option<EncryptionKey>, KeyError> {
        let Some(_lock) = files::try_lock(&self.directory.root)? else {
            return self.read();
        };
        if let Some(key) = self.read()? {
            return Ok(Some(key));
        }
        let text = STANDARD.encode(random_bytes::<KEY_LENGTH>(entropy));
        let path = self.directory.encryption_key();
        files::write(&path, files::PRIVATE, &format!("{text}\n"))?;
        self.read()
    }

    /// The error that the key is gone with which stored secrets were encrypted.
    pub fn gone(&self) -> KeyError {
        self.lost("is gone, and secrets are stored that were encrypted with it")
    }

    /// The error that another key is there than the one with which the stored secrets were encrypted.
    pub fn another(&self) -> KeyError {
        self.lost("is not the key with which the stored secrets were encrypted")
    }

    fn lost(&self, what: &str) -> KeyError {
        let problem = format!(
            "{what}: bring it back from a backup. If it is lost for good, turn two-factor authentication off for those \
             who have it (`wharfinger user list --two-factor enabled`, `wharfinger user two-factor disable NAME`) and \
             delete the file if there is one; then the next one who turns it on gets a new key"
        );
        KeyError::new(&self.directory.encryption_key(), problem)
    }
}

impl EncryptionKey {
    fn of(bytes: &[u8]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// Encrypts a secret; it opens only together with `context`, which says what it is.
    pub fn seal(
        &self,
        secret: &[u8],
        context: &str,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, NotSealed> {
        // Random nonces of 96 bits are good for some four billion secrets under one key (SP 800-38D section 8.3).
        let nonce = random_bytes::<NONCE_LEN>(entropy);
        let mut text = secret.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        let sealed =
            self.0
                .seal_in_place_append_tag(unique, Aad::from(context.as_bytes()), &mut text);
        sealed.map_err(|_| NotSealed)?;
        Ok(Sealed::stored([&nonce[..], &text].concat()))
    }

    /// The secret; none if it was encrypted with another key or for another context, or was changed.
    pub fn open(&self, sealed: &Sealed, context: &str) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.as_bytes().split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(context.as_bytes()), &mut text);
        opened.ok().map(|secret| secret.to_vec())
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for byte in buffer {
                *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    fn entropy() -> Counting {
        Counting(0.into())
    }

    fn file_in(folder: &TempDir) -> EncryptionKeyFile {
        EncryptionKeyFile::of(&KeyDirectory::at(folder.path()).unwrap())
    }

    #[test]
    fn a_secret_opens_with_its_key_and_context_alone() {
        let key = EncryptionKey::of(&[1; KEY_LENGTH]).unwrap();
        let entropy = entropy();
        let sealed = key.seal(b"a secret", "of user 1", &entropy).unwrap();
        assert_eq!(sealed.as_bytes().len(), NONCE_LEN + 8 + 16);
        assert_eq!(key.open(&sealed, "of user 1").unwrap(), b"a secret");
        assert_eq!(key.open(&sealed, "of user 2"), None);
        let other = EncryptionKey::of(&[2; KEY_LENGTH]).unwrap();
        assert_eq!(other.open(&sealed, "of user 1"), None);
        for at in 0..sealed.as_bytes().len() {
            let mut changed = sealed.as_bytes().to_vec();
            changed[at] ^= 1;
            assert_eq!(key.open(&Sealed::stored(changed), "of user 1"), None);
        }
        assert_eq!(key.open(&Sealed::stored(vec![0; 5]), "of user 1"), None);
        let again = key.seal(b"a secret", "of user 1", &entropy).unwrap();
        assert_ne!(again, sealed, "each has a nonce of its own");
        assert_eq!(format!("{key:?} {sealed:?}"), "EncryptionKey(…) Sealed(…)");
    }

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = TempDir::new().unwrap();
        let file = file_in(&folder);
        assert!(file.read().unwrap().is_none());
        let first = file.make(&entropy()).unwrap().unwrap();
        let path = folder.path().join("encryption.key");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let sealed = first.seal(b"a secret", "", &entropy()).unwrap();
        let again = file.make(&Counting(9.into())).unwrap().unwrap();
        assert_eq!(again.open(&sealed, "").unwrap(), b"a secret");

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let told = file.read().unwrap_err().to_string();
        assert!(told.contains("anyone on this machine can read"), "{told}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for broken in ["", "short", "AAAA", "not base64!"] {
            fs::write(&path, broken).unwrap();
            let told = file.read().unwrap_err().to_string();
            assert!(told.contains("is not the base64 of 32 bytes"), "{told}");
        }
    }

    #[test]
    fn nobody_makes_the_key_while_another_writes_key_files() {
        let folder = TempDir::new().unwrap();
        let file = file_in(&folder);
        let lock = files::lock(folder.path()).unwrap();
        assert!(file.make(&entropy()).unwrap().is_none());
        drop(lock);
        assert!(file.make(&entropy()).unwrap().is_some());
    }
}
