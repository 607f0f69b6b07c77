//! `luytre lookup`: what a compiled list says about names.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use luytre_lists::{CategoryTable, NameBuf};

use super::Failed;
use crate::list::LoadedList;

/// Prints `NAME<TAB>blocked|allowed|none<TAB>categories<TAB>matched-name` a name; `-` reads names from standard
/// input, one a line. A name that can't be one makes the exit code 1.
pub(super) fn lookup(list: &Path, names: &[String], out: &mut impl Write) -> Result<ExitCode, Failed> {
    let list = LoadedList::map(list)?;
    let mut code = ExitCode::SUCCESS;
    let mut one = |name: &str, out: &mut dyn Write| -> Result<(), Failed> {
        if !print(&list, name, out)? {
            code = ExitCode::FAILURE;
        }
        Ok(())
    };
    for name in names {
        if name == "-" {
            for line in io::stdin().lock().lines() {
                one(line?.trim(), out)?;
            }
        } else {
            one(name, out)?;
        }
    }
    Ok(code)
}

/// Prints one name's line; returns whether it is a name.
fn print(list: &LoadedList, text: &str, out: &mut dyn Write) -> Result<bool, Failed> {
    let name = match NameBuf::parse(text) {
        Ok(name) => name,
        Err(why) => {
            writeln!(out, "{}\tinvalid\t-\t{why}", text.escape_debug())?;
            return Ok(false);
        }
    };
    let name = name.as_name();
    let (word, categories, matched) = match list.list().lookup(name) {
        None => ("none", "-".to_owned(), "-".to_owned()),
        Some(found) => {
            let matched = name.with_labels(found.labels.into()).to_string();
            match found.categories {
                None => ("allowed", "-".to_owned(), matched),
                Some(categories) => ("blocked", CategoryTable::shipped().keys(categories), matched),
            }
        }
    };
    writeln!(out, "{name}\t{word}\t{categories}\t{matched}")?;
    Ok(true)
}
