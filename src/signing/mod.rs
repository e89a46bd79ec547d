//! The key ring: the keys that sign tokens, and the certificates for which registries trust them; and the key that encrypts what
//! must be read back.
//!
//! ```text
//! keys/ca.key ──signs──► keys/public/ca.crt            rootcertbundle of every registry
//!      └──signs──► keys/signing/*.pem (key + certificate)
//!                        └──signs──► tokens, with x5c and kid
//!                        └──published in──► keys/public/jwks.json
//! keys/encryption.key ──encrypts──► the secrets of second factors, which storage keeps
//! ```

mod advice;
mod authority;
mod certificate_authority;
mod copy;
mod encoding;
mod encryption_key;
mod error;
mod es256;
mod files;
mod key_directory;
mod key_ring;
mod key_sequence;
mod loaded;
mod make;
mod pem;
mod read;
mod restored;
mod summary;

pub use authority::{CertificateAuthoritySummary, NextCertificateAuthoritySummary};
pub use copy::read_key_files;
pub use encoding::{Jwk, Jwks};
pub use encryption_key::{EncryptionKey, EncryptionKeyFile, NotSealed};
pub use error::{KeyError, SigningError};
pub use key_ring::{KeyRing, Opened};
pub use restored::{
    BegunRestoration, RestoredKeys, UnfinishedRestoration, must_have_no_other_key_files,
};
pub use summary::{KeySummary, RotatedKeys};
