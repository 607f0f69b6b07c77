//! Why a list or a delta is refused: what was expected and what was found.

use std::fmt;

/// The bytes are not a list (or delta) that can be trusted; the caller keeps the one it has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// The file does not begin as it must.
    Magic {
        /// What kind of file was expected.
        expected: &'static str,
        /// The first bytes found, as text.
        found: String,
    },
    /// A format version that this build does not read.
    Version {
        /// The version this build reads.
        expected: u16,
        /// The version in the file.
        found: u16,
    },
    /// The file has not the length that its header gives.
    Length {
        /// Bytes the header asks for.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A checksum does not match: the file was damaged.
    Checksum {
        /// Which part.
        part: &'static str,
        /// The sum written in the file.
        expected: u32,
        /// The sum of the bytes found.
        found: u32,
    },
    /// A value that the format does not allow.
    Value {
        /// Which value.
        what: &'static str,
        /// What is allowed.
        expected: String,
        /// What was found.
        found: u64,
    },
    /// The delta starts from another list.
    Base {
        /// The list the delta starts from, by serial and checksums.
        expected: String,
        /// The list it was given.
        found: String,
    },
    /// More distinct category sets, or more names in one stretch of buckets, than the format can hold.
    Capacity {
        /// What ran over.
        what: &'static str,
        /// The most the format holds.
        limit: u64,
    },
    /// Writing the result failed.
    Write(String),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic { expected, found } => {
                write!(f, "not a {expected}: the file begins with {found:?}")
            }
            Self::Version { expected, found } => {
                write!(f, "format version {found} is unknown; this build reads version {expected}")
            }
            Self::Length { expected, found } if found < expected => {
                write!(f, "truncated: expected {expected} bytes, found {found}")
            }
            Self::Length { expected, found } => {
                write!(f, "too long: expected {expected} bytes, found {found}")
            }
            Self::Checksum { part, expected, found } => {
                write!(f, "damaged {part}: expected checksum {expected:08x}, found {found:08x}")
            }
            Self::Value { what, expected, found } => {
                write!(f, "impossible {what}: expected {expected}, found {found}")
            }
            Self::Base { expected, found } => {
                write!(f, "the delta starts from another list: expected {expected}, found {found}")
            }
            Self::Capacity { what, limit } => write!(f, "too many {what}: the format holds at most {limit}"),
            Self::Write(error) => write!(f, "the result could not be written: {error}"),
        }
    }
}

impl std::error::Error for FormatError {}

impl From<std::io::Error> for FormatError {
    fn from(error: std::io::Error) -> Self {
        Self::Write(error.to_string())
    }
}
