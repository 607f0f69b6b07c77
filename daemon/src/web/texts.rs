//! What people read, in both languages: `webui/i18n/{vi,en}.json`, compiled in.
//!
//! Each key is a field here. A page that uses another key doesn't compile, and a test refuses a file that lacks a key
//! or has one too many.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::document::from_json;

/// Every text of one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub(super) language: &'static str,
    pub(super) languages: &'static str,

    pub(super) block_title: &'static str,
    pub(super) block_heading: &'static str,
    pub(super) why_always: &'static str,
    pub(super) why_operator: &'static str,
    pub(super) why_category: &'static str,
    pub(super) why_paused: &'static str,
    pub(super) why_rule: &'static str,
    pub(super) why_schedule: &'static str,
    pub(super) why_budget: &'static str,
    pub(super) why_service: &'static str,
    pub(super) why_suspected: &'static str,
    pub(super) what_now: &'static str,
    pub(super) ask_parents: &'static str,
    pub(super) never_mind: &'static str,
    pub(super) hotline_lead: &'static str,
    pub(super) hotline_name: &'static str,
    pub(super) hotline_hours: &'static str,

    pub(super) open_title: &'static str,
    pub(super) open_heading: &'static str,
    pub(super) open_why: &'static str,
    pub(super) open_hint: &'static str,

    pub(super) home_heading: &'static str,
    pub(super) home_lead: &'static str,
    pub(super) notices: &'static str,
    pub(super) list: &'static str,
    pub(super) list_state: &'static str,
    pub(super) list_starter: &'static str,
    pub(super) list_local: &'static str,
    pub(super) list_current: &'static str,
    pub(super) list_stale: &'static str,
    pub(super) list_refused: &'static str,
    pub(super) list_names: &'static str,
    pub(super) list_age: &'static str,
    pub(super) questions: &'static str,
    pub(super) allowed: &'static str,
    pub(super) blocked: &'static str,
    pub(super) counted_over: &'static str,
    pub(super) category: &'static str,
    pub(super) asked: &'static str,
    pub(super) servers: &'static str,
    pub(super) privacy: &'static str,
    pub(super) more_on_router: &'static str,
    pub(super) needs_script: &'static str,
    pub(super) to_child_page: &'static str,
    pub(super) version: &'static str,

    pub(super) my_title: &'static str,
    pub(super) my_hello: &'static str,
    pub(super) my_hello_stranger: &'static str,
    pub(super) my_unknown: &'static str,
    pub(super) my_open: &'static str,
    pub(super) my_open_until: &'static str,
    pub(super) my_again: &'static str,
    pub(super) my_left: &'static str,
    pub(super) my_left_of: &'static str,
    pub(super) my_bonus: &'static str,
    pub(super) my_minutes: &'static str,
    pub(super) my_all: &'static str,
    pub(super) my_ask: &'static str,
    pub(super) my_ask_site: &'static str,
    pub(super) my_ask_time: &'static str,
    pub(super) my_site: &'static str,
    pub(super) my_reason: &'static str,
    pub(super) my_what: &'static str,
    pub(super) my_how_long: &'static str,
    pub(super) my_send: &'static str,
    pub(super) my_sent: &'static str,
    pub(super) my_asked: &'static str,
    pub(super) my_state_open: &'static str,
    pub(super) my_state_allowed: &'static str,
    pub(super) my_state_denied: &'static str,
    pub(super) my_state_expired: &'static str,
    pub(super) my_rules: &'static str,
    pub(super) my_rules_none: &'static str,
    pub(super) my_mode_block: &'static str,
    pub(super) my_mode_only: &'static str,
    pub(super) my_mode_set: &'static str,
    pub(super) my_bedtime: &'static str,
    pub(super) my_study: &'static str,
    pub(super) my_a_day: &'static str,
    pub(super) my_weekend: &'static str,
    pub(super) my_every_day: &'static str,
    pub(super) day_mon: &'static str,
    pub(super) day_tue: &'static str,
    pub(super) day_wed: &'static str,
    pub(super) day_thu: &'static str,
    pub(super) day_fri: &'static str,
    pub(super) day_sat: &'static str,
    pub(super) day_sun: &'static str,
    pub(super) my_blocked: &'static str,
    pub(super) my_fair: &'static str,
    pub(super) my_parents: &'static str,
    pub(super) my_back: &'static str,
    pub(super) ask_heading: &'static str,
    pub(super) ask_open: &'static str,
    pub(super) ask_never: &'static str,
    pub(super) ask_mistake: &'static str,
    pub(super) ask_mistake_reason: &'static str,
    pub(super) ask_wrong: &'static str,
    pub(super) ask_too_many: &'static str,
    pub(super) ask_link: &'static str,
    pub(super) report_wrong: &'static str,
    pub(super) report_harmful: &'static str,
    pub(super) report_hint: &'static str,
    pub(super) report_sent: &'static str,
    pub(super) report_too_many: &'static str,
    pub(super) safe_title: &'static str,
    pub(super) safe_lead: &'static str,
    pub(super) safe_link: &'static str,
    pub(super) safe_strangers: &'static str,
    pub(super) safe_strangers_young: &'static str,
    pub(super) safe_strangers_teen: &'static str,
    pub(super) safe_bullying: &'static str,
    pub(super) safe_bullying_young: &'static str,
    pub(super) safe_bullying_teen: &'static str,
    pub(super) safe_secrets: &'static str,
    pub(super) safe_secrets_young: &'static str,
    pub(super) safe_secrets_teen: &'static str,
    pub(super) safe_images: &'static str,
    pub(super) safe_images_young: &'static str,
    pub(super) safe_images_teen: &'static str,
    pub(super) safe_passwords: &'static str,
    pub(super) safe_passwords_young: &'static str,
    pub(super) safe_passwords_teen: &'static str,
    pub(super) safe_help: &'static str,
    pub(super) safe_help_young: &'static str,
    pub(super) safe_help_teen: &'static str,

    thousands: &'static str,
    days: &'static str,
    hours: &'static str,
    minutes: &'static str,
}

