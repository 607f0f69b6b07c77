//! Windows and budget days against a naive model: a walk through time, minute by minute, that looks at the clock on the
//! wall and knows nothing of when clocks change.

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;

use super::super::{Date, Days, Holidays, Span, TimeOfDay, Weekdays, Window, Zone, budget_day, spans};
use crate::clock::Timestamp;

const MINUTE: Timestamp = 60;
const DAY: Timestamp = 24 * 60 * MINUTE;
/// Since then every zone is whole minutes from UTC.
const YEAR_1973: Timestamp = 94_694_400;
const YEAR_2100: Timestamp = 4_102_444_800;

/// Clocks that do what clocks can do.
const ZONES: [&str; 24] = [
    "Asia/Ho_Chi_Minh",    // no daylight saving; changed its zone in 1975
    "America/New_York",    // at 02:00
    "America/St_Johns",    // -3:30, at 00:01 for years
    "America/Havana",      // at midnight, back over midnight
    "America/Sao_Paulo",   // midnights that don't exist
    "America/Caracas",     // half an hour at once
    "America/Asuncion",    //
    "Antarctica/Troll",    // two hours
    "Asia/Beirut",         // at midnight
    "Asia/Gaza",           // Ramadan, by a table until 2086
    "Asia/Kathmandu",      // +5:45
    "Asia/Pyongyang",      // half an hour back and forth
    "Asia/Tehran",         //
    "Africa/Cairo",        // Fridays at midnight
    "Africa/Casablanca",   // daylight saving that ends for Ramadan
    "Australia/Lord_Howe", // half an hour of daylight saving
    "Australia/Adelaide",  // +9:30
    "Europe/Berlin",       //
    "Europe/Dublin",       // "negative" daylight saving in winter
    "Europe/London",       //
    "Pacific/Apia",        // no 30 December 2011
    "Pacific/Chatham",     // +12:45, at 02:45
    "Pacific/Kwajalein",   // no 21 August 1993
    "Pacific/Kiritimati",  // no 31 December 1994
];

fn window(days: Weekdays, from: &str, to: &str) -> Window {
    Window { days, from: TimeOfDay::parse(from).unwrap(), to: TimeOfDay::parse_end(to).unwrap() }
}

/// What every case asks of its days.
fn windows() -> Vec<Window> {
    let school = Weekdays::parse(["mon", "tue", "wed", "thu", "sun"]).unwrap();
    let weekend = Weekdays::parse(["sat", "sun"]).unwrap();
    let every_day = |from, to| window(Weekdays::FULL, from, to);
    vec![
        window(school, "21:30", "06:30"),
        window(weekend, "23:30", "07:00"),
        every_day("00:00", "24:00"),
        every_day("12:00", "12:00"),
        every_day("00:00", "00:30"),
        every_day("23:45", "00:00"),
        every_day("01:30", "02:30"),
        every_day("02:15", "02:45"),
        every_day("03:00", "02:00"),
        window(weekend, "23:59", "23:59"),
    ]
}

/// Days that somewhere were none, and some that are special to computers.
const DAYS: [&str; 6] = ["1993-08-21", "1994-12-31", "2011-12-30", "2024-02-29", "2038-01-19", "2099-12-31"];

/// Six days of a zone's time: each minute with what the clocks show at it.
struct Walk {
    minutes: Vec<(Timestamp, DateTime)>,
}

impl Walk {
    fn around(zone: &TimeZone, middle: Timestamp) -> Self {
        let begin = middle - middle % MINUTE - 3 * DAY;
        let minutes = (begin..begin + 6 * DAY).step_by(60).map(|moment| {
            let clock = jiff::Timestamp::from_second(moment.cast_signed()).unwrap();
            (moment, zone.to_datetime(clock))
        });
        Self { minutes: minutes.collect() }
    }

    /// The two days in the middle: a window that reaches in there begins and ends within the walk.
    fn inner(&self) -> Span {
        let begin = self.minutes[0].0;
        Span { from: begin + 2 * DAY, to: begin + 4 * DAY }
    }

    /// The first minute at which clocks show this or later.
    fn first(&self, shown: DateTime) -> usize {
        self.minutes.iter().position(|&(_, clock)| clock >= shown).unwrap_or(self.minutes.len())
    }

