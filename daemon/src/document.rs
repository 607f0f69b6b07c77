//! A small JSON document in the state folder: read once, replaced whole with each change. One that can't be understood
//! is moved aside, and what can't be written is told, not fatal.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use luytre_lists::written::Written;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::files;

/// What is kept, and the file that it lies in.
#[derive(Debug)]
pub(crate) struct Document<T> {
    path: PathBuf,
    /// What it holds, in people's words: `requests`.
    what: &'static str,
    content: T,
    damaged: Option<String>,
    unwritten: Option<String>,
}

/// Reads JSON into a type, by the way of all our documents.
pub(crate) fn from_json<'t, T: Deserialize<'t>>(text: &'t [u8]) -> Result<T, String> {
    let written: Written<'t> = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    T::deserialize(written).map_err(|misfit| misfit.to_string())
}

/// Understands a document of version 1, which is the only one so far.
pub(crate) fn of_version_1<T: DeserializeOwned>(
    text: &str,
    version: impl Fn(&T) -> u32,
) -> Result<T, String> {
    let document: T = from_json(text.as_bytes())?;
    match version(&document) {
        1 => Ok(document),
        version => Err(format!("version {version} is unknown")),
    }
}

impl<T: Serialize> Document<T> {
    /// Reads `<what>.json` of at most `most` bytes; `empty` where there is none, or none that `parse` understands.
    pub(crate) fn read(
        folder: &Path,
        what: &'static str,
        most: usize,
        (empty, parse): (T, impl FnOnce(&str) -> Result<T, String>),
    ) -> Self {
        let path = folder.join(what).with_extension("json");
        let (content, damaged) = match files::read_text(&path, most) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (empty, None),
            read => match read.map_err(|error| error.to_string()).and_then(|text| parse(&text)) {
                Ok(content) => (content, None),
                Err(why) => {
                    (empty, Some(format!("{}, and {what} begin anew", files::set_aside(&path, &why))))
                }
            },
        };
        if let Some(notice) = &damaged {
            tracing::warn!("{notice}");
        }
        Self { path, what, content, damaged, unwritten: None }
    }

    pub(crate) fn content(&self) -> &T {
        &self.content
    }

    /// Changes what is kept without writing it: what a restart finds out again by itself.
    pub(crate) fn content_mut(&mut self) -> &mut T {
        &mut self.content
    }

    /// Changes what is kept, and writes it.
    pub(crate) fn change<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.content);
        let text = serde_json::to_vec(&self.content).unwrap_or_default(); // texts and numbers
        let written = files::replace_secret(&self.path, |file| file.write_all(&text));
        self.unwritten = written.err().map(|error| {
            format!("{} can't be written: {error}; a restart forgets the {}", self.path.display(), self.what)
        });
        if let Some(notice) = &self.unwritten {
            tracing::warn!("{notice}");
        }
        result
    }

    /// What is wrong with the file.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.damaged.iter().chain(&self.unwritten).cloned().collect()
    }
}
