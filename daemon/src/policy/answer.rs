//! What an answer contains may block a question whose name does not (design invariant 3).

use luytre_lists::{Category, CategorySet};

use super::Policy;
use super::verdict::{Action, Reason, Rule, Verdict};
use crate::inspect::Findings;
use crate::who::Who;

/// Decides a question once more, by what was found in its answer. Pure, and allocates nothing: a cached answer passes
/// here too.
///
/// Rebinding stands first: a name that may lead into the home is allowed that by `[inspect] rebind_allow` alone. Then
/// an essential, the operator's own allow, or an exception of the list on the question ends it; else what was found
/// counts as if the question's name were listed so.
pub fn decide_answer(policy: &Policy, who: Who, verdict: Verdict, found: &Findings) -> Verdict {
    if !matches!(verdict.action, Action::Allow | Action::Rewrite(..)) {
        return verdict;
    }
    let categories = verdict.categories.union(found.categories).sealed();
    let blocked = |reason, rule| Verdict { action: Action::Block, reason, rule, categories, ..verdict };
    if found.rebinds {
        // Whatever the name is about: that is not why.
        return Verdict { categories: CategorySet::EMPTY, ..blocked(Reason::Special, Rule::Rebinding) };
    }
    if verdict.vouched {
        return verdict;
    }
    if found.categories.contains(Category::ALWAYS) {
        return blocked(Reason::Always, Rule::Category(Category::ALWAYS));
    }
    if let Some(rule) = found.denied {
        return blocked(Reason::Operator, rule);
    }
    match found.categories.intersection(policy.profile(&policy.subject(who)).block).iter().next() {
        Some(category) => blocked(Reason::Category, Rule::Category(category)),
        None => Verdict { categories, ..verdict },
    }
}

#[cfg(test)]
mod tests {
    use luytre_lists::CategoryTable;

    use super::super::{NameRule, Rules};
    use super::*;

    fn set(keys: &[&str]) -> CategorySet {
        keys.iter().filter_map(|key| CategoryTable::shipped().by_key(key)).collect()
    }

    fn house() -> Policy {
        let deny = vec![NameRule::parse("bad.example").unwrap()];
        Policy::of_house(&Rules { block: set(&["gambling"]), deny, ..Rules::default() })
    }

    /// The operator's rule that denies what is found.
    fn denied() -> Option<Rule> {
        let name = luytre_lists::NameBuf::parse("bad.example").unwrap();
        house().denial(name.as_name())
    }

    /// What becomes of a verdict: `verdict reason rule categories`.
    fn decided(verdict: Verdict, found: Findings) -> String {
        let policy = house();
        let verdict = decide_answer(&policy, Who::UNKNOWN, verdict, &found);
        let (word, reason, rule) = (verdict.word(), verdict.reason.word(), policy.describe(verdict.rule));
        format!("{word} {reason} {rule} {}", CategoryTable::shipped().keys(verdict.categories))
    }

    fn found(keys: &[&str]) -> Findings {
        Findings { categories: set(keys), ..Findings::default() }
    }

    const OPEN: Verdict = Verdict::nothing_against(CategorySet::EMPTY);

    #[test]
    fn what_is_found_counts_as_if_the_name_were_listed_so() {
        let shop = Verdict::nothing_against(set(&["shopping"]));
        assert_eq!(decided(OPEN, found(&[])), "allowed none  -");
        assert_eq!(decided(OPEN, found(&["ads"])), "allowed none  ads");
        assert_eq!(decided(shop, found(&["ads"])), "allowed none  shopping,ads");
        assert_eq!(
            decided(shop, found(&["gambling"])),
            "blocked category category:gambling gambling,shopping"
        );
        assert_eq!(decided(shop, found(&["always"])), "blocked always category:always always");
    }

    #[test]
    fn a_target_that_the_operator_denies_blocks() {
        let denied = |keys| Findings { denied: denied(), ..found(keys) };
        assert_eq!(decided(OPEN, denied(&["gambling"])), "blocked operator deny:bad.example gambling");
        assert_eq!(decided(OPEN, denied(&["always"])), "blocked always category:always always");
    }

    #[test]
    fn an_allow_on_the_question_ends_it() {
        for rule in [Rule::Essential, Rule::ListAllow] {
            let verdict = Verdict { rule, vouched: true, ..OPEN };
            let policy = Policy::of_house(&Rules::default());
            let found = Findings { denied: denied(), ..found(&["always", "gambling"]) };
            assert_eq!(decide_answer(&policy, Who::UNKNOWN, verdict, &found), verdict);
        }
    }

    #[test]
    fn rebinding_stands_above_every_allow_and_is_about_nothing() {
        let rebinds = Findings { rebinds: true, denied: denied(), ..found(&["always"]) };
        assert_eq!(decided(OPEN, rebinds), "blocked special special:rebinding -");
        let essential = Verdict { rule: Rule::Essential, reason: Reason::Essential, vouched: true, ..OPEN };
        assert_eq!(decided(essential, rebinds), "blocked special special:rebinding -");
    }

    #[test]
    fn what_is_blocked_already_stays_so() {
        let blocked = Verdict { action: Action::Block, reason: Reason::Always, ..OPEN };
        let policy = Policy::of_house(&Rules::default());
        assert_eq!(decide_answer(&policy, Who::UNKNOWN, blocked, &found(&["gambling"])), blocked);
    }
}
