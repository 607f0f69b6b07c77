//! The last questions page by page, and the new ones as they come.
//!
//! A place among all questions of this run is how many were recorded before it; it wraps with `usize`.

use std::sync::{MutexGuard, PoisonError};

use super::record::Record;
use super::ring::Ring;
use super::{History, Recent};
use crate::policy::Policy;

/// What was recorded since somebody looked last.
#[derive(Debug)]
pub struct News {
    /// The questions, the oldest first.
    pub items: Vec<Recent>,
    /// How many came between and are not among them.
    pub dropped: usize,
    /// Where to look from next.
    pub position: usize,
}

impl History {
    /// Where the next question will stand.
    pub fn position(&self) -> usize {
        self.ring().added()
    }

    /// What was recorded since `position`, the newest `most` of it.
    pub fn since(&self, position: usize, most: usize, policy: &Policy) -> News {
        let ring = self.ring();
        let (now, new) = (ring.added(), ring.added().wrapping_sub(position));
        let mut records: Vec<Record> = ring.newest_first().take(new.min(most)).copied().collect();
        drop(ring);
        records.reverse();
        let items: Vec<Recent> = self.shown(&records, policy);
        News { dropped: new - records.len(), items, position: now }
    }

    /// Up to `most` questions, the newest first, of those before `before`; and where the next page begins.
    pub fn page(&self, before: Option<usize>, most: usize, policy: &Policy) -> (Vec<Recent>, Option<usize>) {
        let ring = self.ring();
        let newer = before.map_or(0, |before| ring.added().wrapping_sub(before));
        let mut records: Vec<Record> =
            ring.newest_first().skip(newer).take(most.saturating_add(1)).copied().collect();
        let more = records.len() > most;
        records.truncate(most);
        let next = ring.added().wrapping_sub(newer).wrapping_sub(records.len());
        drop(ring);
        (self.shown(&records, policy), more.then_some(next))
    }

    fn shown(&self, records: &[Record], policy: &Policy) -> Vec<Recent> {
        // One that was forgotten keeps its place.
        let kept = records.iter().filter(|record| record.time > 0);
        kept.map(|record| record.show(policy, &*self.roll)).collect()
    }

    /// A writer can't panic while it holds the lock; if it did, what it left is still a ring.
    fn ring(&self) -> MutexGuard<'_, Ring<Record>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use luytre_lists::{CategorySet, NameBuf};

    use super::*;
    use crate::config::{Config, HistoryConfig, Privacy};
    use crate::outcome::{Outcome, Source};
    use crate::policy::{Rules, Verdict};
    use crate::who::Who;
    use crate::who::directory::Directory;

    /// A history that keeps so many questions.
    fn history(keep_queries: usize) -> History {
        let config = HistoryConfig { keep_queries, keep_counters: 0, ..Config::default().history };
        History::new(&config, Arc::new(Directory::default()))
    }

    fn ask(history: &History, numbers: std::ops::Range<u32>) {
        for number in numbers {
            let name = NameBuf::parse(&format!("n{number}.example")).unwrap();
            history.record(&Outcome {
                time: 3600,
                name: name.as_name(),
                rtype: 1,
                who: Who::UNKNOWN,
                client: [192, 168, 1, 7].into(),
                privacy: Privacy::Full,
                verdict: Verdict::nothing_against(CategorySet::EMPTY),
                source: Source::Local,
            });
        }
    }

    fn names(items: &[Recent]) -> Vec<&str> {
        items.iter().map(|recent| recent.name.trim_end_matches(".example")).collect()
    }

    #[test]
    fn who_follows_is_told_what_is_new_and_how_much_was_missed() {
        let (history, policy) = (history(4), Policy::of_house(&Rules::default()));
        ask(&history, 0..3);
        let position = history.position();
        assert!(history.since(position, 9, &policy).items.is_empty());
        ask(&history, 3..5);
        let news = history.since(position, 9, &policy);
        assert_eq!((names(&news.items), news.dropped), (vec!["n3", "n4"], 0));
        ask(&history, 5..15);
        let news = history.since(news.position, 9, &policy);
        assert_eq!((names(&news.items), news.dropped), (vec!["n11", "n12", "n13", "n14"], 6));
        let news = history.since(position, 2, &policy);
        assert_eq!((names(&news.items), news.dropped), (vec!["n13", "n14"], 10));
        assert!(history.since(news.position, 9, &policy).items.is_empty());
    }

    #[test]
    fn pages_follow_one_another_while_more_is_asked() {
        let (history, policy) = (history(5), Policy::of_house(&Rules::default()));
        ask(&history, 0..7);
        let (first, next) = history.page(None, 2, &policy);
        assert_eq!(names(&first), ["n6", "n5"]);
        ask(&history, 7..8);
        let (second, next) = history.page(next, 2, &policy);
        assert_eq!((names(&second), next), (vec!["n4", "n3"], None), "n2 was forgotten meanwhile");
        let (none, next) = history.page(Some(1), 2, &policy);
        assert_eq!((names(&none), next), (vec![], None));
        assert!(history.page(Some(usize::MAX), usize::MAX, &policy).0.is_empty(), "nobody was there");
    }

    #[test]
    fn a_ring_of_nothing_has_no_news() {
        let (history, policy) = (history(0), Policy::of_house(&Rules::default()));
        ask(&history, 0..3);
        let news = history.since(0, 9, &policy);
        assert_eq!((news.items.len(), news.dropped), (0, 0));
        assert_eq!(history.page(None, 9, &policy).1, None);
    }
}
