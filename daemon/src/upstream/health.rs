//! What is known of one server: how fast it answers, whether it answers at all, and how it likes to be asked.

use std::time::Duration;

use tokio::time::Instant;

use super::choice::Condition;
use super::lock::Lock;
use super::message::{Fit, Manners, Reply};
use super::{Server, Transport};

/// Failures in a row after which a server is left alone for a while.
const FAILURES_DOWN: u32 = 3;
/// How long at first; twice as long with each further failure.
const DOWN_FIRST: Duration = Duration::from_secs(1);
const DOWN_LONGEST: Duration = Duration::from_secs(60);
/// While one question finds out whether a server is back, the others don't wait for it.
const PROBE: Duration = Duration::from_secs(2);
/// What each failure in a row adds to the answer time to expect.
const FAILURE_COST: Duration = Duration::from_millis(500);
/// How long to wait for a server whose speed is not known.
const PATIENCE_UNKNOWN: Duration = Duration::from_millis(500);
/// Below this, a retransmission would often overtake an answer that a resolver has to fetch first.
const PATIENCE_LEAST: Duration = Duration::from_millis(250);
const PATIENCE_MOST: Duration = Duration::from_millis(1500);

/// One server's health, for people: `luytre status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHealth {
    /// Which server.
    pub server: Server,
    /// The smoothed answer time in milliseconds; `None` before the first answer.
    pub srtt_ms: Option<u32>,
    /// Failures in a row; 0 after an answer.
    pub failures: u32,
    /// Whether it is left alone for now.
    pub down: bool,
    /// How often it gave back a question in another case than it got.
    pub case_mismatches: u32,
    /// Whether the question's letters are sent in random case (0x20); not to a server that loses the case, and `None`
    /// where it would protect nothing, on streams.
    pub random_case: Option<bool>,
    /// Whether EDNS is used; not with a server that rejects it.
    pub edns: bool,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl ServerHealth {
    /// What two threads know of one server, the worse of each.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        Self {
            server: self.server,
            srtt_ms: self.srtt_ms.max(other.srtt_ms),
            failures: self.failures.max(other.failures),
            down: self.down || other.down,
            case_mismatches: self.case_mismatches.max(other.case_mismatches),
            random_case: self.random_case.zip(other.random_case).map(|(one, other)| one && other),
            edns: self.edns && other.edns,
            last_error: self.last_error.or(other.last_error),
        }
    }
}

#[derive(Default)]
struct Record {
    /// Smoothed answer time and its variation (RFC 6298 §2).
    rtt: Option<(Duration, Duration)>,
    failures: u32,
    down_until: Option<Instant>,
    /// A question is out to see whether it is back.
    probing: bool,
    case_mismatches: u32,
    loses_case: Quirk,
    rejects_edns: Quirk,
    last_error: Option<String>,
}

#[derive(Default)]
pub(super) struct Health(Lock<Record>);

impl Health {
    pub(super) fn condition(&self, now: Instant) -> Condition {
        let record = self.0.hold();
        let penalty = FAILURE_COST * record.failures;
        Condition {
            down: record.is_down(now),
            cost: record.rtt.map_or(Duration::ZERO, |(srtt, _)| srtt) + penalty,
        }
    }

    pub(super) fn manners(&self, now: Instant) -> Manners {
        let record = self.0.hold();
        Manners { random_case: !record.loses_case.holds(now), edns: !record.rejects_edns.holds(now) }
    }

    /// How long to wait for an answer before somebody else is asked too.
    pub(super) fn patience(&self) -> Duration {
        let record = self.0.hold();
        record.rtt.map_or(PATIENCE_UNKNOWN, |(srtt, variation)| {
            (srtt + 4 * variation).clamp(PATIENCE_LEAST, PATIENCE_MOST)
        })
    }

    /// A question goes to the server. To one that was down it is a probe.
    pub(super) fn asked(&self, now: Instant) {
        let mut record = self.0.hold();
        if record.failures >= FAILURES_DOWN && !record.is_down(now) {
            record.down_until = Some(now + PROBE);
            record.probing = true;
        }
    }

    /// The server answered after `elapsed`.
    pub(super) fn answered(&self, elapsed: Duration, asked: Manners, reply: &Reply) {
        let mut record = self.0.hold();
        record.rtt = Some(match record.rtt {
            None => (elapsed, elapsed / 2),
            Some((srtt, variation)) => {
                ((srtt * 7 + elapsed) / 8, (variation * 3 + srtt.abs_diff(elapsed)) / 4)
            }
        });
        record.failures = 0;
        record.down_until = None;
        record.probing = false;
        if asked.random_case && reply.fit == Fit::Exact {
            record.loses_case.refuted();
        }
        if asked.edns && !reply.declines_edns() {
            record.rejects_edns.refuted();
        }
    }

