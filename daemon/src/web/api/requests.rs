//! `/api/v1/requests`: what children ask for, and what parents answer; `/api/v1/budgets`: everybody's time;
//! `/api/v1/audit`: who did what.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use super::body::Body;
use super::caller::{Changing, OwnDevice, Reading};
use super::my::asker;
use super::{Listing, apart};
use crate::app::Daemon;
use crate::audit::Entry;
use crate::family::edit;
use crate::requests::{Answer as Decision, NotAnswered, NotAsked, Request, Wish};
use crate::usage::{Allowance, Time};
use crate::web::problem::{Answer, Problem};

/// Entries of the audit log that are shown.
const AUDITED: usize = 500;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/api/v1/requests", get(list).post(ask))
        .route("/api/v1/requests/{id}", get(show).post(decide))
        .route("/api/v1/budgets", get(budgets))
        .route("/api/v1/audit", get(audit))
}

/// A parent's answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Decided {
    /// `allow` or `deny`.
    answer: Word,
    /// For so many minutes, 1 to 1440; without it as long as `lasts` says.
    minutes: Option<u32>,
    /// `today` or `always`; today where neither this nor `minutes` is said.
    lasts: Option<Lasts>,
}

/// Yes or no.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) enum Word {
    Allow,
    Deny,
}

/// For how long.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) enum Lasts {
    Today,
    Always,
}

/// Every request that is kept, the newest first.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/requests", tag = "requests",
    responses((status = 200, description = "every request", body = Listing<Request>), super::openapi::Problems),
))]
pub(super) async fn list(_: Reading, State(daemon): State<Daemon>) -> Json<Listing<Request>> {
    Json(Listing::whole(daemon.requests().all(daemon.resolver().clock.now())))
}

/// A child asks, from its own device and without a log-in.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/requests", tag = "requests", request_body = Wish, security(()),
    responses((status = 201, description = "asked", body = Request), super::openapi::Problems),
))]
pub(super) async fn ask(
    OwnDevice(address): OwnDevice,
    State(daemon): State<Daemon>,
    Body(wish): Body<Wish>,
) -> Answer<(StatusCode, Json<Request>)> {
    let asker = asker(&daemon, address);
    match apart(move || daemon.ask(asker, wish)).await? {
        Ok(request) => Ok((StatusCode::CREATED, Json(request))),
        Err(NotAsked::Wrong(what)) => Err(Problem::unfit("", what)),
        Err(NotAsked::TooMany) => {
            Err(Problem::full("this device has asked often; wait for an answer, or an hour", 3600))
        }
    }
}

/// One request.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/requests/{id}", tag = "requests",
    params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the request", body = Request), super::openapi::Problems),
))]
pub(super) async fn show(
    _: Reading,
    State(daemon): State<Daemon>,
    Path(id): Path<String>,
) -> Answer<Json<Request>> {
    let all = daemon.requests().all(daemon.resolver().clock.now());
    let found = all.into_iter().find(|request| id.parse() == Ok(request.id));
    found.map(Json).ok_or_else(unknown)
}

/// A parent answers, once; what that means is in force at once.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/requests/{id}", tag = "requests", request_body = Decided,
    params(("id" = u64, Path, description = "its number")),
    responses((status = 200, description = "the request, answered", body = Request), super::openapi::Problems),
))]
pub(super) async fn decide(
    Changing(caller): Changing,
    State(daemon): State<Daemon>,
    Path(id): Path<String>,
    Body(Decided { answer, minutes, lasts }): Body<Decided>,
) -> Answer<Json<Request>> {
    let answer = match (answer, minutes, lasts) {
        (Word::Deny, ..) => Decision::No,
        (Word::Allow, Some(minutes), _) => Decision::Minutes(minutes),
        (Word::Allow, None, Some(Lasts::Always)) => Decision::Always,
        (Word::Allow, None, Some(Lasts::Today) | None) => Decision::Today,
    };
    let id: u64 = id.parse().map_err(|_| unknown())?;
    let by = caller.name();
    let decided = apart(move || {
        daemon.answer_request(id, answer, &by, |_, effect| {
            let change = |spec: &_, _| edit::allow(spec, &effect);
            daemon.change_family_now(&change).map_err(|error| error.to_string())
        })
    });
    match decided.await? {
        Ok(request) => Ok(Json(request)),
        Err(NotAnswered::Unknown) => Err(unknown()),
        Err(NotAnswered::Closed(_)) => {
            Err(Problem::new(StatusCode::CONFLICT, "it was answered before, or has expired"))
        }
        Err(NotAnswered::Wrong(what)) => Err(Problem::unfit("/answer", what)),
        Err(NotAnswered::NotApplied(why)) => {
            Err(Problem::new(StatusCode::CONFLICT, format!("it stays open: {why}")))
        }
    }
}

/// Everybody's time today.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/budgets", tag = "family",
    responses((status = 200, description = "every budget", body = Listing<Allowance>), super::openapi::Problems),
))]
pub(super) async fn budgets(_: Reading, State(daemon): State<Daemon>) -> Json<Listing<Allowance>> {
    let time = Time::of(&daemon.resolver().clock);
    Json(Listing::whole(daemon.usage().allowances(&daemon.home().family(), time)))
}

/// Who paused, granted, asked and answered, the newest first.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/audit", tag = "family",
    responses((status = 200, description = "what was done", body = Listing<Entry>), super::openapi::Problems),
))]
pub(super) async fn audit(_: Reading, State(daemon): State<Daemon>) -> Answer<Json<Listing<Entry>>> {
    apart(move || Json(Listing::whole(daemon.audit().read(AUDITED)))).await
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is none that is called so")
}
