//! Names under which strangers live side by side are not listed with all below them.
//!
//! A registry's suffix (`vn`, `com.vn`, `roma.it`) is not listed at all: nothing is to be seen there. A provider's
//! suffix (`blogspot.com`, `s3.amazonaws.com`) is no harm as a whole; its own pages may be. As a family's choice it
//! may be listed: that is what the category of dynamic DNS is for.
//!
//! Both kinds come from the public suffix list.

use luytre_lists::Name;
use psl::{List, Psl, Type};

use super::super::draft::Draft;
use super::{Effect, Finding, Guard, harm};

/// Suffixes listed as a whole.
pub(super) fn find(_: &Guard<'_>, draft: &Draft) -> Vec<Finding> {
    let mut found = Vec::new();
    for id in draft.names().ids() {
        let row = draft.row(id);
        let mut add = |categories, effect, reason: &str| {
            found.push(Finding { name: id, categories, effect, reason: reason.to_owned() });
        };
        match suffix(draft.names().name(id)) {
            Some(Suffix::Registry) => {
                add(row.listed(), Effect::Removed, "a registry's suffix: names below it are others'")
            }
            Some(Suffix::Provider) => {
                let categories = row.below.listed.intersection(harm());
                add(categories, Effect::Narrowed, "a provider's suffix: names below it are others'");
            }
            None => {}
        }
    }
    found
}

#[derive(Debug, PartialEq, Eq)]
enum Suffix {
    Registry,
    Provider,
}

/// Which kind of suffix the name is, if it is one.
fn suffix(name: Name<'_>) -> Option<Suffix> {
    let labels: Vec<&[u8]> = name.labels().collect();
    if labels.len() == 1 {
        return Some(Suffix::Registry);
    }
    let info = List.find(labels.iter().rev().copied());
    let text_len = name.as_wire().len() - 1;
    match info.typ? {
        _ if info.len != text_len => None,
        Type::Icann => Some(Suffix::Registry),
        Type::Private => Some(Suffix::Provider),
    }
}

#[cfg(test)]
mod tests {
    use luytre_lists::NameBuf;

    use super::*;

    #[test]
    fn suffixes_are_told_from_names() {
        let kind = |text: &str| suffix(NameBuf::parse(text).unwrap().as_name());
        for registry in ["vn", "com.vn", "gov.vn", "co.uk", "roma.it", "anything-new"] {
            assert_eq!(kind(registry), Some(Suffix::Registry), "{registry}");
        }
        for provider in ["blogspot.com", "github.io", "s3.amazonaws.com"] {
            assert_eq!(kind(provider), Some(Suffix::Provider), "{provider}");
        }
        for name in ["example.com.vn", "example.com", "evil.blogspot.com", "a.b.example.com"] {
            assert_eq!(kind(name), None, "{name}");
        }
    }
}
