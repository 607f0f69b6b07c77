//! `GET /api/v1/activity`: who asked about what, counted.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use super::body::Parameters;
use super::caller::Reading;
use super::{Listing, apart};
use crate::app::Daemon;
use crate::family;
use crate::history::{Activity, By, Step, Wanted};
use crate::web::problem::{Answer, Problem};

/// A day in seconds: what is shown where nobody says since when.
const DAY: u64 = 86_400;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/activity", get(show))
}

/// Which activity.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::IntoParams))]
#[cfg_attr(test, into_params(parameter_in = Query))]
pub(super) struct Question {
    /// Since when, RFC 3339; a day ago where nothing is said.
    from: Option<String>,
    /// Until when, RFC 3339; now where nothing is said.
    to: Option<String>,
    /// What it is summed up by: `category`, `person`, `device`, `service` or `domain`.
    by: Option<String>,
    /// How it is cut: `10m`, `hour` or `day`; one row a key where nothing is said.
    step: Option<String>,
    /// One person's only, by id.
    person: Option<String>,
}

/// Questions, counted; the most first, in each piece of time.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/activity", tag = "history", params(Question),
    responses((status = 200, description = "counts", body = Listing<Activity>), super::openapi::Problems),
))]
pub(super) async fn show(
    _: Reading,
    State(daemon): State<Daemon>,
    Parameters(question): Parameters<Question>,
) -> Answer<Json<Listing<Activity>>> {
    let now = daemon.resolver().clock.now();
    let moment = |key: &str, text: &Option<String>, usual| match text {
        Some(text) => family::moment(text).map_err(|what| Problem::unfit(format!("/{key}"), what)),
        None => Ok(usual),
    };
    let to = moment("to", &question.to, now + 1)?;
    let from = moment("from", &question.from, to.saturating_sub(DAY))?;
    let by = match question.by.as_deref() {
        None | Some("category") => By::Category,
        Some("person") => By::Person,
        Some("device") => By::Device,
        Some("service") => By::Service,
        Some("domain") => By::Domain,
        Some(_) => return Err(Problem::unfit("/by", "write category, person, device, service or domain")),
    };
    let step = match question.step.as_deref() {
        None => Step::Whole,
        Some("10m") => Step::TenMinutes,
        Some("hour") => Step::Hour,
        Some("day") => Step::Day,
        Some(_) => return Err(Problem::unfit("/step", "write 10m, hour or day")),
    };
    let rows = apart(move || {
        let person = question.person.as_deref();
        let calendar = daemon.home().calendar();
        daemon.resolver().history.activity(&Wanted { from, to, by, step, person }, &calendar, now)
    });
    Ok(Json(Listing::whole(rows.await?)))
}
