//! `POST /api/v1/pause` and `POST /api/v1/grants`: what holds from now on, for some minutes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::apart;
use super::body::Body;
use super::caller::Changing;
use crate::app::Daemon;
use crate::family::{OneOrMany, edit};
use crate::status::rfc3339;
use crate::web::problem::{Answer, Problem};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/pause", post(pause)).route("/api/v1/grants", post(grant))
}

/// Who is cut off, for how long.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Pause {
    /// A person's id, a device's MAC address or token, `*` (every supervised one) or `house`; or several.
    who: OneOrMany,
    /// Minutes, to 31 days; 0 lifts it.
    minutes: u32,
}

/// Who is allowed what, for how long.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Grant {
    /// A person's id, or several; `*` is every supervised one.
    who: OneOrMany,
    /// `all` (bedtimes and budgets), `name:…`, `service:…`, or `budget:…` (minutes besides for today).
    of: String,
    /// Minutes, to 31 days; 0 takes it back.
    minutes: u32,
}

/// Until when it holds.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Holds {
    /// RFC 3339 in UTC; `null` when it was lifted.
    until: Option<String>,
}

/// Cuts somebody off for a while, or no longer.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/pause", tag = "family", request_body = Pause,
    responses((status = 200, description = "in force", body = Holds), super::openapi::Problems),
))]
pub(super) async fn pause(
    Changing(caller): Changing,
    State(daemon): State<Daemon>,
    Body(Pause { who, minutes }): Body<Pause>,
) -> Answer<(StatusCode, Json<Holds>)> {
    let about = format!("{}: {minutes} minutes", who.as_slice().join(","));
    daemon.change_family(move |spec, now| edit::pause(spec, &who, minutes, now)).await?;
    daemon.note("pause", caller.name(), about).await;
    Ok((StatusCode::OK, Json(Holds::from_now(&daemon, minutes))))
}

/// Allows somebody something for a while, or no longer.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/grants", tag = "family", request_body = Grant,
    responses((status = 201, description = "in force", body = Holds), super::openapi::Problems),
))]
pub(super) async fn grant(
    Changing(caller): Changing,
    State(daemon): State<Daemon>,
    Body(Grant { who, of, minutes }): Body<Grant>,
) -> Answer<(StatusCode, Json<Holds>)> {
    let by = caller.name();
    let about = format!("{} {of}: {minutes} minutes", who.as_slice().join(","));
    if let Some(budget) = of.strip_prefix("budget:") {
        let (daemon, budget, by) = (daemon.clone(), budget.to_owned(), by.clone());
        let given = apart(move || daemon.give(&budget, minutes, &by)).await?;
        given.map_err(|what| Problem::unfit("/of", what))?;
        return Ok((StatusCode::CREATED, Json(Holds { until: None })));
    }
    let named = by.clone();
    daemon.change_family(move |spec, now| edit::grant(spec, (&who, &of), minutes, &named, now)).await?;
    daemon.note("grant", by, about).await;
    let status = if minutes == 0 { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(Holds::from_now(&daemon, minutes))))
}

impl Holds {
    fn from_now(daemon: &Daemon, minutes: u32) -> Self {
        let end = daemon.resolver().clock.now() + u64::from(minutes) * 60;
        Self { until: (minutes > 0).then(|| rfc3339(end)) }
    }
}
