//! What an upstream's answer contains, and what of it this house is to see. Pure: bytes in, findings or bytes out.
//!
//! In the order in which an answer passes:
//!
//! 1. [`contents`] and [`service`] read the names and addresses in an answer's records.
//! 2. [`rebinding`]: does a public name lead into the home?
//! 3. [`targets`]: what the list says of the names and addresses that the answer leads to. What comes of it is the
//!    policy's to decide ([`decide_answer`](crate::policy::decide_answer)).
//! 4. [`strip`]: encrypted ClientHello and IPv6 addresses go, where the house wants that; the former for supervised
//!    people in any house.
//! 5. [`spells`] tells whether a name says its address itself, which opens nothing in strict mode.
//! 6. [`dns64`] makes IPv6 addresses from IPv4 ones, with the arithmetic of [`nat64`].
//!
//! All but the categories depends on the configuration alone, so answers are cached as they leave here, those for
//! supervised people that lack ECH under a key of their own, and a changed `[inspect]` empties the cache. The categories go beside the answer into the cache: they are facts, the decision is
//! made anew for everybody who asks.

mod contents;
pub mod dns64;
pub mod nat64;
pub mod rebinding;
mod service;
mod spelled;
pub(crate) mod strip;
mod targets;
#[cfg(test)]
mod tests;

use luytre_lists::{CategorySet, Domain, Name};

pub use self::contents::addresses;
pub use self::nat64::Nat64Prefix;
pub use self::spelled::spells;
pub use self::strip::{remove_aaaa, remove_ech};
pub use self::targets::{categories, targets};

use self::rebinding::Insiders;
use crate::policy::Rule;

/// `[inspect]`: what is looked for in answers, and what goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Names of the Internet may not lead into the home.
    pub rebind_protection: bool,
    /// Zones whose names may.
    pub rebind_allow: Vec<Domain>,
    /// Encrypted ClientHello is taken out.
    pub remove_ech: bool,
    /// IPv6 addresses are taken out; never together with `dns64`.
    pub filter_aaaa: bool,
    /// Names without an IPv6 address get one behind this prefix.
    pub dns64: Option<Nat64Prefix>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rebind_protection: true,
            rebind_allow: Vec::new(),
            remove_ech: false,
            filter_aaaa: false,
            dns64: None,
        }
    }
}

/// What was found in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// It leads a public name into the home.
    pub rebinds: bool,
    /// What the list says of its targets, as far as that passes on to the question.
    pub categories: CategorySet,
    /// The operator's rule that denies one of its targets.
    pub denied: Option<Rule>,
}

impl Findings {
    /// What was found in either of two answers.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            rebinds: self.rebinds || other.rebinds,
            categories: self.categories.union(other.categories).sealed(),
            denied: self.denied.or(other.denied),
        }
    }
}

/// The settings, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspector {
    settings: Settings,
    insiders: Insiders,
}

impl Inspector {
    /// Compiles the settings. Names in `own_zones`, which have servers of the house's own, may lead into the home.
    pub fn new<'a>(settings: &'a Settings, own_zones: impl IntoIterator<Item = &'a Domain>) -> Self {
        let insiders = Insiders::new(settings.rebind_allow.iter().chain(own_zones));
        Self { settings: settings.clone(), insiders }
    }

    /// The same settings, with other zones that have servers of the house's own.
    pub fn with_own_zones<'a>(&'a self, own_zones: impl IntoIterator<Item = &'a Domain>) -> Self {
        Self::new(&self.settings, own_zones)
    }

    /// The prefix that names without IPv6 addresses get them behind.
    pub fn dns64(&self) -> Option<Nat64Prefix> {
        self.settings.dns64
    }

    /// Whether this answer leads the name asked into the home, and may not.
    pub fn rebinds(&self, asked: Name<'_>, answer: &[u8]) -> bool {
        self.settings.rebind_protection && rebinding::leads_inward(answer) && !self.insiders.contains(asked)
    }

    /// Takes out of the answer what this house is not to see; and encrypted ClientHello, if it goes to somebody who is
    /// not to have it. `None` if the message is spoilt.
    pub fn strip(&self, answer: &mut Vec<u8>, without_ech: bool) -> Option<()> {
        if self.settings.remove_ech || without_ech {
            remove_ech(answer)?;
        }
        if self.settings.filter_aaaa {
            remove_aaaa(answer)?;
        }
        Some(())
    }
}
