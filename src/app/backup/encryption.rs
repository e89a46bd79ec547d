//! Encryption of backups with a passphrase, in the format of age (<https://age-encryption.org/v1>), which other programs read.

use std::io::{BufRead, Read, Write};

use age::stream::StreamWriter;
use age::{DecryptError, Decryptor, Encryptor, Identity, Recipient, scrypt};
use secrecy::SecretString;

/// The beginning of every encrypted file.
pub(super) const BEGINNING: &[u8] = b"age-encryption.org/";

/// The work that each guess of a passphrase costs, as a power of two: 128 MiB of memory and some tenths of a second.
const WORK: u8 = 17;
/// The most work for a file of somebody else's: 1 GiB.
const MOST_WORK: u8 = 20;

/// The end of the part before what is encrypted, and the bytes within which it must come: ours has some 150.
const HEADER_END: &[u8] = b"\n--- ";
const LONGEST_HEADER: usize = 4096;

/// The result of trying to decrypt.
pub(super) enum Refused {
    WrongPassphrase,
    TooMuchWork,
    Damaged(String),
    Unreadable(std::io::Error),
}

/// Encrypts what is written; the end must be told.
pub(super) fn encrypt<W: Write>(
    output: W,
    passphrase: &SecretString,
) -> std::io::Result<StreamWriter<W>> {
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(WORK);
    let recipient: &dyn Recipient = &recipient;
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient));
    encryptor
        .map_err(std::io::Error::other)?
        .wrap_output(output)
}

/// Decrypts what is read.
pub(super) fn decrypt<R: BufRead + Send + 'static>(
    mut input: R,
    passphrase: &SecretString,
) -> Result<Box<dyn Read + Send>, Refused> {
    // All of it would be read into memory.
    let beginning = input.fill_buf().map_err(Refused::Unreadable)?;
    let mut header = beginning.windows(HEADER_END.len()).take(LONGEST_HEADER);
    if !header.any(|part| part == HEADER_END) {
        return Err(Refused::Damaged("its header has no end".to_owned()));
    }
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(MOST_WORK);
    let identity: &dyn Identity = &identity;
    let decrypted = Decryptor::new_buffered(input)
        .and_then(|decryptor| decryptor.decrypt(std::iter::once(identity)));
    match decrypted {
        Ok(reader) => Ok(Box::new(reader)),
        Err(DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed) => {
            Err(Refused::WrongPassphrase)
        }
        Err(DecryptError::ExcessiveWork { .. }) => Err(Refused::TooMuchWork),
        Err(DecryptError::Io(error)) if !is_damage(&error) => Err(Refused::Unreadable(error)),
        Err(error) => Err(Refused::Damaged(error.to_string())),
    }
}

/// True if the text is not as it was written, and reading itself went well.
pub(super) fn is_damage(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    matches!(error.kind(), InvalidData | UnexpectedEof)
}
