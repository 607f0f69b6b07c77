//! Why an account's owner, or somebody who says that they are, did not get what they asked for.

use std::fmt;
use std::path::PathBuf;

/// What went wrong. The text says what to do; none of them tells a stranger more than that it did not work.
#[derive(Debug)]
pub enum Error {
    /// The house has its first account already.
    AlreadySetUp,
    /// That is not the set-up code, or none was made yet.
    WrongCode,
    /// Account and password don't belong together.
    WrongPassword,
    /// The password is right, but the account wants its second factor too.
    SecondFactor {
        /// Whether one was given.
        given: bool,
    },
    /// Too many attempts from this address.
    TooMany {
        /// Seconds until the next one is looked at.
        wait: u32,
    },
    /// What was written can't be taken.
    Unfit {
        /// Where it stands, a JSON pointer (RFC 6901).
        pointer: &'static str,
        /// What to write instead.
        detail: String,
    },
    /// There is no such account or token.
    Unknown,
    /// It would contradict what is there.
    Conflict(&'static str),
    /// What must be remembered can't be written.
    Unwritable(PathBuf, std::io::Error),
    /// What is remembered can't be read.
    Damaged(String),
    /// There is a place for a set-up code, and no code to be read in it.
    NoCode(String),
    /// The system gave no random bytes, or took the work no more.
    System(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadySetUp => f.write_str(
                "the house is set up already; log in, or run `luytre reset-password` on the router to begin anew",
            ),
            Self::WrongCode => f.write_str(
                "that is not the set-up code; `luytre setup-code` on the router prints it, or it stands on the label",
            ),
            Self::WrongPassword => f.write_str("the password is wrong, or there is no such account"),
            Self::SecondFactor { given: false } => {
                f.write_str("the account also wants the code of its second factor")
            }
            Self::SecondFactor { given: true } => {
                f.write_str("the code of the second factor is wrong or was used before; wait for the next one")
            }
            Self::TooMany { wait } => {
                write!(f, "too many attempts from this address; wait {wait} seconds, or use another device")
            }
            Self::Unfit { detail, .. } => f.write_str(detail),
            Self::Unknown => f.write_str("there is no such account or token"),
            Self::Conflict(what) => f.write_str(what),
            Self::Unwritable(path, error) => write!(
                f,
                "{} can't be written: {error}; make room or repair the state folder (DNS goes on meanwhile)",
                path.display()
            ),
            Self::Damaged(what) => {
                write!(f, "{what}; restore it from a backup, or run `luytre reset-password` to begin anew")
            }
            Self::NoCode(what) => f.write_str(what),
            Self::System(what) => write!(f, "the system failed: {what}"),
        }
    }
}

impl std::error::Error for Error {}
