//! `sources.toml`: where names come from, and what is known about each place.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use luytre_lists::{Category, CategoryTable};
use serde::Deserialize;

use super::line::Form;
use super::sources::{Scope, Source, Sources, Trust};
use crate::fetch::{self, Remote};
use crate::spelling::{self, nearest};

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    #[serde(default)]
    source: Vec<SourceSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceSpec {
    id: String,
    publisher: Option<String>,
    file: Option<PathBuf>,
    url: Option<String>,
    category: String,
    #[serde(default)]
    format: Auto<Form>,
    #[serde(default)]
    scope: Auto<Scope>,
    #[serde(default)]
    trust: Trust,
    licence: Option<String>,
    every: Option<String>,
}

const KEYS: [&str; 11] =
    ["source", "id", "publisher", "file", "url", "category", "format", "scope", "trust", "licence", "every"];

/// A value, or `"auto"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Auto<T> {
    Auto(AutoWord),
    Is(T),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AutoWord {
    #[default]
    Auto,
}

impl<T> Default for Auto<T> {
    fn default() -> Self {
        Self::Auto(AutoWord::Auto)
    }
}

impl<T> Auto<T> {
    fn value(self) -> Option<T> {
        match self {
            Self::Auto(_) => None,
            Self::Is(value) => Some(value),
        }
    }
}

impl Sources {
    /// The sources that a file describes. Their files are relative to `folder`, else to the file itself.
    pub fn in_file(path: &Path, folder: Option<&Path>) -> Result<Self> {
        let spec = read(path)?;
        let base = folder.or(path.parent()).unwrap_or(Path::new(""));
        let all = spec
            .source
            .into_iter()
            .map(|source| {
                let id = source.id.clone();
                source.resolve(base).with_context(|| format!("{}: source {id}", path.display()))
            })
            .collect::<Result<Vec<_>>>()?;
        if all.is_empty() {
            bail!("{} names no source: each begins with [[source]]", path.display());
        }
        let mut ids: Vec<_> = all.iter().map(|source| &source.id).collect();
        ids.sort();
        if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            bail!("{}: source {} stands twice; each id is unique", path.display(), twice[0]);
        }
        Ok(Self { all, skipped: Vec::new() })
    }
}

/// The sources that have an address.
pub fn remote(path: &Path) -> Result<Vec<Remote>> {
    let base = path.parent().unwrap_or(Path::new(""));
    let remote = |source: SourceSpec| {
        let SourceSpec { id, url, format, scope, every, .. } = source;
        let url = url?;
        let every_s = every.as_deref().map_or(Some(A_DAY), seconds);
        let every_s =
            every_s.with_context(|| format!("{}: source {id}: every is such as 6h or 1d", path.display()));
        let path = fetched(base, &id, &url);
        Some(every_s.map(|every_s| Remote {
            id,
            url,
            path,
            every_s,
            form: format.value(),
            scope: scope.value(),
        }))
    };
    read(path)?.source.into_iter().filter_map(remote).collect()
}

/// Where a source with an address is kept: in a folder beside the file.
fn fetched(base: &Path, id: &str, url: &str) -> PathBuf {
    base.join("fetched").join(fetch::file_name(id, url))
}

/// A day in seconds: how often a source is looked at that says nothing of it.
const A_DAY: u64 = 24 * 3600;

/// `30m`, `6h`, `1d` in seconds.
fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.len().checked_sub(1)?);
    let unit = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => A_DAY,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

fn read(path: &Path) -> Result<Spec> {
    let text = fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    toml::from_str(&text).map_err(|error| anyhow::anyhow!("{}{}", path.display(), explain(&text, &error)))
}

impl SourceSpec {
    fn resolve(self, base: &Path) -> Result<Source> {
        let path = match (self.file, self.url) {
            (Some(file), None) => base.join(file),
            (None, Some(url)) => {
                let fetched = fetched(base, &self.id, &url);
                ensure!(fetched.exists(), "it has a url: run `luytre-hub source fetch` first");
                fetched
            }
            _ => bail!("it needs either `file` or `url`"),
        };
        let publisher = match self.publisher {
            Some(publisher) => publisher,
            None => self.id.split('/').next().unwrap_or_default().to_owned(),
        };
        Ok(Source {
            path,
            publisher,
            category: category(&self.category)?,
            form: self.format.value(),
            scope: self.scope.value(),
            trust: self.trust,
            licence: self.licence,
            id: self.id,
        })
    }
}

fn category(word: &str) -> Result<Category> {
    let table = CategoryTable::shipped();
    match table.by_stem(word).filter(|&category| category != Category::ESSENTIAL) {
        Some(category) => Ok(category),
        None => {
            let keys = table.iter().map(|(_, info)| info.key.as_str());
            bail!("the category {word:?} is unknown; did you mean {:?}?", nearest(word, keys))
        }
    }
}

/// `:line: what is wrong`, with the nearest key where one is misspelt.
fn explain(text: &str, error: &toml::de::Error) -> String {
    let explained = spelling::explain(text, error, &KEYS);
    match explained.split_once(": data did not match any variant") {
        Some((line, _)) => format!(
            "{line}: the value is unknown; format is auto, hosts, domains, wildcard, dnsmasq or adblock, scope is auto, \
             exact or subtree"
        ),
        None => explained,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Sources, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sources.toml");
        crate::files::replace(&file, |out| out.write_all(text.as_bytes())).unwrap();
        let shown = folder.path().display().to_string();
        Sources::in_file(&file, None).map_err(|error| format!("{error:#}").replace(&shown, "."))
    }

    #[test]
    fn a_source_has_defaults_and_a_publisher() {
        let sources =
            parsed("[[source]]\nid = 'anna/x'\nfile = 'x.txt'\ncategory = 'tracking'\nevery = '6h'").unwrap();
        let source = &sources.all[0];
        assert_eq!((source.publisher.as_str(), source.trust), ("anna", Trust::Normal));
        assert_eq!(Some(source.category), CategoryTable::shipped().by_key("trackers"));
        assert_eq!((source.form, source.scope), (None, None));
        let sources = parsed(
            "[[source]]\nid = 'x'\npublisher = 'b'\nfile = 'x'\ncategory = 'adult'\nformat = 'domains'\nscope = 'exact'\n\
             trust = 'trusted'",
        )
        .unwrap();
        let source = &sources.all[0];
        assert_eq!((source.form, source.scope), (Some(Form::Plain), Some(Scope::Exact)));
    }

    #[test]
    fn mistakes_are_named_with_their_line_and_what_to_write() {
        let start = "[[source]]\nid = 'x'\nfile = 'x'\n";
        let wrong = |rest: &str| parsed(&format!("{start}{rest}")).unwrap_err();
        assert_eq!(
            wrong("category = 'ads'\nformt = 'hosts'"),
            "./sources.toml:5: the key `formt` is unknown; did you mean `format`?"
        );
        assert_eq!(
            wrong("category = 'gambing'"),
            "./sources.toml: source x: the category \"gambing\" is unknown; did you mean \"gambling\"?"
        );
        assert!(
            wrong("category = 'ads'\nscope = 'wide'").starts_with("./sources.toml:5: the value is unknown;")
        );
        assert_eq!(
            parsed("[[source]]\nid = 'x'\nurl = 'https://a.example/'\ncategory = 'ads'").unwrap_err(),
            "./sources.toml: source x: it has a url: run `luytre-hub source fetch` first"
        );
    }
}
