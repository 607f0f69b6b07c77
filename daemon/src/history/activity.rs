//! Who did what when: sums over rows, for the page and the API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use luytre_lists::CategoryTable;
use serde::{Serialize, Serializer};

use super::cells::{Ending, Topic};
use super::dictionary::{Kind, Measure, Subject};
use super::level::{Calendar, Level};
use super::uses::UNIT;
use crate::clock::Timestamp;

/// What activity is summed up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The categories of names: a question counts in each of its own.
    Category,
    /// The person who asked.
    Person,
    /// The device that asked.
    Device,
    /// The service that the name belongs to.
    Service,
    /// The site, such as `example.com`: of the last questions only, as many as `keep_queries` says.
    Domain,
}

/// How activity is cut into pieces of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Not at all: one row a key.
    Whole,
    /// By ten minutes, as far back as they are kept, two days; then as by hours.
    TenMinutes,
    /// By hours of the house's clock, as far back as they are kept, eight days; then as by days.
    Hour,
    /// By days of the house's calendar.
    Day,
}

/// Which activity is asked for.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The first second.
    pub from: Timestamp,
    /// The second after the last. Where only hours or days are kept, one counts with the moment when it begins.
    pub to: Timestamp,
    /// What it is summed up by.
    pub by: By,
    /// How it is cut.
    pub step: Step,
    /// One person's only.
    pub person: Option<&'a str>,
}

/// The activity of one key in one piece of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Activity {
    /// When the piece of time begins, in seconds since 1970; `null` if all is one piece.
    pub time: Option<Timestamp>,
    /// The category, person, device, service or site; empty for what is not known.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(test, schema(value_type = String))]
    pub key: Arc<str>,
    /// Questions.
    pub count: u64,
    /// Of those, the blocked ones.
    pub blocked: u64,
    /// Of those, the ones that were answered otherwise.
    pub rewritten: u64,
    /// Bytes both ways, in steps of a million, where the firewall counts them; not by domain.
    pub bytes: u64,
    /// Minutes in which a device used it: two devices at once count two, and by category two services at once as well.
    pub minutes: u64,
}

/// Sums up what it is given.
pub(super) struct Sum<'a> {
    wanted: &'a Wanted<'a>,
    calendar: &'a Calendar,
    /// A year by days has thousands of rows and few keys: each is kept once.
    keys: Vec<Arc<str>>,
    numbers: BTreeMap<Arc<str>, usize>,
    cells: BTreeMap<(Option<Timestamp>, usize), [i64; Measure::COUNT]>,
}

impl<'a> Sum<'a> {
    pub(super) fn new(wanted: &'a Wanted<'a>, calendar: &'a Calendar) -> Self {
        Self { wanted, calendar, keys: Vec::new(), numbers: BTreeMap::new(), cells: BTreeMap::new() }
    }

    /// Adds a cell of a row that begins then.
    pub(super) fn add(&mut self, start: Timestamp, subject: &Subject, kind: &Kind, count: u32) {
        let is_wanted = (self.wanted.from..self.wanted.to).contains(&start);
        if !is_wanted || self.wanted.person.is_some_and(|person| person != subject.person) {
            return;
        }
        let category;
        let key = match self.wanted.by {
            By::Category if kind.topic == Topic::AGAIN => return,
            By::Category => {
                category = kind.topic.category().map(|category| CategoryTable::shipped().key(category));
                category.as_deref().unwrap_or_default()
            }
            By::Person => &subject.person,
            By::Device => &subject.device,
            // A device at two services is in use for one minute, and each of them for one.
            By::Service if (kind.topic, kind.measure) == (Topic::AGAIN, Measure::Minutes) => return,
            By::Service => &kind.service,
            By::Domain => return,
        };
        let count = i64::from(count);
        self.add_key(start, key, kind.measure, if kind.topic == Topic::AGAIN { -count } else { count });
    }

    /// Adds a question of the ring.
    pub(super) fn add_site(&mut self, time: Timestamp, person: &str, site: &str, ending: Ending) {
        let is_wanted = (self.wanted.from..self.wanted.to).contains(&time);
        if is_wanted && self.wanted.person.is_none_or(|wanted| wanted == person) {
            self.add_key(time, site, Measure::Questions(ending), 1);
        }
    }

