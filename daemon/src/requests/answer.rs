//! What a parent's one tap means.

use serde::{Deserialize, Serialize};

use super::Request;
use super::wish::Kind;
use crate::clock::Timestamp;
use crate::family::{GrantSpec, RuleSpec};
use crate::status::rfc3339;

/// The most minutes of an answer: a day.
const MAX_MINUTES: u32 = 1440;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// For so many minutes.
    Minutes(u32),
    /// Until the day ends.
    Today,
    /// For good.
    Always,
    /// Not.
    No,
}

/// What an answer changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// A grant more in `family.toml`.
    Grant(GrantSpec),
    /// An own rule more in `family.toml`.
    Rule(RuleSpec),
    /// A service that the person's profile no longer switches off.
    Permit {
        /// The person.
        who: String,
        /// The service's key.
        service: String,
    },
    /// Minutes besides for today ([`Usage::give`](crate::usage::Usage::give)).
    Bonus {
        /// The budget's id.
        budget: String,
        /// How many.
        minutes: u32,
    },
}

impl Answer {
    /// What it means for a request; the error says what to answer instead.
    pub(super) fn effect(
        self,
        request: &Request,
        by: &str,
        (now, day_ends): (Timestamp, Timestamp),
    ) -> Result<Effect, String> {
        if self == Self::No {
            return Ok(Effect::Nothing);
        }
        if request.who.is_empty() {
            return Err("nobody knows whose device that is; name it first, then allow".into());
        }
        let until = match self {
            Self::Minutes(minutes) if (1..=MAX_MINUTES).contains(&minutes) => {
                now.saturating_add(u64::from(minutes) * 60)
            }
            Self::Minutes(_) => return Err(format!("minutes: write 1 to {MAX_MINUTES}")),
            Self::Today | Self::Always | Self::No => day_ends,
        };
        let who = vec![request.who.clone()];
        let name = &request.name;
        let grant = |of: String| {
            let (who, until, by) = (who.clone(), rfc3339(until), by.to_owned());
            Ok(Effect::Grant(GrantSpec { who, of, until, by }))
        };
        match (self, request.kind) {
            (Self::Always, Kind::Site) => {
                let (name, action) = (name.clone(), "allow".to_owned());
                Ok(Effect::Rule(RuleSpec { who: who.clone(), name, action, over_time: false }))
            }
            (Self::Always, Kind::Service) => {
                Ok(Effect::Permit { who: request.who.clone(), service: name.clone() })
            }
            (Self::Always, Kind::Time) => {
                Err("time is not given for good; change the budget or the bedtime".into())
            }
            (_, Kind::Site) => grant(format!("name:{name}")),
            (_, Kind::Service) => grant(format!("service:{name}")),
            (Self::Minutes(minutes), Kind::Time) if !name.is_empty() => {
                Ok(Effect::Bonus { budget: name.clone(), minutes })
            }
            (_, Kind::Time) => grant("all".into()),
        }
    }
}
