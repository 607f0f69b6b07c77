//! `policy.json`: how the routers of a fleet are to be set, by the word of whoever looks after them.
//!
//! A provider's keys, in `operator.json`, come with the router's image. They are nobody else's: they say nothing about
//! lists, and the keys of a publication say nothing here. And whoever holds them may say very little: which servers are
//! asked, where lists are fetched and how early, what the provider is called, where reports go. There is no member for
//! people, devices, names or categories, and a document with any other member is refused whole: what a family decides is
//! not a provider's to set, now or by a later mistake.
//!
//! Expiry bounds how long somebody may show an old policy to a router that does not know it yet. What was taken stays in
//! force until the next one is: a provider that goes out of business must not change anybody's DNS.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::MAX_POLICY;
use crate::envelope::Envelope;
use crate::hex::{KeyId, PublicKey, Sha256};
use crate::moment::Moment;
use crate::refusal::{Refusal, Role};
use crate::root::Keyholders;
use crate::trusted::Mark;

/// The most keys of an operator.
const MAX_KEYS: usize = 16;
/// The most servers, or addresses, of one kind: more than any router asks in turn.
const MAX_ITEMS: usize = 16;
/// The longest of them, in bytes; the longest address that a router's configuration takes.
const MAX_TEXT: usize = 500;

/// What `policy.json` says. A text or list that is empty, or not there, says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Tells it from other documents.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Grows with every signing.
    pub version: u64,
    /// When it was signed: it is no earlier now.
    pub created: Moment,
    /// From when on nobody takes it any more. Who has taken it keeps to it.
    pub expires: Moment,
    /// Who is asked.
    #[serde(default, skip_serializing_if = "Upstream::is_silent")]
    pub upstream: Upstream,
    /// Where lists come from, and when.
    #[serde(default, skip_serializing_if = "List::is_silent")]
    pub list: List,
    /// Who looks after these routers and how they are reached, a line for the pages.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// Where people's reports go: a centre's address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub centre: String,
}

/// The `type` of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The only one here.
    #[default]
    Policy,
}

/// Who is asked. Zones are not the provider's: they are names of the house.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Upstream {
    /// Servers, as `[upstream] servers` writes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<String>,
    /// Plain addresses that find the hosts of encrypted ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bootstrap: Vec<String>,
}

/// Where lists come from, and when. Not whose lists: the root of a publication comes with the image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct List {
    /// Base addresses of a publication.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// `small`, `standard` or `full`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub edition: String,
    /// When a staged rollout reaches these routers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring: Option<Ring>,
}

/// When a staged rollout reaches a router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ring {
    /// With the first share of routers: those that the provider watches.
    Early,
    /// With the share that it is in by chance.
    #[default]
    Normal,
    /// When the list is for everybody.
    Late,
}

impl Ring {
    /// All of them, the first to be reached first.
    pub const ALL: [Self; 3] = [Self::Early, Self::Normal, Self::Late];

    /// As it is written in policies and configurations.
    pub fn word(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::Normal => "normal",
            Self::Late => "late",
        }
    }
}

impl Upstream {
    fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

impl List {
    fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

impl Policy {
    /// A policy that says nothing yet.
    pub fn new(version: u64, created: Moment, expires: Moment) -> Self {
        let (upstream, list) = (Upstream::default(), List::default());
        let (provider, centre) = (String::new(), String::new());
        Self { kind: Kind::Policy, version, created, expires, upstream, list, provider, centre }
    }