    /// The minute after the last at which they show less.
    fn last(&self, shown: DateTime) -> usize {
        self.minutes.iter().rposition(|&(_, clock)| clock < shown).map_or(0, |last| last + 1)
    }

    /// Each minute of the two days, and whether the window is in force then.
    fn in_force(&self, window: Window, starts_on: impl Fn(Date) -> bool) -> Vec<(Timestamp, bool)> {
        let mut in_force = vec![false; self.minutes.len()];
        let mut date = self.minutes[0].1.date();
        while date <= self.minutes[self.minutes.len() - 1].1.date() {
            let tomorrow = date.tomorrow().unwrap();
            if window.days.contains(Date::new(date)) && starts_on(Date::new(date)) {
                let ends_on = if window.to <= window.from { tomorrow } else { date };
                let minutes = self.first(shown(date, window.from))..self.last(shown(ends_on, window.to));
                minutes.for_each(|minute| in_force[minute] = true);
            }
            date = tomorrow;
        }
        let minutes = self.minutes.iter().map(|&(moment, _)| moment).zip(in_force);
        minutes.filter(|&(moment, _)| self.inner().contains(moment)).collect()
    }
}

/// A time of a date, as clocks show it: 24:00 is the next date's 00:00.
fn shown(date: jiff::civil::Date, time: TimeOfDay) -> DateTime {
    let (hour, minute) = (time.minutes() / 60, time.minutes() % 60);
    if hour == 24 { date.tomorrow().unwrap().at(0, 0, 0, 0) } else { date.at(hour as i8, minute as i8, 0, 0) }
}

/// The moments around which a zone is looked at: sixty of its changes of clock at most, some days, ends of
/// years, each Tết.
fn moments(zone: &TimeZone, ours: &Zone) -> Vec<Timestamp> {
    let changes = zone.following(jiff::Timestamp::from_second(YEAR_1973.cast_signed()).unwrap());
    let changes = changes.map(|change| Timestamp::try_from(change.timestamp().as_second()).unwrap());
    let changes: Vec<_> = changes.take_while(|&change| change < YEAR_2100).collect();
    // An odd step, so that there are changes of both kinds.
    let some = changes.iter().copied().step_by(changes.len().div_ceil(60) | 1);
    let tet = Holidays::shipped().days(["tet"]).unwrap();
    let year_ends = (1974..2100).step_by(2).map(|year| Date::parse(&format!("{year}-12-31")).unwrap());
    let days = tet.ranges().map(|(first, _)| first).chain(DAYS.map(|day| Date::parse(day).unwrap()));
    some.chain(days.chain(year_ends).map(|day| ours.first(day, 0))).collect()
}

fn each_case(mut check: impl FnMut(&TimeZone, &Zone, Timestamp)) -> u32 {
    let mut cases = 0;
    for name in ZONES {
        let (zone, ours) = (TimeZoneDatabase::bundled().get(name).unwrap(), Zone::parse(name).unwrap());
        for moment in moments(&zone, &ours) {
            check(&zone, &ours, moment);
            cases += 1;
        }
    }
    cases
}

/// The spans are in order and apart; each minute of the walk is in one when the model says so.
fn agree(spans: &[Span], minutes: &[(Timestamp, bool)]) -> Result<(), String> {
    if !spans.is_sorted_by(|one, next| one.to < next.from) || spans.iter().any(|span| span.from >= span.to) {
        return Err(format!("out of order: {spans:?}"));
    }
    if let Some(odd) = spans.iter().find(|span| span.from % MINUTE + span.to % MINUTE != 0) {
        return Err(format!("within a minute: {odd:?}"));
    }
    for &(moment, in_force) in minutes {
        if spans.iter().any(|span| span.contains(moment)) != in_force {
            return Err(format!("at {moment}, in force: {in_force}, but {spans:?}"));
        }
    }
    Ok(())
}

