//! `/api/v1/tokens`: what lets programs in.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Serialize;

use super::Listing;
use super::body::Body;
use super::caller::Securing;
use crate::accounts::{NewToken, Scope, Token};
use crate::app::Daemon;
use crate::status::rfc3339;
use crate::web::problem::Answer;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/tokens", get(list).post(add)).route("/api/v1/tokens/{id}", delete(remove))
}

/// A token, without its secret.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct TokenItem {
    id: String,
    name: String,
    scopes: Vec<Scope>,
    /// RFC 3339; as far as the clock knew.
    created: String,
}

/// A token that was just made.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct MadeToken {
    #[serde(flatten)]
    item: TokenItem,
    /// For `Authorization: Bearer`; shown this once.
    token: String,
}

impl From<Token> for TokenItem {
    fn from(Token { id, name, scopes, created, .. }: Token) -> Self {
        Self { id, name, scopes, created: rfc3339(created) }
    }
}

/// Every token.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/tokens", tag = "accounts",
    responses((status = 200, description = "every token", body = Listing<TokenItem>), super::openapi::Problems),
))]
pub(super) async fn list(_: Securing, State(daemon): State<Daemon>) -> Answer<Json<Listing<TokenItem>>> {
    let tokens = daemon.accounts().tokens()?;
    Ok(Json(Listing::whole(tokens.into_iter().map(TokenItem::from))))
}

/// Makes a token.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/tokens", tag = "accounts", request_body = NewToken,
    responses((status = 201, description = "the token; its secret is not shown again", body = MadeToken), super::openapi::Problems),
))]
pub(super) async fn add(
    _: Securing,
    State(daemon): State<Daemon>,
    Body(asked): Body<NewToken>,
) -> Answer<(StatusCode, Json<MadeToken>)> {
    let (token, secret) = daemon.accounts().add_token(asked).await?;
    Ok((StatusCode::CREATED, Json(MadeToken { item: token.into(), token: secret.reveal().into() })))
}

/// Makes a token void.
#[cfg_attr(test, utoipa::path(
    delete, path = "/api/v1/tokens/{id}", tag = "accounts",
    params(("id" = String, Path, description = "the token's key")),
    responses((status = 204, description = "void"), super::openapi::Problems),
))]
pub(super) async fn remove(
    _: Securing,
    State(daemon): State<Daemon>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    daemon.accounts().remove_token(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
