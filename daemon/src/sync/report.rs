//! What people are told of all this.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use luytre_trust::Version;
use serde::Serialize;

use super::Trouble;
use super::bell::Bell;
use super::kept::Kept;
use super::round::Done;
use crate::clock::Timestamp;

/// How it went last, shared by the thread that fetches and those that tell.
#[derive(Debug, Default)]
pub struct Report {
    last: Mutex<SyncStatus>,
    /// For who wants to know now.
    pub(super) bell: Bell,
}

/// How lists are fetched.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SyncStatus {
    /// The edition in force; empty before the first one.
    pub edition: String,
    /// When the centre was last heard of, in seconds since 1970; `null` before the first time.
    pub heard: Option<Timestamp>,
    /// Until when the list in force counts as current, in seconds since 1970; `null` before the first one.
    pub good_until: Option<Timestamp>,
    /// Questions to the centre that failed in a row.
    pub failures: u32,
    /// Why the last one failed; empty if it did not.
    pub trouble: String,
    /// Whether that was because of what came, and not because nothing did.
    pub refused: bool,
    /// Bytes of the last round's answers.
    pub bytes: u64,
    /// The newest version of this program, as the centre says with its list; `null` if it says nothing.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub newest: Option<Version>,
}

impl Report {
    /// How it went last.
    pub fn status(&self) -> SyncStatus {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has the centre asked at once and waits for what comes of it, no longer than `patience`. Returns how it went last, and
    /// whether that is over.
    pub(crate) async fn look(&self, patience: Duration) -> (SyncStatus, bool) {
        let over = self.bell.ring(patience).await;
        (self.status(), over)
    }

    /// Tells of a round; returns how many have failed in a row.
    pub(super) fn tell(&self, round: &Result<Done, Trouble>) -> u32 {
        let mut status = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match round {
            Ok(done) => {
                *status = SyncStatus {
                    edition: done.edition.clone(),
                    heard: Some(done.heard.0).filter(|heard| *heard > 0),
                    good_until: Some(done.good_until.0),
                    bytes: done.received,
                    newest: done.newest,
                    ..SyncStatus::default()
                };
            }
            Err(trouble) => {
                status.failures = status.failures.saturating_add(1);
                status.trouble = trouble.to_string();
                status.refused = matches!(trouble, Trouble::Refused(_));
            }
        }
        status.failures
    }

    /// Tells what is known from before the start.
    pub(crate) fn begin(&self, kept: Kept) {
        let mut status = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        status.edition = kept.edition;
        status.heard = Some(kept.heard.0).filter(|heard| *heard > 0);
        status.good_until = Some(kept.good_until.0).filter(|until| *until > 0);
        status.newest = kept.newest;
    }
}
