//! The dates between which the certificates of a chain are valid.

use chrono::{DateTime, TimeDelta, Utc};
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The longest time before the end of a certificate in which the log and `/readyz` of ops warn of it.
const NOTICE: TimeDelta = TimeDelta::days(14);
/// The part of a certificate's life in which it is warned of at most. Programs renew when a third is left, or before.
const PART: i32 = 4;

/// The dates of the certificates without which no client takes the chain: the leaf's, and that of the authority that signed it. One
/// behind them may be one of several ways to an authority that clients know, and end without harm.
#[derive(Debug)]
pub(super) struct ChainDates {
    leaf: CertificateDates,
    /// The second certificate's, if it is no authority that certified itself.
    issuer: Option<CertificateDates>,
}

/// The first and last instant of a certificate (RFC 5280 section 4.1.2.5).
#[derive(Debug, Clone, Copy)]
pub(super) struct CertificateDates {
    pub(super) begin: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
}

impl ChainDates {
    /// The dates of a chain; none if the first certificate cannot be read.
    pub(super) fn of(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let (leaf, others) = chain.split_first()?;
        // One that certified itself is known to clients, or is none for them.
        let issuer = others.first().and_then(parsed);
        let issuer = issuer.filter(|issuer| issuer.subject() != issuer.issuer());
        Some(Self {
            leaf: CertificateDates::of(&parsed(leaf)?)?,
            issuer: issuer.as_ref().and_then(CertificateDates::of),
        })
    }

    /// The dates of the certificate that ends first.
    pub(super) fn first_to_end(&self) -> CertificateDates {
        let all = self.all().map(|(_, dates)| dates);
        all.min_by_key(|dates| dates.end).unwrap_or(self.leaf)
    }

    /// The first certificate that is not valid then, with its place in the file.
    pub(super) fn invalid(&self, now: DateTime<Utc>) -> Option<(usize, CertificateDates)> {
        self.all()
            .find(|(_, dates)| !(dates.begin..=dates.end).contains(&now))
    }

    /// The first certificate that should have been replaced by now, with its place in the file.
    pub(super) fn ending(&self, now: DateTime<Utc>) -> Option<(usize, CertificateDates)> {
        self.all()
            .find(|(_, dates)| dates.end - now < dates.notice())
    }

    fn all(&self) -> impl Iterator<Item = (usize, CertificateDates)> {
        std::iter::once((1, self.leaf)).chain(self.issuer.map(|dates| (2, dates)))
    }
}

fn parsed<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    let parsed = X509Certificate::from_der(der).ok();
    parsed.map(|(_, parsed)| parsed)
}

impl CertificateDates {
    /// The time before the end in which it is warned of: of a certificate for a day, it is not the whole life.
    fn notice(self) -> TimeDelta {
        NOTICE.min((self.end - self.begin) / PART)
    }

    fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        let validity = certificate.validity();
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        Some(Self {
            begin: at(validity.not_before.timestamp())?,
            end: at(validity.not_after.timestamp())?,
        })
    }
}
