//! What a router believes so far, and the checks by which it comes to believe more.
//!
//! In this order, and nothing of a document is used before all of its own have passed:
//!
//! 1. [`Trusted::follow`]: each next root is signed by the one before and by itself; none is left out. A root that gives
//!    a role other keys forgets what the old keys said of versions and times: whoever stole one may have said far too
//!    much (fast-forward).
//! 2. [`Trusted::check_root`]: the last root has not expired.
//! 3. [`Trusted::timestamp`]: short, signed, no older than the one before (rollback), not expired (freeze).
//! 4. [`Trusted::manifest`]: the one that the timestamp names (mix and match), signed, no older, not expired, within the
//!    bounds of a router, about no categories but those that root allows.
//!
//! 5. [`Trusted::lifts`]: the one that the timestamp names, signed by the key that root delegates, no older, not expired,
//!    within its bounds. It raises no floor: its key is the weakest.
//!
//! Expiry is judged by the wall clock where that can be believed, and never before a floor: the moment of the build and
//! what was signed since. The wall clock never raises the floor, so that a clock that was wrong for a day does no harm
//! afterwards.

use serde::{Deserialize, Serialize};

use crate::envelope::Envelope;
use crate::hex::Sha256;
use crate::lifts::Lifts;
use crate::manifest::{FileRef, Manifest};
use crate::moment::Moment;
use crate::refusal::{Refusal, Role};
use crate::root::Root;
use crate::timestamp::Timestamp;
use crate::{MAX_LIFTS, MAX_MANIFEST, MAX_ROOT, MAX_TIMESTAMP};

/// What was seen of the role's last document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its version.
    pub version: u64,
    /// When it was signed.
    pub created: Moment,
    /// What was signed; `None` before there was any.
    pub digest: Option<Sha256>,
}

/// What was seen of all roles: to be kept over restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The last timestamp.
    pub timestamp: Mark,
    /// The last manifest.
    pub manifest: Mark,
    /// The serial in that.
    pub serial: u64,
    /// The last lifts.
    #[serde(default)]
    pub lifts: Mark,
}

/// What a router believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    root: Root,
    document: Vec<u8>,
    seen: Seen,
    built: Moment,
}

impl Trusted {
    /// Begins with a root that is trusted because it lay in the router, not because of who signed it; it has to be whole
    /// all the same. It is no earlier than `built`.
    pub fn begin(document: &[u8], seen: Seen, built: Moment) -> Result<Self, Refusal> {
        let envelope = Envelope::read(Role::Root, document, MAX_ROOT)?;
        let root: Root = envelope.content()?;
        root.check()?;
        envelope.check(&root)?;
        Ok(Self { root, document: document.to_vec(), seen, built })
    }

    /// The root in force.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The root in force as it came.
    pub fn document(&self) -> &[u8] {
        &self.document
    }

    /// What was seen.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// What is the time at least, as far as signatures tell.
    pub fn floor(&self) -> Moment {
        self.built.max(self.seen.timestamp.created).max(self.seen.manifest.created)
    }

    /// Takes the next root.
    pub fn follow(&mut self, document: &[u8]) -> Result<(), Refusal> {
        let envelope = Envelope::read(Role::Root, document, MAX_ROOT)?;
        envelope.check(&self.root)?;
        let next: Root = envelope.content()?;
        let expected = self.root.version.saturating_add(1);
        if next.version != expected {
            return Err(Refusal::MissingRoot { expected, found: next.version });
        }
        next.check()?;
        envelope.check(&next)?;
        let changed = |role| next.roles.of(role).keyids != self.root.roles.of(role).keyids;
        if changed(Role::Timestamp) {
            self.seen.timestamp = Mark::default();
        }
        if changed(Role::Lifts) {
            self.seen.lifts = Mark::default();
        }
        if changed(Role::Targets) {
            (self.seen.manifest, self.seen.serial) = (Mark::default(), 0);
        }
        (self.root, self.document) = (next, document.to_vec());
        Ok(())
    }

    /// Whether the last root may still be used. `clock` is the wall clock, if it can be believed.
    pub fn check_root(&self, clock: Option<Moment>) -> Result<(), Refusal> {
        self.check_expiry(Role::Root, self.root.expires, clock)
    }

