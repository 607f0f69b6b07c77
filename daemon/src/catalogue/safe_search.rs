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
    /// Where the operator says so.
    pub source: &'static str,
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
    source: &'static str,
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
        let file: File = luytre_lists::written::from_toml(text)?;
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
            source: self.source,
            names: self.names.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(key: &str) -> &'static Engine {
        SafeSearch::shipped().engines().find(|(_, engine)| engine.key == key).expect("an engine").1
    }

    fn names(key: &str) -> Vec<String> {
        engine(key).names().map(|name| name.to_string()).collect()
    }

    #[test]
    fn the_eight_engines_are_there_and_lead_to_their_own_hosts() {
        let keys: Vec<_> = SafeSearch::shipped().engines().map(|(_, engine)| engine.key).collect();
        assert_eq!(keys, ["google", "youtube", "bing", "duckduckgo", "yandex", "brave", "ecosia", "pixabay"]);
        for (id, engine) in SafeSearch::shipped().engines() {
            assert_eq!(SafeSearch::shipped().engine(id).map(|found| found.key), Some(engine.key));
            assert_eq!(engine.is_youtube, engine.key == "youtube");
            assert!(engine.source.starts_with("https://"), "{}", engine.key);
            let owner = engine.strict.as_name().with_labels(2);
            assert!(engine.names().any(|name| name.as_name().is_in(owner)), "{} leads astray", engine.key);
        }
        assert!(SafeSearch::shipped().engine(EngineId(u8::MAX)).is_none());
    }

    #[test]
    fn every_country_has_its_google() {
        let names = names("google");
        assert!((187..=200).contains(&names.len()), "{}", names.len());
        // One of each form that Google uses, those round Viet Nam, and the one without a country.
        for country in
            ["com", "com.vn", "la", "com.kh", "cn", "com.hk", "co.th", "co.uk", "de", "fr", "com.br", "cat"]
        {
            assert!(names.contains(&format!("www.google.{country}")), "{country}");
        }
        assert!(names.iter().all(|name| name.starts_with("www.google.")));
    }

    /// A host that is rewritten to itself, or to a host that is rewritten, would never be found.
    #[test]
    fn no_target_is_rewritten_itself() {
        let engines = || SafeSearch::shipped().engines().map(|(_, engine)| engine);
        let names: Vec<_> = engines().flat_map(Engine::names).collect();
        for engine in engines() {
            let targets = [Some(&engine.strict), engine.moderate.as_ref()];
            assert!(targets.into_iter().flatten().all(|target| !names.contains(target)), "{}", engine.key);
        }
    }

    #[test]
    fn a_level_chooses_the_host() {
        let host = |key, level| engine(key).target(level).map(ToString::to_string);
        assert_eq!(host("youtube", Level::Strict).as_deref(), Some("restrict.youtube.com"));
        assert_eq!(host("youtube", Level::Moderate).as_deref(), Some("restrictmoderate.youtube.com"));
        assert_eq!(host("youtube", Level::Off), None);
        assert_eq!(host("google", Level::Moderate), host("google", Level::Strict), "it knows one level only");
    }

    /// Google's own list says what must stay: the pages would break.
    #[test]
    fn youtube_is_rewritten_where_google_asks_for_it_and_nowhere_else() {
        assert_eq!(
            names("youtube"),
            [
                "www.youtube.com",
                "m.youtube.com",
                "youtubei.googleapis.com",
                "youtube.googleapis.com",
                "www.youtube-nocookie.com"
            ]
        );
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_engine_and_the_reason() {
        let error = |text| SafeSearch::parse(text).unwrap_err();
        assert_eq!(
            error("version = 2\nengine = []"),
            "version 2 of safe search is unknown; this build reads 1"
        );
        let engine = |names: &str, strict: &str| {
            let text = format!(
                "version = 1\n[[engine]]\nkey = 'x'\nnames = {names}\nstrict = '{strict}'\nsource = ''\n"
            );
            error(Box::leak(text.into_boxed_str()))
        };
        assert_eq!(
            engine("['www.example.com', 'WWW.example.com']", "safe.example.com"),
            "x: WWW.example.com stands twice"
        );
        assert!(engine("['a..b']", "safe.example.com").starts_with("x: a..b: it has an empty label"));
        assert!(engine("['a.example']", "192.0.2.1").starts_with("x: 192.0.2.1: it is an address"));
    }
}
