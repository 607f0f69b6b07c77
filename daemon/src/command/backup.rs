//! `luytre backup` and `luytre restore`: the family's document, which is all that a family decided. Both work on files,
//! with a daemon or without; one that runs takes in a restored document by itself.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use super::Failed;
use crate::config::Config;
use crate::family::{Family, MAX_DOCUMENT};
use crate::files;
use crate::system::environment;

/// Writes the document as it stands to a file, or to `-`.
pub(super) fn backup(config: &Path, to: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let family = Config::load(config, environment())?.family.file;
    let name = family.display().to_string();
    let text = files::read_text(&family, MAX_DOCUMENT).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failed(format!("{name}: there is no family yet, so nothing to back up")),
        _ => failed(&family, error),
    })?;
    if let Err(mistakes) = Family::parse(&name, &text) {
        super::complain(&format!("backed up, but `luytre restore` will refuse it:\n{mistakes}"));
    }
    match is_standard(to) {
        true => out.write_all(text.as_bytes())?,
        false => {
            replace(to, &text)?;
            writeln!(out, "{} holds {name}", to.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts a file, or what comes from `-`, in the document's place. What was there stays beside it as `.before`.
pub(super) fn restore(config: &Path, from: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let family = Config::load(config, environment())?.family.file;
    let text = match is_standard(from) {
        true => read_standard()?,
        false => files::read_text(from, MAX_DOCUMENT).map_err(|error| failed(from, error))?,
    };
    Family::parse(&from.display().to_string(), &text).map_err(|mistakes| Failed(mistakes.to_string()))?;
    // A link stays one.
    let family = fs::canonicalize(&family).unwrap_or(family);
    let before = files::beside(&family, "before");
    let kept = match fs::read(&family) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => "",
        replaced => {
            let replaced = replaced.map_err(|error| failed(&family, error))?;
            files::replace_for_owner(&before, |file| file.write_all(&replaced))
                .map_err(|error| failed(&before, error))?;
            &format!("; what it replaced is {}", before.display())
        }
    };
    replace(&family, &text)?;
    writeln!(out, "{} says what {} says{kept}", family.display(), from.display())?;
    Ok(ExitCode::SUCCESS)
}

fn is_standard(file: &Path) -> bool {
    file == Path::new("-")
}

fn read_standard() -> Result<String, Failed> {
    let mut text = String::new();
    io::stdin().take(MAX_DOCUMENT as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn replace(file: &Path, text: &str) -> Result<(), Failed> {
    files::replace_for_owner(file, |new| new.write_all(text.as_bytes())).map_err(|error| failed(file, error))
}

fn failed(file: &Path, error: io::Error) -> Failed {
    Failed(format!("{}: {error}", file.display()))
}
