//! What is sent along: JSON bodies and parameters. All of it may be hostile; what is wrong is said where it stands.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use luytre_lists::written::Written;
use serde::de::DeserializeOwned;

use crate::family::Pointer;
use crate::web::problem::Problem;

/// A JSON body.
#[derive(Debug)]
pub(in crate::web) struct Body<T>(pub(in crate::web) T);

/// What stands behind the `?`.
#[derive(Debug)]
pub(in crate::web) struct Parameters<T>(pub(in crate::web) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        is_json(&request)?;
        let bytes = Bytes::from_request(request, state).await;
        parse(&bytes.map_err(|rejection| unread(rejection.into_response().status()))?).map(Self)
    }
}

fn is_json(request: &Request) -> Result<(), Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    // The types that a form or a script of another site may send without asking first are refused with the rest.
    if !essence.eq_ignore_ascii_case("application/json") {
        let detail = "send JSON, and say so: Content-Type: application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    Ok(())
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(rejection) => {
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("?…: {}", rejection.body_text())))
            }
        }
    }
}

fn unread(status: StatusCode) -> Problem {
    let detail = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than 64 kB",
        _ => "the body ended early, or came too slowly",
    };
    Problem::new(status, detail)
}

/// Reads a body.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    T::deserialize(json(bytes)?).map_err(|misfit| {
        let pointer: Pointer = misfit.steps().cloned().collect();
        Problem::unfit(pointer.to_string(), misfit.what())
    })
}

fn json(bytes: &[u8]) -> Result<Written<'_>, Problem> {
    serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("not JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::accounts::{AccountChange, LogIn, NewAccount, NewToken, SetUp};
    use crate::web::tests::Answer;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by nobody but serde")]
    struct Example {
        name: String,
        #[serde(default)]
        people: Vec<Person>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by nobody but serde")]
    struct Person {
        age: u8,
    }

    async fn refusal(text: &str) -> Answer {
        let problem = parse::<Example>(text.as_bytes()).unwrap_err();
        Answer::of(problem.into_response()).await
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_where_it_stands() {
        for (text, pointer, detail) in [
            ("{\"name\":\"x\",\"nmae\":1}", "/nmae", "unknown field `nmae`"),
            ("{\"name\":1}", "/name", "invalid type: integer `1`, expected a string"),
            ("{}", "", "missing field `name`"),
            ("{\"name\":\"x\",\"people\":[{\"age\":7},{\"age\":300}]}", "/people/1/age", "expected u8"),
            ("{\"name\":\"x\",\"people\":[{\"age\":7,\"a/~b\":0}]}", "/people/0/a~1~0b", "unknown field"),
            ("7", "", "expected struct Example"),
        ] {
            let answer = refusal(text).await;
            assert_eq!(answer.status, 422, "{text}");
            let error = &answer.json()["errors"][0];
            assert_eq!(error["pointer"], pointer, "{text}: {error}");
            assert!(error["detail"].as_str().unwrap().contains(detail), "{text}: {error}");
            answer.says_not(" at line ");
        }
    }

    #[tokio::test]
    async fn what_is_no_json_is_told_with_line_and_column() {
        for text in ["", "{", "{\"name\":\"x\"} {}", "\u{feff}{}"] {
            let answer = refusal(text).await;
            assert_eq!(answer.status, 400);
            answer.says(" at line ");
        }
    }

    #[test]
    fn a_body_may_be_nested_as_deeply_as_it_likes() {
        for open in ["[", "{\"people\":[", "{\"x\":"] {
            parse::<Example>(open.repeat(10_000).as_bytes()).unwrap_err();
            parse::<serde_json::Value>(open.repeat(10_000).as_bytes()).unwrap_err();
        }
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
        let key = prop_oneof![
            "(code|password|language|totp|account|at|id|name|role|scopes|current)",
            any::<String>(),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "(vi|en|parent|co-parent|read|metrics)".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    fn read_as_everything(bytes: &[u8]) {
        let _ = parse::<SetUp>(bytes);
        let _ = parse::<LogIn>(bytes);
        let _ = parse::<NewAccount>(bytes);
        let _ = parse::<AccountChange>(bytes);
        let _ = parse::<NewToken>(bytes);
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in value()) {
            read_as_everything(value.to_string().as_bytes());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read_as_everything(&bytes);
        }
    }
}
