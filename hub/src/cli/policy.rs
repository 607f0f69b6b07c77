//! `luytre-hub policy new-key|sign|countersign|verify`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use luytre_trust::Moment;

use crate::clock;
use crate::policy::{self, Draft, Signing};

/// A day in seconds.
const DAY: u64 = 24 * 3600;

#[derive(Subcommand)]
pub(super) enum Policy {
    /// Make a provider's key, operator-1.key, and operator.json, which comes with its routers' images. Again: one more key
    /// beside the others, before one of them is retired.
    NewKey(NewKey),
    /// Sign a draft: its version is one more than that of the policy in its place.
    Sign(Sign),
    /// Add a signature to a policy, where several people have to sign.
    Countersign(Countersign),
    /// Check a policy as a router does, and say what it sets.
    Verify(Verify),
}

#[derive(Args)]
pub(super) struct NewKey {
    /// Where the keys are
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// How many different keys have to sign [default: as before, else 1]
    #[arg(long, value_name = "N")]
    threshold: Option<u32>,
}

#[derive(Args)]
pub(super) struct Keys {
    /// The folder with operator.json, and with the keys that are at hand
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// A key that lies elsewhere; may be repeated
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct Sign {
    /// TOML, or JSON where it ends in .json: provider, centre, [upstream] servers, bootstrap, [list] urls, edition, ring
    #[arg(value_name = "DRAFT")]
    draft: PathBuf,
    #[command(flatten)]
    keys: Keys,
    /// Where the signed policy lies
    #[arg(long, value_name = "FILE", default_value = "policy.json")]
    to: PathBuf,
    /// For how long routers take it, 1 to 730; what was taken stays in force
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    days: u64,
    /// Its version, where the policy before it is not at hand
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// What time it is, as 2026-01-31T12:00:00Z [default: SOURCE_DATE_EPOCH, else the clock]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
}

#[derive(Args)]
pub(super) struct Countersign {
    /// The signed policy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    keys: Keys,
}

#[derive(Args)]
pub(super) struct Verify {
    /// http://… or https://…, or a file
    #[arg(value_name = "URL-OR-FILE")]
    place: String,
    /// The operator.json that the routers have
    #[arg(long, value_name = "FILE")]
    anchor: PathBuf,
    /// What time it is, as 2026-01-31T12:00:00Z [default: SOURCE_DATE_EPOCH, else the clock]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
}

impl Policy {
    pub(super) fn run(self) -> Result<ExitCode> {
        let said = match self {
            Self::NewKey(asked) => asked.run()?,
            Self::Sign(asked) => asked.run()?,
            Self::Countersign(asked) => asked.run()?,
            Self::Verify(asked) => asked.run()?,
        };
        io::stdout().write_all(said.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

impl NewKey {
    fn run(self) -> Result<String> {
        let (file, operator) = policy::new_key(&self.dir, self.threshold)?;
        let holders = operator.holders();
        let (threshold, count) = (holders.threshold, holders.keyids.len());
        let (dir, file) = (self.dir.display(), file.display());
        Ok(format!(
            "{file}: keep it offline. {dir}/operator.json: {threshold} of {count} keys sign; it comes with the image, as \
             /etc/luytre/operator.json\n"
        ))
    }
}

impl Sign {
    fn run(self) -> Result<String> {
        ensure!((1..=730).contains(&self.days), "--days {}: write 1 to 730", self.days);
        let draft = Draft::read(&self.draft)?;
        let operator = policy::read_anchor(&self.keys.dir)?;
        let keys = policy::read_keys(Some(&self.keys.dir), &self.keys.key)?;
        let now = Moment(clock::told_or_now(self.created.as_deref())?);
        let how = Signing { now, lifetime_s: self.days * DAY, version: self.version };
        let (policy, missing) = draft.sign(&self.to, &how, &operator, &keys)?;
        let (version, expires) = (policy.version, policy.expires);
        Ok(format!(
            "{}: version {version}, to be taken until {expires}{}\n",
            self.to.display(),
            wanting(missing)
        ))
    }
}

impl Countersign {
    fn run(self) -> Result<String> {
        let operator = policy::read_anchor(&self.keys.dir)?;
        let keys = policy::read_keys(Some(&self.keys.dir), &self.keys.key)?;
        let missing = policy::countersign(&self.file, &operator, &keys)?;
        Ok(format!("{}: signed{}\n", self.file.display(), wanting(missing)))
    }
}

impl Verify {
    fn run(self) -> Result<String> {
        let operator = policy::read_anchor(&self.anchor)?;
        let now = Moment(clock::told_or_now(self.created.as_deref())?);
        let policy = policy::verify(&self.place, &operator, now)?.policy;
        let mut said = format!("version {}, to be taken until {}\n", policy.version, policy.expires);
        let lists = [
            ("upstream.servers", policy.upstream.servers.join(" ")),
            ("upstream.bootstrap", policy.upstream.bootstrap.join(" ")),
            ("list.urls", policy.list.urls.join(" ")),
            ("list.edition", policy.list.edition),
            ("list.ring", policy.list.ring.map_or(String::new(), |ring| format!("{ring:?}").to_lowercase())),
            ("provider", policy.provider),
            ("centre", policy.centre),
        ];
        for (key, value) in lists.into_iter().filter(|(_, value)| !value.is_empty()) {
            said += &format!("  {key} {value}\n");
        }
        Ok(format!("{said}{}: good\n", self.place))
    }
}

fn wanting(missing: u32) -> String {
    match missing {
        0 => String::new(),
        1 => "; one more key has to sign: `luytre-hub policy countersign`".to_owned(),
        more => format!("; {more} more keys have to sign: `luytre-hub policy countersign`"),
    }
}
