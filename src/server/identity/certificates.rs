//! Certificates (X.509, RFC 5280) by which other registries believe what is signed here: a long-lived authority of
//! our own, which they are given once, and the keys that it vouches for one after the other.

use crate::domain::{Error, Result, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, SerialNumber, date_time_ymd,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::time::Duration;

const DAY_S: u64 = 86_400;
/// How long the authority holds: nobody wants to visit every registry again.
const AUTHORITY_DAYS: u64 = 20 * 365;
/// How long a key holds that it vouches for; it is followed by another long before.
const KEY_DAYS: u64 = 90;
/// Clocks elsewhere may be behind.
const BEHIND_DAYS: u64 = 1;

/// The certificate that an authority signs for itself, in DER. `private` is its key (PKCS#8).
pub(super) fn of_authority(private: &[u8], now: Timestamp) -> Result<Vec<u8>> {
    let made = dated(authority(), now, AUTHORITY_DAYS, private)?.self_signed(&pair(private)?);
    Ok(made.map_err(|_| Error::Internal)?.der().to_vec())
}

/// The certificate that the authority with the key `authority` signs for a key, in DER.
pub(super) fn of_key(private: &[u8], by: &[u8], now: Timestamp) -> Result<Vec<u8>> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Portolan token key");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let issuer = Issuer::new(authority(), pair(by)?);
    let made = dated(params, now, KEY_DAYS, private)?.signed_by(&pair(private)?, &issuer);
    Ok(made.map_err(|_| Error::Internal)?.der().to_vec())
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Portolan token authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn named(words: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, words);
    name
}

fn dated(mut params: CertificateParams, now: Timestamp, days: u64, private: &[u8]) -> Result<CertificateParams> {
    let now_s = u64::try_from(now.0 / 1000).map_err(|_| Error::Internal)?;
    let at = |seconds: u64| date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    params.not_before = at(now_s.saturating_sub(BEHIND_DAYS * DAY_S));
    params.not_after = at(now_s + days * DAY_S);
    // Positive and at most 20 bytes long, as section 4.1.2.2 wants it.
    let mut serial = digest(&SHA256, private).as_ref()[..16].to_vec();
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from(serial));
    Ok(params)
}

fn pair(private: &[u8]) -> Result<KeyPair> {
    let private = PrivatePkcs8KeyDer::from(private);
    KeyPair::from_pkcs8_der_and_sign_algo(&private, &PKCS_ECDSA_P256_SHA256).map_err(|_| Error::Internal)
}
