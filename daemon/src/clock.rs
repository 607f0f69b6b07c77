//! The only caller of the system's clocks.
//!
//! A router's clock can be years off until NTP answers, and tests want their own time: everything else takes a
//! [`Clock`] or a time handed in.

use std::time::{Duration, Instant, SystemTime};

/// Seconds since 1970 UTC.
pub type Timestamp = u64;

/// One reading of the clock, good for a whole batch.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The wall clock.
    pub now: Timestamp,
    /// Whole seconds since the clock was made; wraps after 136 years.
    pub seconds: u32,
    /// Microseconds since the clock was made; wraps every 71 minutes.
    pub micros: u32,
}

/// Tells the time, shifted and distrusted as the command line asked.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    offset: i64,
    trusted: bool,
}

impl Clock {
    /// A clock `offset` seconds ahead of the system's; `trusted` says whether the system's date can be believed.
    pub fn new(offset: i64, trusted: bool) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let started = Instant::now();
        Self { started, offset, trusted }
    }

    /// The wall clock, in seconds since 1970 UTC; 0 if it says something earlier.
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.map_or(0, |elapsed| elapsed.as_secs()).saturating_add_signed(self.offset)
    }

    /// Time since this clock was made; never goes back.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Reads both clocks.
    pub fn moment(&self) -> Moment {
        let uptime = self.uptime();
        // Both wrap on purpose.
        Moment { now: self.now(), seconds: uptime.as_secs() as u32, micros: uptime.as_micros() as u32 }
    }

    /// Whether the date can be believed.
    pub fn trusted(&self) -> bool {
        self.trusted
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(0, true)
    }
}
