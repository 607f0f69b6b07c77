//! What people are told of all this.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::Trouble;
use super::round::Done;
use crate::clock::Timestamp;

/// How it went last, shared by the thread that fetches and those that tell.
#[derive(Debug, Default)]
pub struct Report(Mutex<SyncStatus>);

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
}

impl Report {
    /// How it went last.
    pub fn status(&self) -> SyncStatus {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells of a round; returns how many have failed in a row.
    pub(super) fn tell(&self, round: &Result<Done, Trouble>) -> u32 {
        let mut status = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match round {
            Ok(done) => {
                *status = SyncStatus {
                    edition: done.edition.clone(),
                    heard: Some(done.heard.0).filter(|heard| *heard > 0),
                    good_until: Some(done.good_until.0),
                    bytes: done.received,
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
    pub(crate) fn begin(&self, edition: String, heard: Timestamp, good_until: Timestamp) {
        let mut status = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        status.edition = edition;
        status.heard = Some(heard).filter(|heard| *heard > 0);
        status.good_until = Some(good_until).filter(|until| *until > 0);
    }
}
