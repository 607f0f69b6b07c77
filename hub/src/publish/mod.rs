//! `luytre-hub publish`: from names to signed files, in a folder that any web server can show or in a bucket of an
//! object store.
//!
//! In the order data flows:
//!
//! 1. [`shelf`]: the lists of earlier serials. The new ones are built as their successors, in three sizes.
//! 2. [`release`]: the lists in the form in which they travel, and the deltas to them.
//! 3. [`documents`]: the manifest and the timestamp, signed.
//! 4. [`place`]: files first, then roots, then the manifest, and the timestamp last: whoever reads in between gets what was
//!    published before.
//!
//! [`lift`] opens what is blocked by mistake, between publications.
//!
//! The same names, the same earlier publication and the same time give the same bytes.

pub mod documents;
pub mod lift;
pub mod place;
pub mod release;
pub mod shelf;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use luytre_lists::{CategoryTable, List, Meta};
use luytre_trust::manifest::MAX_MODEL;
use luytre_trust::{FileRef, Manifest, Moment};

use self::documents::{Announcement, Before};
use self::place::Place;
use self::release::{Lists, Release};
use self::shelf::Shelf;
use crate::config::PublishConfig;
use crate::files;
use crate::keys::KeyFolder;
use crate::list::gates::Gate;
use crate::list::report::Report;
use crate::list::sources::Sources;
use crate::list::{self, Job, Smaller, rpz};
use crate::progress::Progress;

/// The whole list's name.
const FULL: &str = "full";
/// The smaller ones with the most names that each may have: routers with 64 MB of memory, and with 128.
const SMALLER: [(&str, usize); 2] = [("small", 150_000), ("standard", 1_000_000)];

/// The file name of the zone for other people's resolvers.
const ZONE: &str = "luytre.rpz";

/// How it is to be published.
pub struct Wish {
    /// When.
    pub now: Moment,
    /// Whether routers are to take it at once.
    pub urgent: bool,
    /// How many routers of a hundred take it.
    pub rollout_percent: u8,
    /// Gates that are let through.
    pub overrides: Vec<Gate>,
    /// What is to be published.
    pub what: What,
}

/// What is to be published.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The lists of today's names.
    Lists,
    /// Nothing new: the timestamp alone is signed anew.
    Timestamp,
    /// The lists before this serial, which turned out to be wrong.
    InsteadOf(u64),
}

/// What came of it.
pub struct Published {
    /// What the routers get now.
    pub manifest: Manifest,
    /// Whether that is new.
    pub is_new: bool,
    /// Bytes of the timestamp.
    pub timestamp_bytes: usize,
}

/// Publishes. A list that a gate stops is not published; the reports in the work folder say why.
pub fn publish(
    config: &PublishConfig,
    keys: &KeyFolder,
    wish: &Wish,
    progress: &Progress,
) -> Result<Published> {
    let place = Place::open(&config.to)?;
    let shelf = Shelf::open(&config.work)?;
    let before = Before::read(&place)?;
    let release = match wish.what {
        What::Timestamp => None,
        What::Lists => next_lists(config, &shelf, &before, wish, progress)?,
        What::InsteadOf(serial) => Some(earlier_lists(&shelf, &before, serial, wish)?),
    };
    let model = config.model.as_deref().map(read_model).transpose()?;
    let announcement = Announcement {
        keys,
        before: &before,
        wish,
        min_wait_s: config.min_wait_s,
        model: model.as_deref().map(FileRef::of),
        program: config.program,
        log: &config.work.join("audit.jsonl"),
    };
    let is_new = release.is_some();
    let manifest = match release {
        Some(lists) => {
            progress.say("comparing with earlier lists");
            let release = Release::of(lists, &shelf)?;
            // On the shelf first: what is published without having been kept could never be the base of a delta.
            shelf.keep(&release)?;
            release.files().try_for_each(|(path, bytes)| place.put(&path, bytes))?;
            if let (Some(config), Some(zone)) = (&config.zone, &release.zone) {
                Place::open(&config.to)?.put(ZONE, zone)?;
            }
            announcement.manifest(release.content())?
        }
        None => announcement.manifest_again()?,
    };
    // Before anything of it is seen: what a router would refuse is not published.
    let timestamp = announcement.timestamp(&manifest, before.lifts.as_ref())?;
    if let (Some(model), Some(announced)) = (&model, &manifest.content.model)
        && *announced == FileRef::of(model)
    {
        place.put(&Manifest::model_path(announced), model)?;
    }
    keys.roots().try_for_each(|(version, root)| place.put(&format!("root/{version}.json"), root))?;
    place.put("manifest.json", &manifest.bytes)?;
    place.put("timestamp.json", &timestamp)?;
    place.remove_unused(&manifest.content, before.manifest.as_ref())?;
    shelf.remove_old(manifest.content.serial)?;
    Ok(Published { manifest: manifest.content, is_new, timestamp_bytes: timestamp.len() })
}

