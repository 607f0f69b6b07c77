//! `luytre list info` and `luytre list verify`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use luytre_lists::{CategoryTable, Disposition};

use super::Failed;
use crate::list::LoadedList;
use crate::status::rfc3339;

/// Prints what a list says about itself, and how many names each category has.
pub(super) fn info(file: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let loaded = LoadedList::map(file)?;
    let info = loaded.info();
    let names = info.names.max(1);
    writeln!(out, "file\t{}", file.display())?;
    writeln!(out, "serial\t{}", info.serial)?;
    writeln!(out, "created\t{}", if info.created == 0 { "not told".into() } else { rfc3339(info.created) })?;
    writeln!(out, "names\t{}", info.names)?;
    writeln!(out, "bytes\t{}", info.bytes)?;
    writeln!(out, "bytes a name\t{:.2}", info.bytes as f64 / f64::from(names))?;
    writeln!(out, "buckets\t{}", 1_u32 << info.bucket_bits)?;
    writeln!(out, "statements\t{}", info.statements)?;
    let table = CategoryTable::shipped();
    let same = if info.category_table == table.hash() { "this build's" } else { "another build's" };
    writeln!(out, "category table\t{:016x} ({same})", info.category_table)?;

    let mut categories = BTreeMap::new();
    let mut exceptions = 0;
    for (entry, count) in loaded.list().census() {
        let sets = [entry.here, entry.below].map(|said| match said {
            Disposition::Block(set) => set,
            Disposition::Allow | Disposition::Inherit => luytre_lists::CategorySet::EMPTY,
        });
        if entry.here == Disposition::Allow || entry.below == Disposition::Allow {
            exceptions += count;
        }
        for category in sets[0].union(sets[1]).iter() {
            *categories.entry(category).or_insert(0) += count;
        }
    }
    for (category, count) in categories {
        writeln!(out, "{}\t{count}", table.key(category))?;
    }
    writeln!(out, "exceptions\t{exceptions}")?;
    Ok(ExitCode::SUCCESS)
}

/// Checks every byte of a list.
pub(super) fn verify(file: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let loaded = LoadedList::map(file)?;
    writeln!(out, "{}: good, {} names", file.display(), loaded.info().names)?;
    Ok(ExitCode::SUCCESS)
}
