//! A popular name stays listed under a harm only where there is evidence; so does whatever lists it from above.
//!
//! That is how `google.com` leaves an adult list and `pornhub.com` stays. A name that is not popular itself but has
//! popular names below it (a delivery network, a hosting company) is narrowed to the name alone, unless the evidence
//! for it covers them too. In choice categories popular names may stand: that is the point of those.

use std::collections::BTreeMap;

use luytre_lists::{CategorySet, Name};

use super::super::draft::Draft;
use super::super::names::NameId;
use super::evidence::Evidence;
use super::{Effect, Finding, Guard, harm};

/// Popular names listed without evidence, and their listed parents.
pub(super) fn find(guard: &Guard<'_>, draft: &Draft) -> Vec<Finding> {
    let evidence = guard.evidence(draft);
    let mut removed = Vec::new();
    let mut parents: BTreeMap<NameId, Narrowing> = BTreeMap::new();
    for name in guard.popular.iter() {
        let unproven = unproven(&evidence, name);
        if unproven.is_empty() {
            continue;
        }
        for (id, itself) in draft.covering(name) {
            if itself {
                let reason = "popular, without evidence".to_owned();
                removed.push(Finding { name: id, categories: unproven, effect: Effect::Removed, reason });
            } else {
                parents.entry(id).or_default().add(name, unproven);
            }
        }
    }
    // The removals first: of a popular parent nothing is left to narrow.
    removed.extend(parents.into_iter().map(|(id, narrowing)| narrowing.finding(id)));
    removed
}

/// The harms that a name is listed under without evidence, by itself or through a parent.
fn unproven(evidence: &Evidence<'_>, name: Name<'_>) -> CategorySet {
    let listed = evidence.draft.categories(name).intersection(harm());
    listed.iter().filter(|&category| evidence.proof(name, category).is_none()).collect()
}

/// A parent that lists popular names.
#[derive(Default)]
struct Narrowing {
    categories: CategorySet,
    count: usize,
    example: String,
}

impl Narrowing {
    fn add(&mut self, name: Name<'_>, categories: CategorySet) {
        self.categories = self.categories.union(categories);
        self.count += 1;
        if self.count == 1 {
            self.example = name.to_string();
        }
    }

    fn finding(self, name: NameId) -> Finding {
        let reason = match self.count {
            1 => format!("the popular {} lies below it", self.example),
            more => format!("{more} popular names lie below it, such as {}", self.example),
        };
        Finding { name, categories: self.categories, effect: Effect::Narrowed, reason }
    }
}
