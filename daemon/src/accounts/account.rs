//! What is remembered: who may come in and by what.

use serde::{Deserialize, Serialize};

use super::secret::Digest;
use super::totp::SecondFactor;
use crate::clock::Timestamp;

/// The first account's id, which is meant where none is named.
pub const FIRST: &str = "parent";

/// What somebody with an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub enum Role {
    /// Everything.
    Parent,
    /// Everything but who may come in: no accounts, no tokens, no backup.
    CoParent,
}

/// What a program with a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub enum Scope {
    /// See what a co-parent sees.
    Read,
    /// See and change what a co-parent may.
    Write,
    /// Read `/metrics` from anywhere on the LAN.
    Metrics,
}

/// A language that people are spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub enum Language {
    /// Vietnamese.
    #[default]
    #[serde(rename = "vi")]
    Vietnamese,
    /// English.
    #[serde(rename = "en")]
    English,
}

/// Somebody who may come in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its key: 1 to 32 small letters, digits and dashes.
    pub id: String,
    /// For people; up to 64 characters.
    pub name: String,
    /// What its owner may do.
    pub role: Role,
    /// How its owner is spoken to.
    pub language: Language,
    /// When it was made, in seconds since 1970; as far as the clock knew.
    pub created: Timestamp,
    /// The password's PHC string.
    pub(super) password: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) second_factor: Option<SecondFactor>,
}

impl Account {
    /// Whether a code is wanted besides the password.
    pub fn has_second_factor(&self) -> bool {
        self.second_factor.is_some()
    }

    /// How many recovery codes of the second factor are left.
    pub fn recovery_left(&self) -> usize {
        self.second_factor.as_ref().map_or(0, SecondFactor::recovery_left)
    }

    /// Changes with the password, whoever changed it: what was opened by the old one is void.
    pub(super) fn stamp(&self) -> Digest {
        Digest::of(&self.password)
    }
}

/// What lets a program in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Its key.
    pub id: String,
    /// What it is for, for people; up to 64 characters.
    pub name: String,
    /// What its holder may do.
    pub scopes: Vec<Scope>,
    /// When it was made, in seconds since 1970; as far as the clock knew.
    pub created: Timestamp,
    pub(super) digest: Digest,
}

impl Token {
    /// Whether its holder may do this. Who may change may also look.
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || scope == Scope::Read && self.scopes.contains(&Scope::Write)
    }
}
