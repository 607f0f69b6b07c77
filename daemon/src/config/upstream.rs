//! `[upstream]`: who is asked what we don't know.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use luytre_lists::Domain;
use serde::{Deserialize, Serialize};

use super::read::Refusal;
use super::read::key::Key;
use super::read::values::{choice, domain, items, number};
use crate::dnssec::Anchors;
use crate::notify::Target;
use crate::upstream::{Roots, Server, ServerError, Strategy, plain_address};

/// `[upstream]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct UpstreamSpec {
    pub servers: Vec<String>,
    pub bootstrap: Vec<String>,
    pub strategy: String,
    pub validate: bool,
    pub trust_anchor: String,
    pub zones: BTreeMap<String, Vec<String>>,
    pub ca: String,
    pub timeout: i64,
    pub portal_check: String,
}

/// Who is asked what we don't know.
#[derive(Clone, Debug, PartialEq)]
pub struct UpstreamConfig {
    /// The servers; none: those that the system announces.
    pub servers: Vec<Server>,
    /// Plain servers that find the hosts of encrypted ones; none: those that the system announces.
    pub bootstrap: Vec<SocketAddr>,
    /// Which of them is asked first.
    pub strategy: Strategy,
    /// The keys by which answers are validated (DNSSEC); `None`: they are not.
    pub validate: Option<Anchors>,
    /// Zones with servers of their own, each name once.
    pub zones: Vec<Zone>,
    /// Certificate authorities to trust besides the usual ones.
    pub roots: Roots,
    /// How long a question may take with all servers together; 1 to 30 seconds.
    pub timeout: Duration,
    /// A page that is empty where nobody has to sign in first; `None`: nobody looks.
    pub portal_check: Option<Target>,
}

/// A zone whose names are asked of its own servers.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// The zone's name.
    pub name: Domain,
    /// Its servers; at least one.
    pub servers: Vec<Server>,
}

impl Default for UpstreamSpec {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            bootstrap: Vec::new(),
            strategy: "fastest".into(),
            validate: true,
            trust_anchor: String::new(),
            zones: BTreeMap::new(),
            ca: String::new(),
            timeout: 5,
            portal_check: String::new(),
        }
    }
}

impl UpstreamSpec {
    pub(super) fn resolve(self, folder: &Path) -> Result<UpstreamConfig, Refusal> {
        let strategies =
            [("fastest", Strategy::Fastest), ("parallel", Strategy::Parallel), ("strict", Strategy::Strict)];
        Ok(UpstreamConfig {
            servers: items("upstream.servers", &self.servers, server)?,
            bootstrap: items("upstream.bootstrap", &self.bootstrap, |text| {
                plain_address(text).map_err(|error| error.to_string())
            })?,
            strategy: choice("upstream.strategy", &self.strategy, &strategies)?,
            validate: if self.validate { Some(anchors(&self.trust_anchor, folder)?) } else { None },
            zones: zones(&self.zones)?,
            roots: roots(&self.ca, folder)?,
            timeout: Duration::from_secs(number("upstream.timeout", self.timeout, 1..=30, "seconds")?),
            portal_check: portal_check(&self.portal_check)?,
        })
    }
}

/// The keys in a file; those built in without one.
fn anchors(file: &str, folder: &Path) -> Result<Anchors, Refusal> {
    if file.is_empty() {
        return Ok(Anchors::built_in());
    }
    let refuse = |what: String| Refusal::new("upstream.trust_anchor", what);
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| refuse(format!("{} can't be read: {error}", path.display())))?;
    Anchors::parse(&text).map_err(|what| refuse(format!("{} {what}", path.display())))
}

fn zones(written: &BTreeMap<String, Vec<String>>) -> Result<Vec<Zone>, Refusal> {
    let mut zones: Vec<Zone> = Vec::new();
    for (text, servers) in written {
        let key = Key::from("upstream.zones").entry(text);
        let name = domain(text).map_err(|what| Refusal::new(key.clone(), what))?;
        if servers.is_empty() {
            return Err(Refusal::new(
                key,
                "has no servers; write at least one, such as [\"udp://10.0.0.1\"]",
            ));
        }
        if zones.iter().any(|zone| zone.name == name) {
            return Err(Refusal::new(key, format!("{name} stands twice; put its servers in one list")));
        }
        zones.push(Zone { name, servers: items(key, servers, server)? });
    }
    Ok(zones)
}

/// In the clear: a line that wants a sign-in can put nothing in the place of a page that proves whose it is.
fn portal_check(text: &str) -> Result<Option<Target>, Refusal> {
    let refuse = |what| Refusal::new("upstream.portal_check", what);
    if text.is_empty() {
        return Ok(None);
    }
    let page = Target::parse(text).map_err(refuse)?;
    if !text.starts_with("http://") {
        return Err(refuse(
            "must be an http:// address: over TLS no line can show its own page instead".to_owned(),
        ));
    }
    Ok(Some(page))
}

fn server(text: &str) -> Result<Server, String> {
    text.parse().map_err(|error: ServerError| error.to_string())
}

/// Read here, so that a wrong file is an error with a line instead of a server that fails later.
fn roots(file: &str, folder: &Path) -> Result<Roots, Refusal> {
    if file.is_empty() {
        return Ok(Roots::default());
    }
    let path = folder.join(file);
    let refuse = |what: String| {
        let what = format!("{} {what}; write a PEM file of certificate authorities", path.display());
        Refusal::new("upstream.ca", what)
    };
    let pem = super::read_bounded(&path).map_err(|error| refuse(format!("can't be read: {error}")))?;
    Roots::from_pem(&pem).map_err(refuse)
}
