//! What can be asked of `luytre-hub`, and what it prints.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use luytre_lists::Meta;

use crate::list::gates::Gate;
use crate::list::report::Report;
use crate::list::sources::{Scope, Sources};
use crate::list::{self, Job};
use crate::progress::Progress;

/// The centre of Luytre.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists that routers filter by.
    #[command(subcommand)]
    List(ListCommand),
}

#[derive(Subcommand)]
enum ListCommand {
    /// Build a list from files of names, with a report of what was taken out and why.
    Build(Build),
}

#[derive(Args)]
struct Build {
    /// Folder of <category>.txt[.xz|.gz|.zst]; with --sources, where its files are
    #[arg(long, value_name = "DIR", required_unless_present = "sources")]
    from: Option<PathBuf>,
    /// Folder for <edition>.lyt, report.json and report.txt
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The list's name
    #[arg(long, default_value = "full")]
    edition: String,
    /// Names that many people use, one a line; may be repeated
    #[arg(long, value_name = "FILE")]
    popular: Vec<PathBuf>,
    /// The list that routers have now
    #[arg(long, value_name = "FILE.lyt")]
    previous: Option<PathBuf>,
    /// Grows with every publication
    #[arg(long, default_value_t = 1)]
    serial: u64,
    /// When the list was made, as 2026-01-31T12:00:00Z [default: SOURCE_DATE_EPOCH, else 1970]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
    /// Let this gate through; may be repeated
    #[arg(long = "override", value_name = "GATE")]
    overrides: Vec<Gate>,
    /// What a listed name stands for: it alone, all below it as well, or what the form of its line means
    #[arg(long, value_enum, default_value_t = ScopeArg::Auto)]
    scope: ScopeArg,
    /// Description of sources, instead of a folder by category
    #[arg(long, value_name = "FILE")]
    sources: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScopeArg {
    Auto,
    Exact,
    Subtree,
}

impl Cli {
    /// Does what is asked and says how it went. An error means that nothing came of it.
    pub fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::List(ListCommand::Build(build)) => build.run(),
        }
    }
}

impl Build {
    fn run(self) -> Result<ExitCode> {
        let (out, edition) = (self.out.clone(), self.edition.clone());
        let progress = Progress::to_stderr();
        let built = list::build(self.job()?, &progress)?;
        progress.say("writing");
        built.write(&out, &edition)?;
        drop(progress);
        let shown = out.join(format!("{edition}.lyt"));
        summary(&built.report, &shown.display().to_string()).context("the result can't be printed")?;
        if built.report.passes() {
            return Ok(ExitCode::SUCCESS);
        }
        let gates: Vec<_> = built.report.stopped_by().map(|passage| passage.detail.as_str()).collect();
        bail!(
            "no list was written, a gate failed: {}; see {}",
            gates.join("; "),
            out.join("report.txt").display()
        )
    }

    fn job(self) -> Result<Job> {
        let plain =
            !self.edition.is_empty() && !self.edition.contains(['/', '\\']) && !self.edition.starts_with('.');
        ensure!(plain, "the edition {:?} is no file name; write something like full or small", self.edition);
        let created = created(self.created.as_deref())?;
        let scope = match self.scope {
            ScopeArg::Auto => None,
            ScopeArg::Exact => Some(Scope::Exact),
            ScopeArg::Subtree => Some(Scope::Subtree),
        };
        let sources = match (&self.sources, &self.from) {
            (Some(file), folder) => {
                let mut sources = Sources::in_file(file, folder.as_deref())?;
                sources.all.iter_mut().for_each(|source| source.scope = scope.or(source.scope));
                sources
            }
            (None, Some(folder)) => Sources::in_folder(folder, scope)?,
            (None, None) => bail!("either --from or --sources says what to build from"),
        };
        Ok(Job {
            sources,
            popular: self.popular,
            previous: self.previous.as_deref().map(list::open_previous).transpose()?,
            edition: self.edition,
            meta: Meta { serial: self.serial, created },
            overrides: self.overrides,
            smaller: Vec::new(),
        })
    }
}

/// Seconds since 1970: from --created, else from SOURCE_DATE_EPOCH, else 0, so that a build can be repeated.
fn created(told: Option<&str>) -> Result<u64> {
    if let Some(text) = told {
        let time: jiff::Timestamp = text
            .parse()
            .with_context(|| format!("--created {text:?} is no time; write it as 2026-01-31T12:00:00Z"))?;
        return u64::try_from(time.as_second()).with_context(|| format!("--created {text} lies before 1970"));
    }
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => {
            text.parse().with_context(|| format!("SOURCE_DATE_EPOCH {text:?} is no number of seconds"))
        }
        Err(_) => Ok(0),
    }
}

fn summary(report: &Report, list: &str) -> io::Result<()> {
    let state = if report.passes() { "" } else { " NOT WRITTEN" };
    writeln!(
        io::stdout(),
        "{list}:{state} {} names, {} bytes; the guard removed {} entries and narrowed {}; {} popular names stay listed",
        report.names,
        report.bytes,
        report.removed.len(),
        report.narrowed.len(),
        report.kept_popular.len()
    )
}
