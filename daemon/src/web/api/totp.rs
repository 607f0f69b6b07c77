//! `/api/v1/totp`: the second factor of one's own account.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::body::Body;
use super::caller::{LoggedIn, OwnDevice};
use crate::app::Daemon;
use crate::clock::Timestamp;
use crate::web::problem::Answer;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/api/v1/totp", get(show).post(propose).delete(remove))
        .route("/api/v1/totp/confirm", post(confirm))
}

/// One's own second factor.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct TotpState {
    /// Whether it is in force.
    enabled: bool,
    /// How many recovery codes are left.
    recovery_left: usize,
}

/// What the owner's app is to learn.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct TotpProposal {
    /// The key in base 32, for typing.
    secret: String,
    /// The same as an `otpauth:` address, for a camera.
    uri: String,
}

/// Codes for the day when the phone is lost.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct RecoveryCodes {
    /// Each is good once, in place of the app's code; not shown again.
    recovery: Vec<String>,
}

/// One's own password: a session that was left open must not change this.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct OwnPassword {
    password: String,
}

/// The app's code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct OwnCode {
    totp: String,
    /// The time on the device, in seconds since 1970; looked at while the router's clock is not set.
    #[serde(default)]
    at: Option<Timestamp>,
}

/// Whether there is one.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/totp", tag = "accounts",
    responses((status = 200, description = "one's own second factor", body = TotpState), super::openapi::Problems),
))]
pub(super) async fn show(LoggedIn(account): LoggedIn) -> Json<TotpState> {
    Json(TotpState { enabled: account.has_second_factor(), recovery_left: account.recovery_left() })
}

/// Begins: a key for the app. In force after `confirm`.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/totp", tag = "accounts", request_body = OwnPassword,
    responses((status = 201, description = "what the app is to learn", body = TotpProposal), super::openapi::Problems),
))]
pub(super) async fn propose(
    LoggedIn(account): LoggedIn,
    OwnDevice(from): OwnDevice,
    State(daemon): State<Daemon>,
    Body(OwnPassword { password }): Body<OwnPassword>,
) -> Answer<(StatusCode, Json<TotpProposal>)> {
    let proposed = daemon.accounts().propose_factor(from, &account, password).await?;
    Ok((StatusCode::CREATED, Json(TotpProposal { secret: proposed.key, uri: proposed.uri })))
}

/// Shows that the app has learned the key; from now on logging in wants its code.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/totp/confirm", tag = "accounts", request_body = OwnCode,
    responses((status = 201, description = "in force", body = RecoveryCodes), super::openapi::Problems),
))]
pub(super) async fn confirm(
    LoggedIn(account): LoggedIn,
    OwnDevice(from): OwnDevice,
    State(daemon): State<Daemon>,
    Body(OwnCode { totp, at }): Body<OwnCode>,
) -> Answer<(StatusCode, Json<RecoveryCodes>)> {
    let recovery = daemon.accounts().accept_factor(from, &account, (totp, at)).await?;
    Ok((StatusCode::CREATED, Json(RecoveryCodes { recovery })))
}

/// Takes the second factor out of force.
#[cfg_attr(test, utoipa::path(
    delete, path = "/api/v1/totp", tag = "accounts", request_body = OwnPassword,
    responses((status = 204, description = "none any more"), super::openapi::Problems),
))]
pub(super) async fn remove(
    LoggedIn(account): LoggedIn,
    OwnDevice(from): OwnDevice,
    State(daemon): State<Daemon>,
    Body(OwnPassword { password }): Body<OwnPassword>,
) -> Answer<StatusCode> {
    daemon.accounts().remove_factor(from, &account, password).await?;
    Ok(StatusCode::NO_CONTENT)
}
