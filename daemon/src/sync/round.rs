//! One round: is there a new list, and if so, is it ours to take?

use std::time::Duration;

use luytre_trust::{MAX_ROOT, Moment, Version};

use super::http::{Mirror, Network};
use super::kept::Kept;
use super::place::Place;
use super::visit::Visit;
use super::{Outside, Settings, Trouble, random};
use crate::clock::BUILT;
use crate::files;
use crate::system;

/// Seconds after which what was seen is written down although nothing else is new: flash is not for hourly notes.
const SAVED: u64 = 12 * 3600;

/// What fetches lists.
pub struct Syncer {
    settings: Settings,
    outside: Outside,
    network: Network,
    place: Place,
}

/// When a list may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// In this round.
    Now,
    /// Only if it is urgent; for the rest there is a schedule.
    IfUrgent,
}

/// How a round went.
#[derive(Clone, Debug)]
pub struct Done {
    /// What came of it.
    pub outcome: Outcome,
    /// The edition in force.
    pub edition: String,
    /// The wall clock; 0 if that can't be believed.
    pub heard: Moment,
    /// When the timestamp's time is over.
    pub good_until: Moment,
    /// How long the publisher wants us to wait at least.
    pub min_wait: Duration,
    /// Bytes of answers.
    pub received: u64,
    /// Whether other blocks are lifted now than before.
    pub lifted: bool,
    /// The newest version of this program, if the centre says it.
    pub newest: Option<Version>,
}

/// What came of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The list in force is the right one.
    UpToDate,
    /// There is another one, but not for us: why.
    NotYet(String),
    /// There is another one, for when the schedule says.
    Waits,
    /// Another one is in its place.
    Updated {
        /// Its serial.
        serial: u64,
        /// Its names.
        names: u64,
        /// The serial that the delta started from; `None` if the whole list was fetched.
        from: Option<u64>,
    },
}

impl Syncer {
    /// Connects to nobody yet.
    pub fn new(settings: Settings, outside: Outside) -> Self {
        let network = Network::new(&outside, system::environment());
        let place = Place::of(&settings.file);
        Self { settings, outside, network, place }
    }

    /// What is fetched from where.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where the lists lie.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Asks one mirror after the other, beginning with any, until one has good answers.
    pub async fn round(&self, taking: Taking) -> Result<Done, Trouble> {
        let (_turn, mut kept) = self.place.turn()?;
        let root = self.anchor()?;
        let trusted =
            kept.trusted(&root, Moment(BUILT)).map_err(|why| why.at(self.settings.root.display()))?;
        let mirrors = &self.settings.mirrors;
        let first = (random() % mirrors.len().max(1) as u64) as usize; // below a length
        let mut troubles = Vec::new();
        let lifts = kept.lifts.clone();
        for target in mirrors[first..].iter().chain(&mirrors[..first]) {
            let mirror = Mirror::new(target, &self.network);
            let mut visit = Visit { syncer: self, mirror, kept, trusted: trusted.clone() };
            let result = visit.take(taking).await;
            let received = visit.mirror.received();
            // What was believed on the way was signed, whatever came behind it.
            kept = visit.kept;
            kept.believe(&visit.trusted);
            match result {
                Ok((outcome, min_wait)) => {
                    kept.heard = self.clock().unwrap_or_default();
                    self.remember(&kept)?;
                    self.place.remove_parts(None);
                    let lifted = kept.lifts != lifts;
                    let Kept { edition, heard, good_until, newest, .. } = kept;
                    return Ok(Done {
                        outcome,
                        edition,
                        heard,
                        good_until,
                        min_wait,
                        received,
                        lifted,
                        newest,
                    });
                }
                // Another mirror would not help.
                Err(trouble @ Trouble::Local(_)) => {
                    // A disk that is full does not take this either; the first trouble is the one to tell.
                    let _ = self.remember(&kept);
                    return Err(trouble);
                }
                Err(trouble) => troubles.push(trouble.at(&target.authority)),
            }
        }
        let _ = self.remember(&kept);
        Err(worst(troubles))
    }

    /// Ends what was lifted when its time is over, whether the centre can be reached or not.
    pub fn end_lifts(&self) -> Result<bool, Trouble> {
        let (_turn, mut kept) = self.place.turn()?;
        let now = self.clock().unwrap_or_default();
        let ended = kept.lifts.take_if(|lifts| lifts.expires <= now).is_some();
        if ended {
            kept.save(self.place.list())?;
        }
        Ok(ended)
    }

    fn anchor(&self) -> Result<Vec<u8>, Trouble> {
        let path = &self.settings.root;
        files::read_bytes(path, MAX_ROOT)
            .map_err(|error| Trouble::Local(format!("[list] root: {}: {error}", path.display())))
    }

    /// The wall clock, if it can be believed.
    pub(super) fn clock(&self) -> Option<Moment> {
        let clock = self.outside.clock;
        clock.trusted().then(|| Moment(clock.now()))
    }

    /// Writes down what changed, if it matters.
    fn remember(&self, now: &Kept) -> Result<(), Trouble> {
        let on_disk = Kept::read(self.place.list())?;
        let quiet = |kept: &Kept| {
            let seen = (kept.seen().manifest, kept.seen().serial);
            (kept.installed.clone(), kept.lifts.clone(), kept.not_our_turn, kept.refused.clone(), seen)
        };
        let age = now.seen().timestamp.created.0.saturating_sub(on_disk.seen().timestamp.created.0);
        let same_root = on_disk.root() == now.root();
        if on_disk == *now || (quiet(&on_disk) == quiet(now) && same_root && age < SAVED) {
            return Ok(());
        }
        now.save(self.place.list())
    }
}

/// What to tell of several mirrors: what was refused weighs more than what could not be reached.
fn worst(troubles: Vec<Trouble>) -> Trouble {
    let all = troubles.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let refused = troubles.iter().any(|trouble| matches!(trouble, Trouble::Refused(_)));
    if refused { Trouble::Refused(all) } else { Trouble::Unreachable(all) }
}
