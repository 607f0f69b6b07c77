//! `luytre-hub list build`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use luytre_lists::{CategorySet, CategoryTable, Meta};

use crate::clock;
use crate::list::gates::Gate;
use crate::list::report::Report;
use crate::list::sources::{Scope, Sources};
use crate::list::{self, Job};
use crate::progress::Progress;

#[derive(Args)]
pub(super) struct Build {
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
    /// Also write <edition>.rpz, a response policy zone of these categories for BIND, unbound and the like; it holds the
    /// names in the clear. May be repeated
    #[arg(long, value_name = "CATEGORY")]
    rpz: Vec<String>,
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

impl Build {
    pub(super) fn run(self) -> Result<ExitCode> {
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
        let created = clock::told(self.created.as_deref())?.unwrap_or(0);
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
            rpz: (!self.rpz.is_empty()).then(|| categories(&self.rpz)).transpose()?,
        })
    }
}

/// Categories by their keys.
fn categories(keys: &[String]) -> Result<CategorySet> {
    let table = CategoryTable::shipped();
    let known = |key: &String| table.by_key(key).with_context(|| format!("there is no category {key:?}"));
    keys.iter().map(known).collect()
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
