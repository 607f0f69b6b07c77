//! The guard takes wrong entries out of a draft, or narrows them, by rule; every one is a [`Finding`] with its reason.
//!
//! In this order, because each rule counts on the one before it:
//!
//! 1. `suffix`: nobody owns `com.vn` or `blogspot.com` as a whole.
//! 2. `protection`: essentials, large platforms, public zones.
//! 3. `popularity`: a popular name needs [`evidence`] to stay listed under a harm.
//!
//! A rule only looks: it reads the draft and returns findings. What it found is then applied as a whole, so that the
//! result does not depend on the order of names.

pub mod evidence;
mod popularity;
mod protection;
mod suffix;

use luytre_lists::{CategorySet, CategoryTable, Domain, Name, category::Kind};

use self::evidence::Evidence;
use super::draft::Draft;
use super::names::{NameId, Names};
use super::protected::Protected;
use super::sources::Scope;
use super::starter::Starter;

/// What the guard knows besides the sources.
pub struct Guard<'a> {
    /// Names not to be listed.
    pub protected: &'a Protected,
    /// Names sure to be listed.
    pub starter: &'a Starter,
    /// Names that many people use.
    pub popular: &'a Names,
}

/// An entry taken out or narrowed.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The entry.
    pub name: NameId,
    /// Where it was listed.
    pub categories: CategorySet,
    /// What is done about it.
    pub effect: Effect,
    /// Why.
    pub reason: String,
}

/// What is done about a wrong entry.
#[derive(Clone, Debug)]
pub enum Effect {
    /// It is not listed in those categories at all.
    Removed,
    /// It is listed in those categories, but nothing below it is for its sake.
    Narrowed,
    /// It stays, but this name below it is excepted.
    Spares(Domain, Scope),
}

impl Guard<'_> {
    /// Applies all rules to the draft and returns what they changed, in order.
    pub fn apply(&self, draft: &mut Draft) -> Vec<Finding> {
        let mut all = Vec::new();
        let mut apply = |rule: fn(&Self, &Draft) -> Vec<Finding>| {
            let before = all.len();
            let found = rule(self, draft);
            all.extend(found.into_iter().filter_map(|finding| carry_out(draft, finding)));
            all.len() > before
        };
        apply(suffix::find);
        apply(protection::find);
        // A parent that was narrowed was perhaps evidence for another name: look again until all is settled.
        while apply(popularity::find) {}
        all
    }

    /// The names that must not be matched by chance: popular ones and protected ones.
    pub fn watched(&self) -> [&Names; 2] {
        [self.popular, self.protected.names()]
    }

    /// What speaks for the sources' word about popular names.
    pub fn evidence<'d>(&'d self, draft: &'d Draft) -> Evidence<'d> {
        Evidence { draft, starter: self.starter }
    }
}

/// All categories of kind harm.
pub fn harm() -> CategorySet {
    CategoryTable::shipped().of_kind(Kind::Harm)
}

/// Changes the draft; `None` when an earlier finding has left nothing to change.
fn carry_out(draft: &mut Draft, mut finding: Finding) -> Option<Finding> {
    let row = draft.row_mut(finding.name);
    let there = match finding.effect {
        Effect::Removed => row.listed(),
        Effect::Narrowed | Effect::Spares(..) => row.below.listed,
    };
    finding.categories = finding.categories.intersection(there);
    if finding.categories.is_empty() {
        return None;
    }
    match &finding.effect {
        Effect::Removed => {
            for layer in row.layers(Scope::Subtree) {
                layer.listed = layer.listed.difference(finding.categories);
            }
        }
        Effect::Narrowed => row.below.listed = row.below.listed.difference(finding.categories),
        Effect::Spares(name, scope) => spare(draft, name.as_name(), *scope, finding.categories),
    }
    Some(finding)
}

