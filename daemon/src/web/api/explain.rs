//! `GET /api/v1/explain`: what somebody would get for a name, and why.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use luytre_lists::NameBuf;
use serde::Deserialize;

use super::body::Parameters;
use super::caller::Reading;
use crate::app::Daemon;
use crate::explain::{Explanation, asking};
use crate::family;
use crate::status::type_number;
use crate::web::problem::{Answer, Problem};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/explain", get(show))
}

/// Which question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::IntoParams))]
#[cfg_attr(test, into_params(parameter_in = Query))]
pub(super) struct Question {
    /// The name.
    name: String,
    /// The type, such as `AAAA` or `TYPE65`; `A` where nothing is said.
    r#type: Option<String>,
    /// Who asks: a MAC address, an address, a token, or a person's id; one that nobody named where nothing is said.
    device: Option<String>,
    /// When, RFC 3339; now where nothing is said.
    at: Option<String>,
}

/// What would be answered, by which rule, what else was considered, and what would change it.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/explain", tag = "family", params(Question),
    responses((status = 200, description = "the decision and its reason", body = Explanation), super::openapi::Problems),
))]
pub(super) async fn show(
    _: Reading,
    State(daemon): State<Daemon>,
    Parameters(question): Parameters<Question>,
) -> Answer<Json<Explanation>> {
    let name = NameBuf::parse(&question.name).map_err(|error| Problem::unfit("/name", error.to_string()))?;
    let word = question.r#type.as_deref().unwrap_or("A");
    let rtype = type_number(word)
        .ok_or_else(|| Problem::unfit("/type", "no such record type; write A, AAAA, HTTPS … or TYPE65"))?;
    let at = question.at.as_deref().map(family::moment).transpose();
    let at = at.map_err(|what| Problem::unfit("/at", what))?;
    let state = daemon.state_at(at);
    let device = question.device.unwrap_or_default();
    let who = asking(daemon.home(), &state, &device).ok_or_else(|| {
        Problem::unfit("/device", "nobody is known by it; write a MAC address, an address, or a person's id")
    })?;
    let now = at.unwrap_or_else(|| daemon.resolver().clock.now());
    Ok(Json(Explanation::of(&state, who, (name.as_name(), rtype), now)))
}