pub(super) static VIETNAMESE: LazyLock<Texts> =
    LazyLock::new(|| parse(include_str!("../../../webui/i18n/vi.json")));
pub(super) static ENGLISH: LazyLock<Texts> =
    LazyLock::new(|| parse(include_str!("../../../webui/i18n/en.json")));

fn parse(file: &'static str) -> Texts {
    #[expect(clippy::expect_used, reason = "compiled in; a test parses both files")]
    from_json(file.as_bytes()).expect("each text is there once")
}

impl Texts {
    /// A number with its thousands apart: `1.234.567`.
    pub(super) fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (index, digit) in digits.char_indices() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push_str(self.thousands);
            }
            text.push(digit);
        }
        text
    }

    /// A span of time, its two largest units: `2 ngày 3 giờ`.
    pub(super) fn span(&self, seconds: u64) -> String {
        let (minutes, hours, days) = (seconds / 60 % 60, seconds / 3600 % 24, seconds / 86_400);
        match (days, hours) {
            (0, 0) => format!("{minutes} {}", self.minutes),
            (0, _) => format!("{hours} {} {minutes} {}", self.hours, self.minutes),
            _ => format!("{} {} {hours} {}", self.number(days), self.days, self.hours),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_have_every_text() {
        for (name, file) in [
            ("vi.json", include_str!("../../../webui/i18n/vi.json")),
            ("en.json", include_str!("../../../webui/i18n/en.json")),
        ] {
            let texts = from_json::<Texts>(file.as_bytes());
            assert!(texts.is_ok(), "webui/i18n/{name}: {}", texts.unwrap_err());
            let texts: std::collections::BTreeMap<&str, &str> = serde_json::from_str(file).unwrap();
            let empty: Vec<_> = texts.iter().filter(|(_, text)| text.trim().is_empty()).collect();
            assert!(empty.is_empty(), "webui/i18n/{name} says nothing for {empty:?}");
        }
    }

    #[test]
    fn numbers_and_spans_are_written_as_in_the_language() {
        assert_eq!(VIETNAMESE.number(1_234_567), "1.234.567");
        assert_eq!((ENGLISH.number(0), ENGLISH.number(999)), ("0".into(), "999".into()));
        assert_eq!(ENGLISH.number(1000), "1,000");
        assert_eq!(VIETNAMESE.span(0), "0 phút");
        assert_eq!(ENGLISH.span(3 * 3600 + 61), "3 h 1 min");
        assert_eq!(VIETNAMESE.span(2 * 86_400 + 3 * 3600), "2 ngày 3 giờ");
    }
}
