//! `GET /toi/an-toan`: what keeps a child safe online, in words for its age.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::rules;
use crate::app::Daemon;
use crate::web::api::caller::OwnDevice;
use crate::web::api::my::asker;
use crate::web::language::Language;
use crate::web::texts::Texts;
use crate::web::{guard, page};

#[derive(Template)]
#[template(path = "safety.html")]
struct SafetyPage {
    language: Language,
    texts: &'static Texts,
    topics: [Topic; 6],
}

/// One thing to remember.
struct Topic {
    title: &'static str,
    text: &'static str,
}

/// The page for the device that calls; for one that is nobody's, in the short words.
pub(super) async fn show(
    OwnDevice(address): OwnDevice,
    State(daemon): State<Daemon>,
    language: Language,
) -> Response {
    let (who, family) = (asker(&daemon, address).who, daemon.home().family());
    let profile = rules::profile_of(&family, &who, daemon.resolver().clock.now());
    let young = profile.is_none_or(|profile| rules::YOUNG.contains(&profile.id.as_str()));
    let texts = language.texts();
    let topic = |title, small, teen| Topic { title, text: if young { small } else { teen } };
    let topics = [
        topic(texts.safe_strangers, texts.safe_strangers_young, texts.safe_strangers_teen),
        topic(texts.safe_bullying, texts.safe_bullying_young, texts.safe_bullying_teen),
        topic(texts.safe_secrets, texts.safe_secrets_young, texts.safe_secrets_teen),
        topic(texts.safe_images, texts.safe_images_young, texts.safe_images_teen),
        topic(texts.safe_passwords, texts.safe_passwords_young, texts.safe_passwords_teen),
        topic(texts.safe_help, texts.safe_help_young, texts.safe_help_teen),
    ];
    guard::own(page::html(StatusCode::OK, &SafetyPage { language, texts, topics }))
}
