//! Why there is no new list.

use std::{fmt, io};

use luytre_lists::FormatError;
use luytre_trust::Refusal;

/// Why there is no new list. The one in force stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No mirror can be reached, or what comes is cut short: another time.
    Unreachable(String),
    /// What came is not to be trusted.
    Refused(String),
    /// Here is something to be mended: a full disk, a missing file.
    Local(String),
}

impl Trouble {
    /// The same, with what it was about in front.
    pub(crate) fn at(self, what: impl fmt::Display) -> Self {
        match self {
            Self::Unreachable(why) => Self::Unreachable(format!("{what}: {why}")),
            Self::Refused(why) => Self::Refused(format!("{what}: {why}")),
            Self::Local(why) => Self::Local(format!("{what}: {why}")),
        }
    }

    /// Something here that can't be read or written.
    pub(crate) fn local(what: impl fmt::Display) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Local(format!("{what}: {error}"))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unreachable(why) | Self::Refused(why) | Self::Local(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for Trouble {}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<FormatError> for Trouble {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Write(why) => Self::Local(why),
            other => Self::Refused(other.to_string()),
        }
    }
}
