//! The only caller of the system's clocks.
//!
//! A router's clock can be years off until NTP answers, and tests want their own time: everything else takes a
//! [`Clock`] or a time handed in.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
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

impl Moment {
    /// Whole minutes since the clock was made.
    pub fn minute(self) -> u32 {
        self.seconds / 60
    }
}

/// When this was built, or a little before: it is no earlier now, whatever the clock says.
pub const BUILT: Timestamp = {
    let Ok(seconds) = Timestamp::from_str_radix(env!("LUYTRE_BUILT"), 10) else {
        panic!("build.rs gives LUYTRE_BUILT in seconds")
    };
    seconds
};

/// Tells the time, shifted and distrusted as the command line asked. Copies are the same clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    offset: i64,
    /// Somebody must say first that the date can be believed.
    distrusted: Option<&'static AtomicBool>,
    /// It is no earlier than this, as was known before.
    floor: Timestamp,
    steered: Option<&'static Steering>,
}

/// A time that stands still and goes on only when told, so that a test knows each TTL to the second.
#[derive(Debug)]
struct Steering {
    /// The wall clock when it was made.
    began: Timestamp,
    /// Seconds added since.
    added: AtomicU32,
}

impl Clock {
    /// A clock `offset` seconds ahead of the system's; `trusted` says whether the system's date can be believed.
    pub fn new(offset: i64, trusted: bool) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let started = Instant::now();
        // Leaked once in a process, so that copies of the clock stay copies.
        let distrusted = (!trusted).then(|| &*Box::leak(Box::new(AtomicBool::new(true))));
        Self { started, offset, distrusted, floor: BUILT, steered: None }
    }

    /// The same clock, where it is known to be no earlier than this.
    pub fn no_earlier_than(self, time: Timestamp) -> Self {
        Self { floor: self.floor.max(time), ..self }
    }

    /// The same clock, stopped: from now on [`Clock::advance`] alone moves it. For tests.
    pub fn steered(self) -> Self {
        let steering = Steering { began: self.now(), added: AtomicU32::new(0) };
        // As above: once in a process.
        Self { steered: Some(Box::leak(Box::new(steering))), ..self }
    }

    /// Moves a steered clock, and all its copies, ahead; returns its uptime in seconds, or `None` if it runs by itself.
    pub fn advance(&self, seconds: u32) -> Option<u32> {
        let added = &self.steered?.added;
        Some(added.fetch_add(seconds, Ordering::Relaxed).wrapping_add(seconds))
    }

    /// The wall clock, in seconds since 1970 UTC; 0 if it says something earlier.
    pub fn now(&self) -> Timestamp {
        if let Some(steering) = self.steered {
            return steering.began + u64::from(steering.added());
        }
        system_time().saturating_add_signed(self.offset)
    }

    /// The date to judge certificates and signatures by: the wall clock, and while it can't be believed no earlier than
    /// this program was built, or than was known before the start.
    pub fn best_known(&self) -> Timestamp {
        if self.trusted() { self.now() } else { self.now().max(self.floor) }
    }

    /// Time since this clock was made; never goes back.
    pub fn uptime(&self) -> Duration {
        match self.steered {
            Some(steering) => Duration::from_secs(steering.added().into()),
            None => self.started.elapsed(),
        }
    }

    /// Reads both clocks.
    pub fn moment(&self) -> Moment {
        let uptime = self.uptime();
        // Both wrap on purpose.
        Moment { now: self.now(), seconds: uptime.as_secs() as u32, micros: uptime.as_micros() as u32 }
    }

    /// Whether the date can be believed: nobody said otherwise, and it is not before this was built. A router without a
    /// battery begins in 1970, until it hears of NTP.
    pub fn trusted(&self) -> bool {
        let told = self.distrusted.is_none_or(|distrusted| !distrusted.load(Ordering::Relaxed));
        told && system_time() >= BUILT
    }

    /// Somebody says that the date can be believed.
    pub fn trust(&self) {
        if let Some(distrusted) = self.distrusted {
            distrusted.store(false, Ordering::Relaxed);
        }
    }
}

/// What the system takes the time for; 0 for a time before 1970.
fn system_time() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since_epoch.map_or(0, |elapsed| elapsed.as_secs())
}

/// A process has one clock; in tests each has its own start.
impl PartialEq for Clock {
    fn eq(&self, other: &Self) -> bool {
        (self.started, self.offset) == (other.started, other.offset)
    }
}

impl Eq for Clock {}

impl Steering {
    fn added(&self) -> u32 {
        self.added.load(Ordering::Relaxed)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(0, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steered_clock_stands_still_until_it_is_moved() {
        let clock = Clock::new(-100, true).steered();
        let (copy, before) = (clock, clock.moment());
        assert_eq!((before.seconds, before.micros), (0, 0));
        assert_eq!(clock.advance(61), Some(61));
        let after = copy.moment();
        assert_eq!((after.seconds, after.micros, after.now - before.now), (61, 61_000_000, 61));
        assert_eq!(copy.uptime(), Duration::from_secs(61));
    }

    #[test]
    fn a_clock_that_runs_is_not_moved() {
        assert_eq!(Clock::default().advance(61), None);
    }

    const TEN_YEARS: i64 = 10 * 366 * 24 * 3600;

    #[test]
    fn an_untrusted_clock_is_no_earlier_than_the_program() {
        let now = Clock::default().now();
        assert!(Clock::new(-TEN_YEARS, true).best_known() < now - 1);
        let clock = Clock::new(-TEN_YEARS, false);
        assert_eq!((clock.trusted(), clock.best_known()), (false, BUILT));
        assert!(BUILT > 1_700_000_000 && BUILT <= now);
        assert!(Clock::new(TEN_YEARS, false).best_known() > now);
    }

    #[test]
    fn a_clock_is_believed_when_somebody_says_so() {
        let clock = Clock::new(-TEN_YEARS, false);
        let copy = clock;
        clock.trust();
        assert!(copy.trusted() && copy.best_known() < BUILT);
    }
}
