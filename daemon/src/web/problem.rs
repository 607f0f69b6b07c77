//! Errors: RFC 9457 problem documents.

use std::borrow::Cow;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::accounts;

/// What a handler gives: the answer, or why there is none.
pub(in crate::web) type Answer<T> = Result<T, Problem>;

/// Why a request was not fulfilled.
#[derive(Debug)]
pub(in crate::web) struct Problem {
    status: StatusCode,
    detail: Cow<'static, str>,
    errors: Vec<Fault>,
    /// Seconds after which it is worth another try.
    retry_after: Option<u32>,
}

/// What is wrong at one place of what was sent.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(in crate::web) struct Fault {
    /// A JSON pointer into the body (RFC 6901); empty for all of it.
    pub(in crate::web) pointer: String,
    /// What to write instead.
    pub(in crate::web) detail: String,
}

/// The document (RFC 9457 §3). Without a type of its own, a problem's title is the status's phrase (§4.2.1).
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Problem))]
pub(in crate::web) struct Document {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: Cow<'static, str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
}

impl Problem {
    /// A problem in words that say what to do.
    pub(in crate::web) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// Something in the body can't be taken: `pointer` says where.
    pub(in crate::web) fn unfit(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let fault = Fault { pointer: pointer.into(), detail: detail.into() };
        let problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "the body can't be taken as it is; `errors` says where and why",
        );
        Self { errors: vec![fault], ..problem }
    }

    /// Everything in the body that can't be taken.
    pub(in crate::web) fn unfit_all(problems: &[crate::family::Problem]) -> Self {
        let fault = |problem: &crate::family::Problem| Fault {
            pointer: problem.pointer.to_string(),
            detail: problem.what.clone(),
        };
        let problem = Self::unfit("", "");
        Self { errors: problems.iter().map(fault).collect(), ..problem }
    }

    /// Nobody is logged in.
    pub(in crate::web) fn stranger() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "log in first (POST /api/v1/session), or send a token: Authorization: Bearer",
        )
    }

    /// Somebody is, but may not do this.
    pub(in crate::web) fn forbidden(detail: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// There is no room now; perhaps in so many seconds.
    pub(in crate::web) fn full(detail: &'static str, retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, detail, errors, retry_after } = self;
        let title = status.canonical_reason().unwrap_or_default();
        let document = Document { r#type: "about:blank", title, status: status.as_u16(), detail, errors };
        let mut response =
            (status, [(CONTENT_TYPE, "application/problem+json")], Json(document)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2 wants one; this one opens no window in a browser.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<accounts::Error> for Problem {
    fn from(error: accounts::Error) -> Self {
        use accounts::Error;
        let detail = error.to_string();
        let status = match error {
            Error::AlreadySetUp | Error::Conflict(_) => StatusCode::CONFLICT,
            Error::WrongCode | Error::WrongPassword | Error::SecondFactor { .. } => StatusCode::UNAUTHORIZED,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Unfit { pointer, detail } => return Self::unfit(pointer, detail),
            Error::Unknown => StatusCode::NOT_FOUND,
            Error::Unwritable(..) | Error::Damaged(_) | Error::NoCode(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::System(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        // Of the others the status has a notice; strangers could fill the log with them.
        if matches!(error, Error::Unwritable(..) | Error::System(_)) {
            tracing::error!(%error, "an account's request failed");
        }
        let retry_after = match error {
            Error::TooMany { wait } => Some(wait),
            _ => None,
        };
        let errors = match error {
            // The page asks for the code when it reads this.
            Error::SecondFactor { .. } => vec![Fault { pointer: "/totp".into(), detail: detail.clone() }],
            _ => Vec::new(),
        };
        Self { errors, retry_after, ..Self::new(status, detail) }
    }
}

/// Nothing is at this path.
pub(super) async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "nothing is at this path; /api/v1/openapi.json lists what there is")
}

/// Something is at this path, but not for this method.
pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this path has no such method; the header Allow names those it has",
    )
}

/// The API was asked by a name that isn't ours.
pub(super) fn misdirected() -> Response {
    let detail = "the API answers to the router's own names and addresses only";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).into_response()
}

/// We failed.
pub(super) fn internal() -> Response {
    let detail = "the answer could not be made; the log says more";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
}
