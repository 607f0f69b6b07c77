//! What a child sees from its own device, without a log-in and without a script: `/toi` (what holds now, and the
//! house's rules), `/xin` (asking for a site or time, and reporting one) and `/toi/an-toan` (how to stay safe).

mod ask;
mod mine;
mod rules;
mod safety;

use axum::routing::{get, post};
use axum::{Router, middleware};

use super::api::origin;
use crate::app::Daemon;

/// The child's pages.
pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/toi", get(mine::show))
        .route("/toi/an-toan", get(safety::show))
        .route("/xin", get(ask::show).post(ask::ask))
        .route("/xin/bao", post(ask::report))
        .layer(middleware::from_fn(origin::check))
}
