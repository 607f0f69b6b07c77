//! `[reply]`: how a blocked question is answered.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::WebConfig;
use super::read::Refusal;
use super::read::key::Key;
use super::read::values::{choice, items, number, quoted};
use crate::reply::block::Mode;

/// `[reply]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct ReplySpec {
    pub mode: String,
    pub address: Vec<String>,
    pub ttl: i64,
}

/// How a blocked question is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplyConfig {
    /// What stands in the answer.
    pub mode: Mode,
    /// The page's addresses, at most one of each family; none: the address that the question reached.
    pub address: Vec<IpAddr>,
    /// How long devices keep the answer, in seconds; at most 3600.
    pub ttl: u32,
}

impl Default for ReplySpec {
    fn default() -> Self {
        Self { mode: "auto".into(), address: Vec::new(), ttl: 10 }
    }
}

impl ReplySpec {
    pub(super) fn resolve(self, web: &WebConfig) -> Result<ReplyConfig, Refusal> {
        let auto = if web.listen.is_empty() { Mode::Null } else { Mode::Page };
        let modes = [
            ("auto", auto),
            ("page", Mode::Page),
            ("null", Mode::Null),
            ("nxdomain", Mode::NxDomain),
            ("refused", Mode::Refused),
        ];
        Ok(ReplyConfig {
            mode: choice("reply.mode", &self.mode, &modes)?,
            address: addresses(&self.address)?,
            ttl: number("reply.ttl", self.ttl, 0..=3600, "seconds")?,
        })
    }
}

fn addresses(texts: &[String]) -> Result<Vec<IpAddr>, Refusal> {
    let addresses: Vec<IpAddr> = items("reply.address", texts, |text| {
        text.parse().map_err(|_| {
            format!("{} is not an address; write one such as \"192.0.2.1\" or \"fd00::1\"", quoted(text))
        })
    })?;
    let same_family =
        |index: &usize| addresses[..*index].iter().any(|a| a.is_ipv4() == addresses[*index].is_ipv4());
    match (1..addresses.len()).find(same_family) {
        Some(index) => {
            let family = if addresses[index].is_ipv4() { "IPv4" } else { "IPv6" };
            let what = format!("{} is a second {family} address; leave one out", quoted(&texts[index]));
            Err(Refusal::new(Key::from("reply.address").item(index), what))
        }
        None => Ok(addresses),
    }
}
