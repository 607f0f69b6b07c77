//! `luytre-hub list build`: from what others publish to a list that a child's router can go by.
//!
//! In the order data flows:
//!
//! 1. [`sources`], [`sources_file`]: which files there are, their categories, and how far each is believed.
//! 2. [`unpack`], [`line`], `address`, [`read`], [`intake`]: files become names; what is not understood is counted by reason.
//! 3. [`names`], [`draft`]: every name once, who says what about it, and what the list is going to say.
//! 4. [`popular`], [`starter`], [`protected`]: what is known besides the sources.
//! 5. [`guard`]: wrong entries are taken out or narrowed, by rule and with a reason.
//! 6. [`fold`], [`compile`]: entries that say something new become the compiled list; [`edition`]: and those that reach
//!    most people one for small routers.
//! 7. [`gates`]: the compiled bytes are looked at as a router will; what fails does not go out.
//! 8. [`report`]: what was done and why. [`rpz`]: the same for other people's resolvers.

mod address;
pub mod compile;
pub mod draft;
pub mod edition;
pub mod fold;
pub mod gates;
pub mod guard;
pub mod intake;
pub mod line;
pub mod names;
pub mod popular;
pub mod protected;
pub mod read;
pub mod report;
pub mod rpz;
pub mod sources;
pub mod sources_file;
pub mod starter;
#[cfg(test)]
mod testing;
pub mod unpack;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use luytre_lists::{CategorySet, List, Meta};

use self::compile::Writing;
use self::draft::Draft;
use self::gates::{Checked, Gate};
use self::guard::Guard;
use self::protected::Protected;
use self::report::{Report, Told};
use self::sources::Sources;
use self::starter::Starter;
use crate::files;
use crate::progress::Progress;

/// What to build.
pub struct Job {
    /// From which files.
    pub sources: Sources,
    /// Popularity lists.
    pub popular: Vec<PathBuf>,
    /// The list that routers have now.
    pub previous: Option<List<Vec<u8>>>,
    /// The list's name.
    pub edition: String,
    /// Serial and time of the list.
    pub meta: Meta,
    /// Gates that are let through.
    pub overrides: Vec<Gate>,
    /// Smaller lists of the same.
    pub smaller: Vec<Smaller>,
    /// What is blocked in a zone for other people's resolvers; `None`: none is made.
    pub rpz: Option<CategorySet>,
}

/// A smaller list to build.
pub struct Smaller {
    /// Its name.
    pub edition: String,
    /// The most entries that it may have.
    pub most: usize,
    /// The one that routers have now.
    pub previous: Option<List<Vec<u8>>>,
}

/// What came of it.
pub struct Built {
    /// The list; it goes out only if the report [passes](Report::passes).
    pub list: List<Vec<u8>>,
    /// The smaller lists by name, in the order of the job.
    pub smaller: Vec<(String, List<Vec<u8>>)>,
    /// The zone for other people's resolvers, if one was asked for.
    pub rpz: Option<Vec<u8>>,
    /// What was done and why.
    pub report: Report,
}

/// Builds a list. Fails when something can't be read; what is wrong with the names is for the report.
pub fn build(job: Job, progress: &Progress) -> Result<Built> {
    let Job { mut sources, popular, previous, edition, meta, overrides, smaller, rpz } = job;
    let skipped = std::mem::take(&mut sources.skipped);
    let (mut draft, intake) = intake::read_all(sources, progress)?;

    let (protected, starter, popular) =
        (Protected::shipped()?, Starter::shipped()?, popular::read(&popular)?);
    let guard = Guard { protected: &protected, starter: &starter, popular: &popular };
    progress.say("guarding");
    let findings = guard.apply(&mut draft);

    progress.say("compiling");
    let all = Writing { meta, previous: previous.as_ref(), kept: None };
    let (list, collisions) = compile::compile(&mut draft, &guard.watched(), all)?;
    progress.say("checking");
    let gates =
        Checked { list: &list, draft: &draft, guard: &guard, previous: previous.as_ref() }.pass(&overrides);

    let report = Report::of(Told {
        edition: &edition,
        draft: &draft,
        list: &list,
        guard: &guard,
        findings: &findings,
        collisions: &collisions,
        intake,
        skipped,
        gates,
    });
    let rpz = rpz.map(|blocks| zone(&draft, rpz::Zone { blocks, meta })).transpose()?;
    let smaller = compile_smaller(&mut draft, &guard, meta, smaller)?;
    Ok(Built { list, smaller, rpz, report })
}

fn zone(draft: &Draft, zone: rpz::Zone) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    zone.write(draft, &mut text).context("the zone can't be made")?;
    Ok(text)
}

/// Compiles the smaller lists. Where many listed names fit, chance matches other names than in the whole list, so
/// collisions are looked for anew; what is left out for one is missing in the smaller ones too.
fn compile_smaller(
    draft: &mut Draft,
    guard: &Guard<'_>,
    meta: Meta,
    smaller: Vec<Smaller>,
) -> Result<Vec<(String, List<Vec<u8>>)>> {
    let by_reach = if smaller.is_empty() { Vec::new() } else { edition::by_reach(draft, guard) };
    let compiled = smaller.into_iter().map(|Smaller { edition, most, previous }| {
        let kept = edition::select(draft, &by_reach, most);
        let writing = Writing { meta, previous: previous.as_ref(), kept: kept.as_ref() };
        let (list, _) = compile::compile(draft, &guard.watched(), writing)?;
        Ok((edition, list))
    });
    compiled.collect()
}

impl Built {
    /// Writes `report.json`, `report.txt` and, if no gate stops it, `<edition>.lyt` and `<edition>.rpz` into a folder.
    pub fn write(&self, folder: &Path, edition: &str) -> Result<()> {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} can't be made", folder.display()))?;
        replace(&folder.join("report.json"), |out| self.report.write_json(out))?;
        replace(&folder.join("report.txt"), |out| self.report.write_text(out))?;
        if self.report.passes() {
            replace(&folder.join(format!("{edition}.lyt")), |out| out.write_all(self.list.as_bytes()))?;
            if let Some(zone) = &self.rpz {
                replace(&folder.join(format!("{edition}.rpz")), |out| out.write_all(zone))?;
            }
        }
        Ok(())
    }
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> Result<()> {
    files::replace(path, write).with_context(|| format!("{} can't be written", path.display()))
}

/// A list that routers have.
pub fn open_previous(path: &Path) -> Result<List<Vec<u8>>> {
    let bytes =
        fs::read(path).with_context(|| format!("the previous list {} can't be read", path.display()))?;
    let list = List::open(bytes).and_then(|list| list.verify().map(|()| list));
    list.with_context(|| format!("the previous list {} is not to be trusted", path.display()))
}
