//! What can be wrong with a certificate: the file, and why.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a certificate can't be used.
#[derive(Debug)]
pub struct CertificateError {
    file: Option<PathBuf>,
    what: String,
}

impl CertificateError {
    pub(super) fn of(file: &Path, what: impl fmt::Display) -> Self {
        Self { file: Some(file.to_owned()), what: what.to_string() }
    }

    pub(super) fn making(what: impl fmt::Display) -> Self {
        Self { file: None, what: what.to_string() }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "the certificate can't be used: {}: {}", file.display(), self.what),
            None => write!(f, "a certificate can't be made: {}", self.what),
        }
    }
}

impl std::error::Error for CertificateError {}
