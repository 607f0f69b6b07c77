//! `[listen]`: where questions come in, and from whom.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Lan;
use super::read::Refusal;
use super::read::values::sockets;

/// `[listen]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct ListenSpec {
    pub dns: Vec<String>,
    pub tls: Vec<String>,
    pub https: Vec<String>,
    pub quic: Vec<String>,
    pub cert: String,
    pub key: String,
    pub lan: Vec<String>,
}

/// Where questions come in, and from whom.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenConfig {
    /// Addresses for DNS by UDP and TCP; at least one, each once.
    pub dns: Vec<SocketAddr>,
    /// Addresses for DNS over TLS, each once.
    pub tls: Vec<SocketAddr>,
    /// Addresses for DNS over HTTPS, each once.
    pub https: Vec<SocketAddr>,
    /// Addresses for DNS over QUIC, each once.
    pub quic: Vec<SocketAddr>,
    /// The certificate of the encrypted ones; `None`: self-made.
    pub certificate: Option<CertificateFiles>,
    /// Whose questions are answered.
    pub lan: Lan,
}

/// Where a certificate lies, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, and those that sign it.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl ListenConfig {
    /// Whether anything is encrypted, so that a certificate is needed.
    pub fn is_encrypted(&self) -> bool {
        !(self.tls.is_empty() && self.https.is_empty() && self.quic.is_empty())
    }

    /// Every address that questions may come to.
    pub fn addresses(&self) -> impl Iterator<Item = &SocketAddr> {
        self.dns.iter().chain(&self.tls).chain(&self.https).chain(&self.quic)
    }

    /// The same with the sockets of another: those are open, and stay so until a restart.
    pub fn with_sockets_of(self, open: &Self) -> Self {
        let Self { dns, tls, https, quic, .. } = open.clone();
        Self { dns, tls, https, quic, ..self }
    }
}

impl Default for ListenSpec {
    fn default() -> Self {
        Self {
            dns: vec!["127.0.0.1:53".into()],
            tls: Vec::new(),
            https: Vec::new(),
            quic: Vec::new(),
            cert: String::new(),
            key: String::new(),
            lan: vec!["auto".into()],
        }
    }
}

impl ListenSpec {
    pub(super) fn resolve(self, folder: &Path) -> Result<ListenConfig, Refusal> {
        if self.dns.is_empty() {
            return Err(Refusal::new(
                "listen.dns",
                "is empty; write at least one address, such as [\"127.0.0.1:53\"]",
            ));
        }
        Ok(ListenConfig {
            dns: sockets("listen.dns", &self.dns, 53)?,
            tls: sockets("listen.tls", &self.tls, 853)?,
            https: sockets("listen.https", &self.https, 443)?,
            quic: sockets("listen.quic", &self.quic, 853)?,
            certificate: certificate(folder, &self.cert, &self.key)?,
            lan: Lan::parse("listen.lan", &self.lan)?,
        })
    }
}

fn certificate(folder: &Path, cert: &str, key: &str) -> Result<Option<CertificateFiles>, Refusal> {
    let lacks = |written: &str, lacking| {
        let what = format!("needs {lacking} too; write both, or neither for a self-made certificate");
        Err(Refusal::new(written, what))
    };
    match (cert, key) {
        ("", "") => Ok(None),
        (_, "") => lacks("listen.cert", "listen.key"),
        ("", _) => lacks("listen.key", "listen.cert"),
        (cert, key) => Ok(Some(CertificateFiles { chain: folder.join(cert), key: folder.join(key) })),
    }
}
