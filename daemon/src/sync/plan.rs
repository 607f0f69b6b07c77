//! Which list a manifest means for this router. Pure.

use luytre_trust::{Edition, Manifest, Ring, Timestamp};

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

/// What the configuration wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// Which edition; `None`: by the router's room.
    pub edition: Option<&'a str>,
    /// When a staged rollout reaches this router.
    pub ring: Ring,
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
    wish: Wish<'_>,
    room: Room,
    kept: &Kept,
    timestamp: &Timestamp,
    manifest: &'a Manifest,
) -> Result<Plan<'a>, String> {
    let (name, edition) = match wish.edition {
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
    if !at_once && !kept.is_our_turn(manifest, wish.ring) {
        let percent = manifest.rollout_percent;
        let ring = if wish.ring == Ring::Late { ", and this one is in the late ring" } else { "" };
        return Ok(Plan::NotYet(format!(
            "serial {} is for {percent} % of routers so far{ring}",
            edition.serial
        )));
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
    let fitting = known.rev().find(|(memory, (_, edition))| fits(*memory, edition));
    let smallest = || manifest.editions.iter().min_by_key(|(_, edition)| edition.list.length);
    fitting.map(|(_, found)| found).or_else(smallest)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use luytre_trust::{FileRef, Moment, Sha256};

    use super::*;
    use crate::sync::kept::Held;

    const ROUTER: Room = Room { memory_kb: 128_000, free: 1 << 30 };

    fn edition(serial: u64, list: u64) -> Edition {
        let file = |length| FileRef { length, sha256: Sha256::of(&[serial as u8, list as u8]) };
        Edition { serial, names: 1, full: file(list / 2), list: file(list), deltas: Vec::new() }
    }

    /// Serial 7, in three sizes.
    fn manifest() -> Manifest {
        let mut manifest = Manifest::new(1, Moment(1), 1, 7);
        let sizes = [("small", 1_000_000), ("standard", 6_000_000), ("full", 25_000_000)];
        manifest.editions = BTreeMap::from(sizes.map(|(name, list)| (name.to_owned(), edition(7, list))));
        manifest
    }

    fn announced(manifest: &Manifest) -> Timestamp {
        Timestamp::new(1, Moment(1), 1, manifest.serial, FileRef::of(b""))
    }

    fn has(serial: u64) -> Kept {
        let file = FileRef::of(&serial.to_le_bytes());
        let mut kept = Kept::default();
        kept.installed = Some(Held { serial, file, fingerprint: 0 });
        kept.edition = "full".into();
        kept
    }

    fn planned(room: Room) -> String {
        let manifest = manifest();
        match plan(Wish::default(), room, &Kept::default(), &announced(&manifest), &manifest) {
            Ok(Plan::Take { name, at_once: true, .. }) => name.to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_router_takes_the_largest_list_that_fits() {
        let room = |memory_kb, free| planned(Room { memory_kb, free });
        assert_eq!(room(59_000, 1 << 30), "small");
        assert_eq!(room(123_000, 1 << 30), "standard");
        assert_eq!(room(250_000, 1 << 30), "full");
        assert_eq!(room(250_000, 20_000_000), "standard", "flash is small");
        assert_eq!(room(250_000, 1000), "small", "and what is missing is told when it is fetched");
    }

    #[test]
    fn an_edition_that_is_not_there_is_named() {
        let manifest = manifest();
        let huge = Wish { edition: Some("huge"), ..Wish::default() };
        let error = plan(huge, ROUTER, &Kept::default(), &announced(&manifest), &manifest).unwrap_err();
        assert_eq!(error, "the publication has no edition \"huge\"; it has full, small, standard");
    }

    #[test]
    fn the_turn_of_a_router_does_not_matter_for_what_is_urgent_or_withdrawn() {
        let mut manifest = manifest();
        manifest.rollout_percent = 0;
        let kept = has(6);
        let plan = |manifest: &Manifest, urgent, kept: &Kept| {
            let timestamp = Timestamp { urgent, ..announced(manifest) };
            let full = Wish { edition: Some("full"), ..Wish::default() };
            match super::plan(full, ROUTER, kept, &timestamp, manifest).unwrap() {
                Plan::UpToDate => "has it".to_owned(),
                Plan::NotYet(why) => why,
                Plan::Take { at_once, .. } => format!("takes it, at once: {at_once}"),
            }
        };
        assert_eq!(plan(&manifest, false, &kept), "serial 7 is for 0 % of routers so far");
        assert_eq!(plan(&manifest, true, &kept), "takes it, at once: true");
        assert_eq!(plan(&manifest, false, &Kept::default()), "takes it, at once: true");
        manifest.withdrawn = vec![6];
        assert_eq!(plan(&manifest, false, &kept), "takes it, at once: true");
        (manifest.withdrawn, manifest.rollout_percent) = (Vec::new(), 100);
        assert_eq!(plan(&manifest, false, &kept), "takes it, at once: false");
        let mut back = has(6);
        back.refuse(7);
        assert_eq!(plan(&manifest, true, &back), "serial 7 was rolled back from");
    }

    #[test]
    fn a_rollout_reaches_its_share_of_routers_and_others_next_time() {
        let mut manifest = manifest();
        manifest.rollout_percent = 10;
        let anchor = |number: u32| {
            let mut kept = Kept::default();
            kept.stand_at(number.into());
            kept
        };
        let routers: Vec<Kept> = (0..5000).map(anchor).collect();
        let turn = |manifest: &Manifest| -> Vec<bool> {
            routers.iter().map(|kept| kept.is_our_turn(manifest, Ring::Normal)).collect()
        };
        let first = turn(&manifest);
        let count = first.iter().filter(|turn| **turn).count();
        assert!((400..600).contains(&count), "{count} of 5000");
        manifest.serial += 1;
        assert_ne!(first, turn(&manifest));
        manifest.rollout_percent = 100;
        assert!(turn(&manifest).iter().all(|turn| *turn));
    }

    #[test]
    fn early_routers_come_with_the_first_share_and_late_ones_with_everybody() {
        let mut manifest = manifest();
        let kept = has(6);
        let mut turn = |percent, ring| {
            manifest.rollout_percent = percent;
            kept.is_our_turn(&manifest, ring)
        };
        assert_eq!([0, 1, 50, 100].map(|percent| turn(percent, Ring::Early)), [false, true, true, true]);
        assert_eq!([0, 1, 99, 100].map(|percent| turn(percent, Ring::Late)), [false, false, false, true]);
    }

    #[test]
    fn who_changes_the_ring_looks_at_the_same_manifest_anew() {
        let manifest = Sha256::of(b"manifest");
        let rings = [Ring::Early, Ring::Normal, Ring::Late];
        for waited in rings {
            let mut kept = Kept::default();
            kept.let_others_go_first(manifest, waited);
            let waits = rings.map(|ring| kept.lets_others_go_first(manifest, ring));
            assert_eq!(waits, rings.map(|ring| ring == waited));
        }
    }
}
