//! Documents that are replaced whole: nobody overwrites what somebody else has changed meanwhile (RFC 9110 §13).

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;

use crate::web::problem::Problem;

/// The state that a change was made from.
#[derive(Debug)]
pub(in crate::web) struct IfMatch(String);

impl IfMatch {
    /// Refuses a change that was made from another state than the one in force.
    pub(in crate::web) fn require(&self, current: &str) -> Result<(), Problem> {
        // `*` is whatever is there (RFC 9110 §13.1.1): the caller has said that they mean to overwrite it.
        if self.0.split(',').map(str::trim).any(|tag| tag == "*" || tag == current) {
            return Ok(());
        }
        let detail = "it was changed meanwhile; read it again, and repeat your change on what is there now";
        Err(Problem::new(StatusCode::PRECONDITION_FAILED, detail))
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let named = parts.headers.get(IF_MATCH).and_then(|tags| tags.to_str().ok());
        named.map(|tags| Self(tags.to_owned())).ok_or_else(|| {
            let detail = "read it first, and send the ETag of that answer along as If-Match";
            Problem::new(StatusCode::PRECONDITION_REQUIRED, detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use axum::response::IntoResponse;

    use super::*;

    async fn status(if_match: Option<&str>, current: &str) -> u16 {
        let request = if_match.map_or(Request::builder(), |tag| Request::builder().header(IF_MATCH, tag));
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let required = IfMatch::from_request_parts(&mut parts, &()).await;
        match required.and_then(|tag| tag.require(current)) {
            Ok(()) => 200,
            Err(problem) => problem.into_response().status().as_u16(),
        }
    }

    #[tokio::test]
    async fn a_change_names_the_state_that_it_was_made_from() {
        let (before, after) = ("\"before\"", "\"after\"");
        assert_eq!(status(None, after).await, 428);
        assert_eq!(status(Some(before), after).await, 412);
        assert_eq!(status(Some("*"), after).await, 200);
        assert_eq!(status(Some(&format!("W/{after}")), after).await, 412, "weak (RFC 9110 §13.1.1)");
        assert_eq!(status(Some(after), after).await, 200);
        assert_eq!(status(Some(&format!("\"x\", {after}")), after).await, 200);
    }
}
