//! `requests.json`: replaced whole whenever a request comes, is answered or expires.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Answer, Asker, MOST, OPEN_FOR, Request, State, Wish};
use crate::clock::Timestamp;
use crate::files;

/// The largest file that is read, in bytes: [`MOST`] of the longest requests take half of it.
const MAX_FILE: usize = 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    /// The number of the next one.
    next: u64,
    request: VecDeque<Request>,
}

/// The requests, and the file that they lie in.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    document: Document,
    damaged: Option<String>,
    unwritten: Option<String>,
}

impl Store {
    /// Reads the file; one that can't be understood is moved aside.
    pub(super) fn read(path: PathBuf) -> Self {
        let empty = || Document { version: 1, next: 1, request: VecDeque::new() };
        let (document, damaged) = match files::read_text(&path, MAX_FILE) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (empty(), None),
            read => match read.map_err(|error| error.to_string()).and_then(|text| parse(&text)) {
                Ok(document) => (document, None),
                Err(what) => {
                    (empty(), Some(format!("{}, and requests begin anew", files::set_aside(&path, &what))))
                }
            },
        };
        if let Some(notice) = &damaged {
            tracing::warn!("{notice}");
        }
        Self { path, document, damaged, unwritten: None }
    }

    /// The oldest first.
    pub(super) fn items(&self) -> impl DoubleEndedIterator<Item = &Request> {
        self.document.request.iter()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Request> {
        self.items().find(|request| request.id == id)
    }

    /// Keeps a request; `None` if there is only room for what is still open.
    pub(super) fn add(&mut self, asker: Asker, wish: Wish, now: Timestamp) -> Option<Request> {
        let requests = &mut self.document.request;
        if requests.len() >= MOST {
            let closed = requests.iter().position(|request| request.state != State::Open)?;
            requests.remove(closed);
        }
        let (Asker { who, device }, Wish { kind, name, minutes, reason }) = (asker, wish);
        let (id, state, by, answer) = (self.document.next, State::Open, String::new(), None);
        let request = Request { id, who, device, kind, name, minutes, reason, made: now, state, by, answer };
        self.document.next += 1; // not to be reached in a life
        requests.push_back(request.clone());
        self.write();
        Some(request)
    }

    /// Closes a request with its answer.
    pub(super) fn close(&mut self, id: u64, state: State, by: &str, answer: Answer) -> Option<Request> {
        let request = self.document.request.iter_mut().find(|request| request.id == id)?;
        (request.state, request.by, request.answer) = (state, by.to_owned(), Some(answer));
        let closed = request.clone();
        self.write();
        Some(closed)
    }

    /// Closes what nobody answered in time. That is told by the clock, so it need not be written.
    pub(super) fn expire(&mut self, now: Timestamp) {
        let is_late = |request: &&mut Request| {
            request.state == State::Open && request.made.saturating_add(OPEN_FOR) <= now
        };
        self.document.request.iter_mut().filter(is_late).for_each(|request| request.state = State::Expired);
    }

    pub(super) fn notices(&self) -> Vec<String> {
        self.damaged.iter().chain(&self.unwritten).cloned().collect()
    }

    fn write(&mut self) {
        let text = serde_json::to_vec(&self.document).unwrap_or_default(); // texts and numbers
        let written = files::replace_secret(&self.path, |file| file.write_all(&text));
        self.unwritten = written.err().map(|error| {
            format!("{} can't be written: {error}; a restart forgets the requests", self.path.display())
        });
        if let Some(notice) = &self.unwritten {
            tracing::warn!("{notice}");
        }
    }
}

fn parse(text: &str) -> Result<Document, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match document.version {
        1 => Ok(document),
        version => Err(format!("version {version} is unknown")),
    }
}
