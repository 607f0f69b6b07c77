//! Which servers of a group are asked, and in what order. Pure: what is known of each comes in, a ranking goes out.

use std::time::Duration;

/// How many times a question is asked at most, so that a dead line doesn't multiply a household's traffic.
pub(super) const TRIES: usize = 3;

/// Which of several servers is asked first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// The one that has answered fastest, with a look at another now and then.
    #[default]
    Fastest,
    /// The three fastest at once; the first good answer counts.
    Parallel,
    /// In the order of the configuration.
    Strict,
}

/// What is known of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Condition {
    /// It failed so often that it is left alone for a while.
    pub(super) down: bool,
    /// The answer time to expect, failures included; zero while unknown, so that it is soon found out.
    pub(super) cost: Duration,
}

/// The best servers of a group, gone round in order.
#[derive(Debug)]
pub(super) struct Ranking {
    /// Indices into the group, best first.
    best: [usize; TRIES],
    len: usize,
    turn: usize,
    ruled_out: [bool; TRIES],
}

impl Ranking {
    /// Ranks a group. `explore` is put first if it is not down, whatever its cost.
    pub(super) fn new(
        strategy: Strategy,
        conditions: impl Iterator<Item = Condition>,
        explore: Option<usize>,
    ) -> Self {
        let mut ranking = Self { best: [0; TRIES], len: 0, turn: 0, ruled_out: [false; TRIES] };
        let mut keys = [(true, true, Duration::MAX); TRIES];
        for (index, Condition { down, cost }) in conditions.enumerate() {
            let cost = if strategy == Strategy::Strict { Duration::ZERO } else { cost };
            let key = (down, explore != Some(index), cost);
            // Equal keys keep the order of the configuration.
            let place = keys[..ranking.len].iter().position(|other| key < *other).unwrap_or(ranking.len);
            if place < TRIES {
                ranking.len = TRIES.min(ranking.len + 1);
                keys[place..ranking.len].rotate_right(1);
                ranking.best[place..ranking.len].rotate_right(1);
                (keys[place], ranking.best[place]) = (key, index);
            }
        }
        ranking
    }

    /// How many different servers are ranked, [`TRIES`] at most.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Takes a server out: it has said that it doesn't help with this question.
    pub(super) fn rule_out(&mut self, server: usize) {
        for (index, out) in self.best[..self.len].iter().zip(&mut self.ruled_out) {
            *out |= *index == server;
        }
    }
}

/// The server to ask next, beginning anew behind the last; ends when all are ruled out.
impl Iterator for Ranking {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let place = (self.turn..self.turn + self.len)
            .map(|turn| turn % self.len)
            .find(|&place| !self.ruled_out[place])?;
        self.turn = place + 1;
        Some(self.best[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(strategy: Strategy, servers: &[(bool, u64)], explore: Option<usize>) -> Vec<usize> {
        let condition = |&(down, ms)| Condition { down, cost: Duration::from_millis(ms) };
        Ranking::new(strategy, servers.iter().map(condition), explore).take(4).collect()
    }

    #[test]
    fn strict_keeps_the_order_and_fastest_goes_by_time() {
        let servers = [(false, 30), (false, 10), (false, 20), (false, 5)];
        assert_eq!(ranked(Strategy::Strict, &servers, None), [0, 1, 2, 0]);
        assert_eq!(ranked(Strategy::Fastest, &servers, None), [3, 1, 2, 3]);
        assert_eq!(ranked(Strategy::Fastest, &servers, Some(0)), [0, 3, 1, 0]);
    }

    #[test]
    fn a_server_that_is_down_comes_last_but_comes() {
        let servers = [(true, 1), (false, 50)];
        assert_eq!(ranked(Strategy::Strict, &servers, None), [1, 0, 1, 0]);
        assert_eq!(ranked(Strategy::Fastest, &servers, Some(0)), [1, 0, 1, 0]);
        assert_eq!(ranked(Strategy::Fastest, &[(true, 9), (true, 5)], None), [1, 0, 1, 0]);
        assert_eq!(ranked(Strategy::Fastest, &[], None), [0; 0]);
    }

    #[test]
    fn a_server_ruled_out_is_not_asked_again() {
        let mut ranking = Ranking::new(Strategy::Strict, [Condition::default(); 3].into_iter(), None);
        assert_eq!(ranking.next(), Some(0));
        ranking.rule_out(0);
        ranking.rule_out(2);
        assert_eq!([ranking.next(), ranking.next()], [Some(1), Some(1)]);
        ranking.rule_out(1);
        assert_eq!(ranking.next(), None);
    }
}
