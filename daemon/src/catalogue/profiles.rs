//! Which age blocks what: `config/profiles.toml`, and no other place.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use luytre_lists::{Category, CategorySet, CategoryTable};
use serde::Deserialize;

use super::{Catalogue, Level, ServiceId, ServiceSet};

/// Why a profile blocks something, for the page that a parent chooses on.
#[derive(Clone, Debug)]
pub struct Because {
    /// The categories that it is about.
    pub categories: CategorySet,
    /// The services that it is about.
    pub services: ServiceSet,
    /// The reason in Vietnamese.
    pub vi: &'static str,
    /// The reason in English.
    pub en: &'static str,
}

/// What people of an age are kept from, unless a family says otherwise.
#[derive(Clone, Debug)]
pub struct AgeProfile {
    /// The id in `family.toml` and the API.
    pub id: &'static str,
    /// The Vietnamese name.
    pub vi: &'static str,
    /// The English name.
    pub en: &'static str,
    /// In years.
    pub ages: RangeInclusive<u8>,
    /// The categories that it blocks.
    pub block: CategorySet,
    /// The services that it blocks.
    pub services: ServiceSet,
    /// Safe search in all engines but YouTube.
    pub safe_search: Level,
    /// YouTube's restricted mode.
    pub youtube: Level,
    /// What the name model suspects is blocked as well.
    pub suspected: bool,
    /// Schedules, budgets and the rules against ways round the filter hold for such a person.
    pub supervised: bool,
    /// Why each of it is blocked.
    pub because: Box<[Because]>,
}

/// The profiles, the youngest first.
#[derive(Debug)]
pub struct AgeProfiles {
    profiles: Box<[AgeProfile]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "'de: 'static"))]
struct File {
    version: u32,
    profile: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: &'static str,
    vi: &'static str,
    en: &'static str,
    ages: [u8; 2],
    safe_search: Level,
    youtube: Level,
    suspected: bool,
    supervised: bool,
    block: Vec<BlockRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockRow {
    #[serde(default)]
    categories: Vec<&'static str>,
    #[serde(default)]
    groups: Vec<&'static str>,
    #[serde(default)]
    services: Vec<&'static str>,
    vi: &'static str,
    en: &'static str,
}

impl AgeProfile {
    /// Why it blocks a category, if it does.
    pub fn because_of_category(&self, category: Category) -> Option<&Because> {
        self.because.iter().find(|because| because.categories.contains(category))
    }

    /// Why it blocks a service, if it does.
    pub fn because_of_service(&self, service: ServiceId) -> Option<&Because> {
        self.because.iter().find(|because| because.services.contains(service))
    }
}

impl AgeProfiles {
    /// The profiles that this build ships with.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<AgeProfiles> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "compiled in; a test holds that the shipped file parses")]
            AgeProfiles::parse(include_str!("../../../config/profiles.toml")).expect("profiles.toml parses")
        });
        &SHIPPED
    }

    /// Reads profiles; the error says which profile is wrong and why.
    pub fn parse(text: &'static str) -> Result<Self, String> {
        let file: File = luytre_lists::written::from_toml(text)?;
        if file.version != 1 {
            return Err(format!("version {} of the profiles is unknown; this build reads 1", file.version));
        }
        let mut next_age = 0;
        let profiles = file.profile.into_iter().map(|row| {
            let [first, last] = row.ages;
            if first != next_age || last < first {
                return Err(format!("{}: its ages begin at {first}, not at {next_age}", row.id));
            }
            next_age = last.saturating_add(1);
            row.check()
        });
        let profiles = profiles.collect::<Result<Box<[_]>, _>>()?;
        if profiles.is_empty() {
            return Err("there are no profiles".to_owned());
        }
        Ok(Self { profiles })
    }

    /// The profiles, the youngest first.
    pub fn iter(&self) -> impl Iterator<Item = &AgeProfile> {
        self.profiles.iter()
    }

    /// The profile with this id.
    pub fn by_id(&self, id: &str) -> Option<&AgeProfile> {
        self.iter().find(|profile| profile.id == id)
    }

    /// The profile of somebody of this age in years; whoever is older than all is an adult.
    pub fn of_age(&self, years: u8) -> &AgeProfile {
        let older = self.profiles.partition_point(|profile| *profile.ages.end() < years);
        // `parse` refuses a file without profiles.
        &self.profiles[older.min(self.profiles.len() - 1)]
    }
}

impl Row {
    fn check(self) -> Result<AgeProfile, String> {
        let because = self.block.into_iter().map(BlockRow::check).collect::<Result<Box<[_]>, _>>();
        let because = because.map_err(|why| format!("{}: {why}", self.id))?;
        let [first, last] = self.ages;
        Ok(AgeProfile {
            id: self.id,
            vi: self.vi,
            en: self.en,
            ages: first..=last,
            block: because.iter().fold(CategorySet::EMPTY, |all, because| all.union(because.categories)),
            services: because.iter().fold(ServiceSet::EMPTY, |all, because| all.union(because.services)),
            safe_search: self.safe_search,
            youtube: self.youtube,
            suspected: self.suspected,
            supervised: self.supervised,
            because,
        })
    }
}

