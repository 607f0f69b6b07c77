//! What the unit tests of this module build their drafts from: one line a statement.

use luytre_lists::{CategoryTable, NameBuf};

use super::draft::{Draft, DraftBuilder};
use super::names::Names;
use super::read::Reading;
use super::sources::{Source, Sources, Trust};

/// A draft of (category, line) pairs, each from a source of its own: the source `n` of publisher `n`.
pub(super) fn draft(lines: &[(&str, &str)]) -> Draft {
    let lines: Vec<_> = lines.iter().map(|&(category, line)| (category, line, Trust::Normal)).collect();
    draft_by_trust(&lines)
}

/// The same with each source's trust.
pub(super) fn draft_by_trust(lines: &[(&str, &str, Trust)]) -> Draft {
    let mut builder = DraftBuilder::default();
    let mut sources = Sources::default();
    let folder = tempfile::tempdir().unwrap();
    for (index, &(category, line, trust)) in (0_u16..).zip(lines) {
        let path = folder.path().join(index.to_string());
        crate::files::replace(&path, |out| out.write_all(line.as_bytes())).unwrap();
        builder.add(index, &Reading::of(&path, None, None, true).unwrap());
        sources.all.push(Source {
            id: index.to_string(),
            publisher: index.to_string(),
            path,
            category: CategoryTable::shipped().by_stem(category).unwrap(),
            form: None,
            scope: None,
            trust,
            licence: None,
        });
    }
    builder.finish(sources)
}

/// A set of names.
pub(super) fn names(texts: &[&str]) -> Names {
    let mut names = Names::default();
    for text in texts {
        names.intern(NameBuf::parse(text).unwrap().as_name());
    }
    names
}

/// The keys of what the draft says about a name.
pub(super) fn said(draft: &Draft, name: &str) -> String {
    CategoryTable::shipped().keys(draft.categories(NameBuf::parse(name).unwrap().as_name()))
}
