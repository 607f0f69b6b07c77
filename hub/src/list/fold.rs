//! A draft becomes entries: what a parent says is folded into its children, and what says nothing new is left out.
//!
//! In a compiled list the most specific statement wins. So an entry has to repeat what its parents list, or listing a
//! name under `ads` would take it out of its parent's `malware`; and an entry that repeats exactly its parent is not
//! needed.

use luytre_lists::{CategorySet, Disposition, Entry};

use super::draft::{Draft, Layer};
use super::names::NameId;

/// The entries of the list, in the order of the draft's names.
pub fn entries(draft: &Draft) -> impl Iterator<Item = (NameId, Entry)> {
    draft.names().ids().filter_map(move |id| {
        let row = draft.row(id);
        if *row == Default::default() {
            return None;
        }
        let inherited = draft.inherited(draft.names().name(id));
        let entry = Entry { here: said(row.here, inherited), below: said(row.below, inherited) };
        (!entry.is_empty()).then_some((id, entry))
    })
}

/// What has to be said so that the layer holds, given what a parent passes on.
fn said(layer: Layer, inherited: CategorySet) -> Disposition {
    match layer.over(inherited) {
        same if same == inherited => Disposition::Inherit,
        none if none.is_empty() => Disposition::Allow,
        listed => Disposition::Block(listed),
    }
}

#[cfg(test)]
mod tests {
    use luytre_lists::CategoryTable;

    use super::super::testing::draft;
    use super::*;

    /// The entries as `name here/below`.
    fn folded(lines: &[(&str, &str)]) -> Vec<String> {
        let draft = draft(lines);
        let shown = |said| match said {
            Disposition::Inherit => "inherit".to_owned(),
            Disposition::Allow => "allow".to_owned(),
            Disposition::Block(categories) => CategoryTable::shipped().keys(categories),
        };
        let line = |(id, entry): (NameId, Entry)| {
            format!("{} {}/{}", draft.names().name(id), shown(entry.here), shown(entry.below))
        };
        entries(&draft).map(line).collect()
    }

    #[test]
    fn what_a_parent_says_already_is_left_out() {
        let lines = [("adult", "a.example"), ("adult", "www.a.example"), ("adult", "0.0.0.0 b.a.example")];
        assert_eq!(folded(&lines), ["a.example adult/adult"]);
    }

    #[test]
    fn a_more_specific_entry_does_not_lose_what_its_parent_says() {
        let lines = [("malware", "a.example"), ("ads", "ads.a.example"), ("ads", "0.0.0.0 x.a.example")];
        assert_eq!(
            folded(&lines),
            [
                "a.example malware/malware",
                "ads.a.example malware,ads/malware,ads",
                "x.a.example malware,ads/inherit",
                "www.x.a.example malware,ads/inherit",
            ]
        );
    }

    #[test]
    fn an_exception_holds_within_its_category() {
        let lines = [("malware", "a.example"), ("ads", "a.example"), ("ads", "@@||good.a.example^")];
        assert_eq!(folded(&lines), ["a.example malware,ads/malware,ads", "good.a.example malware/malware"]);
        let lines = [("ads", "a.example"), ("ads", "@@||good.a.example^")];
        assert_eq!(folded(&lines), ["a.example ads/ads", "good.a.example allow/allow"]);
    }

    #[test]
    fn always_says_nothing_else() {
        let lines = [("always", "a.example"), ("malware", "www.a.example"), ("malware", "a.example")];
        assert_eq!(folded(&lines), ["a.example always/always"]);
    }
}
