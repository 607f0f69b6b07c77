//! `POST /api/v1/setup`: the first account, by the set-up code.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};

use super::body::Body;
use super::caller::OwnDevice;
use super::session::{Myself, opened};
use crate::accounts::SetUp;
use crate::app::Daemon;
use crate::web::problem::Answer;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/setup", post(set_up))
}

/// Makes the parent's account and logs in. Once: 409 afterwards, until `luytre reset-password`.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/setup", tag = "log-in", request_body = SetUp,
    responses((status = 201, description = "set up, and logged in by the cookie", body = Myself), super::openapi::Problems),
))]
pub(super) async fn set_up(
    OwnDevice(from): OwnDevice,
    State(daemon): State<Daemon>,
    Body(asked): Body<SetUp>,
) -> Answer<Response> {
    let (account, secret) = daemon.accounts().set_up(from, asked).await?;
    Ok((StatusCode::CREATED, opened(&secret), Json(Myself::from(account))).into_response())
}
