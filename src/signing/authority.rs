//! The certificate authority: the present one, the next, and the former ones.
//!
//! `ca.key` holds the key with its certificate, and behind them the certificates of former
//! authorities. `ca-next.key` holds the next, which registries are given before it certifies
//! anything. `public/ca.crt` holds all of these certificates, for registries.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::domain::entropy::Entropy;
use crate::domain::key_schedule::KeySchedule;
use crate::signing::certificate_authority::{BACKDATED, KeyAndCertificate, make_authority};
use crate::signing::error::KeyError;
use crate::signing::files::PRIVATE;
use crate::signing::key_directory::KeyDirectory;
use crate::signing::pem::Certificate;
use crate::signing::{files, pem};

/// The authority as it is on disk.
#[derive(Debug)]
pub(super) struct CertificateAuthority {
    pub(super) key_pem: SecretString,
    pub(super) certificate: Certificate,
    pub(super) next: Option<NextCertificateAuthority>,
    /// Certificates of former authorities: keys that still sign may be certified by them.
    former: Vec<Certificate>,
}

/// The authority that will take the place of the present one.
#[derive(Debug)]
pub(super) struct NextCertificateAuthority {
    key_pem: SecretString,
    certificate: Certificate,
}

/// The certificate authority, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateAuthoritySummary {
    /// The end of its certificate.
    #[serde(serialize_with = "crate::signing::summary::as_rfc3339")]
    pub not_after: DateTime<Utc>,
    /// The one that will take its place, if it is made.
    pub next: Option<NextCertificateAuthoritySummary>,
    /// The file in which the authority before it was kept, if it was replaced because by this machine's clock it was not
    /// valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<PathBuf>,
    /// The files of signing keys that were put aside with it, because they are not valid yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aside: Vec<PathBuf>,
}

/// The next certificate authority, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextCertificateAuthoritySummary {
    /// The time at which it begins to certify keys: by then every registry needs the new `public/ca.crt`.
    #[serde(serialize_with = "crate::signing::summary::as_rfc3339")]
    pub begins_at: DateTime<Utc>,
    /// The end of its certificate.
    #[serde(serialize_with = "crate::signing::summary::as_rfc3339")]
    pub not_after: DateTime<Utc>,
}

impl CertificateAuthority {
    /// The authority on disk, also one that is not valid now; none if there is no trace of one.
    pub(super) fn read(directory: &KeyDirectory) -> Result<Option<Self>, KeyError> {
        let (key_path, published_path) =
            (directory.authority_key(), directory.authority_certificate());
        files::check_folder(&directory.root)?;
        files::check_folder(&directory.public())?;
        let published = match files::read(&published_path)? {
            Some(text) => Some(Certificate::all_in(&published_path, &text)?),
            None => None,
        };
        let Some(text) = files::read_private(&key_path)? else {
            return match published {
                None => Ok(None),
                Some(_) => Err(missing(&key_path)),
            };
        };
        let key = pem::key(&key_path, &text)?;
        let mut certificates = Certificate::all_in(&key_path, &text)?;
        if certificates.is_empty() {
            // Before authorities could be renewed, the only copy of the certificate was the public one.
            let public = published.iter().flatten();
            certificates.extend(public.filter(|public| public.belongs_to(&key)).cloned());
        }
        let mut certificates = certificates.into_iter();
        let certificate = certificates.next().filter(|first| first.belongs_to(&key));
        let certificate = certificate.ok_or_else(|| {
            KeyError::new(&key_path, "its certificate is missing or belongs to another key; restore both from one backup")
        })?;
        // The published certificate may be the right one and the key an old one: registries have it, so
        // it is not replaced silently.
        if published.is_some_and(|published| !published.contains(&certificate)) {
            return Err(KeyError::new(
                &key_path,
                "the key does not belong to the certificates in public/ca.crt, which registries trust; restore \
                 both from one backup",
            ));
        }
        let next = NextCertificateAuthority::read(directory)?;
        Ok(Some(Self {
            key_pem: text.into(),
            // A move into place that was cut short left the same authority in both files.
            next: next.filter(|next| next.certificate != certificate),
            certificate,
            former: certificates.collect(),
        }))
    }

    /// The authority, which must be there and valid.
    pub(super) fn require_valid(
        directory: &KeyDirectory,
        now: DateTime<Utc>,
    ) -> Result<Self, KeyError> {
        Self::read_valid(directory, now)?.ok_or_else(|| directory.no_keys())
    }

