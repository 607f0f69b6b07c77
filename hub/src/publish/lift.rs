//! `luytre-hub lift`: what is blocked by mistake is opened at once, by the keys that are online.

use anyhow::{Context, Result, bail, ensure};
use luytre_lists::Domain;
use luytre_trust::lifts::MAX_LIFETIME;
use luytre_trust::{Lifts, MAX_LIFTS, Moment, Role, Seen, Trusted, sign};

use super::documents::{Announcement, Before};
use super::place::Place;
use super::{What, Wish};
use crate::config::PublishConfig;
use crate::keys::KeyFolder;

/// Seconds in a day.
const DAY: u64 = 24 * 3600;

/// What is to be lifted.
pub struct Lift {
    /// When.
    pub now: Moment,
    /// For so many days from now.
    pub days: u64,
    /// These names as well.
    pub more: Vec<String>,
    /// These no longer.
    pub fewer: Vec<String>,
}

/// Publishes what is lifted now, and the timestamp that announces it.
pub fn lift(config: &PublishConfig, keys: &KeyFolder, lift: &Lift) -> Result<Lifts> {
    let place = Place::open(&config.to)?;
    let before = Before::read(&place)?;
    let lifts = next(before.lifts.as_ref(), lift)?;
    let document = sign(&lifts, &keys.signers(Role::Lifts)?).context("lifts.json can't be written")?;
    ensure!(document.len() <= MAX_LIFTS, "lifts.json has {} bytes; routers read {MAX_LIFTS}", document.len());
    let Some(manifest) = &before.manifest else { bail!("nothing was published yet; publish a list first") };
    let wish = Wish {
        now: lift.now,
        urgent: false,
        rollout_percent: manifest.rollout_percent,
        overrides: Vec::new(),
        what: What::Timestamp,
    };
    let announcement = Announcement {
        keys,
        before: &before,
        wish: &wish,
        min_wait_s: manifest.min_wait_s,
        model: manifest.model,
        program: manifest.program,
        log: &config.work.join("audit.jsonl"),
    };
    let manifest = announcement.manifest_again()?;
    let timestamp = announcement.timestamp(&manifest, Some(&lifts))?;
    check(keys, lift.now, &timestamp, &document)?;
    keys.roots().try_for_each(|(version, root)| place.put(&format!("root/{version}.json"), root))?;
    place.put("lifts.json", &document)?;
    place.put("timestamp.json", &timestamp)?;
    Ok(lifts)
}

/// What is lifted next: names that were before stay, for as long as those that come.
fn next(before: Option<&Lifts>, Lift { now, days, more, fewer }: &Lift) -> Result<Lifts> {
    ensure!((1..=MAX_LIFETIME / DAY).contains(days), "--days is 1 to {}", MAX_LIFETIME / DAY);
    let in_force = before.filter(|lifts| lifts.expires > *now);
    let mut names = in_force.map_or_else(Vec::new, |lifts| lifts.names.clone());
    for name in more {
        names.push(canonical(name)?);
    }
    for name in fewer {
        let name = canonical(name)?;
        ensure!(names.contains(&name), "{name} is not lifted");
        names.retain(|lifted| *lifted != name);
    }
    names.sort();
    names.dedup();
    Ok(Lifts::new(before.map_or(0, |lifts| lifts.version) + 1, *now, days * DAY, names))
}

fn canonical(name: &str) -> Result<String> {
    let domain = Domain::parse(name).map_err(|error| anyhow::anyhow!("{name:?} is no name: {error}"))?;
    Ok(domain.as_name().to_string())
}

/// Whether a router takes it.
fn check(keys: &KeyFolder, now: Moment, timestamp: &[u8], document: &[u8]) -> Result<()> {
    let (_, root) = keys.roots().last().context("there is no root")?;
    let mut router = Trusted::begin(root, Seen::default(), Moment::default())?;
    let announced = router.timestamp(timestamp, Some(now))?;
    router.lifts(&announced, document, Some(now)).context("a router would refuse what is lifted").map(drop)
}
