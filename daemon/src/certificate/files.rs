//! A certificate and its key in PEM files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};

use super::{CertificateError, provider};
use crate::config::CertificateFiles;

/// The largest file that is read, in bytes: a long chain is 20 kB.
const MAX_FILE: u64 = 256 << 10;

/// Reads a certificate with those that sign it, and the key that belongs to it.
pub(super) fn read(files: &CertificateFiles) -> Result<CertifiedKey, CertificateError> {
    let CertificateFiles { chain, key } = files;
    let certificates = CertificateDer::pem_slice_iter(&read_bounded(chain)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CertificateError::of(chain, not_pem(&error)))?;
    if certificates.is_empty() {
        return Err(CertificateError::of(chain, "it holds no CERTIFICATE block; write a PEM file"));
    }
    let key_der = PrivateKeyDer::from_pem_slice(&read_bounded(key)?).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            CertificateError::of(key, "it holds no PRIVATE KEY block; write a PEM file without a password")
        }
        error => CertificateError::of(key, not_pem(&error)),
    })?;
    pair(certificates, key_der).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            CertificateError::of(key, format_args!("it is not the key of {}", chain.display()))
        }
        Error::InvalidCertificate(why) => {
            CertificateError::of(chain, format_args!("the certificate is malformed: {why:?}"))
        }
        error => CertificateError::of(key, error),
    })
}

/// A certificate and its key, if they are of each other.
pub(super) fn pair(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, Error> {
    CertifiedKey::from_der(chain, key, &provider())
}

/// A file's bytes, up to what any certificate needs.
pub(super) fn read_bounded(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CertificateError::of(path, "no such file"),
        io::ErrorKind::PermissionDenied => {
            CertificateError::of(path, "luytre's user may not read it: change its owner or permissions")
        }
        _ => CertificateError::of(path, error),
    })?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(CertificateError::of(path, "larger than 256 kB, which no certificate is"));
    }
    Ok(bytes)
}

fn not_pem(error: &pem::Error) -> String {
    format!("it is not PEM: {error}")
}
