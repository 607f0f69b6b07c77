//! `[listen]`: where questions come in, and from whom.

use std::net::SocketAddr;

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
    /// Whose questions are answered.
    pub lan: Lan,
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
    pub(super) fn resolve(self) -> Result<ListenConfig, Refusal> {
        if self.dns.is_empty() {
            return Err(Refusal::new(
                "listen.dns",
                "is empty; write at least one address, such as [\"127.0.0.1:53\"]",
            ));
        }
        Ok(ListenConfig {
            dns: sockets("listen.dns", &self.dns, 53)?,
            lan: Lan::parse("listen.lan", &self.lan)?,
        })
    }
}
