//! Search engines whose answers can be made safe by DNS: `config/safesearch.toml`.

use std::sync::LazyLock;

use luytre_lists::Domain;
use serde::Deserialize;

/// How much of what a search engine finds is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing: names are answered as they are.
    #[default]
    Off,
    /// Explicit pictures and videos.
    Moderate,
    /// Explicit texts as well.
    Strict,
}

/// An engine, by its place in [`SafeSearch`]; for one run only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineId(pub u8);

/// A search engine that serves safe answers under another name.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The key in the file and in logs.
    pub key: &'static str,
    /// It follows a profile's level for YouTube, not the one for search.
    pub is_youtube: bool,
    /// The host that answers strictly.
    pub strict: Domain,
    /// The host that answers moderately, where there is one.
    pub moderate: Option<Domain>,
    names: Box<[&'static str]>,
}

/// The engines.
#[derive(Debug)]
pub struct SafeSearch {
    engines: Box<[Engine]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "'de: 'static"))]
struct File {
    version: u32,
    engine: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    key: &'static str,
    #[serde(default)]
    youtube: bool,
    strict: &'static str,
    moderate: Option<&'static str>,
    names: Vec<&'static str>,
    /// Where the operator says so; for readers of the file.
    #[serde(rename = "source")]
    _source: &'static str,
}

impl Engine {
    /// The names that are answered with the address of a safe host: those alone, not what lies below them.
    pub fn names(&self) -> impl Iterator<Item = Domain> {
        // Kept as text, and a file whose names don't parse is refused: see `SafeSearch::parse`.
        self.names.iter().filter_map(|text| Domain::parse(text).ok())
    }

    /// The host to answer for at this level. An engine that knows one level only answers strictly at `Moderate` too:
    /// nothing would be the greater surprise.
    pub fn target(&self, level: Level) -> Option<&Domain> {
        match level {
            Level::Off => None,
            Level::Moderate => self.moderate.as_ref().or(Some(&self.strict)),
            Level::Strict => Some(&self.strict),
        }
    }
}

impl SafeSearch {
    /// The engines that this build ships with.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<SafeSearch> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "compiled in; a test holds that the shipped file parses")]
            SafeSearch::parse(include_str!("../../../config/safesearch.toml"))
                .expect("safesearch.toml parses")
        });
        &SHIPPED
    }

    /// Reads a table of engines; the error says which engine is wrong and why.
    pub fn parse(text: &'static str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        if file.version != 1 {
            return Err(format!("version {} of safe search is unknown; this build reads 1", file.version));
        }
        if file.engine.len() > usize::from(u8::MAX) {
            return Err("there are more than 255 engines".to_owned());
        }
        let mut seen = std::collections::HashSet::new();
        for row in &file.engine {
            for text in &row.names {
                let name = Domain::parse(text).map_err(|error| format!("{}: {text}: {error}", row.key))?;
                if !seen.insert(name) {
                    return Err(format!("{}: {text} stands twice", row.key));
                }
            }
        }
        let engines = file.engine.into_iter().map(Row::check).collect::<Result<_, _>>()?;
        Ok(Self { engines })
    }

    /// The engines in the order of the file.
    pub fn engines(&self) -> impl Iterator<Item = (EngineId, &Engine)> {
        (0..=u8::MAX).map(EngineId).zip(&self.engines)
    }

    /// An engine; `None` for a number that is not given.
    pub fn engine(&self, id: EngineId) -> Option<&Engine> {
        self.engines.get(usize::from(id.0))
    }
}

impl Row {
    fn check(self) -> Result<Engine, String> {
        let host = |text| Domain::parse(text).map_err(|error| format!("{}: {text}: {error}", self.key));
        Ok(Engine {
            key: self.key,
            is_youtube: self.youtube,
            strict: host(self.strict)?,
            moderate: self.moderate.map(host).transpose()?,
            names: self.names.into(),
        })
    }
}