#[test]
fn a_window_is_in_force_when_the_clock_on_the_wall_says_so() {
    let windows = windows();
    let cases = each_case(|zone, ours, moment| {
        let walk = Walk::around(zone, moment);
        let today = ours.date(moment);
        let except: Days = [(today, today)].into_iter().collect();
        let on: Days =
            [(today.previous(), today.previous()), (today.next(), today.next())].into_iter().collect();
        for &window in &windows {
            let of_all = spans(ours, window, None, &Days::default(), walk.inner());
            let verdict = agree(&of_all, &walk.in_force(window, |_| true));
            verdict.unwrap_or_else(|error| panic!("{ours} {window:?}: {error}"));
        }
        let window = windows[moment as usize / 60 % windows.len()];
        for (on, except) in [(None, &except), (Some(&on), &Days::default()), (Some(&on), &on)] {
            let some = spans(ours, window, on, except, walk.inner());
            let starts_on = |day| on.is_none_or(|on| on.contains(day)) && !except.contains(day);
            let verdict = agree(&some, &walk.in_force(window, starts_on));
            verdict.unwrap_or_else(|error| panic!("{ours} {window:?} on {on:?} except {except:?}: {error}"));
        }
    });
    println!("{cases} cases of zone and day, {} windows each", windows.len() + 3);
    assert!(cases >= 2000, "{cases}");
}

#[test]
fn a_budgets_day_begins_when_the_clock_on_the_wall_first_shows_its_reset() {
    let resets = ["00:00", "00:30", "02:30", "04:00", "23:45"].map(|text| TimeOfDay::parse(text).unwrap());
    let cases = each_case(|zone, ours, moment| {
        let walk = Walk::around(zone, moment);
        for (reset, now) in
            resets.iter().flat_map(|&reset| [(reset, moment - DAY / 2), (reset, moment), (reset, moment + 1)])
        {
            let day = budget_day(ours, reset, now);
            let begins = |date| walk.minutes[walk.first(shown(date, reset))].0;
            let date: jiff::civil::Date = day.date.to_string().parse().unwrap();
            let naive = Span { from: begins(date), to: begins(date.tomorrow().unwrap()) };
            assert!(day.span == naive && naive.contains(now), "{ours} {reset} {now}: {day:?}, not {naive:?}");
            assert_eq!(
                day.weekend,
                matches!(date.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday)
            );
        }
    });
    assert!(cases >= 2000, "{cases}");
}

#[test]
fn budget_days_follow_each_other_without_gap_or_overlap_from_1970_to_2100() {
    let resets = ["00:00", "04:00", "02:15", "23:59"].map(|text| TimeOfDay::parse(text).unwrap());
    for (zone, reset) in ZONES.iter().zip(resets.iter().copied().cycle()) {
        let zone = Zone::parse(zone).unwrap();
        let mut day = budget_day(&zone, reset, 0);
        while day.span.to < YEAR_2100 {
            let next = budget_day(&zone, reset, day.span.to);
            assert_eq!(budget_day(&zone, reset, day.span.to - 1), day, "{zone} {reset}");
            assert!(
                next.span.from == day.span.to && next.date > day.date,
                "{zone} {reset}: {day:?}, {next:?}"
            );
            day = next;
        }
    }
}

proptest! {
    #[test]
    fn any_window_in_any_zone_is_in_force_when_the_clock_says_so(
        zone in any::<prop::sample::Index>(),
        moment in YEAR_1973 + 4 * DAY..YEAR_2100,
        days in prop::sample::subsequence(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1..=7),
        from in 0_u16..24 * 60,
        to in 0_u16..=24 * 60,
    ) {
        let known = TimeZoneDatabase::bundled();
        let names: Vec<_> = known.available().filter(|name| name.as_str() != "Etc/Unknown").collect();
        let name = zone.get(&names).as_str();
        let (zone, ours) = (known.get(name).unwrap(), Zone::parse(name).unwrap());
        let text = |minutes| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let window = window(Weekdays::parse(days).unwrap(), &text(from), &text(to));
        let walk = Walk::around(&zone, moment);
        let in_force = walk.in_force(window, |_| true);
        let spans = spans(&ours, window, None, &Days::default(), walk.inner());
        agree(&spans, &in_force).map_err(TestCaseError::fail)?;
        // A clock that shows a time within the window is enough, whichever time it shows it.
        for &(moment, clock) in walk.minutes.iter().filter(|(moment, _)| walk.inner().contains(*moment)) {
            let (today, minutes) = (Date::new(clock.date()), clock.hour() as u16 * 60 + clock.minute() as u16);
            let within = if to <= from {
                window.days.contains(today) && minutes >= from || window.days.contains(today.previous()) && minutes < to
            } else {
                window.days.contains(today) && (from..to).contains(&minutes)
            };
            prop_assert!(!within || spans.iter().any(|span| span.contains(moment)), "{} shows {}", name, clock);
        }
    }
}
