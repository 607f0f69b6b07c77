//! All sources are read, as many at a time as there are processors, and joined in their order.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};
use luytre_lists::CategoryTable;

use super::draft::{Draft, DraftBuilder};
use super::read::{Reading, Rejects};
use super::sources::{Source, Sources};
use crate::progress::Progress;

/// What came in, besides the names themselves.
#[derive(Default)]
pub struct Intake {
    /// For each source, in order: how many lines it has and how many of them were rejected.
    pub lines: Vec<(u64, u64)>,
    /// What was left out, of all sources.
    pub rejects: Rejects,
}

/// Reads all sources into a draft. The first in order that can't be read is the error.
pub fn read_all(sources: Sources, progress: &Progress) -> Result<(Draft, Intake)> {
    u16::try_from(sources.all.len()).context("a list is built from at most 65,535 sources")?;
    let mut builder = DraftBuilder::default();
    let mut intake = Intake::default();
    in_order(&sources.all, progress, |index, reading| {
        builder.add(index as u16, &reading); // checked above
        intake.lines.push((reading.lines, reading.rejects.total()));
        intake.rejects.extend(reading.rejects);
    })?;
    progress.say("merging");
    Ok((builder.finish(sources), intake))
}

/// Reads on all processors and hands the readings over in the order of the sources, whichever is done first.
fn in_order(sources: &[Source], progress: &Progress, mut each: impl FnMut(usize, Reading)) -> Result<()> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(8);
    // Bounded: a finished reading waits with its reader rather than in memory.
    let (done, readings) = mpsc::sync_channel(1);
    thread::scope(|scope| {
        for _ in 0..workers {
            let (done, next) = (done.clone(), &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(source) = sources.get(index) else { return };
                    // An address says something about those names alone that lead to it.
                    let addresses = CategoryTable::shipped().passing_on().contains(source.category);
                    let reading = Reading::of(&source.path, source.form, source.scope, addresses);
                    // Nobody listens any more when an earlier source has failed.
                    if done.send((index, reading)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        let mut wanted = 0;
        for (count, (index, reading)) in (1..).zip(readings) {
            progress.say(&format!("reading: {count} of {} files", sources.len()));
            waiting.insert(index, reading);
            while let Some(reading) = waiting.remove(&wanted) {
                each(wanted, reading?);
                wanted += 1;
            }
        }
        Ok(())
    })
}
