//! `/api/v1/presets`: budgets to take over as they are, such as what Decree 147/2024 asks for games.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::Listing;
use super::body::Body;
use super::caller::{Changing, Reading};
use crate::app::Daemon;
use crate::family::edit;
use crate::usage::Preset;
use crate::web::problem::{Answer, Problem};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/presets", get(list)).route("/api/v1/presets/{key}", post(apply))
}

/// Whom a preset is for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct For {
    /// A person's id.
    who: String,
    /// Keys of services that get a limit of their own within the group's.
    #[serde(default)]
    services: Vec<String>,
}

/// The budgets that a person has now by a preset.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Applied {
    /// Their ids.
    budgets: Vec<String>,
}

/// Every preset.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/presets", tag = "family",
    responses((status = 200, description = "every preset", body = Listing<Preset>), super::openapi::Problems),
))]
pub(super) async fn list(_: Reading) -> Json<Listing<&'static Preset>> {
    Json(Listing::whole(Preset::shipped()))
}

/// Gives a person the budgets of a preset, in place of those about the same.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/presets/{key}", tag = "family", request_body = For,
    params(("key" = String, Path, description = "its key")),
    responses((status = 201, description = "in force", body = Applied), super::openapi::Problems),
))]
pub(super) async fn apply(
    Changing(caller): Changing,
    State(daemon): State<Daemon>,
    Path(key): Path<String>,
    Body(For { who, services }): Body<For>,
) -> Answer<(StatusCode, Json<Applied>)> {
    let preset = Preset::shipped().iter().find(|preset| preset.key == key);
    let preset =
        preset.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "there is no preset of this key"))?;
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let new = preset.budgets(&who, &services).map_err(|what| Problem::unfit("/services", what))?;
    let budgets = new.iter().map(|budget| budget.id.clone()).collect();
    daemon.change_family(move |spec, _| edit::budgets(spec, &new)).await?;
    daemon.note("preset", caller.name(), format!("{who}: {key}")).await;
    Ok((StatusCode::CREATED, Json(Applied { budgets })))
}