    fn add_key(&mut self, start: Timestamp, key: &str, measure: Measure, count: i64) {
        let key = self.number(key);
        let piece = self.wanted.step.level().map(|level| {
            // A row that is longer than the step is a piece of its own.
            self.calendar.start(level, self.calendar.period(level, start))
        });
        self.cells.entry((piece, key)).or_default()[usize::from(measure.number())] += count;
    }

    fn number(&mut self, key: &str) -> usize {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let key: Arc<str> = key.into();
        self.numbers.insert(Arc::clone(&key), self.keys.len());
        self.keys.push(key);
        self.keys.len() - 1
    }

    /// The sums by time, and the largest first.
    pub(super) fn finish(self) -> Vec<Activity> {
        let whole = |count: i64| u64::try_from(count).unwrap_or(0);
        let rows = self.cells.into_iter().map(|((time, key), counts)| {
            let [allowed, blocked, rewritten, units, minutes] = counts;
            Activity {
                time,
                key: Arc::clone(&self.keys[key]),
                count: whole(allowed + blocked + rewritten),
                blocked: whole(blocked),
                rewritten: whole(rewritten),
                bytes: whole(units).saturating_mul(UNIT),
                minutes: whole(minutes),
            }
        });
        let mut rows: Vec<Activity> = rows.filter(|row| row.count + row.bytes + row.minutes > 0).collect();
        rows.sort_by(|one, other| {
            let most = (other.count, other.bytes).cmp(&(one.count, one.bytes));
            one.time.cmp(&other.time).then(most).then_with(|| one.key.cmp(&other.key))
        });
        rows
    }
}

fn as_text<S: Serializer>(key: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key)
}

impl Step {
    fn level(self) -> Option<Level> {
        match self {
            Self::Whole => None,
            Self::TenMinutes => Some(Level::TenMinutes),
            Self::Hour => Some(Level::Hour),
            Self::Day => Some(Level::Day),
        }
    }
}

/// Picks rows so that each moment in the time asked for is in exactly one of them: the longest that the step allows
/// and that lie within, and longer ones where no shorter are kept.
pub(super) fn cover(
    periods: impl Fn(Level) -> Vec<u32>,
    wanted: &Wanted<'_>,
    calendar: &Calendar,
) -> Vec<(Level, u32)> {
    let start = |level, period| calendar.start(level, period);
    let day_of = |level, period| calendar.period(Level::Day, start(level, period));
    let hour_of = |period| calendar.period(Level::Hour, start(Level::TenMinutes, period));
    let is_within =
        |level, period| wanted.from <= start(level, period) && start(level, period + 1) <= wanted.to;
    let begins_within = |level, period| (wanted.from..wanted.to).contains(&start(level, period));
    let allowed = |level| wanted.step.level().is_none_or(|step| level <= step);
    let [tens, hours, days] = Level::ALL.map(periods);
    let in_hours: BTreeSet<u32> = tens.iter().copied().map(hour_of).collect();
    let in_days: BTreeSet<u32> = {
        let of =
            |level, periods: &[u32]| periods.iter().map(|period| day_of(level, *period)).collect::<Vec<_>>();
        of(Level::TenMinutes, &tens).into_iter().chain(of(Level::Hour, &hours)).collect()
    };
    let picks = |level, period, has_shorter: bool| match has_shorter {
        true => allowed(level) && is_within(level, period),
        false => begins_within(level, period),
    };
    let days: BTreeSet<u32> =
        days.into_iter().filter(|day| picks(Level::Day, *day, in_days.contains(day))).collect();
    let hours: BTreeSet<u32> = hours
        .into_iter()
        .filter(|hour| !days.contains(&day_of(Level::Hour, *hour)))
        .filter(|hour| picks(Level::Hour, *hour, in_hours.contains(hour)))
        .collect();
    let tens = tens.into_iter().filter(|ten| {
        let is_in_longer = days.contains(&day_of(Level::TenMinutes, *ten)) || hours.contains(&hour_of(*ten));
        !is_in_longer && begins_within(Level::TenMinutes, *ten)
    });
    let tens: Vec<_> = tens.map(|ten| (Level::TenMinutes, ten)).collect();
    let longer =
        days.iter().map(|day| (Level::Day, *day)).chain(hours.iter().map(|hour| (Level::Hour, *hour)));
    longer.chain(tens).collect()
}
