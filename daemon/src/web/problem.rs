//! Errors: RFC 9457 problem documents.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Nothing is at this path.
pub(super) async fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "nothing is at this path")
}

/// Something is at this path, but not for this method.
pub(super) async fn method_not_allowed() -> Response {
    problem(StatusCode::METHOD_NOT_ALLOWED, "this is for reading only: use GET")
}

/// The API was asked by a name that isn't ours.
pub(super) fn misdirected() -> Response {
    problem(StatusCode::MISDIRECTED_REQUEST, "the API answers to the router's own names and addresses only")
}

/// We failed.
pub(super) fn internal() -> Response {
    problem(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made; the log says more")
}

fn problem(status: StatusCode, detail: &str) -> Response {
    // Without a type of its own, a problem's title is the status's phrase (RFC 9457 §4.2.1).
    let title = status.canonical_reason().unwrap_or_default();
    let document =
        json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail});
    (status, [(CONTENT_TYPE, "application/problem+json")], Json(document)).into_response()
}
