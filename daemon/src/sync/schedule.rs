//! When to ask. Pure: chance is handed in.

use std::time::Duration;

/// The longest time between two questions for the timestamp: what is urgent is in force within an hour.
const CHECK: Duration = Duration::from_secs(3600);
/// The longest wait before a list that is not urgent is taken.
const TAKE: Duration = Duration::from_secs(6 * 3600);
/// The longest wait after a start with a list: after a power cut a whole town starts at once.
const START: Duration = Duration::from_secs(30 * 60);
/// The same without a list: the starter list filters, and the family waits for more.
const FIRST: Duration = Duration::from_secs(20);
/// The first wait after a failure; each further one doubles its bound, up to [`TAKE`].
const RETRY: Duration = Duration::from_secs(60);

/// How long to wait after the start.
pub fn after_start(has_list: bool, check_every: Option<Duration>, chance: u64) -> Duration {
    match check_every {
        Some(every) => part(every.min(START), chance, 0),
        None if has_list => part(START, chance, 0),
        None => part(FIRST, chance, 0),
    }
}

/// How long to wait after a question that was answered; no less than the publisher asks for.
pub fn after_success(check_every: Option<Duration>, publisher: Duration, chance: u64) -> Duration {
    let most = check_every.unwrap_or(CHECK).max(publisher);
    // Never later than that, so that nothing urgent waits; and no two routers stay in step.
    part(most, chance, 75).max(publisher)
}

/// How long to wait after so many failures in a row, 1 or more: anything up to a bound that doubles.
pub fn after_failure(failures: u32, check_every: Option<Duration>, chance: u64) -> Duration {
    let bound = RETRY.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(TAKE);
    part(check_every.map_or(bound, |every| bound.min(every)).max(Duration::from_secs(1)), chance, 10)
}

/// How long a list that is not urgent is left alone, so that not all take it in the same hour.
pub fn before_taking(check_every: Option<Duration>, chance: u64) -> Duration {
    if check_every.is_some() { Duration::ZERO } else { part(TAKE, chance, 0) }
}

/// A part of a time by chance, `least` percent or more of it.
fn part(time: Duration, chance: u64, least: u32) -> Duration {
    let thousandths = least * 10 + (chance % u64::from(1001 - least * 10)) as u32; // up to 1000
    time * thousandths / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(wait: impl Fn(u64) -> Duration) -> (u64, u64) {
        let waits: Vec<u64> = (0..5000).map(|chance| wait(chance).as_secs()).collect();
        (*waits.iter().min().unwrap(), *waits.iter().max().unwrap())
    }

    #[test]
    fn waits_are_spread_and_bounded() {
        assert_eq!(all(|chance| after_start(true, None, chance)), (0, 1800));
        assert_eq!(all(|chance| after_start(false, None, chance)), (0, 20));
        assert_eq!(all(|chance| after_success(None, Duration::ZERO, chance)), (2700, 3600));
        assert_eq!(all(|chance| before_taking(None, chance)), (0, 6 * 3600));
        let every = Some(Duration::from_secs(100));
        assert_eq!(all(|chance| after_success(every, Duration::ZERO, chance)), (75, 100));
        assert_eq!(all(|chance| after_success(every, Duration::from_secs(7200), chance)), (7200, 7200));
        assert_eq!(before_taking(every, 7), Duration::ZERO);
    }

    #[test]
    fn failures_wait_longer_and_longer_up_to_hours() {
        let most = |failures| all(|chance| after_failure(failures, None, chance)).1;
        assert_eq!([1, 2, 3, 8, 9, 10, 100].map(most), [60, 120, 240, 7680, 15360, 21600, 21600]);
        assert_eq!(all(|chance| after_failure(100, Some(Duration::from_secs(30)), chance)).1, 30);
    }
}
