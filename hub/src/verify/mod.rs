//! `luytre-hub verify`: a publication looked at as a router does, but all of it: each edition, each delta.

mod source;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use luytre_lists::{CategoryTable, List, delta};
use luytre_trust::{
    Edition, FileRef, Lifts, MAX_LIFTS, MAX_MANIFEST, MAX_ROOT, MAX_TIMESTAMP, Manifest, Moment, Seen,
    Timestamp, Trusted,
};

pub use self::source::Source;
use crate::audit;

/// Roots that are followed at most: a new one every year for a thousand years.
const MAX_ROOTS: u64 = 1024;

/// A publication that is good.
pub struct Found {
    root: u64,
    timestamp: Timestamp,
    manifest: Manifest,
    lifts: Option<Lifts>,
}

/// Checks everything. The error says what is wrong, and where.
pub fn verify(source: &Source, root: Option<&Path>, now: Moment) -> Result<Found> {
    let root = match root {
        Some(file) => fs::read(file).with_context(|| format!("{} can't be read", file.display()))?,
        None => source.get("root/1.json", MAX_ROOT)?.context("root/1.json is not there")?,
    };
    let mut router = Trusted::begin(&root, Seen::default(), Moment::default())?;
    while router.root().version < MAX_ROOTS
        && let Some(next) = source.get(&format!("root/{}.json", router.root().version + 1), MAX_ROOT)?
    {
        router.follow(&next)?;
    }
    router.check_root(Some(now))?;
    let timestamp = source.get("timestamp.json", MAX_TIMESTAMP)?.context("timestamp.json is not there")?;
    let timestamp = router.timestamp(&timestamp, Some(now))?;
    let manifest = source.get("manifest.json", MAX_MANIFEST)?.context("manifest.json is not there")?;
    let manifest = router.manifest(&timestamp, &manifest, Some(now))?;
    for (name, edition) in &manifest.editions {
        check_edition(source, &manifest, edition).with_context(|| format!("edition {name}"))?;
    }
    if let Some(model) = manifest.model {
        fetch(source, &Manifest::model_path(&model), model)?;
    }
    let lifts = match timestamp.lifts {
        None => None,
        Some(_) => {
            let lifts = source.get("lifts.json", MAX_LIFTS)?.context("lifts.json is not there")?;
            Some(router.lifts(&timestamp, &lifts, Some(now))?)
        }
    };
    Ok(Found { root: router.root().version, timestamp, manifest, lifts })
}

fn check_edition(source: &Source, manifest: &Manifest, edition: &Edition) -> Result<()> {
    let whole = fetch(source, &edition.full_path(), edition.full)?;
    let mut list = Vec::new();
    delta::apply(None::<&List<Vec<u8>>>, &whole, &mut list).context("the list can't be made of it")?;
    edition.list.check("the list", FileRef::of(&list))?;
    let list = List::open(list)?;
    list.verify()?;
    let info = list.info();
    ensure!(
        (info.serial, u64::from(info.names)) == (edition.serial, edition.names),
        "the list says serial {} and {} names, the manifest {} and {}",
        info.serial,
        info.names,
        edition.serial,
        edition.names
    );
    ensure!(
        manifest.categories.is_empty()
            || info.category_table == CategoryTable::hash_of(manifest.categories.by_number()),
        "the numbers of the list's categories mean others than those that are signed"
    );
    for delta in &edition.deltas {
        let path = edition.delta_path(delta);
        let bytes = fetch(source, &path, delta.file)?;
        ensure!(delta::leads_to(&bytes, &list), "{path} does not lead to the list");
    }
    Ok(())
}

fn fetch(source: &Source, path: &str, file: FileRef) -> Result<Vec<u8>> {
    let most = usize::try_from(file.length).context("longer than this machine's memory")?;
    let bytes = source.get(path, most)?.with_context(|| format!("{path} is not there"))?;
    file.check(path, FileRef::of(&bytes))?;
    Ok(bytes)
}

impl Found {
    /// Whether a file is the zone that is vouched for.
    pub fn check_zone(&self, file: &Path) -> Result<()> {
        let signed = self.manifest.zone.context("this publication has no response policy zone")?;
        let zone = fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
        Ok(signed.check(&file.display().to_string(), FileRef::of(&zone))?)
    }

    /// Whether a file is the publisher's log.
    pub fn check_log(&self, file: &Path) -> Result<()> {
        audit::check_file(file, self.manifest.audit.context("this publication has no log")?)
    }

    /// What was found, for people.
    pub fn lines(&self) -> Vec<String> {
        let Self { root, timestamp, manifest, lifts } = self;
        let urgent = if timestamp.urgent { ", urgent" } else { "" };
        let mut lines = vec![
            format!("root {root}"),
            format!(
                "timestamp {}, serial {}{urgent}, good until {}",
                timestamp.version, timestamp.serial, timestamp.expires
            ),
            format!(
                "manifest {}, good until {}, for {} % of routers",
                manifest.version, manifest.expires, manifest.rollout_percent
            ),
        ];
        for (name, edition) in &manifest.editions {
            let deltas: Vec<_> = edition
                .deltas
                .iter()
                .map(|delta| format!("{}: {} bytes", delta.from, delta.file.length))
                .collect();
            let deltas = if deltas.is_empty() { "none".to_owned() } else { deltas.join(", ") };
            lines.push(format!(
                "{name}: serial {}, {} names, {} bytes to fetch, {} mapped; deltas from {deltas}",
                edition.serial, edition.names, edition.full.length, edition.list.length
            ));
        }
        lines.push(format!("{} categories", manifest.categories.0.len()));
        if let Some(model) = manifest.model {
            lines.push(format!("model: {} bytes", model.length));
        }
        if let Some(program) = manifest.program {
            lines.push(format!("newest luytre: {program}"));
        }
        if let Some(audit) = manifest.audit {
            lines.push(format!("log: {} rows, SHA-256 {}", audit.rows, audit.sha256));
        }
        if let Some(lifts) = lifts {
            lines.push(format!("lifted until {}: {}", lifts.expires, lifts.names.join(" ")));
        }
        if let Some(zone) = manifest.zone {
            lines.push(format!("response policy zone: {} bytes, SHA-256 {}", zone.length, zone.sha256));
        }
        lines
    }
}