    /// The authority, which must be valid; none if there is no trace of one.
    pub(super) fn read_valid(
        directory: &KeyDirectory,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, KeyError> {
        let authority = Self::read(directory)?;
        if let Some(authority) = &authority {
            authority
                .certificate
                .check_dates(&directory.authority_key(), now)?;
        }
        Ok(authority)
    }

    /// Makes the first authority.
    pub(super) fn make(
        directory: &KeyDirectory,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<Self, KeyError> {
        files::write(
            &directory.authority_key(),
            PRIVATE,
            &made(directory, now, entropy)?,
        )?;
        Self::read(directory)?
            .ok_or_else(|| KeyError::new(&directory.authority_key(), "was made and is gone"))
    }

    /// Makes the next authority; one that has ended, or that a wrong clock made and that is not valid yet, is replaced at
    /// once, because there is nothing left to overlap with. The file in which that one is kept is returned: it may be the
    /// clock of this very renewal that is wrong.
    pub(super) fn renew(
        directory: &KeyDirectory,
        schedule: &KeySchedule,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<(Self, Option<PathBuf>), KeyError> {
        let mut authority = Self::read(directory)?.ok_or_else(|| directory.no_keys())?;
        let is_invalid = authority.certificate.is_invalid(now);
        if let Some(next) = &authority.next
            && next.certificate.is_invalid(now)
        {
            // A wrong clock made it, or it waited for so long that it ended.
            files::rename(
                &directory.next_authority_key(),
                &directory.replaced_authority_key(next.made()),
            )?;
            authority.next = None;
        }
        if is_invalid && authority.next.is_some() {
            // The one that waits is as good as a new one, and registries may know it already.
            let replaced = Self::keep_replaced(directory, now)?;
            authority.give_way(directory, now)?;
            let written = Self::read(directory)?.ok_or_else(|| directory.no_keys())?;
            return Ok((written, Some(replaced)));
        }
        if let Some(next) = &authority.next {
            let begins = authority.begin_of(next, schedule);
            // The caller publishes it before anybody reads this.
            let problem = format!(
                "is waiting already, and public/ca.crt holds it: it begins to certify keys on {begins}; bring that file to \
                 every registry and restart it before"
            );
            return Err(KeyError::new(&directory.next_authority_key(), problem));
        }
        let path = directory.next_authority_key();
        files::write(&path, PRIVATE, &made(directory, now, entropy)?)?;
        let written =
            || Self::read(directory)?.ok_or_else(|| KeyError::new(&path, "was made and is gone"));
        let authority = written()?;
        let mut replaced = None;
        if is_invalid {
            replaced = Some(Self::keep_replaced(directory, now)?);
        }
        if replaced.is_some() || authority.is_next_due(schedule, now) {
            authority.give_way(directory, now)?;
        }
        Ok((written()?, replaced))
    }

    /// Keeps the key and the certificates of an authority that is about to be replaced; the file of the key is returned.
    fn keep_replaced(directory: &KeyDirectory, now: DateTime<Utc>) -> Result<PathBuf, KeyError> {
        let path = directory.replaced_authority_key(now);
        let key = files::read_private(&directory.authority_key())?.unwrap_or_default();
        let trusted = files::read(&directory.authority_certificate())?.unwrap_or_default();
        files::write(&path, PRIVATE, &key)?;
        files::write(&path.with_extension("crt"), PRIVATE, &trusted)?;
        Ok(path)
    }

    /// The question to ask before a renewal that puts aside what by this machine's clock is not valid.
    pub(super) fn replacement_question(&self, now: DateTime<Utc>) -> Option<String> {
        let waiting = self.next.as_ref().map(|next| &next.certificate);
        self.certificate
            .replacement_question(now)
            .or_else(|| waiting.and_then(|waiting| waiting.waiting_question(now)))
    }

    /// True if the files of this authority and of the next are as they were read: another renewal may have replaced them.
    pub(super) fn is_as_read(&self, directory: &KeyDirectory) -> Result<bool, KeyError> {
        let present = files::read_private(&directory.authority_key())?;
        let next = files::read_private(&directory.next_authority_key())?;
        let next_known = self.next.as_ref().map(|next| next.key_pem.expose_secret());
        Ok(present.as_deref() == Some(self.key_pem.expose_secret())
            && next.as_deref() == next_known)
    }

    /// The problem of an authority that waits and by this machine's clock is not valid.
    pub(super) fn waiting_problem(
        &self,
        directory: &KeyDirectory,
        now: DateTime<Utc>,
    ) -> Option<KeyError> {
        let next = self.next.as_ref()?;
        let path = directory.next_authority_key();
        next.certificate.check_dates(&path, now).err()
    }

    /// Puts the next authority in its place when its time has come; true if it had.
    pub(super) fn begin_next(
        directory: &KeyDirectory,
        schedule: &KeySchedule,
        now: DateTime<Utc>,
    ) -> Result<bool, KeyError> {
        let Some(authority) = Self::read(directory)? else {
            return Ok(false);
        };
        if authority.next.is_none() {
            files::remove(&directory.next_authority_key())?;
        }
        let is_due = authority.is_next_due(schedule, now);
        if is_due {
            authority.give_way(directory, now)?;
        }
        Ok(is_due)
    }

    /// Puts the next authority in the place of this one.
    fn give_way(&self, directory: &KeyDirectory, now: DateTime<Utc>) -> Result<(), KeyError> {
        let Some(next) = &self.next else {
            return Ok(());
        };
        let former = std::iter::once(&self.certificate).chain(&self.former);
        let former: String = former
            .filter(|certificate| !certificate.has_ended(now))
            .map(Certificate::pem)
            .collect();
        // `public/ca.crt` holds both certificates already, or the old one has ended: so a kill at any
        // point leaves `ca.key` and `public/ca.crt` belonging together.
        files::write(
            &directory.authority_certificate(),
            files::PUBLIC,
            &self.bundle(now),
        )?;
        files::write(
            &directory.authority_key(),
            PRIVATE,
            &format!("{}{former}", next.key_pem.expose_secret()),
        )?;
        files::remove(&directory.next_authority_key())
    }

    /// True if the time of the next authority has come.
    pub(super) fn is_next_due(&self, schedule: &KeySchedule, now: DateTime<Utc>) -> bool {
        let mut next = self.next.iter();
        next.any(|next| self.begin_of(next, schedule) <= now)
    }

    /// The time at which `next` takes the place of this one.
    fn begin_of(&self, next: &NextCertificateAuthority, schedule: &KeySchedule) -> DateTime<Utc> {
        schedule.authority_begins(next.made(), self.certificate.not_after)
    }

    /// The certificates for registries: of every authority that certified a key, or will.
    pub(super) fn bundle(&self, now: DateTime<Utc>) -> String {
        let next = self.next.iter().map(|next| &next.certificate);
        let former = self.former.iter().filter(|former| !former.has_ended(now));
        std::iter::once(&self.certificate)
            .chain(next)
            .chain(former)
            .map(Certificate::pem)
            .collect()
    }

    /// True if this authority or a former one signed the certificate.
    pub(super) fn knows(&self, certificate: &Certificate) -> bool {
        std::iter::once(&self.certificate)
            .chain(&self.former)
            .any(|authority| authority.certifies(certificate))
    }

    /// The time at which it was made.
    pub(super) fn made(&self) -> DateTime<Utc> {
        made_at(&self.certificate)
    }

    pub(super) fn summary(&self, schedule: &KeySchedule) -> CertificateAuthoritySummary {
        CertificateAuthoritySummary {
            not_after: self.certificate.not_after,
            next: self
                .next
                .as_ref()
                .map(|next| NextCertificateAuthoritySummary {
                    begins_at: self.begin_of(next, schedule),
                    not_after: next.certificate.not_after,
                }),
            replaced: None,
            aside: Vec::new(),
        }
    }
}

impl NextCertificateAuthority {
    fn read(directory: &KeyDirectory) -> Result<Option<Self>, KeyError> {
        let path = directory.next_authority_key();
        let Some(key_pem) = files::read_private(&path)? else {
            return Ok(None);
        };
        let (_, certificate) = pem::key_and_certificate(&path, &key_pem)?;
        Ok(Some(Self {
            key_pem: key_pem.into(),
            certificate,
        }))
    }

    fn made(&self) -> DateTime<Utc> {
        made_at(&self.certificate)
    }
}

/// The time at which the authority with this certificate was made; the certificate begins a day before.
fn made_at(certificate: &Certificate) -> DateTime<Utc> {
    let begin = certificate.not_before;
    begin.checked_add_days(BACKDATED).unwrap_or(begin)
}

fn made(
    directory: &KeyDirectory,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<String, KeyError> {
    let KeyAndCertificate {
        key_pem,
        certificate_pem,
    } = make_authority(now, entropy).map_err(|error| directory.not_made(&error))?;
    Ok(format!("{key_pem}{certificate_pem}"))
}

fn missing(path: &std::path::Path) -> KeyError {
    let problem = "is missing, but its certificate public/ca.crt is there; restore it from a backup. To begin \
                   anew (every registry then needs the new ca.crt), move the whole folder away";
    KeyError::new(path, problem)
}
