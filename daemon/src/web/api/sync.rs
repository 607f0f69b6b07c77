//! `POST /api/v1/sync`: whether the centre has a newer list, and the operator a newer policy, now and not by the schedule.

use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;
use tokio::time::Instant;

use super::caller::Changing;
use crate::app::Daemon;
use crate::sync::report::SyncStatus;

/// How long somebody at the page waits for the centre. A list that takes longer comes all the same.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/sync", post(look))
}

/// What came of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Looked {
    /// Whether all of it is over; a long list may still be on its way.
    over: bool,
    /// How it went; `null` if no lists are fetched, because `[list] urls` or `root` is not set.
    sync: Option<SyncStatus>,
}

/// Asks the operator, if there is one, and the centre at once, and takes the policy and the list that they have.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/sync", tag = "status",
    responses((status = 200, description = "how it went", body = Looked), super::openapi::Problems),
))]
pub(super) async fn look(_: Changing, State(daemon): State<Daemon>) -> Json<Looked> {
    let began = Instant::now();
    // It may say where lists are.
    daemon.look_for_policy(PATIENCE / 2).await;
    Json(match daemon.look_for_list(PATIENCE.saturating_sub(began.elapsed())).await {
        Some((sync, over)) => Looked { over, sync: Some(sync) },
        None => Looked { over: true, sync: None },
    })
}
