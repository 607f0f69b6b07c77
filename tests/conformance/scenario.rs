//! A scenario as its file says it: the house, its servers, and what happens in it.

use std::path::{Path, PathBuf};

use crate::expect::Expected;
use crate::question::Question;
use crate::server::Rules;
use crate::text::{Line, Mistake, first_word};

/// The name of the server whose block says none.
pub(crate) const MAIN: &str = "main";

/// One file.
#[derive(Default)]
pub(crate) struct Scenario {
    /// Lines of `luytre.toml`, their keys dotted.
    pub(crate) config: Vec<String>,
    /// Category, and name as [`crate::harness::House::list`] takes it.
    pub(crate) list: Vec<(String, String)>,
    pub(crate) servers: Vec<Server>,
    pub(crate) steps: Vec<(usize, Step)>,
}

/// A server that is there from the start.
pub(crate) struct Server {
    pub(crate) name: String,
    /// Nothing: nobody listens.
    pub(crate) rules: Option<Rules>,
}

/// What happens next.
pub(crate) enum Step {
    Query(Question),
    /// Bytes on a connection, `send NAME HEX…`.
    Send(String, Vec<u8>),
    /// The client's half of a connection ends, `finish NAME`.
    Finish(String),
    Expect(Expected),
    /// What a server was asked since the last such step.
    Asked {
        server: String,
        count: Option<usize>,
        queries: Vec<String>,
    },
    TimePasses(u32),
    Reload(Vec<String>),
    /// `luytre flush NAME`, and how many answers it must say that it forgot.
    Flush(String, u64),
    /// A server changes its rules.
    Follow(String, Rules),
    /// The replies that a server holds are sent.
    Release(String),
    /// A part of `luytre status --json`, and its value.
    Status(String, serde_json::Value),
}

impl Scenario {
    /// Reads a file; the error names it and its line.
    pub(crate) fn load(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let named = |mistake: Mistake| format!("{}:{mistake}", file.display());
        if !text.starts_with("# ") {
            return Err(named(Mistake { line: 1, what: "begin with a comment that quotes the rule".into() }));
        }
        let mut scenario = Self::default();
        for line in Line::read(&text) {
            scenario.take(&line).map_err(named)?;
        }
        match scenario.steps.iter().any(|(_, step)| step.checks()) {
            true => Ok(scenario),
            false => Err(named(Mistake { line: 1, what: "nothing is expected: it can't fail".into() })),
        }
    }

    fn take(&mut self, line: &Line) -> Result<(), Mistake> {
        let (word, rest) = line.split();
        let number = self.steps.len();
        match word {
            "config" => self.config.extend(below(line)),
            "list" => {
                let names = std::iter::once(first_word(rest).1.to_owned()).chain(below(line));
                let category = first_word(rest).0.to_owned();
                let names =
                    names.flat_map(|names| names.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
                self.list.extend(names.map(|name| (category.clone(), name)));
            }
            "upstream" if self.steps.is_empty() => self.servers.push(Server::read(line, rest)?),
            "upstream" => {
                let rules = Rules::read(&line.below)?;
                self.step(line, Step::Follow(self.known(line, rest)?, rules));
            }
            "query" => self.step(line, Step::Query(Question::read(line, number)?)),
            "expect" => self.step(line, Step::Expect(Expected::read(line)?)),
            "send" => {
                let (stream, hex) = first_word(rest);
                let below: Vec<String> = below(line).collect();
                let bytes = line.check(crate::presentation::raw(&format!("{hex} {}", below.join(" "))))?;
                self.step(line, Step::Send(stream.to_owned(), bytes));
            }
            "finish" => self.step(line, Step::Finish(rest.to_owned())),
            "asked" | "asked:" => {
                let step = self.asked(line, line.text.strip_prefix("asked").unwrap_or_default().trim())?;
                self.step(line, step);
            }
            "time" => {
                let seconds = rest.strip_prefix("passes ").and_then(|time| time.strip_suffix('s'));
                let seconds = seconds.and_then(|seconds| seconds.trim().parse().ok());
                let seconds = seconds.ok_or_else(|| line.mistake("write: time passes 61s"))?;
                self.step(line, Step::TimePasses(seconds));
            }
            "reload" => self.step(line, Step::Reload(below(line).collect())),
            "flush" => {
                let (name, count) = rest.split_once(": ").unwrap_or_default();
                let count = count.parse().map_err(|_| line.mistake("write: flush NAME: N"))?;
                self.step(line, Step::Flush(name.to_owned(), count));
            }
            "release" => {
                let server = self.known(line, rest)?;
                self.step(line, Step::Release(server));
            }
            "status" => {
                let (path, value) =
                    rest.split_once(" = ").ok_or_else(|| line.mistake("write: status PATH = JSON"))?;
                let value = serde_json::from_str(value).map_err(|error| line.mistake(error))?;
                self.step(line, Step::Status(path.to_owned(), value));
            }
            _ => return Err(line.mistake(format!("{word}: no such step"))),
        }
        Ok(())
    }

    fn step(&mut self, line: &Line, step: Step) {
        self.steps.push((line.number, step));
    }

    /// `asked [NAME]:` with the queries below, `asked [NAME]: nothing`, `asked [NAME]: 3`.
    fn asked(&self, line: &Line, rest: &str) -> Result<Step, Mistake> {
        let (server, what) = rest.split_once(':').ok_or_else(|| line.mistake("write: asked [NAME]: N"))?;
        let queries: Vec<String> = below(line).collect();
        let count = match what.trim() {
            "" => Some(queries.len()),
            "nothing" => Some(0),
            "something" => None,
            number => Some(number.parse().map_err(|_| line.mistake(format!("{number}: no number")))?),
        };
        Ok(Step::Asked { server: self.known(line, server)?, count, queries })
    }

    fn known(&self, line: &Line, name: &str) -> Result<String, Mistake> {
        let name = if name.is_empty() { MAIN } else { name };
        let there = self.servers.iter().any(|server| server.name == name);
        let missing = || line.mistake(format!("there is no upstream {name}"));
        if there || name == MAIN { Ok(name.to_owned()) } else { Err(missing()) }
    }
}

impl Step {
    fn checks(&self) -> bool {
        matches!(self, Self::Expect(_) | Self::Asked { .. } | Self::Flush(..) | Self::Status(..))
    }
}

impl Server {
    fn read(line: &Line, rest: &str) -> Result<Self, Mistake> {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let (name, refusing) = match words[..] {
            [] => (MAIN, false),
            ["refusing"] => (MAIN, true),
            [name] => (name, false),
            [name, "refusing"] => (name, true),
            _ => return Err(line.mistake("write: upstream [NAME] [refusing]")),
        };
        let rules = if refusing { None } else { Some(Rules::read(&line.below)?) };
        Ok(Self { name: name.to_owned(), rules })
    }
}

fn below(line: &Line) -> impl Iterator<Item = String> {
    line.below.iter().map(|line| line.text.clone())
}

/// All scenarios in a folder and those in it, by name.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => files.extend(files_in(&path)),
            false if path.extension().is_some_and(|extension| extension == "scenario") => files.push(path),
            false => {}
        }
    }
    files.sort();
    files
}
