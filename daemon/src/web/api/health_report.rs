//! `/api/v1/health-report`: what a provider is told of the router, and whether the family agrees.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::apart;
use super::body::Body;
use super::caller::{Reading, Securing};
use crate::app::Daemon;
use crate::health_report::{Figures, Telling};
use crate::web::problem::{Answer, Problem};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/health-report", get(show).put(decide))
}

/// Who is told, and what.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct HealthReport {
    /// Who is told, and whether the family agrees; `null`: nobody is to be, as `[health] send_to` is not set.
    telling: Option<Telling>,
    /// All that would be sent now.
    report: Figures,
}

/// The family's word.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Decision {
    /// Whether reports may go out.
    consent: bool,
}

fn shown(daemon: &Daemon) -> Json<HealthReport> {
    Json(HealthReport { telling: daemon.health_reports().telling(), report: daemon.figures() })
}

/// The report as it would be sent now, to whom, and how that went last.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/health-report", tag = "reports",
    responses((status = 200, description = "the report", body = HealthReport), super::openapi::Problems),
))]
pub(super) async fn show(_: Reading, State(daemon): State<Daemon>) -> Json<HealthReport> {
    shown(&daemon)
}

/// A parent agrees that it is sent once a day, or no more.
#[cfg_attr(test, utoipa::path(
    put, path = "/api/v1/health-report", tag = "reports", request_body = Decision,
    responses((status = 200, description = "what holds now", body = HealthReport), super::openapi::Problems),
))]
pub(super) async fn decide(
    Securing(parent): Securing,
    State(daemon): State<Daemon>,
    Body(Decision { consent }): Body<Decision>,
) -> Answer<Json<HealthReport>> {
    let reports = daemon.health_reports().clone();
    if !apart(move || reports.decide(consent)).await? {
        let detail = "there is nobody to tell: [health] send_to is not set";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let to = daemon.health_reports().telling().map(|telling| telling.to).unwrap_or_default();
    daemon.note("health", parent.name, format!("{to}: {}", if consent { "yes" } else { "no" })).await;
    Ok(shown(&daemon))
}
