//! `hub.toml`: what the centre is to do. Paths are relative to the file.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use luytre_lists::{CategorySet, CategoryTable};
use luytre_trust::Version;
use serde::{Deserialize, Serialize};

use crate::spelling;

/// What the centre is to do.
#[derive(Clone, Debug)]
pub struct Config {
    /// The lists that are published.
    pub publish: PublishConfig,
    /// Where the folder of them is served.
    pub serve: ServeConfig,
}

/// `[publish]`.
#[derive(Clone, Debug)]
pub struct PublishConfig {
    /// A folder of category files, or a `sources.toml`.
    pub from: PathBuf,
    /// Where routers find them.
    pub to: Destination,
    /// The folder of keys.
    pub keys: PathBuf,
    /// Names that many people use, the most used first.
    pub popular: Vec<PathBuf>,
    /// Where the lists of earlier serials are kept, of which deltas are made.
    pub work: PathBuf,
    /// Seconds that routers wait at least before they ask again.
    pub min_wait_s: u64,
    /// How many routers of a hundred take a new list at first.
    pub rollout_percent: u8,
    /// What judges names that are on no list; `None`: nothing does.
    pub model: Option<PathBuf>,
    /// The newest version of the router's program, of which families are told; `None`: they are told nothing.
    pub program: Option<Version>,
    /// The zone for other people's resolvers; `None`: none is made.
    pub zone: Option<ZoneConfig>,
}

/// `[rpz]`.
#[derive(Clone, Debug)]
pub struct ZoneConfig {
    /// What it blocks; never empty.
    pub blocks: CategorySet,
    /// Where those who run the resolvers find it.
    pub to: Destination,
}

/// Where a publication goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A folder that a web server shows to the routers.
    Folder(PathBuf),
    /// `s3://NAME/PREFIX`: a bucket of an object store, or a part of one.
    Bucket {
        /// Its name.
        name: String,
        /// Stands before every path, without slashes around it; may be empty.
        prefix: String,
    },
}

impl Destination {
    fn parse(text: &str, folder: &Path) -> Result<Self> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Self::Folder(folder.join(text))) };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        ensure!(
            scheme == "s3" && !name.is_empty() && name.chars().all(plain),
            ": {text:?} is neither a folder nor s3://BUCKET/PREFIX"
        );
        Ok(Self::Bucket { name: name.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }

    /// Where earlier lists are kept if nothing is said: beside the publication.
    fn work(&self, folder: &Path) -> PathBuf {
        let mut name = match self {
            Self::Folder(to) => to.as_os_str().to_owned(),
            Self::Bucket { name, .. } => folder.join(name).into(),
        };
        name.push(".work");
        name.into()
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Bucket { name, prefix } if prefix.is_empty() => write!(f, "s3://{name}"),
            Self::Bucket { name, prefix } => write!(f, "s3://{name}/{prefix}"),
        }
    }
}

/// `[serve]`.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// The address.
    pub listen: SocketAddr,
}

/// The file as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Spec {
    publish: PublishSpec,
    rpz: RpzSpec,
    serve: ServeSpec,
    store: StoreSpec,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PublishSpec {
    from: PathBuf,
    to: String,
    keys: PathBuf,
    popular: OneOrMore,
    work: PathBuf,
    min_wait_s: u64,
    rollout_percent: u8,
    model: PathBuf,
    program: String,
}

