//! The command line of the bench.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::process::may_use;
use crate::round::Round;
use crate::servers::Kind;

pub(crate) const USAGE: &str = "\
usage: bench [options]
  --json               one JSON document instead of the tables
  --seconds N          per workload (5)
  --svg FILE           the ratios as a plot, too
  --only SERVERS       of echo,pktinfo,luytre,unbound,dnsmasq (all)
  --rounds ROUNDS      of home,cores,far,signed,tls,memory,listeners (all)
  --luytre PATH        the daemon (target/router/luytre)
  --hub PATH           the centre's program, which builds the list (target/router/luytre-hub)
  --data DIR           category lists (${LUYTRE_DATA:-../shared/data})
  --peer-names N       blocked names that unbound and dnsmasq hold (500000)
  --same-list          Luytre too holds only those names
  --window N           queries in flight (128)
  --core-server N      core of the server (0)
  --core-generator N   core of the generator and the upstream server (1)
  --work DIR           work folder (target/bench)";

/// What to run, checked.
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) seconds: f64,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) only: Vec<Kind>,
    pub(crate) rounds: Vec<Round>,
    pub(crate) luytre: PathBuf,
    pub(crate) hub: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) peer_names: usize,
    /// Luytre holds what the peers hold, instead of the whole data.
    pub(crate) same_list: bool,
    /// 256 small packets overrun the 208 kB that Linux gives a socket, and the losses would be the generator's
    /// doing; half of that never does.
    pub(crate) window: usize,
    pub(crate) core_server: usize,
    pub(crate) core_generator: usize,
    pub(crate) work: PathBuf,
}

impl Options {
    /// Nothing when help is asked for.
    pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Option<Self>> {
        use lexopt::prelude::*;
        let mut options = Self {
            json: false,
            seconds: 5.0,
            svg: None,
            only: Kind::ALL.to_vec(),
            rounds: Round::ALL.to_vec(),
            luytre: "target/router/luytre".into(),
            hub: "target/router/luytre-hub".into(),
            data: env::var_os("LUYTRE_DATA").map_or_else(|| "../shared/data".into(), PathBuf::from),
            peer_names: 500_000,
            same_list: false,
            window: 128,
            core_server: 0,
            core_generator: 1,
            work: "target/bench".into(),
        };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("json") => options.json = true,
                Long("seconds") => options.seconds = arguments.value()?.parse()?,
                Long("only") => {
                    let text = arguments.value()?.string()?;
                    options.only = text.split(',').map(Kind::parse).collect::<Result<_>>()?;
                }
                Long("svg") => options.svg = Some(arguments.value()?.into()),
                Long("rounds") => {
                    let text = arguments.value()?.string()?;
                    options.rounds = text.split(',').map(Round::parse).collect::<Result<_>>()?;
                }
                Long("luytre") => options.luytre = arguments.value()?.into(),
                Long("hub") => options.hub = arguments.value()?.into(),
                Long("data") => options.data = arguments.value()?.into(),
                Long("peer-names") => options.peer_names = arguments.value()?.parse()?,
                Long("same-list") => options.same_list = true,
                Long("window") => options.window = arguments.value()?.parse()?,
                Long("core-server") => options.core_server = arguments.value()?.parse()?,
                Long("core-generator") => options.core_generator = arguments.value()?.parse()?,
                Long("work") => options.work = arguments.value()?.into(),
                Long("help") => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        // Cached answers live 300 s, and no run may outlast them.
        ensure!(options.seconds >= 0.1 && options.seconds <= 60.0, "--seconds is 0.1 to 60");
        ensure!((1..=4096).contains(&options.window), "--window is 1 to 4096");
        ensure!(options.peer_names >= 100, "--peer-names is 100 or more");
        Ok(Some(options))
    }

    /// The core of the server under test in a round; nothing where it may use all, or where we may not choose.
    pub(crate) fn server_core(&self, round: Round) -> Option<usize> {
        (round != Round::Cores && may_use(self.core_server)).then_some(self.core_server)
    }

    /// The core of everything else.
    pub(crate) fn generator_core(&self) -> Option<usize> {
        may_use(self.core_generator).then_some(self.core_generator)
    }
}
