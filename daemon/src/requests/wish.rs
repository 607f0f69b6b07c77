//! What comes in: checked, cut and cleaned once.

use luytre_lists::Domain;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::config::quoted;
use crate::text::turns;

/// The longest reason, in characters.
pub const MAX_REASON: usize = 300;
/// The most minutes that can be asked for: a day.
const MAX_MINUTES: u32 = 1440;
/// The longest id of a budget, in characters.
const MAX_NAME: usize = 255;

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A name, and all below it.
    Site,
    /// A service of the catalogue.
    Service,
    /// More time: of a budget where one is named, else of everything.
    Time,
}

/// Who asks, as the network shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The person's id; empty for a device that is nobody's.
    pub who: String,
    /// The device, as logs call it.
    pub device: String,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// What it is about.
    pub kind: Kind,
    /// The site's name, the service's key, or the budget's id.
    #[serde(default)]
    pub name: String,
    /// Minutes, 1 to 1440.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// Why; cut to [`MAX_REASON`] characters.
    #[serde(default)]
    pub reason: String,
}

impl Wish {
    /// The wish with its name in one spelling and its reason clean; else what to write instead.
    pub(super) fn checked(self) -> Result<Self, String> {
        if self.minutes.is_some_and(|minutes| !(1..=MAX_MINUTES).contains(&minutes)) {
            return Err(format!("minutes: write 1 to {MAX_MINUTES}"));
        }
        let name = match self.kind {
            Kind::Site => {
                let wrong = |error| format!("name: {} is not a site: {error}", quoted(&self.name));
                let site = Domain::parse(self.name.trim().trim_end_matches('.')).map_err(wrong)?;
                let labels = site.as_name().label_count();
                if labels < 2 {
                    return Err("name: write a site, such as \"example.com\"".into());
                }
                site.to_string()
            }
            Kind::Service if Catalogue::shipped().by_key(&self.name).is_some() => self.name,
            Kind::Service => return Err(format!("name: there is no service {}", quoted(&self.name))),
            Kind::Time if self.name.chars().count() > MAX_NAME || self.name.chars().any(char::is_control) => {
                return Err(format!("name: there is no budget {}", quoted(&self.name)));
            }
            Kind::Time => self.name,
        };
        Ok(Self { name, reason: clean(&self.reason), ..self })
    }
}

/// A line of text: without what controls a terminal, turns the direction of reading or can't be seen, and not too long.
fn clean(text: &str) -> String {
    let hides =
        |c: char| turns(c) || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    // Before it is walked: what came may be long.
    let bounded = text.chars().take(4 * MAX_REASON).filter(|c| !hides(*c));
    let plain: String = bounded.map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(MAX_REASON).collect()
}
