//! `/api/v1/reports`: what the centre is told of wrong blocks and harmful sites.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::apart;
use super::body::Body;
use super::caller::{OwnDevice, Reading};
use crate::app::Daemon;
use crate::reports::{NotTold, Report, Told};
use crate::web::problem::{Answer, Problem};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/reports", get(list).post(tell))
}

/// The reports, and whether they get anywhere.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Reported {
    items: Vec<Report>,
    /// Always `null`: there are few.
    next: Option<String>,
    /// Where they go; `null`: nowhere, as `[reports] centre` is not set.
    centre: Option<String>,
    /// Why the last try to send one failed; empty if it did not.
    trouble: String,
}

/// Every report that is kept, the newest first. Nobody knows any more who made them.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/reports", tag = "reports",
    responses((status = 200, description = "every report", body = Reported), super::openapi::Problems),
))]
pub(super) async fn list(_: Reading, State(daemon): State<Daemon>) -> Json<Reported> {
    let reports = daemon.reports();
    Json(Reported { items: reports.all(), next: None, centre: daemon.centre(), trouble: reports.trouble() })
}

/// Somebody reports a site, from any device and without a log-in. It is sent when the centre can be reached.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/reports", tag = "reports", request_body = Told, security(()),
    responses((status = 201, description = "kept, to be sent", body = Report), super::openapi::Problems),
))]
pub(super) async fn tell(
    OwnDevice(address): OwnDevice,
    State(daemon): State<Daemon>,
    Body(told): Body<Told>,
) -> Answer<(StatusCode, Json<Report>)> {
    match apart(move || daemon.report(address, told)).await? {
        Ok(report) => Ok((StatusCode::CREATED, Json(report))),
        Err(NotTold::Wrong(pointer, what)) => Err(Problem::unfit(pointer, what)),
        Err(NotTold::TooMany) => Err(Problem::full("there are many reports already; wait an hour", 3600)),
    }
}