/// The lists of today's names; `None` if they say what those before say.
fn next_lists(
    config: &PublishConfig,
    shelf: &Shelf,
    before: &Before,
    wish: &Wish,
    progress: &Progress,
) -> Result<Option<Lists>> {
    let sources = if config.from.is_dir() {
        Sources::in_folder(&config.from, None)?
    } else {
        Sources::in_file(&config.from, None)?
    };
    let meta = Meta { serial: before.serial() + 1, created: wish.now.0 };
    let previous = |edition: &str| shelf.list(before.serial(), edition);
    let smaller = SMALLER.into_iter().map(|(edition, most)| {
        Ok(Smaller { edition: edition.to_owned(), most, previous: previous(edition)? })
    });
    let job = Job {
        sources,
        popular: config.popular.clone(),
        previous: previous(FULL)?,
        edition: FULL.to_owned(),
        meta,
        overrides: wish.overrides.clone(),
        smaller: smaller.collect::<Result<_>>()?,
        rpz: config.zone.as_ref().map(|zone| zone.blocks),
    };
    let built = list::build(job, progress)?;
    write_report(config, &built.report)?;
    let stopped: Vec<_> = built.report.stopped_by().map(|passage| passage.detail.as_str()).collect();
    ensure!(
        stopped.is_empty(),
        "nothing was published, a gate failed: {}; see {}",
        stopped.join("; "),
        config.work.join("report.txt").display()
    );
    let mut lists = built.smaller;
    lists.push((FULL.to_owned(), built.list));
    let same = lists.iter().map(|(edition, list)| says_the_same(previous(edition)?.as_ref(), list));
    let unchanged = same.collect::<Result<Vec<_>>>()?.into_iter().all(|same| same);
    let zone_before = shelf.zone(before.serial())?;
    let same_zone = zone_before.as_deref().map(rpz::records) == built.rpz.as_deref().map(rpz::records);
    Ok((!unchanged || !same_zone).then_some(Lists { serial: meta.serial, lists, zone: built.rpz }))
}

/// Whether a list differs from the one before in its serial and time only.
fn says_the_same(before: Option<&List<Vec<u8>>>, list: &List<Vec<u8>>) -> Result<bool> {
    let info = list.info();
    let meta = Meta { serial: info.serial, created: info.created };
    Ok(before.is_some_and(|before| before.with_meta(meta) == list.as_bytes()))
}

/// The lists before a serial that is withdrawn, under a new one: serials never fall.
fn earlier_lists(shelf: &Shelf, before: &Before, withdrawn: u64, wish: &Wish) -> Result<Lists> {
    ensure!(
        (1..=before.serial()).contains(&withdrawn),
        "serial {withdrawn} was not published; the last one is {}",
        before.serial()
    );
    let wrong = before.withdrawn(Some(withdrawn));
    let good = (1..withdrawn).rev().find(|serial| !wrong.contains(serial) && shelf.has(*serial));
    let good = good.with_context(|| format!("no list from before serial {withdrawn} is kept"))?;
    let meta = Meta { serial: before.serial() + 1, created: wish.now.0 };
    let editions = SMALLER.into_iter().map(|(edition, _)| edition).chain([FULL]);
    let lists = editions.filter_map(|edition| {
        let list = shelf.list(good, edition).transpose()?;
        let again = list.and_then(|list| {
            ensure!(
                list.info().category_table == CategoryTable::shipped().hash(),
                "the lists of serial {good} have other categories than this luytre-hub; use the one that built them"
            );
            Ok(List::open(list.with_meta(meta))?)
        });
        Some(again.map(|list| (edition.to_owned(), list)))
    });
    let zone = shelf.zone(good)?.map(|zone| rpz::with_meta(&zone, meta));
    Ok(Lists { serial: meta.serial, lists: lists.collect::<Result<_>>()?, zone })
}

fn read_model(path: &Path) -> Result<Vec<u8>> {
    files::read_at_most(path, MAX_MODEL as usize)
        .with_context(|| format!("publish.model: {} can't be read", path.display()))
}

fn write_report(config: &PublishConfig, report: &Report) -> Result<()> {
    let write = || {
        files::replace(&config.work.join("report.json"), |out| report.write_json(out))?;
        files::replace(&config.work.join("report.txt"), |out| report.write_text(out))
    };
    write().with_context(|| format!("the report can't be written into {}", config.work.display()))
}
