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
    pub provider: String,
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
    /// Who looks after this router and how they are reached, as people read it; empty: nobody does.
    pub provider: String,
}

/// The most characters of a line on the pages.
const LONGEST: usize = 80;

/// A line for people, without what would turn or break the page's other text.
fn line(key: &str, text: &str) -> Result<String, Refusal> {
    let is_plain =
        |c: char| !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = text.trim();
    if text.chars().count() > LONGEST || !text.chars().all(is_plain) {
        return Err(Refusal::new(key, format!("write one line of at most {LONGEST} characters")));
    }
    Ok(text.to_owned())
}

impl WebSpec {
    pub(super) fn resolve(self, folder: &Path) -> Result<WebConfig, Refusal> {
        Ok(WebConfig {
            listen: sockets("web.listen", &self.listen, 80)?,
            tls: sockets("web.tls", &self.tls, 443)?,
            hosts: items("web.hosts", &self.hosts, domain)?,
            setup_code_file: (!self.setup_code_file.is_empty()).then(|| folder.join(self.setup_code_file)),
            provider: line("web.provider", &self.provider)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_a_line() {
        assert_eq!(line("web.provider", " VNTT · 1800 1234 ").unwrap(), "VNTT · 1800 1234");
        for wrong in ["a\nb", "\u{202e}b", &"x".repeat(81)] {
            assert_eq!(
                line("web.provider", wrong).unwrap_err().what,
                "write one line of at most 80 characters"
            );
        }
    }
}
