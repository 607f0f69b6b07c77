//! `GET /api/v1/services`: what can be switched off by name; `GET /api/v1/profiles`: what each age is kept from.

use axum::routing::get;
use axum::{Json, Router};
use luytre_lists::{CategorySet, CategoryTable};
use serde::Serialize;

use super::Listing;
use super::caller::Reading;
use crate::app::Daemon;
use crate::catalogue::{AgeProfiles, Because, Catalogue, Level, ServiceSet};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/services", get(list)).route("/api/v1/profiles", get(profiles))
}

/// Something that people use under one name.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct ServiceItem {
    /// What rules call it by.
    key: &'static str,
    /// Its name in Vietnamese.
    vi: &'static str,
    /// Its name in English.
    en: &'static str,
    /// The group that it belongs to.
    group: GroupItem,
    /// Nothing switches it off: a wallet.
    essential: bool,
}

/// What parents think of as one kind of thing.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct GroupItem {
    /// What rules call it by.
    key: &'static str,
    /// Its name in Vietnamese.
    vi: &'static str,
    /// Its name in English.
    en: &'static str,
}

/// Every service, group by group.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/services", tag = "lists",
    responses((status = 200, description = "every service", body = Listing<ServiceItem>), super::openapi::Problems),
))]
pub(super) async fn list(_: Reading) -> Json<Listing<ServiceItem>> {
    let catalogue = Catalogue::shipped();
    Json(Listing::whole(catalogue.services().filter_map(|(_, service)| {
        let group = catalogue.group(service.group)?;
        Some(ServiceItem {
            key: service.key,
            vi: service.vi,
            en: service.en,
            group: GroupItem { key: group.key, vi: group.vi, en: group.en },
            essential: service.essential,
        })
    })))
}

/// What people of an age are kept from.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct ProfileItem {
    /// What people and devices call it.
    id: &'static str,
    /// Its name in Vietnamese.
    vi: &'static str,
    /// Its name in English.
    en: &'static str,
    /// The youngest, in years.
    from: u8,
    /// The oldest.
    to: u8,
    /// What it blocks, each with the reason.
    blocks: Vec<BlockItem>,
    /// Safe search: `strict`, `moderate` or `off`.
    safe_search: &'static str,
    /// YouTube's restricted mode.
    youtube: &'static str,
    /// Whether schedules for everybody hold.
    supervised: bool,
}

/// What is blocked for one reason.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct BlockItem {
    /// Categories by their keys.
    categories: Vec<String>,
    /// Services by their keys.
    services: Vec<&'static str>,
    /// Why, in Vietnamese.
    vi: &'static str,
    /// Why, in English.
    en: &'static str,
}

/// The profiles that ship, the youngest first.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/profiles", tag = "lists",
    responses((status = 200, description = "every profile", body = Listing<ProfileItem>), super::openapi::Problems),
))]
pub(super) async fn profiles(_: Reading) -> Json<Listing<ProfileItem>> {
    Json(Listing::whole(AgeProfiles::shipped().iter().map(|profile| ProfileItem {
        id: profile.id,
        vi: profile.vi,
        en: profile.en,
        from: *profile.ages.start(),
        to: *profile.ages.end(),
        blocks: profile.because.iter().map(block).collect(),
        safe_search: word(profile.safe_search),
        youtube: word(profile.youtube),
        supervised: profile.supervised,
    })))
}

fn block(because: &Because) -> BlockItem {
    BlockItem {
        categories: keys(because.categories),
        services: services(because.services),
        vi: because.vi,
        en: because.en,
    }
}

fn keys(categories: CategorySet) -> Vec<String> {
    let table = CategoryTable::shipped();
    categories.iter().map(|category| table.key(category).into_owned()).collect()
}

fn services(services: ServiceSet) -> Vec<&'static str> {
    let catalogue = Catalogue::shipped();
    services.iter().filter_map(|id| Some(catalogue.service(id)?.key)).collect()
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Off => "off",
        Level::Moderate => "moderate",
        Level::Strict => "strict",
    }
}
