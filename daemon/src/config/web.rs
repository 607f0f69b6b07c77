//! `[web]`: the page for people.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use luytre_lists::Domain;
use serde::{Deserialize, Serialize};

use super::read::Refusal;
use super::read::values::{domain, items, sockets};

/// `[web]` as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct WebSpec {
    pub listen: Vec<String>,
    pub hosts: Vec<String>,
    pub setup_code_file: String,
    pub tls: Vec<String>,
}

/// The page for people.
#[derive(Clone, Debug, PartialEq)]
pub struct WebConfig {
    /// Addresses for HTTP, each once; none: no page.
    pub listen: Vec<SocketAddr>,
    /// Addresses for HTTPS, each once.
    pub tls: Vec<SocketAddr>,
    /// Names by which the page is called, besides `luytre.lan` and its addresses.
    pub hosts: Vec<Domain>,
    /// Where the set-up code of the router's label lies; `None`: luytre makes one.
    pub setup_code_file: Option<PathBuf>,
}

impl WebSpec {
    pub(super) fn resolve(self, folder: &Path) -> Result<WebConfig, Refusal> {
        Ok(WebConfig {
            listen: sockets("web.listen", &self.listen, 80)?,
            tls: sockets("web.tls", &self.tls, 443)?,
            hosts: items("web.hosts", &self.hosts, domain)?,
            setup_code_file: (!self.setup_code_file.is_empty()).then(|| folder.join(self.setup_code_file)),
        })
    }
}
