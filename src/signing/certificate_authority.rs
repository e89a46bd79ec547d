//! Makes certificates: our own authority's, and those of signing keys.

use std::time::Duration;

use chrono::{DateTime, Datelike, Days, Months, Timelike, Utc};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber, date_time_ymd,
};
use x509_parser::pem::parse_x509_pem;

use crate::domain::entropy::{Entropy, random_bytes};
use crate::signing::encoding::PublicPoint;

/// The life of an authority, in years; registries must be given the next one before its end.
const AUTHORITY_YEARS: u32 = 10;

/// A new key with its certificate, both in PEM.
pub(super) struct KeyAndCertificate {
    pub(super) key_pem: String,
    pub(super) certificate_pem: String,
}

/// A new certificate authority (RFC 5280 section 4.2.1.9).
pub(super) fn make_authority(
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<KeyAndCertificate, rcgen::Error> {
    let end = now.checked_add_months(Months::new(12 * AUTHORITY_YEARS));
    let mut params = params("Wharfinger CA", (now, end.unwrap_or(now)), entropy)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = draw_key(generate)?;
    let certificate = params.self_signed(&key)?;
    Ok(made(&key, &certificate))
}

/// A new signing key, with a certificate that ends when the authority does.
pub(super) fn make_signing_key(
    authority: (&str, &str),
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<KeyAndCertificate, rcgen::Error> {
    let (authority_key, authority_certificate) = authority;
    let issuer =
        Issuer::from_ca_cert_pem(authority_certificate, KeyPair::from_pem(authority_key)?)?;
    let end = end_of(authority_certificate).ok_or(rcgen::Error::CouldNotParseCertificate)?;
    let mut params = params("Wharfinger token signing", (now, end), entropy)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let key = draw_key(generate)?;
    let certificate = params.signed_by(&key, &issuer)?;
    Ok(made(&key, &certificate))
}

/// A new signing key without certificate, in PEM.
pub(super) fn make_bare_key() -> Result<String, rcgen::Error> {
    Ok(draw_key(generate)?.serialize_pem())
}

/// The end of a certificate.
fn end_of(pem: &str) -> Option<DateTime<Utc>> {
    let (_, block) = parse_x509_pem(pem.as_bytes()).ok()?;
    let certificate = block.parse_x509().ok()?;
    DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0)
}

fn generate() -> Result<KeyPair, rcgen::Error> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
}

/// Draws keys until one has no coordinate that starts with a zero byte, as about one in 128 has.
fn draw_key(
    mut draw: impl FnMut() -> Result<KeyPair, rcgen::Error>,
) -> Result<KeyPair, rcgen::Error> {
    loop {
        let key = draw()?;
        let point = PublicPoint::from_sec1(key.public_key_raw());
        if point.is_some_and(|point| !point.starts_with_zero()) {
            return Ok(key);
        }
    }
}

/// Certificates begin a day in the past, because registries' clocks differ and they enforce dates.
pub(super) const BACKDATED: Days = Days::new(1);

fn params(
    name: &str,
    (now, end): (DateTime<Utc>, DateTime<Utc>),
    entropy: &dyn Entropy,
) -> Result<CertificateParams, rcgen::Error> {
    let begin = now.checked_sub_days(BACKDATED).unwrap_or(now);
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    let at = |instant: DateTime<Utc>| {
        let (date, time) = (instant.date_naive(), instant.time());
        let day = date_time_ymd(date.year(), day_part(date.month()), day_part(date.day()));
        day + Duration::from_secs(time.num_seconds_from_midnight().into())
    };
    params.not_before = at(begin);
    params.not_after = at(end);
    params.serial_number = Some(serial_number(entropy));
    Ok(params)
}

/// A random serial number: positive and never with a leading zero byte (RFC 5280 section 4.1.2.2).
fn serial_number(entropy: &dyn Entropy) -> SerialNumber {
    let mut bytes = random_bytes::<16>(entropy);
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x7F) | 0x40;
    }
    SerialNumber::from_slice(&bytes)
}

/// A month or day as the certificate library takes it.
fn day_part(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(1)
}

fn made(key: &KeyPair, certificate: &Certificate) -> KeyAndCertificate {
    KeyAndCertificate {
        key_pem: key.serialize_pem(),
        certificate_pem: certificate.pem(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_a_leading_zero_is_drawn_again() {
        let mut scalar = [0; 32];
        scalar[31] = 43;
        let secret = p256::SecretKey::from_slice(&scalar).unwrap();
        let pem = p256::pkcs8::EncodePrivateKey::to_pkcs8_pem(&secret, p256::pkcs8::LineEnding::LF)
            .unwrap();
        let mut draws = 0;
        let key = draw_key(|| {
            draws += 1;
            if draws == 1 {
                KeyPair::from_pem(&pem)
            } else {
                generate()
            }
        });
        assert!(draws >= 2);
        assert!(
            !PublicPoint::from_sec1(key.unwrap().public_key_raw())
                .unwrap()
                .starts_with_zero()
        );
    }
}