    /// Takes a timestamp.
    pub fn timestamp(&mut self, document: &[u8], clock: Option<Moment>) -> Result<Timestamp, Refusal> {
        let envelope = Envelope::read(Role::Timestamp, document, MAX_TIMESTAMP)?;
        envelope.check(&self.root)?;
        let timestamp: Timestamp = envelope.content()?;
        let mark =
            Mark { version: timestamp.version, created: timestamp.created, digest: Some(envelope.digest()) };
        self.seen.timestamp.check_next(&mark, Role::Timestamp, "version of timestamp.json")?;
        self.check_expiry(Role::Timestamp, timestamp.expires, clock)?;
        if timestamp.created > self.root.expires {
            // Else a stolen online key could make every root expire at once.
            let (expired, now) = (self.root.expires, timestamp.created);
            return Err(Refusal::Expired { role: Role::Root, expired, now });
        }
        self.seen.timestamp = mark;
        Ok(timestamp)
    }

    /// Takes the manifest that a timestamp announces.
    pub fn manifest(
        &mut self,
        announced: &Timestamp,
        document: &[u8],
        clock: Option<Moment>,
    ) -> Result<Manifest, Refusal> {
        announced.manifest.check(Role::Targets.document(), FileRef::of(document))?;
        let envelope = Envelope::read(Role::Targets, document, MAX_MANIFEST)?;
        envelope.check(&self.root)?;
        let manifest: Manifest = envelope.content()?;
        let mark =
            Mark { version: manifest.version, created: manifest.created, digest: Some(envelope.digest()) };
        self.seen.manifest.check_next(&mark, Role::Targets, "version of manifest.json")?;
        let (known, offered) = (self.seen.serial, manifest.serial);
        if offered < known {
            return Err(Refusal::Rollback { what: "serial", known, offered });
        }
        if manifest.serial != announced.serial {
            let (one, other) = (announced.serial, manifest.serial);
            let what = format!("timestamp.json announces serial {one}, and manifest.json has {other}");
            return Err(Refusal::Contradiction { what });
        }
        self.check_expiry(Role::Targets, manifest.expires, clock)?;
        if manifest.created > self.root.expires {
            let (expired, now) = (self.root.expires, manifest.created);
            return Err(Refusal::Expired { role: Role::Root, expired, now });
        }
        manifest.check()?;
        manifest.check_categories(&self.root)?;
        (self.seen.manifest, self.seen.serial) = (mark, manifest.serial);
        Ok(manifest)
    }

    /// Takes the lifts that a timestamp announces.
    pub fn lifts(
        &mut self,
        announced: &Timestamp,
        document: &[u8],
        clock: Option<Moment>,
    ) -> Result<Lifts, Refusal> {
        let envelope = Envelope::read(Role::Lifts, document, MAX_LIFTS)?;
        envelope.check(&self.root)?;
        let lifts: Lifts = envelope.content()?;
        let mark = Mark { version: lifts.version, created: lifts.created, digest: Some(envelope.digest()) };
        self.seen.lifts.check_next(&mark, Role::Lifts, "version of lifts.json")?;
        if announced.lifts != Some(lifts.version) {
            let found = lifts.version;
            let what = match announced.lifts {
                Some(one) => {
                    format!("timestamp.json announces lifts {one}, and lifts.json has version {found}")
                }
                None => "timestamp.json announces no lifts".to_owned(),
            };
            return Err(Refusal::Contradiction { what });
        }
        self.check_expiry(Role::Lifts, lifts.expires, clock)?;
        lifts.check()?;
        self.seen.lifts = mark;
        Ok(lifts)
    }

    fn check_expiry(&self, role: Role, expires: Moment, clock: Option<Moment>) -> Result<(), Refusal> {
        let now = clock.map_or(self.floor(), |clock| clock.max(self.floor()));
        if now >= expires { Err(Refusal::Expired { role, expired: expires, now }) } else { Ok(()) }
    }
}

impl Mark {
    /// Whether `next` may come after this one: it is newer, or the very same.
    pub(crate) fn check_next(&self, next: &Self, role: Role, what: &'static str) -> Result<(), Refusal> {
        if next.version < self.version {
            return Err(Refusal::Rollback { what, known: self.version, offered: next.version });
        }
        if next.version == self.version && self.digest.is_some_and(|digest| Some(digest) != next.digest) {
            let what = format!("two different ones have version {}", self.version);
            return Err(Refusal::Document { role, what });
        }
        Ok(())
    }
}
