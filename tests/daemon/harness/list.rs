//! Compiled lists, small ones.

use luytre_lists::{CategorySet, CategoryTable, Disposition, Domain, Entry, ListWriter, Meta};

/// A compiled list of `(category, name)` pairs: category `-` is an exception, `=name` that name alone.
pub(crate) fn compiled(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ListWriter::new(Meta { serial: 7, created: 1_700_000_000 });
    for (category, name) in entries {
        let said = match *category {
            "-" => Disposition::Allow,
            key => {
                let known = CategoryTable::shipped().by_key(key);
                let category = known.unwrap_or_else(|| panic!("{key} is no category"));
                Disposition::Block(CategorySet::EMPTY.with(category))
            }
        };
        let (entry, name) = match name.strip_prefix('=') {
            Some(name) => (Entry::exact(said), name),
            None => (Entry::subtree(said), *name),
        };
        writer.add(Domain::parse(name).unwrap().as_name(), entry).unwrap();
    }
    writer.finish().unwrap()
}
