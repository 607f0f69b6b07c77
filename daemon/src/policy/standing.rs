//! What holds for each subject where nothing at all is known of a name, as of most names: it changes with time alone,
//! so it is decided beforehand and not for each question.

use luytre_lists::CategorySet;

use super::decide::decide_categories;
use super::{Policy, Verdict};
use crate::clock::Timestamp;
use crate::who::Who;

/// A verdict and when it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    verdict: Verdict,
    from: Timestamp,
    to: Timestamp,
}

impl Policy {
    /// The verdict for a name that nothing is known of, if it was decided for this moment.
    pub(super) fn standing(&self, who: Who, now: Timestamp) -> Option<Verdict> {
        // One who came since this was compiled is unknown to it.
        let standing = self.standing.get(usize::from(who.0)).or(self.standing.first())?;
        (standing.from..standing.to).contains(&now).then_some(standing.verdict)
    }

    /// Decides it for every subject, from now on until time changes something for them.
    pub(super) fn stand(&self, now: Timestamp) -> Box<[Standing]> {
        let stand = |(number, subject): (u16, &super::Subject)| {
            let verdict = decide_categories(self, Who(number), CategorySet::EMPTY, now);
            let plan = self.plans.get(usize::from(subject.plan));
            let spent =
                plan.into_iter().flat_map(|plan| plan.budgets.iter().filter_map(|budget| budget.spent_until));
            let changes = plan.and_then(|plan| plan.changes_after(now)).into_iter();
            let changes =
                changes.chain(spent).chain(subject.paused.map(|(until, _)| until)).chain(verdict.until);
            let to = changes.filter(|moment| *moment > now).min().unwrap_or(Timestamp::MAX);
            Standing { verdict, from: now, to }
        };
        (0..).zip(&self.subjects).map(stand).collect()
    }
}

#[cfg(test)]
mod tests {
    use luytre_lists::NameBuf;
    use luytre_lists::hash::{HashKey, SuffixHashes};

    use super::*;
    use crate::home::Home;
    use crate::policy::{Asked, Circumstances, Rules, decide, decide_unnamed};

    /// A child with a bedtime, a pause, a grant and a budget, and one who is nobody.
    const FAMILY: &str = "time_zone = \"Asia/Ho_Chi_Minh\"\n\
        device = [{ mac = \"02:00:00:00:00:01\", person = \"an\" }, { mac = \"02:00:00:00:00:02\", person = \"bo\" }]\n\
        person = [{ id = \"an\", name = \"An\", birth_year = 2016 }, { id = \"bo\", name = \"Bo\", profile = \"adult\" }]\n\
        schedule = [{ id = \"bedtime\", who = [\"an\"], mode = \"block\", from = \"21:00\", to = \"06:00\" }]\n\
        budget = [{ id = \"all\", who = \"an\", of = \"all\", minutes = 60 }]\n\
        pause = [{ who = \"bo\", until = \"2026-11-21T13:30:00+07:00\" }]\n\
        grant = [{ who = [\"an\"], of = \"all\", until = \"2026-11-21T21:40:00+07:00\" }]\n";

    /// 2026-11-21, noon in Hồ Chí Minh City.
    const NOON: Timestamp = 1_795_237_200;

    #[test]
    fn what_stands_is_what_the_order_decides_at_every_minute_of_two_days() {
        let home = Home::of(FAMILY);
        // The roll learns the family's devices.
        home.people(&home.family());
        let name = NameBuf::parse("plain.example").unwrap();
        let suffixes = SuffixHashes::of(HashKey::LUYTRE, name.as_name());
        let asked = Asked { name: name.as_name(), suffixes: &suffixes, rtype: 1, listed: None };
        let (mut stood, mut kinds) = (0, std::collections::HashSet::new());
        for spent in [None, Some(NOON + 7_000)] {
            for compiled in [NOON, NOON + 3_600, NOON + 9 * 3_600 + 60] {
                let circumstances = Circumstances { now: compiled, trusted: true, spent: &[spent] };
                let policy = home.policy(&Rules::default(), home.family(), &circumstances);
                for now in (NOON..NOON + 2 * 86_400).step_by(60) {
                    for who in (0..4).map(Who) {
                        let whole = decide(&policy, who, &asked, now).verdict;
                        assert_eq!(
                            decide_unnamed(&policy, who, CategorySet::EMPTY, now),
                            whole,
                            "{now} {who:?}"
                        );
                        stood += usize::from(policy.standing(who, now).is_some());
                        kinds.insert(whole.reason);
                    }
                }
            }
        }
        assert!(stood > 10_000, "{stood}");
        assert!(kinds.len() >= 4, "{kinds:?}");
    }
}
