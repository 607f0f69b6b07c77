//! Which list a manifest means for this router. Pure.

use luytre_trust::{Edition, Manifest, Timestamp};

use super::kept::Kept;

/// The editions from small to large, with the memory that a router needs for each, in kB: 64 MB, 128 MB and 256 MB, less
/// what the kernel takes for itself.
const SIZES: [(&str, u64); 3] = [("small", 0), ("standard", 100_000), ("full", 200_000)];

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan<'a> {
    /// The list in force is the right one.
    UpToDate,
    /// Another one has come, but not for us: why.
    NotYet(String),
    /// This one is to be taken.
    Take {
        /// Its name.
        name: &'a str,
        /// The list.
        edition: &'a Edition,
        /// At once, whatever the schedule says.
        at_once: bool,
    },
}

/// What a router has room for.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Its memory, in kB.
    pub memory_kb: u64,
    /// Free bytes where the list lies, with those of the list before the one in force.
    pub free: u64,
}

/// Makes the plan; the error says what the operator has to write instead.
pub fn plan<'a>(
    wanted: Option<&str>,
    room: Room,
    kept: &Kept,
    timestamp: &Timestamp,
    manifest: &'a Manifest,
) -> Result<Plan<'a>, String> {
    let (name, edition) = match wanted {
        Some(name) => manifest.editions.get_key_value(name).ok_or_else(|| {
            let names: Vec<_> = manifest.editions.keys().map(String::as_str).collect();
            format!("the publication has no edition {name:?}; it has {}", names.join(", "))
        })?,
        None => largest(manifest, room).ok_or("the publication has no list")?,
    };
    let installed = kept.installed.as_ref();
    if installed.is_some_and(|held| held.file == edition.list) && kept.edition == *name {
        return Ok(Plan::UpToDate);
    }
    if kept.refused.contains(&edition.serial) {
        return Ok(Plan::NotYet(format!("serial {} was rolled back from", edition.serial)));
    }
    let has_withdrawn = installed.is_some_and(|held| manifest.withdrawn.contains(&held.serial));
    let at_once = timestamp.urgent || has_withdrawn || installed.is_none();
    if !at_once && !kept.is_our_turn(manifest) {
        let percent = manifest.rollout_percent;
        return Ok(Plan::NotYet(format!("serial {} is for {percent} % of routers so far", edition.serial)));
    }
    Ok(Plan::Take { name, edition, at_once })
}

/// The largest edition that fits memory and flash; the smallest one if none does.
fn largest(manifest: &Manifest, room: Room) -> Option<(&String, &Edition)> {
    let known =
        SIZES.iter().filter_map(|&(name, memory)| Some((memory, manifest.editions.get_key_value(name)?)));
    let fits = |memory: u64, edition: &Edition| {
        room.memory_kb >= memory && room.free >= edition.list.length + edition.full.length
    };
    let fitting = known.clone().filter(|(memory, (_, edition))| fits(*memory, edition)).last();
    let smallest = || manifest.editions.iter().min_by_key(|(_, edition)| edition.list.length);
    fitting.map(|(_, found)| found).or_else(smallest)
}
