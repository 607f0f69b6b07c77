//! `POST /api/v1/pause` and `POST /api/v1/grants`: what holds from now on, for some minutes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::body::Body;
use super::caller::{Caller, Changing};
use crate::app::Daemon;
use crate::family::{OneOrMany, edit};
use crate::status::rfc3339;
use crate::web::problem::Answer;

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
    /// `all` (bedtimes and budgets), `name:…` or `service:…`.
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
    _: Changing,
    State(daemon): State<Daemon>,
    Body(Pause { who, minutes }): Body<Pause>,
) -> Answer<(StatusCode, Json<Holds>)> {
    let change = move |spec: &_, now| edit::pause(spec, &who, minutes, now);
    daemon.change_family(change).await?;
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
    let by = match caller {
        Caller::Account(account) => account.name,
        Caller::Token(token) => token.name,
        Caller::Stranger => String::new(),
    };
    daemon.change_family(move |spec, now| edit::grant(spec, (&who, &of), minutes, &by, now)).await?;
    let status = if minutes == 0 { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(Holds::from_now(&daemon, minutes))))
}

impl Holds {
    fn from_now(daemon: &Daemon, minutes: u32) -> Self {
        let end = daemon.resolver().clock.now() + u64::from(minutes) * 60;
        Self { until: (minutes > 0).then(|| rfc3339(end)) }
    }
}
