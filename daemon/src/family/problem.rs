//! What is wrong with a family document, and where.

use std::fmt;

use luytre_lists::written::Step;

/// The way to a value: names of keys and places in lists, from the top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pointer(Vec<Step>);

impl Pointer {
    /// The value of a key in this table.
    pub(super) fn key(&self, name: &str) -> Self {
        self.with(Step::Key(name.to_owned()))
    }

    /// An item of this list, from 0.
    pub(super) fn item(&self, index: usize) -> Self {
        self.with(Step::Item(index))
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The rest of the way from a value that it leads through.
    pub(super) fn within(&self, value: &Self) -> Option<Self> {
        self.0.strip_prefix(value.0.as_slice()).map(|rest| Self(rest.to_vec()))
    }

    /// As people write it in the file: `person[2].name`, the first item being 1.
    pub fn in_words(&self) -> String {
        let mut words = String::new();
        for step in &self.0 {
            match step {
                Step::Key(name) if words.is_empty() => words.push_str(name),
                Step::Key(name) => words.extend([".", name]),
                Step::Item(index) => words.push_str(&format!("[{}]", index + 1)),
            }
        }
        words
    }
}

impl FromIterator<Step> for Pointer {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

/// A JSON pointer (RFC 6901).
impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| match step {
            Step::Key(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Item(index) => write!(f, "/{index}"),
        })
    }
}

/// Something that is wrong, or that has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub pointer: Pointer,
    /// What is wrong, and what to write instead.
    pub what: String,
}

impl Problem {
    pub(super) fn new(pointer: Pointer, what: impl Into<String>) -> Self {
        Self { pointer, what: what.into() }
    }
}
