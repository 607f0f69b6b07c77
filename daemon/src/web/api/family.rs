//! `/api/v1/family`: the document, read and replaced whole; `/api/v1/backup`: its text.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;

use super::body::Body;
use super::caller::{Changing, Reading};
use super::precondition::IfMatch;
use crate::app::{ChangeError, Daemon};
#[cfg(test)]
use crate::family::Spec;
use crate::family::edit::EditError;
use crate::family::{Etag, Family};
use crate::home::SaveError;
use crate::web::problem::{Answer, Problem};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/family", get(show).put(replace)).route("/api/v1/backup", get(backup))
}

/// What the family decided, with the ETag that a change must name.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/family", tag = "family",
    responses((status = 200, description = "the document", body = Spec), super::openapi::Problems),
))]
pub(super) async fn show(_: Reading, State(daemon): State<Daemon>) -> impl IntoResponse {
    tagged(&daemon)
}

/// What is in force, with its tag.
fn tagged(daemon: &Daemon) -> impl IntoResponse + use<> {
    let spec = daemon.home().spec();
    ([(ETAG, Etag::of(&spec).to_string())], Json((*spec).clone()))
}

/// Replaces the document. Comments in the file stay with what they are about.
#[cfg_attr(test, utoipa::path(
    put, path = "/api/v1/family", tag = "family", request_body = Spec,
    params(("If-Match" = String, Header, description = "the ETag of the document that was changed")),
    responses((status = 200, description = "the document as it is in force", body = Spec), super::openapi::Problems),
))]
pub(super) async fn replace(
    Changing(caller): Changing,
    State(daemon): State<Daemon>,
    if_match: IfMatch,
    Body(document): Body<Value>,
) -> Answer<impl IntoResponse> {
    let current = daemon.home().etag();
    if_match.require(&current.to_string())?;
    let (spec, _) = Family::from_json(&document).map_err(|problems| Problem::unfit_all(&problems))?;
    daemon.replace_family(current, spec).await?;
    daemon.note("family", caller.name(), "replaced".into()).await;
    Ok(tagged(&daemon))
}

/// The family's document as a file: to be kept, and given back by `luytre restore`.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/backup", tag = "family",
    responses((status = 200, description = "family.toml", content_type = "application/toml", body = String), super::openapi::Problems),
))]
pub(super) async fn backup(_: Reading, State(daemon): State<Daemon>) -> Answer<impl IntoResponse> {
    let text = daemon.home().text().map_err(|error| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the document can't be read: {error}"))
    })?;
    let kind = "application/toml; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, "attachment; filename=\"family.toml\"")], text))
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        let status = match &error {
            ChangeError::Edit(EditError::Wrong(problems)) | ChangeError::Save(SaveError::Wrong(problems)) => {
                return Self::unfit_all(problems);
            }
            ChangeError::Edit(EditError::Missing) => StatusCode::NOT_FOUND,
            ChangeError::Save(SaveError::Changed) => StatusCode::PRECONDITION_FAILED,
            ChangeError::Save(SaveError::Mistakes(_)) => StatusCode::CONFLICT,
            ChangeError::Save(SaveError::File(_)) => StatusCode::INSUFFICIENT_STORAGE,
            ChangeError::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}
