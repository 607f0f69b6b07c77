//! An answer is kept no longer than what was decided holds: a site that is allowed until bedtime must not stay in a
//! phone's cache behind it.

use crate::clock::Timestamp;
use crate::policy::{Reason, Verdict};
use crate::wire::{Records, rtype, set_u16};

/// Lowers the TTLs of a message to `most` seconds. Allocates nothing.
pub fn cap(message: &mut [u8], most: u32) {
    let mut from = 0;
    while let Some((at, next)) = next_ttl(message, from, most) {
        set_u16(message, at, (most >> 16) as u16);
        set_u16(message, at + 2, most as u16);
        from = next;
    }
}

/// The longest lifetime, in seconds, of an answer whose decision may change at a moment that nobody knows beforehand: a
/// budget is used up, a parent lifts a pause or takes a grant back. It also has a device ask again in each minute in
/// which it uses a name, by which use is seen.
const BRIEF: u32 = 10;

/// For how many seconds an answer may be kept: until another decision is due or may be, if one is.
pub fn longest(verdict: &Verdict, now: Timestamp) -> Option<u32> {
    // At least a second: 0 would have some clients ask again for every connection.
    let left = |until: Timestamp| u32::try_from(until.saturating_sub(now)).unwrap_or(u32::MAX).max(1);
    let is_by_time =
        matches!(verdict.reason, Reason::Paused | Reason::Schedule | Reason::Budget | Reason::Grant);
    let brief = (is_by_time || verdict.budgets != 0).then_some(BRIEF);
    verdict.until.map(left).into_iter().chain(brief).min()
}

/// Where the first TTL above `most` stands in a record that begins at `from` or behind, and where that record ends.
fn next_ttl(message: &[u8], from: usize, most: u32) -> Option<(usize, usize)> {
    let mut records = Records::of(message)?.filter(|record| record.start >= from);
    // An OPT record has no TTL where others have theirs (RFC 6891 §6.1.3).
    let record = records.find(|record| record.rtype != rtype::OPT && record.ttl > most)?;
    // Before the data stand its length, and the TTL.
    Some((record.data.start.checked_sub(6)?, record.data.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use luytre_lists::CategorySet;

    /// A question for a.b with two addresses, of 300 and of 5 seconds, and an OPT.
    const ANSWER: &[u8] = b"\0\0\x81\x80\0\x01\0\x02\0\0\0\x01\x01a\x01b\0\0\x01\0\x01\
        \xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02\x01\
        \xc0\x0c\0\x01\0\x01\0\0\0\x05\0\x04\xc0\0\x02\x02\
        \0\0\x29\x04\xd0\x01\0\0\0\0\0";

    fn ttls(until: Option<Timestamp>) -> Vec<u32> {
        let mut message = ANSWER.to_vec();
        let verdict = Verdict { until, ..Verdict::nothing_against(CategorySet::EMPTY) };
        longest(&verdict, 1000).into_iter().for_each(|most| cap(&mut message, most));
        Records::of(&message).unwrap().map(|record| record.ttl).collect()
    }

    #[test]
    fn no_ttl_is_longer_than_the_decision_holds() {
        const OPT: u32 = 0x0100_0000;
        assert_eq!(ttls(None), [300, 5, OPT]);
        assert_eq!(ttls(Some(1060)), [60, 5, OPT]);
        assert_eq!(ttls(Some(1000)), [1, 1, OPT]);
        assert_eq!(ttls(Some(Timestamp::MAX)), [300, 5, OPT]);
    }

    #[test]
    fn what_time_or_a_parent_may_change_at_any_moment_is_asked_again_soon() {
        let open = Verdict::nothing_against(CategorySet::EMPTY);
        assert_eq!(longest(&open, 1000), None);
        let reasons = [Reason::Paused, Reason::Schedule, Reason::Budget, Reason::Grant];
        let by_time = reasons.map(|reason| Verdict { reason, ..open });
        for verdict in by_time.into_iter().chain([Verdict { budgets: 0b10, ..open }]) {
            assert_eq!(longest(&verdict, 1000), Some(BRIEF), "{verdict:?}");
            assert_eq!(longest(&Verdict { until: Some(1003), ..verdict }, 1000), Some(3));
            assert_eq!(longest(&Verdict { until: Some(2000), ..verdict }, 1000), Some(BRIEF));
        }
    }
}