impl BlockRow {
    fn check(self) -> Result<Because, String> {
        let categories = self.categories.iter().map(|key| match CategoryTable::shipped().by_key(key) {
            Some(Category::ALWAYS | Category::ESSENTIAL) => Err(format!("{key} is no profile's to block")),
            Some(category) => Ok(category),
            None => Err(format!("there is no category {key}")),
        });
        let catalogue = Catalogue::shipped();
        let services = self.services.iter().map(|key| {
            let service = catalogue.by_key(key).ok_or_else(|| format!("there is no service {key}"));
            service.map(ServiceSet::from)
        });
        let groups = self.groups.iter().map(|key| {
            let group = catalogue.group_by_key(key).ok_or_else(|| format!("there is no group {key}"));
            group.map(|group| catalogue.services_of(group).difference(catalogue.essential()))
        });
        let sets = services.chain(groups).collect::<Result<Vec<_>, _>>()?;
        Ok(Because {
            categories: categories.collect::<Result<_, _>>()?,
            services: sets.into_iter().fold(ServiceSet::EMPTY, ServiceSet::union),
            vi: self.vi,
            en: self.en,
        })
    }
}

#[cfg(test)]
mod tests {
    use luytre_lists::category::Kind;

    use super::*;

    fn shipped() -> &'static AgeProfiles {
        AgeProfiles::shipped()
    }

    #[test]
    fn the_five_ages_are_there() {
        let ids: Vec<_> = shipped().iter().map(|profile| profile.id).collect();
        assert_eq!(ids, ["age-0-6", "age-7-12", "age-13-15", "age-16-17", "adult"]);
        for profile in shipped().iter() {
            assert!(profile.ages.clone().all(|age| shipped().of_age(age).id == profile.id));
            assert_eq!(shipped().by_id(profile.id).map(|found| &found.ages), Some(&profile.ages));
            assert_eq!(profile.supervised, profile.id != "adult");
        }
        assert!(shipped().by_id("age-0-99").is_none());
    }

    #[test]
    fn an_older_child_is_never_kept_from_harm_that_a_younger_one_meets() {
        let harms = CategoryTable::shipped().of_kind(Kind::Harm);
        let all: Vec<_> = shipped().iter().collect();
        for pair in all.windows(2) {
            let [younger, older] = pair else { continue };
            let (young, old) = (younger.block.intersection(harms), older.block.intersection(harms));
            assert!(young.is_superset(old), "{}: {:?}", older.id, old.difference(young));
            assert!(younger.services.is_superset(older.services), "{}", older.id);
            assert!(younger.safe_search >= older.safe_search && younger.youtube >= older.youtube);
            assert!(younger.suspected >= older.suspected && younger.supervised >= older.supervised);
        }
    }

    #[test]
    fn every_block_has_its_reason_once_in_both_languages() {
        for profile in shipped().iter() {
            for category in profile.block.iter() {
                let because = profile.because_of_category(category).expect("a reason");
                assert!(because.vi.len() > 10 && because.en.len() > 10);
            }
            for service in profile.services.iter() {
                assert!(profile.because_of_service(service).is_some());
            }
            let all = profile.because.iter();
            let (categories, services) = all.fold((0, 0), |(categories, services), because| {
                (categories + because.categories.iter().count(), services + because.services.iter().count())
            });
            assert_eq!(categories, profile.block.iter().count(), "{} gives two reasons for one", profile.id);
            assert_eq!(services, profile.services.iter().count(), "{} gives two reasons for one", profile.id);
        }
    }

    #[test]
    fn people_under_age_are_kept_from_what_the_law_keeps_from_them() {
        let table = CategoryTable::shipped();
        for key in ["adult", "gambling", "drugs", "self_harm", "extremism", "weapons", "dating", "proxy_vpn"]
        {
            let category = table.by_key(key).expect("a category");
            for profile in shipped().iter().filter(|profile| profile.supervised) {
                assert!(profile.block.contains(category), "{} permits {key}", profile.id);
            }
        }
    }

    #[test]
    fn strangers_and_wallets_are_told_apart() {
        let catalogue = Catalogue::shipped();
        let id = |key| catalogue.by_key(key).expect("a service");
        for profile in shipped().iter() {
            assert!(profile.services.intersection(catalogue.essential()).is_empty(), "{}", profile.id);
            assert_eq!(profile.services.contains(id("ometv")), profile.supervised, "{}", profile.id);
        }
        let blocks = |age, key| shipped().of_age(age).services.contains(id(key));
        assert!(blocks(6, "zalo") && !blocks(7, "zalo"), "a school child talks with its family");
        assert!(blocks(12, "tiktok") && !blocks(13, "tiktok"), "TikTok asks for 13 years");
        assert!(blocks(15, "character_ai") && !blocks(15, "chatgpt"));
        assert!(!blocks(3, "youtube"), "in restricted mode");
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_profile_and_the_reason() {
        let error = |text| AgeProfiles::parse(text).unwrap_err();
        assert_eq!(
            error("version = 2\nprofile = []"),
            "version 2 of the profiles is unknown; this build reads 1"
        );
        assert_eq!(error("version = 1\nprofile = []"), "there are no profiles");
        let head = "version = 1\n[[profile]]\nid='x'\nvi=''\nen=''\nsafe_search='off'\nyoutube='off'\n\
                    suspected=false\nsupervised=false\n";
        let with = |rest: &str| error(Box::leak(format!("{head}{rest}").into_boxed_str()));
        assert_eq!(with("ages=[1, 9]\nblock=[]"), "x: its ages begin at 1, not at 0");
        assert_eq!(
            with("ages=[0, 255]\nblock=[{categories=['always'], vi='', en=''}]"),
            "x: always is no profile's to block"
        );
        assert_eq!(
            with("ages=[0, 255]\nblock=[{services=['nowhere'], vi='', en=''}]"),
            "x: there is no service nowhere"
        );
        assert_eq!(
            with("ages=[0, 255]\nblock=[{groups=['nobody'], vi='', en=''}]"),
            "x: there is no group nobody"
        );
        assert!(with("ages=[0, 255]\nblock=[]\ncolour='red'").contains("colour"));
    }
}
