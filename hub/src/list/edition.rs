//! Editions: small routers get the part of the list that reaches most people.
//!
//! Kept first is what our own starter list names, then by rank among popular names, then by how many sources agree, then
//! by how severe the category is. An exception goes wherever an entry goes that it is made from, or that entry would
//! block what somebody took pains to leave open.

use std::cmp::Reverse;
use std::collections::HashMap;

use luytre_lists::{CategorySet, CategoryTable, Disposition, Entry};

use super::draft::Draft;
use super::fold;
use super::guard::Guard;
use super::names::NameId;

/// The entries of a smaller list.
pub struct Selection(Vec<bool>);

impl Selection {
    /// Whether this entry is in it.
    pub fn has(&self, id: NameId) -> bool {
        self.0.get(id.index()).is_some_and(|kept| *kept)
    }
}

/// The entries that block, those that matter to most people first. The same for the same draft, whatever its order.
pub fn by_reach(draft: &Draft, guard: &Guard<'_>) -> Vec<NameId> {
    let table = CategoryTable::shipped();
    let severity = |categories: CategorySet| {
        categories.iter().filter_map(|category| table.info(category)).map(|info| info.severity).max()
    };
    let mut ranked: Vec<_> = fold::entries(draft)
        .filter(|(_, entry)| !blocked(*entry).is_empty())
        .map(|(id, entry)| {
            let name = draft.names().name(id);
            let is_ours = !guard.starter.categories(name).is_empty();
            let rank = guard.popular.get(name).map_or(usize::MAX, NameId::index);
            let agreeing = draft.sources_of(id, CategorySet::from_bits(u64::MAX)).count();
            ((!is_ours, rank, Reverse(agreeing), Reverse(severity(blocked(entry)))), id)
        })
        .collect();
    ranked.sort_by(|(one, a), (other, b)| {
        one.cmp(other).then_with(|| draft.names().name(*a).as_wire().cmp(draft.names().name(*b).as_wire()))
    });
    ranked.into_iter().map(|(_, id)| id).collect()
}

/// The first of them that fit into `most` entries together with their exceptions; `None` if all do.
pub fn select(draft: &Draft, by_reach: &[NameId], most: usize) -> Option<Selection> {
    let entries = fold::entries(draft).count();
    if entries <= most {
        return None;
    }
    let exceptions = exceptions(draft);
    let mut kept = vec![false; draft.names().len()];
    let mut count = 0;
    for &id in by_reach {
        let own = exceptions.get(&id).map(Vec::as_slice).unwrap_or_default();
        let new = std::iter::once(&id).chain(own).filter(|id| !kept[id.index()]).count();
        if count + new > most {
            break;
        }
        count += new;
        std::iter::once(&id).chain(own).for_each(|id| kept[id.index()] = true);
    }
    Some(Selection(kept))
}

/// By entry, what below it says less than it does.
fn exceptions(draft: &Draft) -> HashMap<NameId, Vec<NameId>> {
    let mut exceptions: HashMap<NameId, Vec<NameId>> = HashMap::new();
    for (id, entry) in fold::entries(draft) {
        let name = draft.names().name(id);
        let inherited = draft.inherited(name);
        let says_less = [entry.here, entry.below].into_iter().any(|said| match said {
            Disposition::Inherit => false,
            Disposition::Allow => true,
            Disposition::Block(set) => !set.is_superset(inherited),
        });
        if says_less {
            let above = draft.covering(name).filter(|(_, itself)| !itself);
            above.for_each(|(parent, _)| exceptions.entry(parent).or_default().push(id));
        }
    }
    exceptions
}

fn blocked(entry: Entry) -> CategorySet {
    let set = |said| match said {
        Disposition::Block(set) => set,
        Disposition::Allow | Disposition::Inherit => CategorySet::EMPTY,
    };
    set(entry.here).union(set(entry.below))
}

#[cfg(test)]
mod tests {
    use super::super::protected::Protected;
    use super::super::starter::Starter;
    use super::super::testing::{draft, names};
    use super::*;

    /// What a list of so many entries keeps, by name.
    fn kept(lines: &[(&str, &str)], most: usize) -> Vec<String> {
        let draft = draft(lines);
        let (protected, starter) =
            (Protected::shipped().unwrap(), Starter::parse(&[("adult", "ours.example")]).unwrap());
        let popular = names(&["first.example", "second.example"]);
        let guard = Guard { protected: &protected, starter: &starter, popular: &popular };
        let by_reach = by_reach(&draft, &guard);
        let selection = select(&draft, &by_reach, most);
        let kept = fold::entries(&draft)
            .filter(|(id, _)| selection.as_ref().is_none_or(|selection| selection.has(*id)))
            .map(|(id, _)| draft.names().name(id).to_string());
        let mut kept: Vec<_> = kept.collect();
        kept.sort();
        kept
    }

    const LINES: &[(&str, &str)] = &[
        ("ads", "plain.example"),
        ("ads", "second.example"),
        ("adult", "severe.example"),
        ("ads", "agreed.example"),
        ("trackers", "agreed.example"),
        ("ads", "first.example"),
        ("adult", "ours.example"),
    ];

    #[test]
    fn what_reaches_most_people_is_kept() {
        let order = ["ours", "first", "second", "agreed", "severe", "plain"];
        for most in 0..=order.len() {
            let mut expected: Vec<_> = order[..most].iter().map(|name| format!("{name}.example")).collect();
            expected.sort();
            assert_eq!(kept(LINES, most), expected, "of {most}");
        }
        assert_eq!(kept(LINES, 100).len(), 6);
    }

    #[test]
    fn an_exception_goes_with_its_entry_or_not_at_all() {
        let lines = [
            ("ads", "first.example"),
            ("ads", "@@||good.first.example^"),
            ("ads", "other.example"),
            ("ads", "@@||good.other.example^"),
        ];
        assert_eq!(kept(&lines, 3), ["first.example", "good.first.example"]);
        assert_eq!(kept(&lines, 1), [""; 0], "not without its exception");
    }
}
