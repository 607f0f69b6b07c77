//! `GET /api/v1/status`: for anybody on the LAN whether the house is set up; for parents what `luytre status` says.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::caller::Caller;
use crate::app::Daemon;
use crate::status::Status;

/// Questions that the status shows.
const RECENT: usize = 50;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/status", get(show))
}

/// What anybody on the LAN may know.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct PublicStatus {
    version: &'static str,
    /// Whether the first account was made.
    setup: bool,
}

/// What parents see: the same and all that `luytre status --json` says.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct FullStatus {
    /// Whether the first account was made.
    setup: bool,
    #[serde(flatten)]
    status: Status,
}

/// The status; without a log-in the version and whether the house is set up, and nothing else.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/status", tag = "status",
    responses((status = 200, description = "the status; without a log-in two fields of it", body = FullStatus)),
))]
pub(super) async fn show(caller: Caller, State(daemon): State<Daemon>) -> Response {
    let setup = daemon.accounts().is_set_up();
    if caller.may_read() {
        return Json(FullStatus { setup, status: daemon.status(RECENT) }).into_response();
    }
    Json(PublicStatus { version: env!("CARGO_PKG_VERSION"), setup }).into_response()
}
