//! What is told: JSON for programs, or one line that needs no language, for a phone.

use crate::requests::{Answer, Kind, Request, State};
use crate::status::rfc3339;

/// The form of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A JSON object.
    #[default]
    Json,
    /// Text, as ntfy takes it.
    Ntfy,
}

impl Format {
    /// The type of the body.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ntfy => "text/plain; charset=utf-8",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody asks.
    Request,
    /// Somebody answered.
    Answer,
}

pub(super) fn of(format: Format, event: Event, request: &Request, name: &str) -> String {
    match format {
        Format::Json => json(event, request, name),
        Format::Ntfy => line(event, request, name),
    }
}

fn json(event: Event, request: &Request, name: &str) -> String {
    let event = match event {
        Event::Request => "request",
        Event::Answer => "answer",
    };
    let Request { id, who, kind, minutes, reason, state, by, answer, .. } = request;
    serde_json::json!({
        "event": event,
        "id": id,
        "who": who,
        "name": name,
        "kind": kind,
        "about": request.name,
        "minutes": minutes,
        "reason": reason,
        "time": rfc3339(request.made),
        "state": state,
        "by": by,
        "answer": answer,
    })
    .to_string()
}

/// `An: youtube, 30 min: "homework"`, or `An: youtube, 15 min ✓`.
fn line(event: Event, request: &Request, name: &str) -> String {
    let about = match (request.kind, request.name.as_str()) {
        (Kind::Time, "") => "⏱",
        (_, about) => about,
    };
    let minutes = match (event, request.answer) {
        (Event::Request, _) => request.minutes,
        (Event::Answer, Some(Answer::Minutes(minutes))) => Some(minutes),
        (Event::Answer, _) => None,
    };
    let minutes = minutes.map_or_else(String::new, |minutes| format!(", {minutes} min"));
    let end = match (event, request.state) {
        (Event::Answer, State::Allowed) => " ✓".to_owned(),
        (Event::Answer, _) => " ✗".to_owned(),
        (Event::Request, _) if request.reason.is_empty() => String::new(),
        (Event::Request, _) => format!(": \"{}\"", request.reason),
    };
    format!("{name}: {about}{minutes}{end}")
}
