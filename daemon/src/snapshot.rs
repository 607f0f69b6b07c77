//! Everything that answering a question reads, behind one atomic pointer. Built aside, swapped whole.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use luytre_lists::Name;
use luytre_lists::hash::SuffixHashes;

use crate::clock::Timestamp;
use crate::config::{Config, Lan, LimitsConfig};
use crate::list::LoadedList;
use crate::policy::{self, Asked, Considered, Policy, Verdict};
use crate::reply::block::BlockStyle;
use crate::upstream;
use crate::who::{People, Who};

/// One state of the house.
#[derive(Debug)]
pub struct Snapshot {
    /// Who is who.
    pub people: People,
    /// The compiled rules.
    pub policy: Policy,
    /// The list in force.
    pub list: Arc<LoadedList>,
    /// Why a newer list was refused, if one was.
    pub refused: Option<String>,
    /// How blocked questions are answered.
    pub block: BlockStyle,
    /// Which servers answer the rest.
    pub upstream: Arc<upstream::Settings>,
    /// Whom we answer at all.
    pub lan: Lan,
    /// How much anybody may ask.
    pub limits: LimitsConfig,
}

/// The pointer: read it once a batch; only `app.rs` stores.
pub type Shared = Arc<ArcSwap<Snapshot>>;

impl Snapshot {
    /// Compiles a configuration, with the list to filter by and why a newer one was refused. An unchanged `upstream`
    /// keeps its pointer, so that what is known of its servers is kept too.
    pub fn build(
        config: &Config,
        (list, refused): (Arc<LoadedList>, Option<String>),
        upstream: Arc<upstream::Settings>,
    ) -> Self {
        Self {
            people: People::default(),
            policy: Policy::compile(&config.rules()),
            list,
            refused,
            block: BlockStyle::new(config.reply.mode, &config.reply.address, config.reply.ttl),
            upstream,
            lan: config.listen.lan.clone(),
            limits: config.limits.clone(),
        }
    }

    /// What is decided when this client asks for this name: one look-up, whatever the number of people.
    pub fn decide(&self, client: IpAddr, name: Name<'_>, rtype: u16, now: Timestamp) -> (Who, Verdict) {
        self.asking(client, name, rtype, |who, asked| (who, policy::decide(&self.policy, who, asked, now)))
    }

    /// Every rule that is looked at for it, in order, the deciding one last.
    pub fn consider(&self, client: IpAddr, name: Name<'_>, rtype: u16, now: Timestamp) -> Vec<Considered> {
        self.asking(client, name, rtype, |who, asked| policy::consider(&self.policy, who, asked, now))
    }

    fn asking<T>(
        &self,
        client: IpAddr,
        name: Name<'_>,
        rtype: u16,
        decide: impl FnOnce(Who, &Asked<'_>) -> T,
    ) -> T {
        let list = self.list.list();
        let suffixes = SuffixHashes::of(list.hash_key(), name);
        let listed = list.lookup_hashed(&suffixes);
        decide(self.people.identify(client), &Asked { name, suffixes: &suffixes, rtype, listed })
    }
}
