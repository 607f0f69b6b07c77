//! `/api/v1/session`: logging in and out.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;

use super::body::Body;
use super::caller::{COOKIE_NAME, LoggedIn, OwnDevice, cookie};
use crate::accounts::{Account, LONGEST_SESSION, Language, LogIn, Role, Secret};
use crate::app::Daemon;
use crate::web::problem::Answer;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/session", post(log_in).delete(log_out).get(show))
}

/// Whoever is logged in.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Myself {
    account: String,
    name: String,
    role: Role,
    language: Language,
    /// Whether the account has a second factor.
    totp: bool,
}

impl From<Account> for Myself {
    fn from(account: Account) -> Self {
        let totp = account.has_second_factor();
        let Account { id, name, role, language, .. } = account;
        Self { account: id, name, role, language, totp }
    }
}

/// The cookie of a session that was opened: no script sees it, no other site's page sends it.
pub(super) fn opened(secret: &Secret) -> [(HeaderName, String); 1] {
    set_cookie(secret.reveal(), LONGEST_SESSION)
}

fn set_cookie(value: &str, seconds: u32) -> [(HeaderName, String); 1] {
    let cookie = format!("{COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    [(SET_COOKIE, cookie)]
}

/// Who is logged in.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/session", tag = "log-in",
    responses((status = 200, description = "whoever is logged in", body = Myself), super::openapi::Problems),
))]
pub(super) async fn show(LoggedIn(account): LoggedIn) -> Json<Myself> {
    Json(account.into())
}

/// Logs in. 401 for a wrong password, or when the code of the second factor is missing (`errors` then points to
/// `/totp`); 429 with `Retry-After` after too many attempts from one address.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/session", tag = "log-in", request_body = LogIn,
    responses((status = 201, description = "logged in by the cookie", body = Myself), super::openapi::Problems),
))]
pub(super) async fn log_in(
    OwnDevice(from): OwnDevice,
    State(daemon): State<Daemon>,
    Body(asked): Body<LogIn>,
) -> Answer<Response> {
    let (account, secret) = daemon.accounts().log_in(from, asked).await?;
    Ok((StatusCode::CREATED, opened(&secret), Json(Myself::from(account))).into_response())
}

/// Logs out; also whoever was not logged in.
#[cfg_attr(test, utoipa::path(
    delete, path = "/api/v1/session", tag = "log-in",
    responses((status = 204, description = "logged out"), super::openapi::Problems),
))]
pub(super) async fn log_out(State(daemon): State<Daemon>, headers: HeaderMap) -> Response {
    if let Some(secret) = cookie(&headers) {
        daemon.accounts().log_out(secret);
    }
    (StatusCode::NO_CONTENT, set_cookie("", 0)).into_response()
}
