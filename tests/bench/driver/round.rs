//! What is asked of whom: rounds, in each of which every server is started once, and the workloads put on it then.

use anyhow::{Result, bail};

use crate::servers::Kind;

/// One way to set up all servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// One core, and an upstream server that answers at once.
    Home,
    /// Two cores, which server, generator and upstream share: only the CPU per query counts.
    Cores,
    /// The upstream server is 20 ms away.
    Far,
    /// Signatures are checked (DNSSEC), over a zone that is signed.
    Signed,
    /// The upstream server speaks DNS over TLS only.
    Tls,
    /// What the cache takes.
    Memory,
    /// Every listener is open: UDP, TCP, TLS, HTTPS and QUIC.
    Listeners,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    Blocked,
    Cached,
    CachedSerial,
    /// As a household asks: the popular most (Zipf), one question in five blocked.
    Mix,
    Uncached,
}

/// A workload in a round: what a row of the table and a group of the plot stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) round: Round,
    pub(crate) workload: Workload,
}

impl Round {
    pub(crate) const ALL: [Self; 7] =
        [Self::Home, Self::Cores, Self::Far, Self::Signed, Self::Tls, Self::Memory, Self::Listeners];

    /// The word of `--rounds`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Cores => "cores",
            Self::Far => "far",
            Self::Signed => "signed",
            Self::Tls => "tls",
            Self::Memory => "memory",
            Self::Listeners => "listeners",
        }
    }

    pub(crate) fn parse(word: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|round| round.word() == word.trim()) {
            Some(round) => Ok(round),
            None => bail!("--rounds: {word} is none of {}", Self::ALL.map(Self::word).join(", ")),
        }
    }

    /// In this order: the uncached names come last because they push others out of the caches.
    pub(crate) fn workloads(self) -> &'static [Workload] {
        use Workload::{Blocked, Cached, CachedSerial, Mix, Uncached};
        match self {
            Self::Home => &[Blocked, Cached, CachedSerial, Mix, Uncached],
            Self::Cores => &[Blocked, Cached, Mix],
            Self::Far | Self::Signed | Self::Tls => &[Uncached],
            Self::Memory | Self::Listeners => &[],
        }
    }

    /// The echoes know no upstream, dnsmasq neither threads nor TLS, and its checking of signatures is no figure that
    /// we are measured by.
    pub(crate) fn has(self, kind: Kind) -> bool {
        match self {
            Self::Home => true,
            Self::Cores => kind != Kind::Dnsmasq,
            Self::Far | Self::Memory => !kind.is_echo(),
            Self::Signed | Self::Tls => matches!(kind, Kind::Luytre | Kind::Unbound),
            Self::Listeners => kind == Kind::Luytre,
        }
    }

    /// Whether a build of Luytre may lack what the round is about.
    pub(crate) fn is_optional(self) -> bool {
        matches!(self, Self::Signed | Self::Tls | Self::Listeners)
    }
}

impl Workload {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Cached => "cached",
            Self::CachedSerial => "cached serial",
            Self::Mix => "household mix",
            Self::Uncached => "uncached",
        }
    }
}

impl Task {
    /// All of some rounds.
    pub(crate) fn of(rounds: &[Round]) -> impl Iterator<Item = Self> {
        rounds.iter().flat_map(|round| {
            round.workloads().iter().map(|workload| Self { round: *round, workload: *workload })
        })
    }

    pub(crate) fn name(self) -> String {
        let workload = self.workload.name();
        match self.round {
            Round::Cores => format!("{workload}, 2 cores"),
            Round::Far => format!("{workload}, 20 ms away"),
            Round::Signed => format!("{workload}, validated"),
            Round::Tls => format!("{workload}, over TLS"),
            Round::Home | Round::Memory | Round::Listeners => workload.to_owned(),
        }
    }

    /// The task whose echo this one is compared with: an echo has neither cache nor upstream.
    pub(crate) fn baseline(self) -> Self {
        match self.round {
            Round::Cores => self,
            _ => Self { round: Round::Home, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_is_found_by_its_word_and_every_task_has_a_name_of_its_own() {
        for round in Round::ALL {
            assert_eq!(Round::parse(round.word()).unwrap(), round);
        }
        assert!(Round::parse("abroad").is_err());
        let mut names: Vec<_> = Task::of(&Round::ALL).map(Task::name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn every_task_has_an_echo_to_be_compared_with() {
        for task in Task::of(&Round::ALL) {
            let baseline = task.baseline();
            assert!(baseline.round.has(Kind::Pktinfo) && baseline.round.workloads().contains(&task.workload));
        }
    }
}
