//! `GET /api/v1/openapi.json`: the API described, from its code.
//!
//! The macros that describe it are the tests' only: what ships is the text that they gave. A test holds that it is
//! still the same.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::Daemon;

/// What the code says of itself, `openapi.json` without its spaces, which are half of it;
/// `LUYTRE_DESCRIBE=1 cargo test -p luytre openapi` writes that anew.
const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/openapi.json", get(show))
}

/// This document.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "status",
    responses((status = 200, description = "an OpenAPI document", body = serde_json::Value)),
))]
pub(super) async fn show() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}

#[cfg(test)]
pub(super) use self::described::Problems;

#[cfg(test)]
mod described {
    use std::collections::BTreeMap;

    use serde_json::Value;
    use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
    use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
    use utoipa::{IntoResponses, Modify, OpenApi};

    use super::super::{
        accounts, activity, categories, explain, family, health_report, metrics, my, now, presets, queries,
        reports, requests, servers, services, session, setup, status, sync, things, tokens, totp,
    };
    use super::DOCUMENT;
    use crate::web::problem::Document;
    use crate::web::tests::House;

    /// What each handler may answer besides.
    pub(in crate::web::api) struct Problems;

    impl IntoResponses for Problems {
        fn responses() -> BTreeMap<String, RefOr<Response>> {
            let document = Content::new(Some(Ref::from_schema_name("Problem")));
            let response = ResponseBuilder::new().description("why not (RFC 9457)");
            let response = response.content("application/problem+json", document).build();
            [("default".to_owned(), response.into())].into()
        }
    }

    struct Security;

    /// An operation's id is its method and path: its handler's name is another resource's too.
    struct Ids;

    impl Modify for Ids {
        fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
            for (path, item) in &mut api.paths.paths {
                let words: String = path.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
                let words: Vec<&str> =
                    words.split(' ').filter(|word| !matches!(*word, "" | "api" | "v1")).collect();
                let methods = [
                    ("get", &mut item.get),
                    ("post", &mut item.post),
                    ("put", &mut item.put),
                    ("patch", &mut item.patch),
                    ("delete", &mut item.delete),
                ];
                for (method, operation) in methods {
                    if let Some(operation) = operation {
                        operation.operation_id = Some(format!("{method}_{}", words.join("_")));
                    }
                }
            }
        }
    }

    impl Modify for Security {
        fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
            let components = api.components.get_or_insert_default();
            let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("luytre")));
            let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
            components.add_security_scheme("session", cookie);
            components.add_security_scheme("token", token);
        }
    }

    #[derive(OpenApi)]
    #[openapi(
        info(title = "Luytre", description = "The API of the router: JSON on the LAN."),
        modifiers(&Security, &Ids),
        security(("session" = []), ("token" = [])),
        components(schemas(Document)),
        paths(
            setup::set_up,
            session::show, session::log_in, session::log_out,
            accounts::list, accounts::add, accounts::alter, accounts::remove,
            tokens::list, tokens::add, tokens::remove,
            totp::show, totp::propose, totp::confirm, totp::remove,
            status::show, metrics::show, super::show,
            categories::list, services::list, services::profiles,
            explain::show,
            family::show, family::replace, family::backup,
            things::people, things::add_person, things::alter_person, things::remove_person,
            things::devices, things::add_device, things::alter_device, things::remove_device,
            now::pause, now::grant,
            my::mine, my::everybody,
            activity::show,
            requests::list, requests::ask, requests::show, requests::decide, requests::budgets, requests::audit,
            reports::list, reports::tell,
            health_report::show, health_report::decide,
            presets::list, presets::apply,
            queries::list, queries::follow,
            servers::test, sync::look,
        ),
    )]
    struct Api;

    fn document() -> String {
        let mut text = Api::openapi().to_pretty_json().unwrap();
        text.push('\n');
        text
    }

    #[test]
    fn the_openapi_document_is_what_the_code_says() {
        if std::env::var_os("LUYTRE_DESCRIBE").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/api/openapi.json");
            let write = |file: &mut std::fs::File| std::io::Write::write_all(file, document().as_bytes());
            crate::files::replace(file.as_ref(), write).unwrap();
        } else {
            let same = document() == include_str!("openapi.json");
            assert!(same, "the API has changed: LUYTRE_DESCRIBE=1 cargo test -p luytre openapi");
            let [shipped, written] = [DOCUMENT, &document()].map(|text| text.parse::<Value>().unwrap());
            assert!(shipped == written && DOCUMENT.len() < document().len() * 2 / 3);
        }
    }

    /// Paths that anybody on the LAN may call.
    const OPEN: [&str; 6] = [
        "/api/v1/setup",
        "/api/v1/session",
        "/api/v1/status",
        "/api/v1/openapi.json",
        "/api/v1/my",
        "/metrics",
    ];

    #[tokio::test]
    async fn every_path_of_the_openapi_document_is_there_and_guarded() {
        let house = House::open().await;
        let cookie = house.set_up().await;
        let api: Value = serde_json::from_str(&document()).unwrap();
        let mut called = 0;
        for (path, methods) in api["paths"].as_object().unwrap() {
            for (method, described) in methods.as_object().unwrap() {
                let (method, target) = (method.to_uppercase(), path.replace("{id}", "nobody"));
                let body = described.get("requestBody").map(|_| "{\"unknown\":0}");
                let stranger = house.call(&method, &target, "", body).await;
                let what = format!("{method} {path}: {}", stranger.body);
                let is_own =
                    method == "POST" && matches!(path.as_str(), "/api/v1/requests" | "/api/v1/reports");
                if is_own || OPEN.contains(&path.as_str()) {
                    assert!(!matches!(stranger.status, 403..=405 | 500..), "{what}");
                } else {
                    assert_eq!(stranger.status, 401, "{what}");
                }
                // An answer without an end, or without the log-in.
                if !path.ends_with("/stream")
                    && (method.as_str(), path.as_str()) != ("DELETE", "/api/v1/session")
                {
                    let answer = house.call(&method, &target, &cookie, body).await;
                    let there = matches!(answer.status, 200 | 201 | 204) && body.is_none()
                        || answer.status == 422 && (body.is_some() || described.get("parameters").is_some())
                        || answer.status == 428 && method == "PUT"
                        || answer.status == 404 && answer.body.contains("no such account or token")
                        || answer.status == 404 && answer.body.contains("none that is called so");
                    assert!(there, "{method} {path}: {} {}", answer.status, answer.body);
                }
                called += 1;
            }
        }
        assert!(called >= 20, "{called}");
    }
}
