//! One mirror's turn in a round: which documents are asked for, in which order they are believed, and the list that comes of
//! them.

use std::path::Path;
use std::time::Duration;

use luytre_trust::{
    Categories, Edition, FileRef, Lifts, MAX_LIFTS, MAX_MANIFEST, MAX_ROOT, MAX_TIMESTAMP, Manifest, Refusal,
    Timestamp, Trusted,
};

use super::copy::Copy;
use super::http::{Answer, Condition, Mirror};
use super::kept::{Held, Kept};
use super::plan::{Plan, Room, Wish, plan};
use super::round::{Outcome, Syncer, Taking};
use super::{Trouble, download, make};
use crate::system;

/// Roots that are followed in one round: years of sleep.
const MAX_STEPS: u32 = 64;

/// One mirror's turn.
pub(super) struct Visit<'a> {
    pub(super) syncer: &'a Syncer,
    pub(super) mirror: Mirror<'a>,
    /// What is remembered, with what this visit adds.
    pub(super) kept: Kept,
    /// What was signed so far.
    pub(super) trusted: Trusted,
}

impl Visit<'_> {
    /// The checks in their order; each document is used only after all of its own have passed.
    pub(super) async fn take(&mut self, taking: Taking) -> Result<(Outcome, Duration), Trouble> {
        if taking == Taking::Now {
            self.follow_roots().await?;
        }
        let timestamp = match self.timestamp(true).await {
            // Perhaps the keys are others now.
            Err(_) if taking == Taking::IfUrgent => {
                self.follow_roots().await?;
                self.timestamp(false).await?
            }
            taken => taken?,
        };
        self.kept.good_until = timestamp.expires;
        self.lift(&timestamp).await;
        if self.is_settled(&timestamp, taking) {
            return Ok((Outcome::UpToDate, Duration::ZERO));
        }
        let (timestamp, manifest) = self.manifest(timestamp).await?;
        (self.kept.good_until, self.kept.newest) = (timestamp.expires, manifest.program);
        let min_wait = Duration::from_secs(manifest.min_wait_s);
        let outcome = self.follow(&timestamp, &manifest, taking).await?;
        Ok((outcome, min_wait))
    }

    /// Whether the timestamp names the manifest whose list is in force.
    fn is_settled(&self, timestamp: &Timestamp, taking: Taking) -> bool {
        let wanted = self.syncer.settings().edition.as_ref();
        let same_edition = wanted.is_none_or(|wanted| *wanted == self.kept.edition);
        let has_it = self.kept.installed.as_ref().is_some_and(|held| held.serial == timestamp.serial);
        let ring = self.syncer.settings().ring;
        let waits =
            self.kept.lets_others_go_first(timestamp.manifest.sha256, ring) && taking == Taking::IfUrgent;
        (has_it && same_edition) || (waits && !timestamp.urgent)
    }

    async fn follow_roots(&mut self) -> Result<(), Trouble> {
        for _ in 0..MAX_STEPS {
            let next = self.trusted.root().version.saturating_add(1);
            let Some(root) = self.mirror.document(&format!("root/{next}.json"), MAX_ROOT).await? else {
                break;
            };
            self.trusted.follow(&root)?;
        }
        Ok(self.trusted.check_root(self.syncer.clock())?)
    }

    async fn timestamp(&mut self, may_be_kept: bool) -> Result<Timestamp, Trouble> {
        let clock = self.syncer.clock();
        self.trusted.check_root(clock)?;
        let etag = self.kept.etag.clone().filter(|_| may_be_kept && !self.kept.timestamp.is_empty());
        let condition = Condition { unless: etag.as_deref(), from: 0 };
        let (document, etag) = match self.mirror.get("timestamp.json", condition).await? {
            // It has to pass all checks again: time goes on.
            Answer::Unchanged => (self.kept.timestamp.clone().into_bytes(), etag),
            Answer::NotThere => return Err(Trouble::Unreachable("there is no timestamp.json".to_owned())),
            Answer::Body(body) => {
                let etag = body.etag.clone();
                (self.mirror.read("timestamp.json", body, MAX_TIMESTAMP).await?, etag)
            }
        };
        let timestamp = self.trusted.timestamp(&document, clock)?;
        self.kept.timestamp = String::from_utf8_lossy(&document).into_owned();
        self.kept.etag = etag;
        Ok(timestamp)
    }

    /// Takes what is lifted, if that is something else than before. Whatever is wrong with it, lists go on.
    async fn lift(&mut self, timestamp: &Timestamp) {
        if self.kept.lifts.as_ref().map(|lifts| lifts.version) == timestamp.lifts {
            return;
        }
        if timestamp.lifts.is_none() {
            self.kept.lifts = None;
            return;
        }
        match self.lifts(timestamp).await {
            Ok(lifts) => self.kept.lifts = Some(lifts),
            Err(trouble) => tracing::warn!(%trouble, "blocks that the centre lifts stay as they were"),
        }
    }

    async fn lifts(&mut self, timestamp: &Timestamp) -> Result<Lifts, Trouble> {
        let missing = || Trouble::Unreachable("there is no lifts.json".to_owned());
        let document = self.mirror.document("lifts.json", MAX_LIFTS).await?.ok_or_else(missing)?;
        Ok(self.trusted.lifts(timestamp, &document, self.syncer.clock())?)
    }

    async fn manifest(&mut self, timestamp: Timestamp) -> Result<(Timestamp, Manifest), Trouble> {
        let missing = || Trouble::Unreachable("there is no manifest.json".to_owned());
        let clock = self.syncer.clock();
        let document = self.mirror.document("manifest.json", MAX_MANIFEST).await?.ok_or_else(missing)?;
        match self.trusted.manifest(&timestamp, &document, clock) {
            Ok(manifest) => Ok((timestamp, manifest)),
            // Something new may have been published between the two; asked again without a condition, they fit.
            Err(Refusal::Mismatch { .. } | Refusal::Length { .. }) => {
                let timestamp = self.timestamp(false).await?;
                let document =
                    self.mirror.document("manifest.json", MAX_MANIFEST).await?.ok_or_else(missing)?;
                let manifest = self.trusted.manifest(&timestamp, &document, clock)?;
                Ok((timestamp, manifest))
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Does what the manifest means for this router.
    async fn follow(
        &mut self,
        timestamp: &Timestamp,
        manifest: &Manifest,
        taking: Taking,
    ) -> Result<Outcome, Trouble> {
        let (settings, place) = (self.syncer.settings(), self.syncer.place());
        let room = Room { memory_kb: system::memory_kb(), free: place.room() };
        let wish = Wish { edition: settings.edition.as_deref(), ring: settings.ring };
        let planned = plan(wish, room, &self.kept, timestamp, manifest);
        self.kept.not_our_turn = None;
        match planned.map_err(Trouble::Local)? {
            Plan::UpToDate => Ok(Outcome::UpToDate),
            Plan::NotYet(why) => {
                self.kept.let_others_go_first(timestamp.manifest.sha256, settings.ring);
                Ok(Outcome::NotYet(why))
            }
            Plan::Take { at_once: false, .. } if taking == Taking::IfUrgent => Ok(Outcome::Waits),
            Plan::Take { name, edition, .. } => {
                let wanted = Wanted { edition, categories: &manifest.categories };
                let (held, from) = self.fetch(name, &wanted).await?;
                let serial = held.serial;
                // What is believed goes to the disk with the list that it speaks of.
                self.kept.believe(&self.trusted);
                place.install(&mut self.kept, held, name)?;
                self.copy(timestamp.urgent);
                Ok(Outcome::Updated { serial, names: edition.names, from })
            }
        }
    }

    /// A list without a copy is as good, until the power goes.
    fn copy(&self, at_once: bool) {
        let (settings, place) = (self.syncer.settings(), self.syncer.place());
        let written = settings.copy.as_deref().map(|file| Copy::at(file).write(place, &self.kept, at_once));
        if let Some(Err(trouble)) = written {
            tracing::warn!(%trouble, "a power cut would bring back an older list, or the starter list");
        }
    }

    /// The next list, by a delta if there is one from the list in force, else, or if that fails, whole.
    async fn fetch(&mut self, name: &str, wanted: &Wanted<'_>) -> Result<(Held, Option<u64>), Trouble> {
        let edition = wanted.edition;
        let place = self.syncer.place();
        if let Some(held) = self.kept.installed.clone()
            && self.kept.edition == name
            && let Some(delta) = edition.delta_from(held.serial)
        {
            let path = edition.delta_path(delta);
            match self.fetch_and_make(wanted, (&path, delta.file), Some(place.list())).await {
                Ok(made) => return Ok((made, Some(held.serial))),
                Err(trouble @ Trouble::Local(_)) => return Err(trouble),
                Err(trouble) => {
                    tracing::warn!(%trouble, "the delta can't be used; the whole list is fetched")
                }
            }
        }
        let path = edition.full_path();
        self.fetch_and_make(wanted, (&path, edition.full), None).await.map(|held| (held, None))
    }

    async fn fetch_and_make(
        &mut self,
        &Wanted { edition, categories }: &Wanted<'_>,
        (path, file): (&str, FileRef),
        old: Option<&Path>,
    ) -> Result<Held, Trouble> {
        let place = self.syncer.place();
        let part = place.part(file.sha256);
        place.remove_parts(Some(&part));
        place.make_room(&mut self.kept, file.length + edition.list.length)?;
        download::download(&mut self.mirror, path, file, &part).await?;
        let made = make::make(edition, categories, old, &part, &place.next());
        let _ = std::fs::remove_file(&part);
        made.inspect_err(|_| {
            let _ = std::fs::remove_file(place.next());
        })
    }
}

/// The list that is to be fetched.
struct Wanted<'a> {
    edition: &'a Edition,
    /// What its numbers stand for.
    categories: &'a Categories,
}
