//! `requests.json`: replaced whole whenever a request comes, is answered or expires.

use std::collections::VecDeque;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Answer, Asker, MOST, OPEN_FOR, Request, State, Wish};
use crate::clock::Timestamp;
use crate::document::{Document, of_version_1};

/// The largest file that is read, in bytes: [`MOST`] of the longest requests take half of it.
const MAX_FILE: usize = 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    /// The number of the next one.
    next: u64,
    request: VecDeque<Request>,
}

/// The requests, and the file that they lie in.
#[derive(Debug)]
pub(super) struct Store(Document<Kept>);

impl Store {
    /// Reads the file in the state folder; one that can't be understood is moved aside.
    pub(super) fn read(state: &Path) -> Self {
        let empty = Kept { version: 1, next: 1, request: VecDeque::new() };
        let parse = |text: &str| of_version_1(text, |kept: &Kept| kept.version);
        Self(Document::read(state, "requests", MAX_FILE, (empty, parse)))
    }

    /// The oldest first.
    pub(super) fn items(&self) -> impl DoubleEndedIterator<Item = &Request> {
        self.0.content().request.iter()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Request> {
        self.items().find(|request| request.id == id)
    }

    /// Keeps a request; `None` if there is only room for what is still open.
    pub(super) fn add(&mut self, asker: Asker, wish: Wish, now: Timestamp) -> Option<Request> {
        let full = self.items().count() >= MOST;
        let closed = self.items().position(|request| request.state != State::Open);
        if full && closed.is_none() {
            return None;
        }
        let (Asker { who, device }, Wish { kind, name, minutes, reason }) = (asker, wish);
        let (state, by, answer) = (State::Open, String::new(), None);
        self.0.change(|kept| {
            if let Some(oldest) = closed.filter(|_| full) {
                kept.request.remove(oldest);
            }
            let id = kept.next;
            let request =
                Request { id, who, device, kind, name, minutes, reason, made: now, state, by, answer };
            kept.next += 1; // not to be reached in a life
            kept.request.push_back(request.clone());
            Some(request)
        })
    }

    /// Closes a request with its answer.
    pub(super) fn close(&mut self, id: u64, state: State, by: &str, answer: Answer) -> Option<Request> {
        let index = self.items().position(|request| request.id == id)?;
        self.0.change(|kept| {
            let request = kept.request.get_mut(index)?;
            (request.state, request.by, request.answer) = (state, by.to_owned(), Some(answer));
            Some(request.clone())
        })
    }

    /// Closes what nobody answered in time. That is told by the clock, so it need not be written.
    pub(super) fn expire(&mut self, now: Timestamp) {
        let is_late = |request: &&mut Request| {
            request.state == State::Open && request.made.saturating_add(OPEN_FOR) <= now
        };
        let requests = self.0.content_mut().request.iter_mut();
        requests.filter(is_late).for_each(|request| request.state = State::Expired);
    }

    pub(super) fn notices(&self) -> Vec<String> {
        self.0.notices()
    }
}
