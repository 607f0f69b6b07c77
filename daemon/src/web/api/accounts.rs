//! `/api/v1/accounts`: who may log in. The parent decides; everybody may change their own password.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde::Serialize;

use super::Listing;
use super::body::Body;
use super::caller::{LoggedIn, OwnDevice, Securing};
use super::session::opened;
use crate::accounts::{Account, AccountChange, Language, NewAccount, Role};
use crate::app::Daemon;
use crate::status::rfc3339;
use crate::web::problem::{Answer, Problem};

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/api/v1/accounts", get(list).post(add))
        .route("/api/v1/accounts/{id}", patch(alter).delete(remove))
}

/// An account, without its secrets.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct AccountItem {
    id: String,
    name: String,
    role: Role,
    language: Language,
    /// Whether it has a second factor.
    totp: bool,
    /// RFC 3339; as far as the clock knew.
    created: String,
}

impl From<Account> for AccountItem {
    fn from(account: Account) -> Self {
        let totp = account.has_second_factor();
        let Account { id, name, role, language, created, .. } = account;
        Self { id, name, role, language, totp, created: rfc3339(created) }
    }
}

/// Every account.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/accounts", tag = "accounts",
    responses((status = 200, description = "every account", body = Listing<AccountItem>), super::openapi::Problems),
))]
pub(super) async fn list(_: Securing, State(daemon): State<Daemon>) -> Answer<Json<Listing<AccountItem>>> {
    let accounts = daemon.accounts().list()?;
    Ok(Json(Listing::whole(accounts.into_iter().map(AccountItem::from))))
}

/// Adds an account.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/accounts", tag = "accounts", request_body = NewAccount,
    responses((status = 201, description = "the new account", body = AccountItem), super::openapi::Problems),
))]
pub(super) async fn add(
    _: Securing,
    State(daemon): State<Daemon>,
    Body(asked): Body<NewAccount>,
) -> Answer<(StatusCode, Json<AccountItem>)> {
    let account = daemon.accounts().add(asked).await?;
    Ok((StatusCode::CREATED, Json(account.into())))
}

/// Changes an account: the parent any, others their own. A new password ends the account's sessions; whoever changes
/// their own stays logged in, by a new cookie.
#[cfg_attr(test, utoipa::path(
    patch, path = "/api/v1/accounts/{id}", tag = "accounts", request_body = AccountChange,
    params(("id" = String, Path, description = "the account's key")),
    responses((status = 200, description = "the account as it is now", body = AccountItem), super::openapi::Problems),
))]
pub(super) async fn alter(
    LoggedIn(caller): LoggedIn,
    OwnDevice(from): OwnDevice,
    State(daemon): State<Daemon>,
    Path(id): Path<String>,
    Body(change): Body<AccountChange>,
) -> Answer<Response> {
    let own = caller.id == id;
    if !own && caller.role != Role::Parent {
        return Err(Problem::forbidden("a parent alone changes the accounts of others"));
    }
    let renewed = own && change.password.is_some();
    let account = daemon.accounts().alter(from, &caller, id, change).await?;
    let cookie = if renewed { Some(opened(&daemon.accounts().open_session(&account)?)) } else { None };
    let item = Json(AccountItem::from(account));
    Ok(match cookie {
        Some(cookie) => (cookie, item).into_response(),
        None => item.into_response(),
    })
}

/// Removes an account and its sessions; not the first one.
#[cfg_attr(test, utoipa::path(
    delete, path = "/api/v1/accounts/{id}", tag = "accounts",
    params(("id" = String, Path, description = "the account's key")),
    responses((status = 204, description = "removed"), super::openapi::Problems),
))]
pub(super) async fn remove(
    _: Securing,
    State(daemon): State<Daemon>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    daemon.accounts().remove(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
