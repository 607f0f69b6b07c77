//! Takes the DNS message out of a request (RFC 8484 §4.1, §6).

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, Uri, header};
use data_encoding::BASE64URL_NOPAD;

use super::route::{MEDIA_TYPE, Problem};
use crate::listen::session::Session;
use crate::wire::MAX_MESSAGE;

/// The message in `?dns=`, in base64url without padding.
pub(super) fn of_query(uri: &Uri) -> Result<Vec<u8>, Problem> {
    let bad = |what| Problem(StatusCode::BAD_REQUEST, what);
    let query = uri.query().unwrap_or_default();
    let encoded = query.split('&').find_map(|pair| pair.strip_prefix("dns="));
    let encoded = encoded.ok_or(bad("No question here. Ask by ?dns=MESSAGE (RFC 8484), or by POST.\n"))?;
    let message = BASE64URL_NOPAD.decode(encoded.as_bytes());
    message.map_err(|_| bad("The value of dns= is not base64url without padding.\n"))
}

/// The message in the body.
pub(super) async fn of_body(session: &Session, request: Request) -> Result<Vec<u8>, Problem> {
    let told = request.headers().get(header::CONTENT_TYPE);
    if !told.is_some_and(|told| told.as_bytes().eq_ignore_ascii_case(MEDIA_TYPE.as_bytes())) {
        let what = "A question has the content type application/dns-message.\n";
        return Err(Problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, what));
    }
    let late = Problem(StatusCode::REQUEST_TIMEOUT, "The question took too long to come.\n");
    let body = tokio::time::timeout(session.idle, Bytes::from_request(request, &()));
    match body.await.map_err(|_| late)? {
        Ok(body) if body.len() <= MAX_MESSAGE => Ok(body.into()),
        Err(error) if error.status() != StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem(StatusCode::BAD_REQUEST, "The body could not be read.\n"))
        }
        _ => {
            let what = "A DNS message has at most 65535 bytes.\n";
            Err(Problem(StatusCode::PAYLOAD_TOO_LARGE, what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(uri: &'static str) -> Option<Vec<u8>> {
        of_query(&Uri::from_static(uri)).ok()
    }

    #[test]
    fn the_parameter_is_base64url_without_padding() {
        assert_eq!(decoded("/dns-query?dns=-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(decoded("/dns-query?x=1&dns=AAE"), Some(vec![0, 1]));
        for bad in ["?dns=AAE=", "?dns=+/8", "?dns=A", "?dns=A%41E", "?xdns=AAE", ""] {
            assert_eq!(of_query(&bad.parse().unwrap_or_default()).ok(), None, "{bad}");
        }
    }
}