fn spare(draft: &mut Draft, name: Name<'_>, scope: Scope, categories: CategorySet) {
    let id = draft.intern(name);
    for layer in draft.row_mut(id).layers(scope) {
        layer.except = layer.except.union(categories);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sources::Trust;
    use super::super::testing::{draft, draft_by_trust, names, said};
    use super::*;

    /// Applies the shipped guard and tells what it did: `removed name: reason`.
    fn guarded(draft: &mut Draft, popular: &[&str]) -> Vec<String> {
        let (protected, starter) = (Protected::shipped().unwrap(), Starter::shipped().unwrap());
        let guard = Guard { protected: &protected, starter: &starter, popular: &names(popular) };
        let findings = guard.apply(draft);
        let effect = |effect: &Effect| match effect {
            Effect::Removed => "removed",
            Effect::Narrowed => "narrowed",
            Effect::Spares(..) => "spares below",
        };
        let shown = |one: &Finding| {
            format!("{} {}: {}", effect(&one.effect), draft.names().name(one.name), one.reason)
        };
        findings.iter().map(shown).collect()
    }

    #[test]
    fn a_popular_name_leaves_a_harm_and_stays_in_a_choice() {
        let mut list =
            draft(&[("adult", "tools.example"), ("trackers", "tools.example"), ("adult", "bad.example")]);
        let done = guarded(&mut list, &["tools.example"]);
        assert_eq!(done, ["removed tools.example: popular, without evidence"]);
        assert_eq!(said(&list, "tools.example"), "trackers");
        assert_eq!(said(&list, "www.tools.example"), "trackers");
        assert_eq!(said(&list, "bad.example"), "adult");
    }

    #[test]
    fn google_goes_out_and_what_stands_in_the_starter_list_stays() {
        let mut list =
            draft(&[("adult", "google.com"), ("adult", "pornhub.com"), ("gambling", "bet365.com")]);
        let done = guarded(&mut list, &["google.com", "pornhub.com", "bet365.com", "www.bet365.com"]);
        assert_eq!(done, ["removed google.com: protected: Search engines and large platforms"]);
        assert_eq!(said(&list, "pornhub.com"), "adult");
        assert_eq!(said(&list, "www.bet365.com"), "gambling");
    }

    #[test]
    fn two_publishers_or_a_trusted_source_keep_a_popular_name_listed() {
        let mut agreed = draft(&[("adult", "a.example"), ("adult", "0.0.0.0 a.example")]);
        assert_eq!(guarded(&mut agreed, &["a.example"]), [""; 0]);
        let mut trusted = draft_by_trust(&[("adult", "a.example", Trust::Trusted)]);
        assert_eq!(guarded(&mut trusted, &["a.example"]), [""; 0]);
        let mut doubtful =
            draft_by_trust(&[("adult", "a.example", Trust::Normal), ("adult", "a.example", Trust::Low)]);
        assert_eq!(guarded(&mut doubtful, &["a.example"]), ["removed a.example: popular, without evidence"]);
        let mut about_else = draft(&[("adult", "a.example"), ("malware", "a.example")]);
        assert_eq!(
            guarded(&mut about_else, &["a.example"]),
            ["removed a.example: popular, without evidence"]
        );
    }

    #[test]
    fn a_parent_of_popular_names_is_narrowed_to_itself() {
        let mut list = draft(&[("malware", "cdn.example"), ("malware", "bad.cdn.example")]);
        let done = guarded(&mut list, &["school.cdn.example", "shop.cdn.example"]);
        assert_eq!(done, ["narrowed cdn.example: 2 popular names lie below it, such as school.cdn.example"]);
        assert_eq!(said(&list, "cdn.example"), "malware");
        assert_eq!(said(&list, "school.cdn.example"), "-");
        assert_eq!(said(&list, "bad.cdn.example"), "malware", "it was listed for itself");
    }

    #[test]
    fn a_hosting_suffix_is_not_listed_but_its_evil_hosts_are() {
        let mut list =
            draft(&[("malware", "blogspot.com"), ("malware", "evil.blogspot.com"), ("malware", "com.vn")]);
        let done = guarded(&mut list, &[]);
        assert_eq!(
            done,
            [
                "narrowed blogspot.com: a provider's suffix: names below it are others'",
                "removed com.vn: a registry's suffix: names below it are others'",
                "removed blogspot.com: protected: Suffixes under which anybody publishes",
            ]
        );
        assert_eq!(said(&list, "blogspot.com"), "-");
        assert_eq!(said(&list, "evil.blogspot.com"), "malware");
        let mut choice = draft(&[("dyndns", "duckdns.org")]);
        assert_eq!(guarded(&mut choice, &[]), [""; 0]);
        assert_eq!(said(&choice, "home.duckdns.org"), "dyndns", "a family may block dynamic DNS as a whole");
    }

    #[test]
    fn in_a_public_zone_only_a_host_further_down_is_listed_and_alone() {
        let mut list =
            draft(&[("malware", "gov.vn"), ("malware", "town.gov.vn"), ("malware", "broken.town.gov.vn")]);
        guarded(&mut list, &[]);
        assert_eq!(said(&list, "gov.vn"), "-");
        assert_eq!(said(&list, "town.gov.vn"), "-");
        assert_eq!(said(&list, "broken.town.gov.vn"), "malware");
        assert_eq!(said(&list, "www.broken.town.gov.vn"), "-");
        let mut agreed = draft(&[("malware", "town.gov.vn"), ("malware", "town.gov.vn")]);
        guarded(&mut agreed, &[]);
        assert_eq!(said(&agreed, "town.gov.vn"), "malware", "two publishers agree");
        assert_eq!(said(&agreed, "www.town.gov.vn"), "-");
    }

    #[test]
    fn an_essential_is_never_listed_whoever_says_so() {
        let mut list = draft_by_trust(&[
            ("phishing", "vietcombank.com.vn", Trust::Trusted),
            ("ads", "login.vietcombank.com.vn", Trust::Trusted),
            ("shopping", "apple.com", Trust::Trusted),
        ]);
        let done = guarded(&mut list, &[]);
        assert_eq!(said(&list, "vietcombank.com.vn"), "-");
        assert_eq!(said(&list, "login.vietcombank.com.vn"), "-");
        assert_eq!(said(&list, "apple.com"), "shopping");
        assert_eq!(said(&list, "ocsp.apple.com"), "-", "spared below its parent");
        assert!(done.iter().any(|line| line.starts_with("spares below apple.com: ocsp.apple.com below it")));
    }
}
