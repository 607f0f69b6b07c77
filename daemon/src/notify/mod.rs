//! Tells a parent's phone: one POST to the webhook of `[notify]` for each request and each answer.
//!
//! Nobody waits for it: what is to be told stands in a short queue, is tried a few times, and is dropped then, with a
//! line in the log. Names and reasons go out only to the address that the operator wrote.

mod message;
mod post;
mod target;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::sync::mpsc;

pub use self::message::{Event, Format};
pub use self::target::Target;

use self::post::Poster;
use crate::clock::Clock;
use crate::requests::Request;
use crate::tasks;
use crate::upstream::Roots;

/// Messages that wait; more are dropped, as a phone that is told so much tells nothing.
const QUEUE: usize = 32;
/// How long is waited after each failure; after the last one nobody tries again.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(25),
    Duration::from_secs(120),
    Duration::ZERO,
];

/// Where to tell, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where; `None` tells nobody.
    pub target: Option<Target>,
    /// In which form.
    pub format: Format,
}

/// Takes what is to be told.
#[derive(Clone, Debug, Default)]
pub struct Notifier(Option<(mpsc::Sender<String>, Format)>);

impl Notifier {
    /// Starts the task that tells, if there is anybody to tell. `roots` are trusted besides the usual ones.
    pub fn start(settings: &Settings, roots: Roots, clock: Clock) -> Self {
        Self::with_pauses(settings, roots, clock, PAUSES)
    }

    fn with_pauses(settings: &Settings, roots: Roots, clock: Clock, pauses: [Duration; 5]) -> Self {
        let Settings { target: Some(target), format } = settings.clone() else { return Self(None) };
        let (sender, messages) = mpsc::channel(QUEUE);
        tasks::spawn("notify", tell(Poster::new(target, format, roots, clock), messages, pauses));
        Self(Some((sender, format)))
    }

    /// Tells of a request that came, or was answered. `name`: what people call who asks. Never waits.
    pub fn tell(&self, event: Event, request: &Request, name: &str) {
        let Some((queue, format)) = &self.0 else { return };
        if queue.try_send(message::of(*format, event, request, name)).is_err() {
            tracing::warn!(request = request.id, "the webhook is behind; nobody is told");
        }
    }
}

async fn tell(poster: Poster, mut messages: mpsc::Receiver<String>, pauses: [Duration; 5]) {
    while let Some(message) = messages.recv().await {
        for (tried, pause) in (1..).zip(pauses) {
            match poster.post(&message).await {
                Ok(()) => break,
                Err(error) if tried < pauses.len() => {
                    tracing::debug!(%error, tried, "the webhook did not take it");
                    tokio::time::sleep(pause).await;
                }
                // The address may hold a secret, and is not logged.
                Err(error) => tracing::warn!(%error, tried, "the webhook did not take it; nobody is told"),
            }
        }
    }
}
