//! The Vietnamese lunar calendar from the sun and the moon, to hold the shipped table against.
//!
//! By the method that Hồ Ngọc Đức described: a month begins on the day of the new moon; the winter solstice lies in the
//! 11th; where thirteen months lie between two solstices, the first without a major solar term is leap. The moments are
//! Jean Meeus's (Astronomical Formulae for Calculators, chapters 18 and 32), good to some minutes. "Day" is a Julian day
//! number, the day that begins at midnight where the calendar is made.

use jiff::ToSpan;
use jiff::civil::Date;

/// Days since the epoch of the moon's formula.
const MONTH: f64 = 29.530_588_68;

/// Where the calendar is made.
#[derive(Clone, Copy)]
pub(super) struct Observer {
    /// Hours ahead of UTC.
    pub(super) hours: f64,
}

pub(super) const VIET_NAM: Observer = Observer { hours: 7.0 };
pub(super) const CHINA: Observer = Observer { hours: 8.0 };

impl Observer {
    /// The date of a day of a lunar year's month; not for leap months, nor the 11th and 12th.
    pub(super) fn date(self, year: i16, month: usize, day: i64) -> Date {
        assert!((1..=10).contains(&month) && (1..=30).contains(&day));
        let months = self.months_from_solstice(year - 1);
        // The 11th and the 12th come first.
        from_julian(months[month + 1] + day - 1)
    }

    /// The days that months begin on, from the 11th of this lunar year to the 10th of the next, without a leap one.
    fn months_from_solstice(self, year: i16) -> Vec<i64> {
        let (first, end) = (self.eleventh_month(year), self.eleventh_month(year + 1));
        let number = self.month_of(first);
        let mut starts: Vec<i64> =
            (number..).map(|k| self.new_moon(k)).take_while(|&day| day <= end).collect();
        if starts.len() == 14 {
            let leap = (1..13).find(|&i| self.term(starts[i]) == self.term(starts[i + 1]));
            starts.remove(leap.expect("one of thirteen months has no major term"));
        }
        starts.pop();
        assert_eq!(starts.len(), 12);
        starts
    }

    /// The day on which the month of this year's winter solstice begins.
    fn eleventh_month(self, year: i16) -> i64 {
        let mut number = self.month_of(to_julian(Date::constant(year, 12, 31)));
        if self.term(self.new_moon(number)) >= 9 {
            number -= 1;
        }
        self.new_moon(number)
    }

    /// The number of the month that a day lies in.
    fn month_of(self, day: i64) -> i64 {
        let near = ((day - 2_415_021) as f64 / MONTH) as i64;
        (near - 1..=near + 1).rev().find(|&number| self.new_moon(number) <= day).unwrap()
    }

    /// The day of a new moon, counted from that of January 1900.
    fn new_moon(self, number: i64) -> i64 {
        (new_moon(number as f64) + 0.5 + self.hours / 24.0).floor() as i64
    }

    /// Which twelfth of its way from the spring equinox the sun is in as a day begins.
    fn term(self, day: i64) -> u8 {
        (sun(day as f64 - 0.5 - self.hours / 24.0) / 30.0) as u8
    }
}

