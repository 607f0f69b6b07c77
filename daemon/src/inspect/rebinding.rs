//! Rebinding protection: a name of the Internet that leads into the home.
//!
//! A page may talk to its own origin; whoever owns the name may let it point to the router next. So a public name has no
//! business with a private address, in whichever form and record it comes.

use std::collections::HashSet;
use std::ops::ControlFlow;

use luytre_lists::{Domain, Name, is_inward};

use super::contents;

/// Which names may lead into the home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Insiders {
    /// As on the wire; each stands for itself and all below it.
    zones: HashSet<Box<[u8]>>,
}

impl Insiders {
    /// Those in these zones: allowed by the operator, or with servers of the house's own.
    pub fn new<'a>(zones: impl IntoIterator<Item = &'a Domain>) -> Self {
        Self { zones: zones.into_iter().map(|zone| zone.as_name().as_wire().into()).collect() }
    }

    /// Whether this name may.
    pub fn contains(&self, name: Name<'_>) -> bool {
        !self.zones.is_empty() && name.suffixes().any(|suffix| self.zones.contains(suffix.as_wire()))
    }
}

/// Whether the answer leads into the home: by an A or AAAA record, or by the hint of an SVCB or HTTPS record. `0.0.0.0`
/// and `::` count: many systems connect to themselves by them. Allocates nothing.
pub fn leads_inward(message: &[u8]) -> bool {
    let inward =
        |address| if is_inward(address) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    contents::addresses(message, inward).is_break()
}