impl Default for PublishSpec {
    fn default() -> Self {
        Self {
            from: "names".into(),
            to: "publication".into(),
            keys: "keys".into(),
            popular: OneOrMore::More(Vec::new()),
            work: PathBuf::new(),
            min_wait_s: 0,
            rollout_percent: 100,
            model: PathBuf::new(),
            program: String::new(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RpzSpec {
    blocks: Vec<String>,
    to: String,
}

impl Default for RpzSpec {
    fn default() -> Self {
        Self { blocks: Vec::new(), to: "rpz".into() }
    }
}

impl RpzSpec {
    fn check(self, folder: &Path) -> Result<Option<ZoneConfig>> {
        if self.blocks.is_empty() {
            return Ok(None);
        }
        let table = CategoryTable::shipped();
        let known = |key: &String| {
            table.by_key(key).with_context(|| format!(": rpz.blocks: there is no category {key:?}"))
        };
        let blocks = self.blocks.iter().map(known).collect::<Result<_>>()?;
        Ok(Some(ZoneConfig { blocks, to: Destination::parse(&self.to, folder)? }))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(PathBuf),
    More(Vec<PathBuf>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ServeSpec {
    listen: SocketAddr,
}

impl Default for ServeSpec {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8090)) }
    }
}

/// For reports, which come in a later version: taken so that one file serves both.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StoreSpec {
    database: String,
}

impl Default for StoreSpec {
    fn default() -> Self {
        Self { database: "sqlite:hub.db".into() }
    }
}

const KEYS: [&str; 16] = [
    "publish",
    "rpz",
    "blocks",
    "serve",
    "store",
    "from",
    "to",
    "keys",
    "popular",
    "work",
    "min_wait_s",
    "rollout_percent",
    "model",
    "program",
    "listen",
    "database",
];

impl Config {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
            .map_err(|error| anyhow::anyhow!("{}{error}", path.display()))
    }

    fn parse(text: &str, folder: &Path) -> Result<Self> {
        let spec: Spec =
            toml::from_str(text).map_err(|error| anyhow::anyhow!(spelling::explain(text, &error, &KEYS)))?;
        let PublishSpec { from, to, keys, popular, work, min_wait_s, rollout_percent, model, program } =
            spec.publish;
        ensure!(rollout_percent <= 100, ": publish.rollout_percent is 0 to 100");
        let program = Some(program).filter(|program| !program.is_empty()).map(|program| program.parse());
        let program = program.transpose().map_err(|error| anyhow::anyhow!(": publish.program: {error}"))?;
        let popular = match popular {
            OneOrMore::One(file) => vec![file],
            OneOrMore::More(files) => files,
        };
        let to = Destination::parse(&to, folder)?;
        let work = if work.as_os_str().is_empty() { to.work(folder) } else { folder.join(work) };
        let publish = PublishConfig {
            from: folder.join(from),
            to,
            keys: folder.join(keys),
            popular: popular.into_iter().map(|file| folder.join(file)).collect(),
            work,
            min_wait_s,
            rollout_percent,
            model: (!model.as_os_str().is_empty()).then(|| folder.join(model)),
            program,
            zone: spec.rpz.check(folder)?,
        };
        Ok(Self { publish, serve: ServeConfig { listen: spec.serve.listen } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commented_file_names_every_key_with_its_default() {
        let text = include_str!("../../config/hub.toml");
        let shipped: toml::Table = toml::from_str(text).unwrap();
        assert_eq!(shipped, toml::Table::try_from(Spec::default()).unwrap());
    }

    #[test]
    fn paths_are_relative_to_the_file_and_popular_may_be_one_or_more() {
        let config = Config::parse("[publish]\nto = 'www'\npopular = 'top.txt'", Path::new("/hub")).unwrap();
        assert_eq!(config.publish.work, Path::new("/hub/www.work"));
        assert_eq!(config.publish.popular, [Path::new("/hub/top.txt")]);
        let config = Config::parse("[publish]\npopular = ['/a', 'b']", Path::new("/hub")).unwrap();
        assert_eq!(config.publish.popular, [Path::new("/a"), Path::new("/hub/b")]);
    }

    #[test]
    fn a_publication_goes_to_a_folder_or_a_bucket() {
        let to = |text: &str| Destination::parse(text, Path::new("/hub"));
        assert_eq!(to("www").unwrap(), Destination::Folder("/hub/www".into()));
        let bucket = to("s3://lists.example/v1/").unwrap();
        assert_eq!(bucket.to_string(), "s3://lists.example/v1");
        assert_eq!(bucket.work(Path::new("/hub")), Path::new("/hub/lists.example.work"));
        assert_eq!(to("s3://lists").unwrap().to_string(), "s3://lists");
        for wrong in ["s3://", "s3:///prefix", "s3://Lists", "gs://lists", "https://lists.example/"] {
            let said = to(wrong).unwrap_err().to_string();
            assert!(said.contains("s3://BUCKET/PREFIX"), "{said}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = |text: &str| Config::parse(text, Path::new("")).unwrap_err().to_string();
        assert_eq!(wrong("[publish]\nform = 'x'"), ":2: the key `form` is unknown; did you mean `from`?");
        assert_eq!(wrong("[publish]\nrollout_percent = 101"), ": publish.rollout_percent is 0 to 100");
        assert_eq!(wrong("[rpz]\nblocks = ['x']"), ": rpz.blocks: there is no category \"x\"");
    }
}
