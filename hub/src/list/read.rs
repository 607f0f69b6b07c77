//! A source's file becomes names: unpacked, split into lines, each line understood or rejected by reason.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::path::Path;

use anyhow::{Context, Result};
use luytre_lists::{Name, NameBuf};

use super::line::{self, Form, MAX_LINE, Reject, Statement};
use super::sources::Scope;
use super::unpack;

/// What one file says, in the order of its lines.
#[derive(Default)]
pub struct Reading {
    /// The names, one behind the other; [`Mark::len`] tells them apart.
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    /// How many lines there were.
    pub lines: u64,
    /// What was left out.
    pub rejects: Rejects,
}

/// What is said about one name.
#[derive(Clone, Copy)]
struct Mark {
    len: u8,
    scope: Scope,
    allow: bool,
}

/// One statement of a file.
pub struct Said<'a> {
    /// About this name.
    pub name: Name<'a>,
    /// And what lies below it, or not.
    pub scope: Scope,
    /// Not to be listed, rather than to be listed.
    pub allow: bool,
}

impl Reading {
    /// Reads a file whose lines have this form and scope, or whichever where that is `None`; lines that are addresses
    /// only where the category takes them.
    pub fn of(path: &Path, form: Option<Form>, scope: Option<Scope>, addresses: bool) -> Result<Self> {
        let mut reading = Self::default();
        let label = path.file_name().unwrap_or_default().to_string_lossy();
        read_lines(path, |number, line| {
            let mut sink = |found: Result<Statement<'_>, Reject>| match checked(found, form, addresses) {
                Ok(statement) => reading.take(&statement, scope),
                Err(reject) => reading.rejects.count(reject, || example(&label, number, line)),
            };
            line::parse(line, &mut sink);
            reading.lines = number;
        })
        .with_context(|| format!("{} can't be read", path.display()))?;
        Ok(reading)
    }

    /// The statements, in order.
    pub fn statements(&self) -> impl Iterator<Item = Said<'_>> {
        let mut rest = self.bytes.as_slice();
        self.marks.iter().map(move |mark| {
            let (wire, behind) = rest.split_at(mark.len.into());
            rest = behind;
            #[expect(clippy::expect_used, reason = "`push` took the bytes from a name")]
            let name = Name::from_wire(wire).expect("the bytes of a name");
            Said { name, scope: mark.scope, allow: mark.allow }
        })
    }

    /// A hosts line stands for that name and its `www.` twin, the other forms for the name and all below it.
    fn take(&mut self, statement: &Statement<'_>, scope: Option<Scope>) {
        let by_form = if statement.form == Form::Hosts { Scope::Exact } else { Scope::Subtree };
        // An address has nothing below it, and a prefix is nothing else: what is told of names is not meant.
        let scope = if statement.address { Scope::Subtree } else { scope.unwrap_or(by_form) };
        self.push(statement.name, scope, statement.allow);
        if statement.form == Form::Hosts && scope == Scope::Exact {
            let mut twin = NameBuf::new();
            if www_twin(statement.name, &mut twin).is_some() {
                self.push(twin.as_name(), scope, statement.allow);
            }
        }
    }

    fn push(&mut self, name: Name<'_>, scope: Scope, allow: bool) {
        let wire = name.as_wire();
        self.bytes.extend_from_slice(wire);
        self.marks.push(Mark { len: wire.len() as u8, scope, allow }); // a name has at most 254 octets
    }
}

fn checked(
    found: Result<Statement<'_>, Reject>,
    form: Option<Form>,
    addresses: bool,
) -> Result<Statement<'_>, Reject> {
    found.and_then(|statement| match form {
        _ if statement.address && !addresses => Err(Reject::Address),
        // Lists of bare names write a wildcard now and then.
        Some(Form::Plain) if statement.form == Form::Wildcard => Ok(statement),
        Some(form) if form != statement.form => Err(Reject::Form),
        _ => Ok(statement),
    })
}

/// `www.a.example` for `a.example` and the other way round; `None` where the twin would be a top-level domain or
/// too long.
fn www_twin(name: Name<'_>, twin: &mut NameBuf) -> Option<()> {
    let labels = match name.first_label() {
        Some(b"www") => name.parent().filter(|parent| parent.label_count() > 1)?,
        _ => {
            twin.push_label(b"www").ok()?;
            name
        }
    };
    labels.labels().try_for_each(|label| twin.push_label(label).ok())
}

/// Hands over each line with its number, from 1, without its end. Of a line that is too long only the first
/// [`MAX_LINE`] + 1 bytes are kept, so that a file without line ends costs no memory.
fn read_lines(path: &Path, mut each: impl FnMut(u64, &[u8])) -> io::Result<()> {
    let mut file = unpack::open(path)?;
    let mut line = Vec::with_capacity(MAX_LINE + 1);
    for number in 1.. {
        line.clear();
        if (&mut file).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() > MAX_LINE {
            file.skip_until(b'\n')?;
        }
        each(number, &line);
    }
    Ok(())
}

/// Rejected lines, counted by reason.
#[derive(Debug, Default)]
pub struct Rejects(BTreeMap<Reject, Tally>);

/// The lines rejected for one reason.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The first few, as `file:line text`.
    pub examples: Vec<String>,
}

const EXAMPLES: usize = 5;

impl Rejects {
    fn count(&mut self, reject: Reject, example: impl FnOnce() -> String) {
        let tally = self.0.entry(reject).or_default();
        tally.count += 1;
        if tally.examples.len() < EXAMPLES {
            tally.examples.push(example());
        }
    }

    /// Adds those of the next file.
    pub fn extend(&mut self, other: Self) {
        for (reject, tally) in other.0 {
            let all = self.0.entry(reject).or_default();
            all.count += tally.count;
            let room = EXAMPLES - all.examples.len();
            all.examples.extend(tally.examples.into_iter().take(room));
        }
    }

    /// By reason, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Reject, &Tally)> {
        self.0.iter().map(|(&reject, tally)| (reject, tally))
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.values().map(|tally| tally.count).sum()
    }
}

/// `file:line text`, the text cut at 80 characters and safe to print.
fn example(file: &str, number: u64, line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let shown: String = text.trim().chars().take(80).flat_map(shown).collect();
    format!("{file}:{number} {shown}")
}

fn shown(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_unicode());
    let plain = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_name_has_a_twin() {
        let twin = |text: &str| {
            let mut twin = NameBuf::new();
            www_twin(NameBuf::parse(text).unwrap().as_name(), &mut twin).map(|()| twin.as_name().to_string())
        };
        assert_eq!(twin("bad.example").as_deref(), Some("www.bad.example"));
        assert_eq!(twin("www.bad.example").as_deref(), Some("bad.example"));
        assert_eq!(twin("www.example"), None, "a top-level domain is nobody's twin");
    }

    #[test]
    fn examples_are_short_and_safe() {
        assert_eq!(example("a.txt", 7, b"\x1b[31mred\r\n"), "a.txt:7 \\u{1b}[31mred");
        assert_eq!(example("a.txt", 1, &[b'x'; 200]).len(), "a.txt:1 ".len() + 80);
    }
}
