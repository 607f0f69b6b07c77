//! Essentials, large platforms, banks and public zones are not listed by mistake.
//!
//! - A protected name, or one below it where the protection reaches below, is taken out of the categories it is
//!   protected from.
//! - A parent of one is no harm as a whole: narrowed. As a family's choice (all of `apple.com` as shopping) it stays,
//!   with an exception for the essential below it.
//! - In a public zone (`gov.vn`) nothing is listed with all below it. The zone and the names directly in it are taken
//!   out of harm categories, but as an exact entry where there is evidence; a broken-in host further down stays as an
//!   exact entry.

use luytre_lists::{CategorySet, Name};

use super::super::draft::{Draft, Row};
use super::super::names::NameId;
use super::super::protected::Protection;
use super::{Effect, Finding, Guard, harm};

/// Protected names, their parents, and entries in public zones.
pub(super) fn find(guard: &Guard<'_>, draft: &Draft) -> Vec<Finding> {
    let mut found = Vec::new();
    for id in draft.names().ids() {
        let row = draft.row(id);
        let name = draft.names().name(id);
        for protection in guard.protected.of(name) {
            found.push(Finding {
                name: id,
                categories: row.listed().intersection(protection.from),
                effect: Effect::Removed,
                reason: format!("protected: {}", protection.group),
            });
        }
        if let Some(labels) = guard.protected.labels_below_zone(name) {
            found.extend(in_zone(guard, draft, id, labels));
        }
    }
    for (name, protection) in guard.protected.iter() {
        for (parent, _) in draft.covering(name).filter(|(_, itself)| !itself) {
            found.extend(over(name, protection, parent, draft.row(parent)));
        }
    }
    for zone in guard.protected.zones() {
        let reason = || format!("a parent of the public zone {zone}");
        found.extend(draft.covering(zone).filter(|(_, itself)| !itself).map(|(parent, _)| Finding {
            name: parent,
            categories: harm(),
            effect: Effect::Narrowed,
            reason: reason(),
        }));
    }
    found
}

/// An entry so many labels below a public zone.
fn in_zone(guard: &Guard<'_>, draft: &Draft, id: NameId, labels: usize) -> Vec<Finding> {
    let name = draft.names().name(id);
    let listed = draft.row(id).listed().intersection(harm());
    let evidence = guard.evidence(draft);
    let proven: CategorySet =
        listed.iter().filter(|&category| labels > 1 || evidence.proof(name, category).is_some()).collect();
    let reason = "in a public zone: nothing is listed with all below it";
    let (removed, narrowed) =
        if labels == 0 { (listed, CategorySet::EMPTY) } else { (listed.difference(proven), proven) };
    vec![
        Finding {
            name: id,
            categories: removed,
            effect: Effect::Removed,
            reason: "name of a public zone".to_owned(),
        },
        Finding { name: id, categories: narrowed, effect: Effect::Narrowed, reason: reason.to_owned() },
    ]
}

/// A parent of a protected name.
fn over(name: Name<'_>, protection: &Protection, parent: NameId, row: &Row) -> [Finding; 2] {
    let listed = row.below.listed.intersection(protection.from);
    let reason = format!("{name} below it is protected: {}", protection.group);
    [
        Finding {
            name: parent,
            categories: listed.intersection(harm()),
            effect: Effect::Narrowed,
            reason: reason.clone(),
        },
        Finding {
            name: parent,
            categories: listed.difference(harm()),
            effect: Effect::Spares(name.to_domain(), protection.scope),
            reason,
        },
    ]
}
