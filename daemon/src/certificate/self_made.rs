//! A certificate that we make ourselves, for devices that take one from the address they know (RFC 9462 §4.3) or that
//! were shown it once.
//!
//! The key is made once and kept: who has pinned it goes on trusting it when an address is added and the certificate is
//! written anew.

use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;

use super::{CertificateError, files};
use crate::files::{replace, replace_secret};

const CERTIFICATE_FILE: &str = "certificate.pem";
const KEY_FILE: &str = "certificate-key.pem";

/// The name of every Luytre at home, and the names of devices below it.
const NAMES: [&str; 2] = ["luytre.lan", "*.luytre.lan"];

/// Valid from before any router that runs this was built, since its clock may stand there; until long after.
const VALID: [i32; 2] = [2020, 2040];

/// The certificate that lies in the folder, if it still covers every address; else a new one, kept there if that is
/// possible.
pub(super) fn kept_in(
    folder: &Path,
    addresses: &[IpAddr],
    notices: &mut Vec<String>,
) -> Result<CertifiedKey, CertificateError> {
    let (certificate_file, key_file) = (folder.join(CERTIFICATE_FILE), folder.join(KEY_FILE));
    let (key, is_kept) = match read_key(&key_file) {
        Some(key) => (key, true),
        None => (KeyPair::generate().map_err(CertificateError::making)?, false),
    };
    if let Some(kept) = read_certificate(&certificate_file).filter(|kept| covers(kept, addresses))
        && let Ok(pair) = pair(kept, &key)
    {
        return Ok(pair);
    }
    let made = make(&key, addresses).map_err(CertificateError::making)?;
    // The key first: a power cut between the two leaves one that the next start makes a certificate for.
    let key_kept = if is_kept {
        Ok(())
    } else {
        replace_secret(&key_file, |file| file.write_all(key.serialize_pem().as_bytes()))
    };
    let kept =
        key_kept.and_then(|()| replace(&certificate_file, |file| file.write_all(made.pem().as_bytes())));
    match kept {
        Ok(()) => tracing::info!(file = %certificate_file.display(), "a certificate was made"),
        Err(error) => notices.push(not_kept(folder, &error)),
    }
    pair(made.der().clone(), &key).map_err(CertificateError::making)
}

fn not_kept(folder: &Path, error: &io::Error) -> String {
    let folder = folder.display();
    format!("the self-made certificate can't be kept in {folder} and changes with each start: {error}")
}

fn make(key: &KeyPair, addresses: &[IpAddr]) -> Result<rcgen::Certificate, rcgen::Error> {
    let names = NAMES.iter().map(|&name| name.to_owned());
    let all: Vec<String> = names.chain(addresses.iter().map(ToString::to_string)).collect();
    let mut params = CertificateParams::new(all)?;
    let [from, until] = VALID;
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, NAMES[0]);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.self_signed(key)
}

/// The key, if one can be read: one that can't be is written anew.
fn read_key(file: &Path) -> Option<KeyPair> {
    let bytes = files::read_bounded(file).ok()?;
    KeyPair::from_pem(str::from_utf8(&bytes).ok()?).ok()
}

fn read_certificate(file: &Path) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(&files::read_bounded(file).ok()?).ok()
}

/// Whether a client that knows us by our name or any of these addresses takes the certificate.
fn covers(certificate: &CertificateDer<'_>, addresses: &[IpAddr]) -> bool {
    let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return false };
    let is_of = |name: ServerName<'_>| verify_server_name(&parsed, &name).is_ok();
    let own_name = ServerName::try_from(NAMES[0]);
    own_name.is_ok_and(is_of) && addresses.iter().all(|&address| is_of(ServerName::from(address)))
}

fn pair(certificate: CertificateDer<'static>, key: &KeyPair) -> Result<CertifiedKey, rustls::Error> {
    let key =
        PrivateKeyDer::try_from(key.serialize_der()).map_err(|why| rustls::Error::General(why.into()))?;
    files::pair(vec![certificate], key)
}
