//! `GET /api/v1/categories`: what names can be about.

use axum::routing::get;
use axum::{Json, Router};
use luytre_lists::{Category, CategoryTable};
use serde::Serialize;

use super::Listing;
use super::caller::Reading;
use crate::app::Daemon;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/categories", get(list))
}

/// A category of names.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct CategoryItem {
    /// Its number in the list, 0 to 63.
    number: u8,
    /// What rules call it by.
    key: String,
    /// Its name in Vietnamese.
    vi: String,
    /// Its name in English.
    en: String,
    /// What is meant by it, in Vietnamese: a sentence.
    about_vi: String,
    /// The same in English.
    about_en: String,
}

/// Every category, in the order of their numbers.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/categories", tag = "lists",
    responses((status = 200, description = "every category", body = Listing<CategoryItem>), super::openapi::Problems),
))]
pub(super) async fn list(_: Reading) -> Json<Listing<CategoryItem>> {
    let table = CategoryTable::shipped();
    let known =
        (0..64).filter_map(Category::new).filter_map(|category| Some((category, table.info(category)?)));
    Json(Listing::whole(known.map(|(category, info)| CategoryItem {
        number: category.number(),
        key: table.key(category).into_owned(),
        vi: info.vi.clone(),
        en: info.en.clone(),
        about_vi: info.about_vi.clone(),
        about_en: info.about_en.clone(),
    })))
}
