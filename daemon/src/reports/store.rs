//! `reports.json`: replaced whole when a report comes, and when the centre has answered.

use std::collections::VecDeque;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Kind, MOST, Report, Seen, State, Told};
use crate::clock::Timestamp;
use crate::document::{Document, of_version_1};

/// The largest file that is read, in bytes: [`MOST`] of the longest reports take a third of it.
const MAX_FILE: usize = 128 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    /// The number of the next one.
    next: u64,
    report: VecDeque<Report>,
}

/// The reports, and the file that they lie in.
#[derive(Debug)]
pub(super) struct Store(Document<Kept>);

impl Store {
    pub(super) fn read(state: &Path) -> Self {
        let empty = Kept { version: 1, next: 1, report: VecDeque::new() };
        let parse = |text: &str| of_version_1(text, |kept: &Kept| kept.version);
        Self(Document::read(state, "reports", MAX_FILE, (empty, parse)))
    }

    /// The oldest first.
    pub(super) fn items(&self) -> impl DoubleEndedIterator<Item = &Report> {
        self.0.content().report.iter()
    }

    pub(super) fn waiting(&self, kind: Kind, name: &str) -> Option<&Report> {
        let is_it =
            |report: &&Report| report.state == State::Waiting && report.kind == kind && report.name == name;
        self.items().find(is_it)
    }

    /// Keeps a report in the place of the oldest that the centre has; `None` if all still wait for it.
    pub(super) fn add(&mut self, told: Told, seen: Seen, made: Timestamp) -> Option<Report> {
        let full = self.items().count() >= MOST;
        let done = self.items().position(|report| report.state != State::Waiting);
        if full && done.is_none() {
            return None;
        }
        let (Told { kind, name, category }, Seen { verdict, listed }) = (told, seen);
        let (verdict, state, receipt) = (verdict.to_owned(), State::Waiting, String::new());
        self.0.change(|kept| {
            if let Some(oldest) = done.filter(|_| full) {
                kept.report.remove(oldest);
            }
            let report =
                Report { id: kept.next, kind, name, category, verdict, listed, made, state, receipt };
            kept.next += 1; // not to be reached in a life
            kept.report.push_back(report.clone());
            Some(report)
        })
    }

    pub(super) fn close(&mut self, id: u64, state: State, receipt: String) {
        self.0.change(|kept| {
            if let Some(report) = kept.report.iter_mut().find(|report| report.id == id) {
                (report.state, report.receipt) = (state, receipt);
            }
        });
    }

    pub(super) fn notices(&self) -> Vec<String> {
        self.0.notices()
    }
}
