//! `/api/v1/people` and `/api/v1/devices`: the family's document, one thing at a time.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde_json::Value;

use super::Listing;
use super::body::Body;
use super::caller::{Changing, Reading};
use crate::app::Daemon;
use crate::family::edit::{self, EditError, Thing};
use crate::family::{DeviceSpec, PersonSpec, Spec};
use crate::web::problem::{Answer, Problem};

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/api/v1/people", get(people).post(add_person))
        .route("/api/v1/people/{id}", patch(alter_person).delete(remove_person))
        .route("/api/v1/devices", get(devices).post(add_device))
        .route("/api/v1/devices/{id}", patch(alter_device).delete(remove_device))
}

/// Who lives here.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/people", tag = "family",
    responses((status = 200, description = "everybody", body = Listing<PersonSpec>), super::openapi::Problems),
))]
pub(super) async fn people(_: Reading, State(daemon): State<Daemon>) -> Json<Listing<PersonSpec>> {
    Json(Listing::whole(daemon.home().spec().person.clone()))
}

/// Somebody else lives here.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/people", tag = "family", request_body = PersonSpec,
    responses((status = 201, description = "the person", body = PersonSpec), super::openapi::Problems),
))]
pub(super) async fn add_person(
    _: Changing,
    State(daemon): State<Daemon>,
    Body(person): Body<Value>,
) -> Answer<(StatusCode, Json<PersonSpec>)> {
    add(&daemon, person).await
}

/// Changes a person by a merge patch (RFC 7396).
#[cfg_attr(test, utoipa::path(
    patch, path = "/api/v1/people/{id}", tag = "family", request_body = PersonSpec,
    params(("id" = String, Path, description = "the person's id")),
    responses((status = 200, description = "the person", body = PersonSpec), super::openapi::Problems),
))]
pub(super) async fn alter_person(
    _: Changing,
    State(daemon): State<Daemon>,
    Path(id): Path<String>,
    Body(change): Body<Value>,
) -> Answer<Json<PersonSpec>> {
    alter(&daemon, id, change).await
}

/// Takes a person out, with what was decided for them alone. Their devices are nobody's then.
#[cfg_attr(test, utoipa::path(
    delete, path = "/api/v1/people/{id}", tag = "family",
    params(("id" = String, Path, description = "the person's id")),
    responses((status = 204, description = "gone"), super::openapi::Problems),
))]
pub(super) async fn remove_person(
    _: Changing,
    State(daemon): State<Daemon>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    remove::<PersonSpec>(&daemon, id).await
}

/// The devices that somebody named; those of the network are in `status`.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/devices", tag = "family",
    responses((status = 200, description = "every named device", body = Listing<DeviceSpec>), super::openapi::Problems),
))]
pub(super) async fn devices(_: Reading, State(daemon): State<Daemon>) -> Json<Listing<DeviceSpec>> {
    Json(Listing::whole(daemon.home().spec().device.clone()))
}

/// Names a device.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/devices", tag = "family", request_body = DeviceSpec,
    responses((status = 201, description = "the device", body = DeviceSpec), super::openapi::Problems),
))]
pub(super) async fn add_device(
    _: Changing,
    State(daemon): State<Daemon>,
    Body(device): Body<Value>,
) -> Answer<(StatusCode, Json<DeviceSpec>)> {
    add(&daemon, device).await
}

/// Changes a device by a merge patch (RFC 7396).
#[cfg_attr(test, utoipa::path(
    patch, path = "/api/v1/devices/{id}", tag = "family", request_body = DeviceSpec,
    params(("id" = String, Path, description = "its MAC address, its token, or one of its addresses")),
    responses((status = 200, description = "the device", body = DeviceSpec), super::openapi::Problems),
))]
pub(super) async fn alter_device(
    _: Changing,
    State(daemon): State<Daemon>,
    Path(id): Path<String>,
    Body(change): Body<Value>,
) -> Answer<Json<DeviceSpec>> {
    alter(&daemon, id, change).await
}

/// Forgets a device's name: it is one that nobody named.
#[cfg_attr(test, utoipa::path(
    delete, path = "/api/v1/devices/{id}", tag = "family",
    params(("id" = String, Path, description = "its MAC address, its token, or one of its addresses")),
    responses((status = 204, description = "gone"), super::openapi::Problems),
))]
pub(super) async fn remove_device(
    _: Changing,
    State(daemon): State<Daemon>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    remove::<DeviceSpec>(&daemon, id).await
}

async fn add<T: Thing + Send + 'static>(daemon: &Daemon, thing: Value) -> Answer<(StatusCode, Json<T>)> {
    daemon.change_family(move |spec, _| edit::add::<T>(spec, thing.clone())).await?;
    let mut spec = (*daemon.home().spec()).clone();
    // The last, unless somebody was faster still.
    let added = T::all(&mut spec).pop().ok_or_else(gone)?;
    Ok((StatusCode::CREATED, Json(added)))
}

async fn alter<T: Thing + Send + 'static>(daemon: &Daemon, id: String, change: Value) -> Answer<Json<T>> {
    let place = move |spec: &Spec, id: &str| {
        let mut spec = spec.clone();
        T::all(&mut spec).iter().position(|thing| thing.is(id))
    };
    let at = place(&daemon.home().spec(), &id).ok_or(crate::app::ChangeError::Edit(EditError::Missing))?;
    daemon.change_family(move |spec, _| edit::patch::<T>(spec, &id, change.clone())).await?;
    let mut spec = (*daemon.home().spec()).clone();
    let things = T::all(&mut spec);
    if at >= things.len() {
        return Err(gone());
    }
    Ok(Json(things.swap_remove(at)))
}

async fn remove<T: Thing + 'static>(daemon: &Daemon, id: String) -> Answer<StatusCode> {
    daemon.change_family(move |spec, _| edit::remove::<T>(spec, &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn gone() -> Problem {
    Problem::new(StatusCode::CONFLICT, "somebody else removed it meanwhile")
}
