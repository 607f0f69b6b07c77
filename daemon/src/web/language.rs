//! Which language a reader gets: Vietnamese, unless they say that they would rather have English.

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, Uri, request};
use luytre_lists::category::CategoryInfo;

use super::texts::{ENGLISH, Texts, VIETNAMESE};

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Vietnamese,
    English,
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::Vietnamese, Self::English];

    /// The language's tag (BCP 47).
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Vietnamese => "vi",
            Self::English => "en",
        }
    }

    /// The texts in this language.
    pub(super) fn texts(self) -> &'static Texts {
        match self {
            Self::Vietnamese => &VIETNAMESE,
            Self::English => &ENGLISH,
        }
    }

    /// The category's name in this language.
    pub(super) fn name_of(self, category: &CategoryInfo) -> &str {
        match self {
            Self::Vietnamese => &category.vi,
            Self::English => &category.en,
        }
    }

    /// This language and then the other.
    pub(super) fn first(self) -> [Self; 2] {
        let [vietnamese, english] = Self::ALL;
        if self == vietnamese { [vietnamese, english] } else { [english, vietnamese] }
    }

    /// The one of two texts that is in this language.
    pub(super) fn of<'t>(self, vietnamese: &'t str, english: &'t str) -> &'t str {
        match self {
            Self::Vietnamese => vietnamese,
            Self::English => english,
        }
    }

    /// What `?lang=` says.
    pub(super) fn asked(uri: &Uri) -> Option<Self> {
        let query = uri.query().unwrap_or_default();
        query.split('&').find_map(|pair| Self::of_tag(pair.strip_prefix("lang=")?))
    }

    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or(tag);
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The one of ours that the browser likes best (RFC 9110 §12.5.4); of equals the first.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (Self::Vietnamese, 0.0);
        for item in accepted.split(',') {
            let (tag, quality) = item.split_once(';').unwrap_or((item, ""));
            let quality = quality.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
            if let Some(language) = Self::of_tag(tag.trim())
                && quality > best.1
            {
                best = (language, quality);
            }
        }
        best.0
    }
}

/// What `?lang=` says, else what the browser likes.
impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(request: &mut request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::asked(&request.uri).unwrap_or_else(|| Self::accepted(&request.headers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_favourite_of_ours_is_taken() {
        for (accepted, expected) in [
            ("", "vi"),
            ("fr, de;q=0.5", "vi"),
            ("en", "en"),
            ("EN-gb", "en"),
            ("en-US,en;q=0.9,vi;q=0.8", "en"),
            ("vi-VN,vi;q=0.9,en-US;q=0.8", "vi"),
            ("en;q=0.5, vi;q=0.6", "vi"),
            ("vi;q=0, en;q=0.001", "en"),
            ("en;q=NaN, vi;q=x, *", "vi"),
            ("english", "vi"),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
            assert_eq!(Language::accepted(&headers).tag(), expected, "{accepted}");
        }
    }
}
