//! Scenario files as trees of lines: what is indented belongs to the line above it that is less so.

use std::fmt;

/// A line with everything that belongs to it. Comments and empty lines are left out.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) number: usize,
    pub(crate) text: String,
    pub(crate) below: Vec<Line>,
}

/// What is wrong, and in which line.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.what)
    }
}

impl Line {
    /// Reads a file.
    pub(crate) fn read(text: &str) -> Vec<Self> {
        let mut lines = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let words = line.trim();
            if !words.is_empty() && !words.starts_with('#') {
                let indent = line.len() - line.trim_start().len();
                lines.push((indent, Self { number: index + 1, text: words.to_owned(), below: Vec::new() }));
            }
        }
        nest(&mut lines.into_iter().peekable(), 0)
    }

    pub(crate) fn mistake(&self, what: impl fmt::Display) -> Mistake {
        Mistake { line: self.number, what: what.to_string() }
    }

    /// The first word, and the rest.
    pub(crate) fn split(&self) -> (&str, &str) {
        first_word(&self.text)
    }

    /// Names the line in what went wrong with it.
    pub(crate) fn check<T>(&self, result: Result<T, String>) -> Result<T, Mistake> {
        result.map_err(|what| self.mistake(what))
    }

    /// For lines that nothing may belong to.
    pub(crate) fn alone(&self) -> Result<&Self, Mistake> {
        self.below
            .first()
            .map_or(Ok(self), |line| Err(line.mistake("nothing may stand below the line above")))
    }
}

/// The first word of a text, and the rest.
pub(crate) fn first_word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

fn nest(lines: &mut std::iter::Peekable<std::vec::IntoIter<(usize, Line)>>, least: usize) -> Vec<Line> {
    let mut siblings: Vec<Line> = Vec::new();
    while let Some((indent, _)) = lines.peek() {
        if *indent < least {
            break;
        }
        if let Some((indent, mut line)) = lines.next() {
            line.below = nest(lines, indent + 1);
            siblings.push(line);
        }
    }
    siblings
}