    /// The server did not answer, or not usefully; `why` reads as the end of "the server …".
    pub(super) fn failed(&self, now: Instant, why: &str) {
        let mut record = self.0.hold();
        record.last_error = Some(why.to_owned());
        // Of many questions that fail together the first ones count: one short outage is not 60 s of them.
        if record.is_down(now) && !std::mem::take(&mut record.probing) {
            return;
        }
        record.failures = record.failures.saturating_add(1);
        if let Some(doublings) = record.failures.checked_sub(FAILURES_DOWN) {
            let pause = DOWN_FIRST * 2u32.saturating_pow(doublings.min(6));
            record.down_until = Some(now + pause.min(DOWN_LONGEST));
        }
    }

    /// The question came back in another case.
    pub(super) fn lost_case(&self, now: Instant) {
        let mut record = self.0.hold();
        record.case_mismatches = record.case_mismatches.saturating_add(1);
        record.loses_case.seen(now);
    }

    /// It answered without EDNS what it had declined with it.
    pub(super) fn rejected_edns(&self, now: Instant) {
        self.0.hold().rejects_edns.seen(now);
    }

    pub(super) fn show(&self, server: &Server, now: Instant) -> ServerHealth {
        let record = self.0.hold();
        ServerHealth {
            server: server.clone(),
            srtt_ms: record.rtt.map(|(srtt, _)| u32::try_from(srtt.as_millis()).unwrap_or(u32::MAX)),
            failures: record.failures,
            down: record.is_down(now),
            case_mismatches: record.case_mismatches,
            random_case: (server.transport == Transport::Udp).then(|| !record.loses_case.holds(now)),
            edns: !record.rejects_edns.holds(now),
            last_error: record.last_error.clone(),
        }
    }
}

impl Record {
    fn is_down(&self, now: Instant) -> bool {
        self.down_until.is_some_and(|until| now < until)
    }
}

/// A weakness of a server, that costs each question a second query until it is believed.
///
/// It is believed when seen three times with nothing to the contrary between, and for an hour: a single forged answer
/// must not turn a protection off, and a server that was mended gets its due again.
#[derive(Default)]
struct Quirk {
    sightings: u8,
    until: Option<Instant>,
}

impl Quirk {
    const SIGHTINGS: u8 = 3;
    const BELIEVED: Duration = Duration::from_secs(3600);

    fn seen(&mut self, now: Instant) {
        self.sightings = self.sightings.saturating_add(1);
        if self.sightings >= Self::SIGHTINGS {
            self.until = Some(now + Self::BELIEVED);
        }
    }

    fn refuted(&mut self) {
        *self = Self::default();
    }

    fn holds(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLITE: Manners = Manners { random_case: true, edns: true };

    fn reply() -> Reply {
        Reply { bytes: vec![0; 12], fit: Fit::Exact }
    }

    #[test]
    fn three_failures_in_a_row_mean_a_pause_that_doubles() {
        let (health, mut now) = (Health::default(), Instant::now());
        health.failed(now, "no");
        health.failed(now, "no");
        assert!(!health.condition(now).down);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            health.failed(now, "no");
            let almost = now + Duration::from_secs(seconds) - Duration::from_millis(1);
            assert!(health.condition(almost).down, "{seconds} s");
            now += Duration::from_secs(seconds);
            assert!(!health.condition(now).down, "{seconds} s");
            health.asked(now);
            assert!(health.condition(now).down, "one question probes, the others go elsewhere");
        }
        health.answered(Duration::from_millis(10), POLITE, &reply());
        assert_eq!(health.condition(now), Condition { down: false, cost: Duration::from_millis(10) });
    }

    #[test]
    fn failures_of_one_outage_count_once() {
        let (health, now) = (Health::default(), Instant::now());
        for _ in 0..100 {
            health.failed(now, "no");
        }
        let later = now + Duration::from_secs(3);
        assert!(!health.condition(later).down);
    }

    #[test]
    fn patience_follows_the_answer_time_within_bounds() {
        let health = Health::default();
        assert_eq!(health.patience(), PATIENCE_UNKNOWN);
        health.answered(Duration::from_millis(1), POLITE, &reply());
        assert_eq!(health.patience(), PATIENCE_LEAST);
        for _ in 0..50 {
            health.answered(Duration::from_millis(700), POLITE, &reply());
        }
        assert!((PATIENCE_LEAST..PATIENCE_MOST).contains(&health.patience()));
        health.answered(Duration::from_secs(30), POLITE, &reply());
        assert_eq!(health.patience(), PATIENCE_MOST);
    }

    #[test]
    fn a_quirk_is_believed_when_nothing_speaks_against_it() {
        let (health, now) = (Health::default(), Instant::now());
        for _ in 0..2 {
            health.lost_case(now);
            health.lost_case(now);
            health.answered(Duration::ZERO, POLITE, &reply());
            assert!(health.manners(now).random_case);
        }
        for _ in 0..3 {
            health.lost_case(now);
        }
        assert!(!health.manners(now).random_case);
        assert!(health.manners(now + Quirk::BELIEVED).random_case);
    }
}
