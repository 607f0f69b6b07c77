//! The API: `/api/v1/…` and `/metrics`, JSON for the page and for programs.
//!
//! A request's way, which is also the order of the modules:
//!
//! ```text
//!  host (421) ─► origin (403) ─► caller (401, 403) ─► body (400, 413, 415, 422) ─► resource ─► answer or problem
//!                                                     precondition (428, 412)
//! ```
//!
//! # A further resource
//!
//! One file with its `routes()`, merged in [`routes`] below; [`categories`] is the shortest example. In it:
//!
//! * Who may call a handler stands in its arguments, as the first one: [`caller::Reading`], [`caller::Changing`],
//!   [`caller::Securing`] (the parent alone), [`caller::LoggedIn`], [`caller::OwnDevice`]; without one, anybody on the
//!   LAN may.
//! * A body is a [`body::Body<T>`], parameters are a [`body::Parameters<T>`], `T` with `deny_unknown_fields`. A change
//!   of what is there takes a body, or is a DELETE: what a foreign page can send without asking first must change
//!   nothing.
//! * A document that is replaced whole goes out with its [`precondition::Tag`] and comes in with
//!   [`precondition::IfMatch`]. Lists are a [`Listing`].
//! * It gives an [`Answer`](super::problem::Answer); an error of another module becomes a
//!   [`Problem`](super::problem::Problem) by `From`, there, once.
//! * `#[cfg_attr(test, utoipa::path(…))]` and `derive(utoipa::ToSchema)` describe it; its handlers are named in
//!   [`openapi`], and `LUYTRE_DESCRIBE=1 cargo test -p luytre openapi` writes the document anew. A test calls every
//!   path of it, without a log-in and with one.

pub(super) mod body;
pub(super) mod caller;
pub(super) mod origin;
pub(super) mod precondition;

mod accounts;
mod activity;
mod categories;
mod explain;
mod family;
mod health_report;
mod metrics;
pub(super) mod my;
mod now;
mod presets;
mod queries;
mod reports;
mod requests;
mod servers;
mod services;
mod session;
mod setup;
mod status;
mod stream;
mod sync;
mod things;
mod tokens;
mod totp;

mod openapi;

use axum::http::StatusCode;
use axum::{Router, middleware};
use serde::Serialize;

use crate::app::Daemon;
use crate::web::problem::{Answer, Problem};

/// Every resource.
pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .merge(setup::routes())
        .merge(session::routes())
        .merge(accounts::routes())
        .merge(tokens::routes())
        .merge(totp::routes())
        .merge(status::routes())
        .merge(categories::routes())
        .merge(services::routes())
        .merge(explain::routes())
        .merge(family::routes())
        .merge(things::routes())
        .merge(now::routes())
        .merge(presets::routes())
        .merge(my::routes())
        .merge(activity::routes())
        .merge(requests::routes())
        .merge(reports::routes())
        .merge(health_report::routes())
        .merge(queries::routes())
        .merge(servers::routes())
        .merge(sync::routes())
        .merge(metrics::routes())
        .merge(openapi::routes())
        .layer(middleware::from_fn(origin::check))
}

/// Work that waits for the disk.
pub(super) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    let broken = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "it failed; the router's log says why");
    tokio::task::spawn_blocking(work).await.map_err(broken)
}

/// A list, or a part of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct Listing<T> {
    items: Vec<T>,
    /// What to ask for the rest by; `null` when there is none.
    next: Option<String>,
}

impl<T> Listing<T> {
    /// All there is.
    fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next: None }
    }
}
