//! The paths `/dns-query` and `/dns-query/TOKEN`, and an error with a reason for everything else.
//!
//! Every DNS answer has status 200, whatever it says: HTTP's errors are about HTTP (RFC 8484 §4.2.1).

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Path, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{freshness, message};
use crate::listen::session::{Refused, Session};
use crate::wire::MAX_MESSAGE;

/// What questions and answers are (RFC 8484 §6).
pub(super) const MEDIA_TYPE: &str = "application/dns-message";

/// The longest token in a path, in characters: as long as a label, since TLS clients write it as one.
const MAX_TOKEN: usize = 63;

/// A request that can't be answered: the status, and what to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Problem(pub(super) StatusCode, pub(super) &'static str);

/// What is served. Requests bring their [`Session`] as an extension.
pub(in crate::listen) fn router() -> Router {
    Router::new()
        .route("/dns-query", get(answer).post(answer))
        .route("/dns-query/{token}", get(answer_device).post(answer_device))
        .fallback(async || Problem(StatusCode::NOT_FOUND, "Only DNS is here: /dns-query (RFC 8484).\n"))
        .method_not_allowed_fallback(async || {
            Problem(StatusCode::METHOD_NOT_ALLOWED, "Questions are asked by GET or POST.\n")
        })
        .layer(DefaultBodyLimit::max(MAX_MESSAGE))
}

/// A device may be known by a token in its path, whichever name it asked for in its handshake.
async fn answer_device(
    Path(token): Path<String>,
    Extension(mut session): Extension<Session>,
    request: Request,
) -> Result<Response, Problem> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if token.len() > MAX_TOKEN || !token.bytes().all(is_token) {
        let what = "A token is up to 63 letters, digits, '-' and '_': /dns-query/TOKEN.\n";
        return Err(Problem(StatusCode::NOT_FOUND, what));
    }
    session.token = Some(token.to_ascii_lowercase().into());
    answer(Extension(session), request).await
}

async fn answer(Extension(session): Extension<Session>, request: Request) -> Result<Response, Problem> {
    let question = match *request.method() {
        Method::POST => message::of_body(&session, request).await?,
        _ => message::of_query(request.uri())?,
    };
    let answer = session.ask(question).await?;
    let fresh = freshness::seconds(&answer);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)),
        (header::CACHE_CONTROL, max_age(fresh)),
    ];
    Ok((headers, answer).into_response())
}

fn max_age(seconds: u32) -> HeaderValue {
    HeaderValue::try_from(format!("max-age={seconds}")).unwrap_or(HeaderValue::from_static("no-store"))
}

impl From<Refused> for Problem {
    fn from(why: Refused) -> Self {
        match why {
            Refused::TooMany => {
                Self(StatusCode::TOO_MANY_REQUESTS, "Too many questions; ask again in a second.\n")
            }
            Refused::NoQuestion => Self(StatusCode::BAD_REQUEST, "The message is no DNS question.\n"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, what) = self;
        (status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], what).into_response()
    }
}
