//! What a list is built from: files, each with its category and how far it is to be believed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use luytre_lists::{Category, CategoryTable};
use serde::{Deserialize, Serialize};

use super::line::Form;
use super::unpack;

/// One file of names.
#[derive(Clone, Debug)]
pub struct Source {
    /// What the report calls it.
    pub id: String,
    /// Who makes it: only sources of different publishers can corroborate each other.
    pub publisher: String,
    /// The file.
    pub path: PathBuf,
    /// What all its names are about.
    pub category: Category,
    /// The one form its lines have; `None`: whichever.
    pub form: Option<Form>,
    /// What its names stand for; `None`: what each line's form means.
    pub scope: Option<Scope>,
    /// How far it is believed.
    pub trust: Trust,
    /// Under which terms its names are used.
    pub licence: Option<String>,
}

/// What a listed name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// That name alone.
    Exact,
    /// The name and all below it.
    Subtree,
}

/// How far a source is believed about popular names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Never: its word does not even count as one of two.
    Low,
    /// When another publisher says the same.
    #[default]
    Normal,
    /// At its word.
    Trusted,
}

impl Trust {
    /// The word for it, as `sources.toml` has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::Trusted => "trusted",
        }
    }
}

/// A file of the input folder that is not read.
#[derive(Debug, Serialize)]
pub struct Skipped {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: &'static str,
}

/// What there is to read, and what is left out.
#[derive(Debug, Default)]
pub struct Sources {
    /// In the order of reading, which is the order of everything after it.
    pub all: Vec<Source>,
    /// Left out, by name.
    pub skipped: Vec<Skipped>,
}

impl Sources {
    /// The files `<category>.txt[.xz|.gz|.zst]` of a folder, in the order of their names. A folder holds what
    /// somebody else has merged: its files can't corroborate each other.
    pub fn in_folder(folder: &Path, scope: Option<Scope>) -> Result<Self> {
        let context = || format!("the folder {} can't be read", folder.display());
        let mut entries = fs::read_dir(folder).with_context(context)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut sources = Self::default();
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            match category_of(&entry.path(), &name) {
                Ok(category) => sources.all.push(Source {
                    id: name,
                    publisher: String::new(),
                    path: entry.path(),
                    category,
                    form: None,
                    scope,
                    trust: Trust::Normal,
                    licence: None,
                }),
                Err(reason) => sources.skipped.push(Skipped { name, reason }),
            }
        }
        if sources.all.is_empty() {
            bail!(
                "{} holds no list: files are named <category>.txt, .txt.xz, .txt.gz or .txt.zst, such as adult.txt.xz",
                folder.display()
            );
        }
        Ok(sources)
    }
}

/// The category that a file's name means, or why it has none.
fn category_of(path: &Path, name: &str) -> Result<Category, &'static str> {
    if path.is_dir() {
        return Err("a folder");
    }
    let stem = unpack::without_suffix(name).strip_suffix(".txt").ok_or("not a .txt file, packed or plain")?;
    match CategoryTable::shipped().by_stem(stem) {
        Some(Category::ESSENTIAL) => Err("essentials are the project's own and never listed"),
        Some(category) => Ok(category),
        None => Err("no category of this name"),
    }
}
