//! What a run counted, and how it is shown.

use std::io::{self, Write};
use std::time::Duration;

use luytre_tests::dns::Reply;
use luytre_tests::histogram::Histogram;
use serde_json::{Map, Value, json};

const RCODES: [&str; 16] = [
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
    "NOTAUTH", "NOTZONE", "RCODE11", "RCODE12", "RCODE13", "RCODE14", "RCODE15",
];

/// The counts of one run.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) answered: u64,
    /// Not answered within the time-out.
    pub(crate) lost: u64,
    /// Replies to no query in flight: late or doubled.
    pub(crate) unexpected: u64,
    /// Packets that are no readable reply.
    pub(crate) malformed: u64,
    pub(crate) truncated: u64,
    pub(crate) blocked: u64,
    pub(crate) rcodes: [u64; 16],
    pub(crate) times: Histogram,
    /// From the first query to the last answer.
    pub(crate) elapsed: Duration,
}

impl Tally {
    /// Counts the answer to a query sent `nanos` ago.
    pub(crate) fn answer(&mut self, reply: Reply, nanos: u64) {
        self.answered += 1;
        self.truncated += u64::from(reply.truncated);
        self.blocked += u64::from(reply.blocked);
        self.rcodes[usize::from(reply.rcode & 0x0f)] += 1;
        self.times.record(nanos);
    }

    fn per_second(&self) -> f64 {
        if self.elapsed.is_zero() { 0.0 } else { self.answered as f64 / self.elapsed.as_secs_f64() }
    }

    fn micros(&self, per_mille: u64) -> f64 {
        self.times.per_mille(per_mille) as f64 / 1000.0
    }

    fn rcodes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        RCODES.into_iter().zip(self.rcodes).filter(|(_, count)| *count > 0)
    }

    /// One object, which the driver reads.
    pub(crate) fn to_json(&self) -> Value {
        let rcodes: Map<_, _> = self.rcodes().map(|(name, count)| (name.to_owned(), count.into())).collect();
        json!({
            "sent": self.sent, "answered": self.answered, "lost": self.lost, "unexpected": self.unexpected,
            "malformed": self.malformed, "truncated": self.truncated, "blocked": self.blocked, "rcodes": rcodes,
            "seconds": self.elapsed.as_secs_f64(), "qps": self.per_second(), "p50_us": self.micros(500),
            "p99_us": self.micros(990), "max_us": self.times.max() as f64 / 1000.0,
        })
    }

    /// The same for people.
    pub(crate) fn write_text(&self, output: &mut impl Write) -> io::Result<()> {
        let seconds = self.elapsed.as_secs_f64();
        writeln!(output, "sent      {}\nanswered  {} in {seconds:.2} s", self.sent, self.answered)?;
        writeln!(output, "rate      {:.0} q/s", self.per_second())?;
        writeln!(output, "lost      {}\nblocked   {}", self.lost, self.blocked)?;
        let (unexpected, malformed, truncated) = (self.unexpected, self.malformed, self.truncated);
        writeln!(output, "odd       {unexpected} unexpected, {malformed} malformed, {truncated} truncated")?;
        for (name, count) in self.rcodes() {
            writeln!(output, "{name:<9} {count}")?;
        }
        let max = self.times.max() as f64 / 1000.0;
        writeln!(output, "µs        p50 {:.1}, p99 {:.1}, max {max:.1}", self.micros(500), self.micros(990))
    }
}
