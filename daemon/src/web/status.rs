//! `GET /api/v1/status`: what anybody on the LAN may know without a log-in.

use axum::Json;
use serde::Serialize;

/// The status without a log-in.
#[derive(Serialize)]
pub(super) struct PublicStatus {
    version: &'static str,
    /// Whether the first run is over. There is none yet.
    setup: bool,
}

/// The status.
pub(super) async fn show() -> Json<PublicStatus> {
    Json(PublicStatus { version: env!("CARGO_PKG_VERSION"), setup: false })
}
