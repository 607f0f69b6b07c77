//! The configuration: one readable file, `luytre.toml`, checked whole before anything starts.
//!
//! Two types, as data flows:
//!
//! 1. [`Spec`] mirrors the file: sections and keys as they are written, each with a default; unknown keys are errors.
//!    The environment's `LUYTRE_SECTION__KEY` variables are laid over the file before it is read, and what the operator's
//!    policy sets ([`crate::operator`]) under it.
//! 2. [`Config`] is what was meant: addresses, names and paths instead of text, every number within its bounds,
//!    every default resolved. The stages of the daemon see only this.
//!
//! Each section is a file of its own with both its types; `read` is the machinery between text and sections. The
//! commented file with all keys is `config/luytre.toml`; a test holds that it says the same as an empty one.

use std::io;
use std::path::{Path, PathBuf};

use luytre_trust::policy::Taken;
use serde::{Deserialize, Serialize};
use toml::Table;

pub use self::cache::CacheSpec;
pub use self::error::ConfigError;
pub use self::family::{FamilyConfig, FamilySpec};
pub use self::firewall::{FirewallConfig, FirewallSpec, Strict};
pub use self::health::HealthSpec;
pub use self::history::{HistoryConfig, HistorySpec, Privacy};
pub use self::house::{HouseConfig, HouseSpec};
pub use self::inspect::InspectSpec;
pub use self::lan::{Lan, Prefix};
pub use self::limits::{LimitsConfig, LimitsSpec};
pub use self::list::{ListConfig, ListSpec};
pub use self::listen::{CertificateFiles, ListenConfig, ListenSpec};
pub use self::notify::NotifySpec;
pub use self::operator::{OperatorConfig, OperatorSpec};
pub use self::reply::{ReplyConfig, ReplySpec};
pub use self::reports::ReportsSpec;
pub use self::state::{StateConfig, StateSpec};
pub use self::upstream::{UpstreamConfig, UpstreamSpec, Zone};
pub use self::web::{WebConfig, WebSpec};
pub use self::who::{WhoConfig, WhoSpec};

pub(crate) use self::house::name_rule;
pub(crate) use self::read::schema::nearest;
pub(crate) use self::read::values::{did_you_mean, quoted};

use self::read::Refusal;
use self::read::document::Document;
use self::read::environment::variables;
use self::read::schema::Schema;
use crate::operator::kept;
use crate::operator::layer::{self, InForce};

mod cache;
mod error;
mod family;
mod firewall;
mod health;
mod history;
mod house;
mod inspect;
mod lan;
mod limits;
mod list;
mod listen;
mod notify;
mod operator;
mod read;
mod reply;
mod reports;
mod state;
#[cfg(test)]
mod tests;
mod upstream;
mod web;
mod who;

/// The largest file that is read, in bytes: thousands of rules, and far from a router's memory.
const MAX_FILE: usize = 256 * 1024;

/// What the daemon is to do; no part of it needs another look at the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where questions come in, and from whom.
    pub listen: ListenConfig,
    /// Who is asked what we don't know.
    pub upstream: UpstreamConfig,
    /// Answers kept for the next one who asks.
    pub cache: crate::cache::Settings,
    /// What is looked for in answers, and what goes.
    pub inspect: crate::inspect::Settings,
    /// The list of names by category.
    pub list: ListConfig,
    /// Whoever sets some of this for many routers.
    pub operator: OperatorConfig,
    /// How a blocked question is answered.
    pub reply: ReplyConfig,
    /// Where people, devices and their rules are written.
    pub family: FamilyConfig,
    /// What is remembered of questions.
    pub history: HistoryConfig,
    /// The ways round the filter, closed; `None`: left open.
    pub firewall: Option<FirewallConfig>,
    /// The page for people.
    pub web: WebConfig,
    /// Where devices are learnt of.
    pub who: WhoConfig,
    /// Who is told of requests.
    pub notify: crate::notify::Settings,
    /// Who is told of wrong blocks and harmful sites.
    pub reports: crate::reports::Settings,
    /// Who is told how the router fares, if the family agrees.
    pub health: crate::health_report::Settings,
    /// What the whole house blocks and allows.
    pub house: HouseConfig,
    /// Where the daemon keeps what it must not forget.
    pub state: StateConfig,
    /// The bounds that keep one device from taking everything.
    pub limits: LimitsConfig,
}

/// `luytre.toml` as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each section's type says what it is about")]
pub struct Spec {
    pub listen: ListenSpec,
    pub upstream: UpstreamSpec,
    pub cache: CacheSpec,
    pub inspect: InspectSpec,
    pub list: ListSpec,
    pub operator: OperatorSpec,
    pub reply: ReplySpec,
    pub history: HistorySpec,
    pub family: FamilySpec,
    pub firewall: FirewallSpec,
    pub web: WebSpec,
    pub who: WhoSpec,
    pub notify: NotifySpec,
    pub reports: ReportsSpec,
    pub health: HealthSpec,
    pub house: HouseSpec,
    pub state: StateSpec,
    pub limits: LimitsSpec,
}

