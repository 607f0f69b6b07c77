//! `GET /api/v1/queries`: the last questions, and `GET /api/v1/queries/stream`: each new one as it is answered.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde::Deserialize;

use super::Listing;
use super::body::Parameters;
use super::caller::{Caller, Reading};
use super::stream::{self, Event, Pace, Streams};
use crate::app::Daemon;
use crate::history::Recent;
use crate::web::connection::Stay;
use crate::web::problem::{Answer, Problem};

/// Questions on a page, where no number is asked for.
const USUAL: usize = 100;
/// The most on a page.
const MOST: usize = 1000;
/// The most that a stream sends at once; a listener that falls further behind misses some.
const AT_ONCE: usize = 100;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/api/v1/queries", get(list))
        .route("/api/v1/queries/stream", get(follow))
        .layer(Extension(Streams::default()))
}

/// Which part of the last questions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::IntoParams))]
#[cfg_attr(test, into_params(parameter_in = Query))]
pub(super) struct Part {
    /// How many, 1 to 1000; 100 where nothing is said.
    limit: Option<usize>,
    /// Those before this one: `next` of the page before.
    before: Option<usize>,
}

/// The last questions, the newest first; as many as are kept, and as much of each as privacy lets.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/queries", tag = "history", params(Part),
    responses((status = 200, description = "questions, the newest first", body = Listing<Recent>), super::openapi::Problems),
))]
pub(super) async fn list(
    _: Reading,
    State(daemon): State<Daemon>,
    Parameters(part): Parameters<Part>,
) -> Json<Listing<Recent>> {
    let limit = part.limit.unwrap_or(USUAL).clamp(1, MOST);
    let state = daemon.resolver().shared.load();
    let (items, next) = daemon.resolver().history.page(part.before, limit, &state.policy);
    Json(Listing { items, next: next.map(|next| next.to_string()) })
}

/// Each question as it is answered (Server-Sent Events): `query` events hold one each; a `dropped` event says how many
/// were missed because the listener was slow. Ends after an hour at most; browsers come back by themselves.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/queries/stream", tag = "history",
    responses((status = 200, description = "an endless answer", content_type = "text/event-stream", body = String), super::openapi::Problems),
))]
pub(super) async fn follow(
    _: Reading,
    State(daemon): State<Daemon>,
    Extension(streams): Extension<Streams>,
    stay: Option<Extension<Stay>>,
    headers: HeaderMap,
) -> Answer<Response> {
    let place = streams.enter().ok_or_else(|| {
        Problem::full("8 pages follow the questions already; close one, or read /api/v1/queries", 10)
    })?;
    if let Some(Extension(stay)) = stay {
        stay.ask();
    }
    let history = &daemon.resolver().history;
    let mut position = history.position();
    let welcome = daemon.clone();
    let may_stay = move || Caller::of(&headers, welcome.accounts()).may_read();
    let news = move || {
        let state = daemon.resolver().shared.load();
        let news = daemon.resolver().history.since(position, AT_ONCE, &state.policy);
        position = news.position;
        let dropped = (news.dropped > 0)
            .then(|| Event::new("dropped", &serde_json::json!({ "dropped": news.dropped })));
        dropped.into_iter().chain(news.items.iter().map(|recent| Event::new("query", recent))).collect()
    };
    Ok(stream::answer(place, Pace::default(), news, may_stay))
}
