//! Answers without an end: Server-Sent Events, few at a time.
//!
//! Nothing is queued for a listener: twice a second it takes what is new, and only while its connection takes bytes. So
//! a listener that is slow, or gone without a word, costs its place and nothing else.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use futures_util::stream;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Streams of one listener at once.
const PLACES: usize = 8;
/// How streams go: news twice a second, for an hour.
const PACE: Pace = Pace { tick: Duration::from_millis(500), quiet: 30, longest: 7200 };

/// How a stream goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How often it looks for news.
    tick: Duration,
    /// After so many ticks it is asked whether the listener may still listen; without news a sign of life is sent.
    quiet: u32,
    /// After so many ticks it ends.
    longest: u32,
}

impl Default for Pace {
    fn default() -> Self {
        PACE
    }
}

/// The places for streams.
#[derive(Clone, Debug)]
pub(super) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PLACES)))
    }
}

impl Streams {
    /// A place for one more, while it is kept.
    pub(super) fn enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

/// Something that listeners are told.
#[derive(Debug)]
pub(super) struct Event(String);

impl Event {
    /// An event with a document of one line.
    pub(super) fn new(name: &'static str, document: &impl Serialize) -> Self {
        // Texts and numbers under text keys: always a document. An empty one would still be an event.
        let document = serde_json::to_string(document).unwrap_or_default();
        Self(format!("event: {name}\ndata: {document}\n\n"))
    }
}

/// What a stream goes by.
struct Listener<N, M> {
    news: N,
    may_stay: M,
    pace: Pace,
    ticks: u32,
    _place: OwnedSemaphorePermit,
}

/// An answer that tells all `news` until its time is over, the listener is gone, or it may not stay.
pub(super) fn answer<N, M>(place: OwnedSemaphorePermit, pace: Pace, news: N, may_stay: M) -> Response
where
    N: FnMut() -> Vec<Event> + Send + 'static,
    M: Fn() -> bool + Send + 'static,
{
    let listener = Listener { news, may_stay, pace, ticks: 0, _place: place };
    // A first comment, so that the listener knows at once that it is one.
    let welcome = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b": welcome\n\n"))]);
    let told = stream::unfold(listener, |mut listener| async move {
        let told = listener.next().await?;
        Some((Ok(told), listener))
    });
    let mut response = Response::new(Body::from_stream(futures_util::StreamExt::chain(welcome, told)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

impl<N: FnMut() -> Vec<Event>, M: Fn() -> bool> Listener<N, M> {
    /// The next news, or a sign of life; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        while self.ticks < self.pace.longest {
            tokio::time::sleep(self.pace.tick).await;
            self.ticks += 1;
            if self.ticks.is_multiple_of(self.pace.quiet) && !(self.may_stay)() {
                return None;
            }
            let news = (self.news)();
            if !news.is_empty() {
                return Some(news.into_iter().map(|event| event.0).collect::<String>().into());
            }
            if self.ticks.is_multiple_of(self.pace.quiet) {
                return Some(Bytes::from_static(b": still here\n\n"));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    async fn read(response: Response, most: usize) -> Vec<String> {
        let chunks = response.into_body().into_data_stream().take(most);
        chunks.map(|chunk| String::from_utf8(chunk.unwrap().to_vec()).unwrap()).collect().await
    }

    const QUICK: Pace = Pace { tick: Duration::from_millis(1), quiet: 3, longest: 12 };

    #[tokio::test]
    async fn a_stream_tells_news_and_otherwise_that_it_lives() {
        let mut left = vec![vec![Event::new("query", &7)], Vec::new(), Vec::new()];
        let news = move || left.pop().unwrap_or_default();
        let told = read(answer(Streams::default().enter().unwrap(), QUICK, news, || true), 3).await;
        assert_eq!(told, [": welcome\n\n", "event: query\ndata: 7\n\n", ": still here\n\n"]);
    }

    #[tokio::test]
    async fn a_stream_ends_after_its_time_or_when_its_listener_may_not_stay() {
        let streams = Streams::default();
        let enter = || streams.enter().unwrap();
        let told = read(answer(enter(), QUICK, Vec::new, || true), usize::MAX).await;
        assert_eq!(told.len() as u32, 1 + QUICK.longest / QUICK.quiet);
        assert_eq!(read(answer(enter(), QUICK, Vec::new, || false), usize::MAX).await, [": welcome\n\n"]);
    }

    #[test]
    fn there_are_so_many_places_and_they_come_back() {
        let streams = Streams::default();
        let places: Vec<_> = (0..PLACES).map(|_| streams.enter().unwrap()).collect();
        assert!(streams.enter().is_none());
        drop(places);
        assert!(streams.enter().is_some());
    }
}
