//! `luytre-hub keys new|rotate|list`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use luytre_trust::{Moment, Role};

use crate::clock;
use crate::keys::KeyFolder;

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Make a whole set: root-1..5.key, targets-1..3.key, timestamp.key, and the root.json that routers begin with.
    New(Folder),
    /// Make new keys for a role, and the root that says so; the old root keys sign it.
    Rotate(Rotate),
    /// Say which keys there are, and until when.
    List(Folder),
}

#[derive(Args)]
pub(super) struct Folder {
    /// Where the keys are
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// What time it is, as 2026-01-31T12:00:00Z [default: SOURCE_DATE_EPOCH, else the clock]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
}

#[derive(Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    folder: Folder,
    /// Whose keys are replaced; without it the root is only signed anew for two years
    #[arg(long, value_enum)]
    role: Option<RoleArg>,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleArg {
    Root,
    Targets,
    Timestamp,
    /// The key that lifts wrong blocks; the first time it is delegated
    Lifts,
}

impl Keys {
    pub(super) fn run(self) -> Result<ExitCode> {
        let said = match self {
            Self::New(folder) => {
                let made = KeyFolder::create(&folder.dir, folder.now()?)?;
                format!(
                    "{}: root 1, good until {}. Routers begin with root.json; keep root-*.key and targets-*.key offline\n",
                    folder.dir.display(),
                    made.root().expires
                )
            }
            Self::Rotate(Rotate { folder, role }) => {
                let role = role.map(|role| match role {
                    RoleArg::Root => Role::Root,
                    RoleArg::Targets => Role::Targets,
                    RoleArg::Timestamp => Role::Timestamp,
                    RoleArg::Lifts => Role::Lifts,
                });
                let now = folder.now()?;
                let root = KeyFolder::open(&folder.dir)?.rotate(role, now)?;
                format!(
                    "{}: root {}, good until {}; `luytre-hub publish` brings it to the routers\n",
                    folder.dir.display(),
                    root.version,
                    root.expires
                )
            }
            Self::List(folder) => KeyFolder::open(&folder.dir)?.describe(),
        };
        io::stdout().write_all(said.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Folder {
    fn now(&self) -> Result<Moment> {
        clock::told_or_now(self.created.as_deref()).map(Moment)
    }
}
