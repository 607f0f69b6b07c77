//! A household's questions: a few names most of the time, many names now and then, one in five blocked.

use luytre_tests::names::Dice;

/// One question in so many is for a blocked name.
const BLOCKED_ONE_IN: usize = 5;

/// Ranks that are drawn by Zipf's law with exponent 1: the n-th name is asked 1/n as often as the first.
struct Zipf {
    /// The sum of the weights up to each rank.
    sums: Vec<f64>,
}

impl Zipf {
    fn new(ranks: usize) -> Self {
        let weights = (1..=ranks).map(|rank| 1.0 / rank as f64);
        Self {
            sums: weights
                .scan(0.0, |sum, weight| {
                    *sum += weight;
                    Some(*sum)
                })
                .collect(),
        }
    }

    fn draw(&self, dice: &mut Dice) -> usize {
        // 53 bits are what an f64 holds exactly.
        let fraction = (dice.roll() >> 11) as f64 / (1_u64 << 53) as f64;
        let point = fraction * self.sums.last().copied().unwrap_or(0.0);
        self.sums.partition_point(|sum| *sum <= point).min(self.sums.len() - 1)
    }
}

/// `count` questions over names that stand in the order of their popularity; neither list is empty.
pub(crate) fn draw<'a>(
    popular: &'a [String],
    blocked: &'a [String],
    count: usize,
    seed: u64,
) -> Vec<&'a str> {
    let mut dice = Dice::new(seed);
    let (by_popularity, by_fame) = (Zipf::new(popular.len()), Zipf::new(blocked.len()));
    let one = |_| match dice.below(BLOCKED_ONE_IN) {
        0 => blocked[by_fame.draw(&mut dice)].as_str(),
        _ => popular[by_popularity.draw(&mut dice)].as_str(),
    };
    (0..count).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use luytre_tests::names;

    #[test]
    fn the_first_is_asked_twice_as_often_as_the_second_and_a_fifth_is_blocked() {
        let (popular, blocked) = (names::invent(1, 1000), names::invent(2, 1000));
        let drawn = draw(&popular, &blocked, 100_000, 7);
        let share = |name: &str| drawn.iter().filter(|drawn| **drawn == name).count() as f64 / 1e5;
        let harmonic: f64 = (1..=1000).map(|rank| 1.0 / f64::from(rank)).sum();
        assert!((share(&popular[0]) - 0.8 / harmonic).abs() < 0.01, "{}", share(&popular[0]));
        assert!((share(&popular[1]) - 0.4 / harmonic).abs() < 0.01, "{}", share(&popular[1]));
        assert!((drawn.iter().filter(|name| name.contains("-2.")).count() as f64 / 1e5 - 0.2).abs() < 0.01);
        assert!(drawn.contains(&popular[900].as_str()), "the tail is asked too");
    }
}