/// The moment of a new moon, as a Julian date in universal time.
fn new_moon(k: f64) -> f64 {
    let t = k / 1236.85;
    let (t2, t3) = (t * t, t * t * t);
    let sin = |degrees: f64| degrees.to_radians().sin();
    let mean = 2_415_020.759_33 + MONTH * k + 0.000_117_8 * t2 - 0.000_000_155 * t3
        + 0.000_33 * sin(166.56 + 132.87 * t - 0.009_173 * t2);
    let sun = 359.2242 + 29.105_356_08 * k - 0.000_033_3 * t2 - 0.000_003_47 * t3;
    let moon = 306.0253 + 385.816_918_06 * k + 0.010_730_6 * t2 + 0.000_012_36 * t3;
    let node = 21.2964 + 390.670_506_46 * k - 0.001_652_8 * t2 - 0.000_002_39 * t3;
    let terms = [
        (0.1734 - 0.000_393 * t, sun),
        (0.0021, 2.0 * sun),
        (-0.4068, moon),
        (0.0161, 2.0 * moon),
        (-0.0004, 3.0 * moon),
        (0.0104, 2.0 * node),
        (-0.0051, sun + moon),
        (-0.0074, sun - moon),
        (0.0004, 2.0 * node + sun),
        (-0.0004, 2.0 * node - sun),
        (-0.0006, 2.0 * node + moon),
        (0.0010, 2.0 * node - moon),
        (0.0005, 2.0 * moon + sun),
    ];
    // Ephemeris time is ahead of universal time by that much, in this century and the last.
    let ahead = -0.000_278 + 0.000_265 * t + 0.000_262 * t2;
    mean + terms.iter().map(|&(size, angle)| size * sin(angle)).sum::<f64>() - ahead
}

/// The sun's apparent longitude in degrees, 0 to 360, from the spring equinox.
fn sun(julian: f64) -> f64 {
    let t = (julian - 2_451_545.0) / 36_525.0;
    let t2 = t * t;
    let sin = |degrees: f64| degrees.to_radians().sin();
    let mean = 280.466_45 + 36_000.769_83 * t + 0.000_303_2 * t2;
    let anomaly = 357.529_10 + 35_999.050_30 * t - 0.000_155_9 * t2 - 0.000_000_48 * t2 * t;
    let centre = (1.914_600 - 0.004_817 * t - 0.000_014 * t2) * sin(anomaly)
        + (0.019_993 - 0.000_101 * t) * sin(2.0 * anomaly)
        + 0.000_290 * sin(3.0 * anomaly);
    let (aberration, nutation) = (-0.005_69, -0.004_78 * sin(125.04 - 1_934.136 * t));
    (mean + centre + aberration + nutation).rem_euclid(360.0)
}

/// The Julian day number of 1970-01-01.
const UNIX: i64 = 2_440_588;

fn to_julian(date: Date) -> i64 {
    let since = date.since((jiff::Unit::Day, Date::constant(1970, 1, 1))).unwrap();
    UNIX + i64::from(since.get_days())
}

fn from_julian(day: i64) -> Date {
    Date::constant(1970, 1, 1) + (day - UNIX).days()
}

#[test]
fn new_year_is_on_the_days_that_people_kept_it() {
    let kept = [
        (1968, "1968-01-29"),
        (1975, "1975-02-11"),
        (1985, "1985-01-21"),
        (2000, "2000-02-05"),
        (2007, "2007-02-17"),
        (2012, "2012-01-23"),
        (2020, "2020-01-25"),
        (2021, "2021-02-12"),
        (2022, "2022-02-01"),
        (2023, "2023-01-22"),
        (2024, "2024-02-10"),
        (2025, "2025-01-29"),
        (2026, "2026-02-17"),
        (2027, "2027-02-06"),
        (2028, "2028-01-26"),
        (2029, "2029-02-13"),
        (2030, "2030-02-02"),
        (2033, "2033-01-31"),
        (2034, "2034-02-19"),
        (2050, "2050-01-23"),
    ];
    for (year, date) in kept {
        assert_eq!(VIET_NAM.date(year, 1, 1).to_string(), date);
    }
}

#[test]
fn china_keeps_new_year_on_other_days_in_1968_1969_1985_2007_and_2030_only() {
    let differs = |year: &i16| VIET_NAM.date(*year, 1, 1) != CHINA.date(*year, 1, 1);
    assert_eq!((1968..=2050).filter(differs).collect::<Vec<_>>(), [1968, 1969, 1985, 2007, 2030]);
    assert_eq!(CHINA.date(1985, 1, 1).to_string(), "1985-02-20");
    assert_eq!(CHINA.date(2030, 1, 1).to_string(), "2030-02-03");
}