    /// Whether it says what can be. What a router's configuration does not take is for the router to refuse.
    pub fn check(&self) -> Result<(), Refusal> {
        let wrong = |what: String| Err(Refusal::Document { role: Role::Operator, what });
        if self.version == 0 {
            return wrong("its version is 0; the first one is 1".to_owned());
        }
        if self.expires <= self.created {
            let (expires, created) = (self.expires, self.created);
            return wrong(format!("it expires at {expires}, and was made at {created}"));
        }
        let lists = [
            ("upstream.servers", &self.upstream.servers),
            ("upstream.bootstrap", &self.upstream.bootstrap),
            ("list.urls", &self.list.urls),
        ];
        if let Some((key, items)) = lists.iter().find(|(_, items)| items.len() > MAX_ITEMS) {
            return wrong(format!("{key} has {} entries, where {MAX_ITEMS} are the most", items.len()));
        }
        let texts =
            [("list.edition", &self.list.edition), ("provider", &self.provider), ("centre", &self.centre)];
        let all = lists.iter().flat_map(|(key, items)| items.iter().map(move |item| (*key, item)));
        match all.chain(texts).find(|(_, text)| text.len() > MAX_TEXT) {
            Some((key, text)) => {
                wrong(format!("{key} has a text of {} bytes, where {MAX_TEXT} are the most", text.len()))
            }
            None => Ok(()),
        }
    }
}

/// The keys that a fleet's policies are signed by: what `operator.json` says. Not signed itself, since it comes with the
/// router's image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    keys: BTreeMap<KeyId, PublicKey>,
    holders: Keyholders,
}

/// `operator.json` as it is written.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Anchor {
    #[serde(rename = "type")]
    kind: AnchorKind,
    /// How many different keys have to sign.
    threshold: u32,
    /// More than have to sign: a new key stands beside the old one until every router knows it.
    keys: BTreeSet<PublicKey>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum AnchorKind {
    Operator,
}

impl Operator {
    /// These keys, of which so many have to sign. The error says why that can't be.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>, threshold: u32) -> Result<Self, String> {
        let keys: BTreeMap<KeyId, PublicKey> =
            keys.into_iter().map(|public| (Sha256::of(&public.0), public)).collect();
        if threshold == 0 || threshold as usize > keys.len() {
            return Err(format!("{} keys can't give {threshold} signatures", keys.len()));
        }
        if keys.len() > MAX_KEYS {
            return Err(format!("{} keys, where {MAX_KEYS} are the most", keys.len()));
        }
        let holders = Keyholders { keyids: keys.keys().copied().collect(), threshold };
        Ok(Self { keys, holders })
    }

    /// Reads `operator.json`; the error says what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_POLICY {
            return Err(format!("{} bytes, where {MAX_POLICY} are the most", bytes.len()));
        }
        let anchor: Anchor = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        Self::new(anchor.keys, anchor.threshold)
    }

    /// The bytes of `operator.json`.
    pub fn document(&self) -> Vec<u8> {
        let (threshold, keys) = (self.holders.threshold, self.keys.values().copied().collect());
        let anchor = Anchor { kind: AnchorKind::Operator, threshold, keys };
        let mut text = serde_json::to_vec_pretty(&anchor).unwrap_or_default(); // texts and a number
        text.push(b'\n');
        text
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.values()
    }

    /// The names of the keys, and how many of them have to sign.
    pub fn holders(&self) -> &Keyholders {
        &self.holders
    }

    /// Reads a policy that was taken before: who has signed it counts, and no longer when.
    pub fn read_taken(&self, document: &[u8]) -> Result<Taken, Refusal> {
        let envelope = Envelope::read(Role::Operator, document, MAX_POLICY)?;
        envelope.check_by(&self.holders, |id| self.keys.get(id).copied(), None)?;
        let policy: Policy = envelope.content()?;
        policy.check()?;
        Ok(Taken { policy, digest: envelope.digest() })
    }

    /// Takes the next policy: signed, no older than the one `before`, not expired. `clock` is the wall clock, if it can be
    /// believed; it is no earlier than `built`.
    pub fn take(
        &self,
        document: &[u8],
        before: Option<&Taken>,
        clock: Option<Moment>,
        built: Moment,
    ) -> Result<Taken, Refusal> {
        let next = self.read_taken(document)?;
        let mark = before.map(Taken::mark).unwrap_or_default();
        mark.check_next(&next.mark(), Role::Operator, "version of policy.json")?;
        let is_the_same = before.is_some_and(|before| before.digest == next.digest);
        let floor = built.max(mark.created);
        let now = clock.map_or(floor, |clock| clock.max(floor));
        if now >= next.policy.expires && !is_the_same {
            return Err(Refusal::Expired { role: Role::Operator, expired: next.policy.expires, now });
        }
        Ok(next)
    }
}

/// A policy that was believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What it says.
    pub policy: Policy,
    /// Names exactly what was signed.
    pub digest: Sha256,
}

impl Taken {
    fn mark(&self) -> Mark {
        Mark { version: self.policy.version, created: self.policy.created, digest: Some(self.digest) }
    }
}
