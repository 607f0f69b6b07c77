//! Evenings that people know, to the minute.

use super::super::{Date, Days, Holidays, LAST, Span, TimeOfDay, Weekdays, Window, Zone, budget_day, spans};
use crate::clock::Timestamp;

const DAY: Timestamp = 24 * 3600;

fn window(days: &[&'static str], from: &str, to: &str) -> Window {
    let days = Weekdays::parse(days.iter().copied()).unwrap();
    Window { days, from: TimeOfDay::parse(from).unwrap(), to: TimeOfDay::parse_end(to).unwrap() }
}

fn moment(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().as_second().try_into().unwrap()
}

/// When a window is in force between the midnights (UTC) that begin two dates, as people there read it.
fn told(zone: &str, window: Window, except: &Days, between: [&str; 2]) -> Vec<String> {
    let between = between.map(|day| moment(&format!("{day}T00:00:00Z")));
    let between = Span { from: between[0], to: between[1] };
    let tell = |moment: Timestamp| {
        let moment = jiff::Timestamp::from_second(moment.cast_signed()).unwrap();
        moment.in_tz(zone).unwrap().strftime("%a %d %H:%M%:z").to_string()
    };
    let spans = spans(&Zone::parse(zone).unwrap(), window, None, except, between);
    spans.iter().map(|span| format!("{} to {}", tell(span.from), tell(span.to))).collect()
}

#[test]
fn bedtime_runs_over_midnight_and_belongs_to_the_evening() {
    let bedtime = window(&["mon", "tue", "wed", "thu", "sun"], "21:30", "06:30");
    assert_eq!(
        told("Asia/Ho_Chi_Minh", bedtime, &Days::default(), ["2026-11-26", "2026-11-30"]),
        // No bedtime on Friday and Saturday evening; the first is cut where we began to look.
        ["Thu 26 21:30+07:00 to Fri 27 06:30+07:00", "Sun 29 21:30+07:00 to Mon 30 06:30+07:00"]
    );
}

#[test]
fn there_is_no_bedtime_at_tet() {
    let bedtime = window(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "21:30", "06:30");
    let tet = Holidays::shipped().days(["tet", "2026-02-22"]).unwrap();
    assert_eq!(
        told("Asia/Ho_Chi_Minh", bedtime, &tet, ["2026-02-15", "2026-02-23"]),
        [
            "Sun 15 21:30+07:00 to Mon 16 06:30+07:00", // goes on into the holiday that follows it
            "Sat 21 21:30+07:00 to Sun 22 06:30+07:00",
        ]
    );
}

#[test]
fn days_that_are_blocked_whole_are_one_stretch() {
    let whole = window(&["mon", "tue", "wed"], "00:00", "24:00");
    let noon_to_noon = window(&["mon", "tue", "wed"], "12:00", "12:00");
    let told = |window| told("Asia/Ho_Chi_Minh", window, &Days::default(), ["2026-11-22", "2026-11-28"]);
    assert_eq!(told(whole), ["Mon 23 00:00+07:00 to Thu 26 00:00+07:00"]);
    assert_eq!(told(noon_to_noon), ["Mon 23 12:00+07:00 to Thu 26 12:00+07:00"]);
}

#[test]
fn a_time_that_spring_skips_is_the_first_moment_after_the_gap() {
    let told = |from, to| {
        let window = window(&["sun"], from, to);
        told("America/New_York", window, &Days::default(), ["2026-03-08", "2026-03-09"])
    };
    assert_eq!(told("02:30", "04:00"), ["Sun 08 03:00-04:00 to Sun 08 04:00-04:00"]);
    assert_eq!(told("01:30", "02:30"), ["Sun 08 01:30-05:00 to Sun 08 03:00-04:00"]);
    assert_eq!(told("02:00", "03:00"), [""; 0]);
    assert_eq!(told("02:15", "02:45"), [""; 0]);
}

#[test]
fn of_a_time_that_autumn_repeats_a_block_takes_both() {
    let told = |from, to| {
        let window = window(&["sun"], from, to);
        told("America/New_York", window, &Days::default(), ["2026-11-01", "2026-11-02"])
    };
    assert_eq!(told("01:15", "01:45"), ["Sun 01 01:15-04:00 to Sun 01 01:45-05:00"]);
    assert_eq!(told("00:30", "01:30"), ["Sun 01 00:30-04:00 to Sun 01 01:30-05:00"]);
    assert_eq!(told("00:30", "01:00"), ["Sun 01 00:30-04:00 to Sun 01 01:00-04:00"]);
    assert_eq!(told("02:00", "03:00"), ["Sun 01 02:00-05:00 to Sun 01 03:00-05:00"]);
}

#[test]
fn samoa_went_to_bed_on_thursday_and_rose_on_saturday() {
    let bedtime = window(&["thu"], "21:30", "06:30");
    let friday = window(&["fri"], "08:00", "17:00");
    let told = |window| told("Pacific/Apia", window, &Days::default(), ["2011-12-28", "2012-01-03"]);
    assert_eq!(told(bedtime), ["Thu 29 21:30-10:00 to Sat 31 00:00+14:00"]);
    assert_eq!(told(friday), [""; 0]);
    let apia = Zone::parse("Pacific/Apia").unwrap();
    let midnight = budget_day(&apia, TimeOfDay::MIDNIGHT, moment("2011-12-30T10:00:00Z"));
    assert_eq!((midnight.date.to_string().as_str(), midnight.weekend), ("2011-12-31", true));
    assert_eq!(midnight.span.to - midnight.span.from, DAY);
}

#[test]
fn clocks_that_are_set_back_over_midnight_lose_no_window() {
    // At 00:01 on Sunday, 7 November 2010, it was 23:01 on Saturday again.
    let zone = Zone::parse("America/St_Johns").unwrap();
    let between = |window, from, to| {
        spans(&zone, window, None, &Days::default(), Span { from: moment(from), to: moment(to) })
    };
    let (first_midnight, set_back) = ("2010-11-07T02:30:00Z", "2010-11-07T02:31:00Z");
    // Friday's reaches into Saturday, which comes after a minute of Sunday.
    let friday = between(window(&["fri"], "23:59", "23:59"), first_midnight, "2010-11-08T00:00:00Z");
    assert_eq!(friday, [Span { from: moment(first_midnight), to: moment("2010-11-07T03:29:00Z") }]);
    // Sunday's has begun, while clocks show Saturday.
    let sunday = between(window(&["sun"], "00:00", "06:00"), set_back, "2010-11-07T03:00:00Z");
    assert_eq!(sunday, [Span { from: moment(set_back), to: moment("2010-11-07T03:00:00Z") }]);
}

#[test]
fn a_budgets_day_goes_on_until_the_reset() {
    let (house, four) = (Zone::default(), TimeOfDay::parse("04:00").unwrap());
    let day = |now| budget_day(&house, four, moment(now));
    let (night, morning) = (day("2026-11-21T20:59:59Z"), day("2026-11-21T21:00:00Z"));
    assert_eq!((night.date, night.weekend), (Date::parse("2026-11-21").unwrap(), true));
    assert_eq!(morning.date, Date::parse("2026-11-22").unwrap());
    assert_eq!(night.span, Span { from: moment("2026-11-20T21:00:00Z"), to: moment("2026-11-21T21:00:00Z") });
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let hours = |now| {
        let span = budget_day(&berlin, four, moment(now)).span;
        (span.to - span.from) / 3600
    };
    assert_eq!(
        [hours("2026-03-28T12:00:00Z"), hours("2026-10-24T12:00:00Z"), hours("2026-10-25T12:00:00Z")],
        [23, 25, 24]
    );
}

#[test]
fn a_clock_that_is_absurd_is_no_reason_to_panic() {
    let bedtime = window(&["mon", "sat"], "21:30", "06:30");
    let ends = [0, 1, DAY, LAST - DAY, LAST - 1, LAST, LAST + 1, u64::MAX / 2, u64::MAX - 1, u64::MAX];
    for zone in ["Asia/Ho_Chi_Minh", "Pacific/Apia", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York"] {
        let zone = Zone::parse(zone).unwrap();
        for from in ends {
            let day = budget_day(&zone, TimeOfDay::MIDNIGHT, from);
            assert!(from >= LAST || day.span.contains(from), "{zone} {from} {day:?}");
            for to in ends {
                let spans = spans(&zone, bedtime, None, &Days::default(), Span { from, to });
                assert!(spans.len() <= 200 * 366 * 2 / 7, "{}", spans.len());
                assert!(spans.iter().all(|span| from <= span.from && span.from < span.to && span.to <= to));
            }
        }
    }
}
