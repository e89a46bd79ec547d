//! The contents of the files of a listener's TLS.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::config::Tls;
use crate::domain::text::without_mark;
use crate::server::tls::TlsError;

/// Everybody's right to read.
const READ: u32 = 0o004;
/// Everybody's right to write.
const WRITE: u32 = 0o002;

/// The contents, as they were read.
pub(super) struct TlsContent {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) client_ca: Option<Vec<u8>>,
}

impl TlsContent {
    /// Reads the files. A private key that everybody can read, and a file that everybody can write, is refused.
    pub(super) fn read(section: &'static str, files: &Tls) -> Result<Self, TlsError> {
        let failed = |key, path| move |problem| TlsError::new(section, key, path, problem);
        let (certificate, key) = (files.certificate.as_path(), files.key.as_path());
        let client_ca = files.client_ca.as_deref();
        let read_ca = |path| read(path).map_err(failed("tls_client_ca", path));
        Ok(Self {
            certificate: read(certificate).map_err(failed("tls_certificate", certificate))?,
            key: read_private(key).map_err(failed("tls_key", key))?,
            client_ca: client_ca.map(read_ca).transpose()?,
        })
    }

    /// A digest of everything.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for part in [&self.certificate, &self.key]
            .into_iter()
            .chain(&self.client_ca)
        {
            digest.update(Sha256::digest(part));
        }
        digest.finalize().into()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    if is_open(path, WRITE) {
        return Err(
            "anyone on this machine can write this file; look if it is as it was, and run `chmod o-w` on it, \
             else replace it"
                .to_owned(),
        );
    }
    // The files are read again and again, and opening a pipe waits for somebody who writes into it.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err("it is no file; write the content into one, and name that".to_owned());
    }
    let content = fs::read(path).map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::PermissionDenied => "; the user of the service needs the right to read it",
            ErrorKind::NotFound => {
                "; a path that does not begin with / begins in the folder in which the service runs"
            }
            _ => "",
        };
        format!("it cannot be read: {error}{advice}")
    })?;
    Ok(without_mark(&content).to_vec())
}

fn read_private(path: &Path) -> Result<Vec<u8>, String> {
    if is_open(path, READ) {
        return Err(
            "anyone on this machine can read this private key; if nobody else has, run `chmod o-rwx` on it, else \
             replace it"
                .to_owned(),
        );
    }
    read(path)
}

/// True if it is there and everybody on this machine has that right to it; of a link, the file behind it counts.
fn is_open(path: &Path, right: u32) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & right != 0)
}
