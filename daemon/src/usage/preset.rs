//! Budgets to take over as they are: `config/presets.toml`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::config::quoted;
use crate::family::{BudgetSpec, MAX_BUDGETS, OneOrMany};

/// Limits on a group of services and on single ones of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// The key in the API.
    pub key: String,
    /// The Vietnamese name.
    pub vi: String,
    /// The English name.
    pub en: String,
    /// Where the numbers come from, in Vietnamese.
    pub because_vi: String,
    /// The same in English.
    pub because_en: String,
    /// First and last age in years whom it is for.
    pub ages: [u8; 2],
    /// The group of services that it is about.
    pub group: String,
    /// Minutes a day for each service that is named.
    pub each_minutes: u32,
    /// Minutes a day for the whole group.
    pub group_minutes: u32,
    /// Minutes left at which to warn.
    pub warn: Vec<u32>,
}

impl Preset {
    /// Those that this build ships with.
    pub fn shipped() -> &'static [Self] {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[expect(dead_code, reason = "the file says it for whoever reads it elsewhere")]
            version: u32,
            preset: Vec<Preset>,
        }
        static SHIPPED: LazyLock<Vec<Preset>> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "compiled in; a test holds that the shipped file parses")]
            let file: File = luytre_lists::written::from_toml(include_str!("../../../config/presets.toml"))
                .expect("presets.toml parses");
            file.preset
        });
        &SHIPPED
    }

    /// The budgets that it means for a person, with one of its own for each of these services. The error says which is
    /// not in the group, or that there are too many.
    pub fn budgets(&self, who: &str, services: &[&str]) -> Result<Vec<BudgetSpec>, String> {
        if services.len() >= MAX_BUDGETS {
            return Err(format!(
                "a person has {MAX_BUDGETS} budgets; name {} services at most",
                MAX_BUDGETS - 1
            ));
        }
        let catalogue = Catalogue::shipped();
        let group = catalogue.group_by_key(&self.group).map(|group| catalogue.services_of(group));
        let is_in_it = |key: &str| {
            catalogue.by_key(key).is_some_and(|service| group.is_some_and(|group| group.contains(service)))
        };
        if let Some(stranger) = services.iter().find(|key| !is_in_it(key)) {
            return Err(format!("{} is not a service of group {}", quoted(stranger), self.group));
        }
        let budget = |of: String, minutes| BudgetSpec {
            id: format!("{who}-{}", of.replace([':', '_'], "-")),
            who: who.to_owned(),
            of: OneOrMany::One(of),
            minutes,
            warn: self.warn.clone(),
            ..BudgetSpec::default()
        };
        let each = services.iter().map(|key| budget(format!("service:{key}"), self.each_minutes));
        Ok(each.chain([budget(format!("group:{}", self.group), self.group_minutes)]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::{Family, PersonSpec, Spec};

    fn decree() -> &'static Preset {
        Preset::shipped().iter().find(|preset| preset.key == "decree-147-2024").unwrap()
    }

    #[test]
    fn decree_147_is_an_hour_a_game_and_three_a_day() {
        let budget = decree().budgets("an", &["roblox", "free_fire"]).unwrap();
        let minutes: Vec<_> = budget.iter().map(|budget| (budget.id.as_str(), budget.minutes)).collect();
        let expected = [("an-service-roblox", 60), ("an-service-free-fire", 60), ("an-group-games", 180)];
        assert_eq!(minutes, expected);
        let an = PersonSpec { id: "an".into(), birth_year: Some(2015), ..PersonSpec::default() };
        let spec = Spec { person: vec![an], budget, ..Spec::default() };
        assert_eq!(Family::resolve(&spec).unwrap().budgets.len(), 3);
    }

    #[test]
    fn only_services_of_the_group_and_not_too_many() {
        let refused = decree().budgets("an", &["roblox", "zalo"]).unwrap_err();
        assert_eq!(refused, "\"zalo\" is not a service of group games");
        let refused = decree().budgets("an", &["roblox"; 16]).unwrap_err();
        assert_eq!(refused, "a person has 16 budgets; name 15 services at most");
    }
}