impl Config {
    /// Reads a file, with the environment's `LUYTRE_SECTION__KEY` variables over it, and under it the policy that was taken
    /// last. What is left open fits this machine's memory.
    ///
    /// Take them from `std::env::vars_os` and skip what is not UTF-8: `std::env::vars` panics there.
    pub fn load(path: &Path, env: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let source = Source::read(path, env)?;
        let alone = source.parse(None)?;
        let Some(settings) = &alone.operator.settings else { return Ok(alone.fitted()) };
        let refused = match kept::at_start(settings) {
            Ok(None) => return Ok(alone.fitted()),
            Ok(Some(taken)) => match source.parse(Some(&taken)) {
                Ok(config) => return Ok(config.fitted()),
                Err(error) => error.to_string(),
            },
            Err(trouble) => trouble.to_string(),
        };
        let operator = OperatorConfig { refused, ..alone.operator.clone() };
        Ok(Self { operator, ..alone }.fitted())
    }

    /// The same with this policy, whichever was taken last.
    pub fn load_under(
        policy: &Taken,
        path: &Path,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        Source::read(path, env)?.parse(Some(policy)).map(Self::fitted)
    }

    /// Whether a policy, taken by itself, sets nothing that can't be. So whether it is good does not depend on the router.
    pub fn check_policy(policy: &Taken) -> Result<(), ConfigError> {
        let nothing =
            Source { text: String::new(), name: String::new(), folder: "/".into(), env: Vec::new() };
        nothing.parse(Some(policy)).map(drop)
    }

    /// Reads a file's text. Errors call the file by `name`; relative paths are relative to `folder`.
    pub fn parse(
        text: &str,
        name: &str,
        folder: &Path,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let (text, name) = (text.to_owned(), name.to_owned());
        Source { text, name, folder: folder.to_owned(), env: env.collect() }.parse(None)
    }

    fn fitted(mut self) -> Self {
        crate::memory::fit(&mut self, crate::system::memory_kb());
        self
    }
}

/// Everything that a router's own configuration is read from.
struct Source {
    text: String,
    /// What errors call the file.
    name: String,
    /// Where relative paths begin.
    folder: PathBuf,
    env: Vec<(String, String)>,
}

impl Source {
    fn read(path: &Path, env: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let bytes = read_bounded(path).map_err(|error| ConfigError::new(&name, missing_or(&error)))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].split(|&byte| byte == b'\n').count();
            ConfigError::new(format_args!("{name}:{line}"), "not UTF-8; save the file as UTF-8 text")
        })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { text, name, folder, env: env.collect() })
    }

    fn parse(&self, policy: Option<&Taken>) -> Result<Config, ConfigError> {
        if self.text.len() > MAX_FILE {
            return Err(ConfigError::new(&self.name, TOO_LARGE));
        }
        let schema = Schema::current();
        let variables = variables(self.env.iter().cloned());
        let settings: Vec<_> = policy.into_iter().flat_map(|taken| layer::settings(&taken.policy)).collect();
        let mut document = Document::parse(&self.name, &self.text)?;
        for variable in &variables {
            document.set(variable, &schema)?;
        }
        let mut overridden = Vec::new();
        for setting in &settings {
            if !document.set_if_silent("the policy", setting, &schema) {
                overridden.push(setting.dotted());
            }
        }
        let spec: Spec = document.read(&schema)?;
        let mut config = spec.resolve(&self.folder).map_err(|refusal| document.locate(refusal))?;
        config.operator.in_force = policy.map(|taken| InForce::of(taken, overridden));
        Ok(config)
    }
}

/// What an empty file means.
impl Default for Config {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "constants; a test holds that they are valid")]
        Spec::default().resolve(Path::new("/")).expect("the defaults are valid")
    }
}

impl Spec {
    fn resolve(self, folder: &Path) -> Result<Config, Refusal> {
        let state = self.state.resolve(folder)?;
        let web = self.web.resolve(folder)?;
        let check_every = self.list.check_every;
        Ok(Config {
            listen: self.listen.resolve(folder)?,
            upstream: self.upstream.resolve(folder)?,
            cache: self.cache.resolve()?,
            inspect: self.inspect.resolve()?,
            list: self.list.resolve(folder, &state)?,
            operator: self.operator.resolve(folder, &state, check_every)?,
            reply: self.reply.resolve(&web)?,
            family: self.family.resolve(folder, &state),
            history: self.history.resolve(folder, &state)?,
            firewall: self.firewall.resolve(folder, &state)?,
            who: self.who.resolve(folder),
            notify: self.notify.resolve()?,
            reports: self.reports.resolve()?,
            health: self.health.resolve()?,
            house: self.house.resolve()?,
            limits: self.limits.resolve()?,
            web,
            state,
        })
    }

    /// Sections, keys and values, to be walked.
    fn to_table(&self) -> Table {
        #[expect(clippy::expect_used, reason = "text keys and plain values; a test holds that it succeeds")]
        Table::try_from(self).expect("a Spec is a TOML table")
    }
}

const TOO_LARGE: &str = "larger than 256 kB; leave out what is not needed";

/// The file's bytes, or the first of them when it is larger than any configuration.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    crate::files::read_bytes(path, MAX_FILE)
}

fn missing_or(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file; name yours with --config FILE, or write an empty one: \
                                    every key has a default"
            .to_owned(),
        _ => error.to_string(),
    }
}
