//! Holidays: those shipped against the sky, those of the family against those shipped.

use jiff::ToSpan;

use super::super::{Date, Days, Holidays};
use super::lunar::VIET_NAM;

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn days(holidays: &Holidays, texts: &[&str]) -> Days {
    holidays.days(texts.iter().copied()).unwrap()
}

/// The stretches of a key within some years, as text.
fn listed(key: &str, years: std::ops::RangeInclusive<i16>) -> Vec<String> {
    let days = days(&Holidays::shipped(), &[key]);
    let within = days.ranges().filter(|(first, _)| years.contains(&first.year()));
    within.map(|(first, last)| format!("{first}..{last}")).collect()
}

#[test]
fn tet_is_the_last_day_of_the_old_year_and_four_of_the_new_every_year_to_2050() {
    let computed = (2024..=2050).map(|year| {
        let new_year = VIET_NAM.date(year, 1, 1);
        format!("{}..{}", new_year - 1.day(), new_year + 3.days())
    });
    assert_eq!(listed("tet", 1970..=2100), computed.collect::<Vec<_>>());
}

#[test]
fn the_hung_kings_and_mid_autumn_are_on_their_lunar_days_every_year_to_2050() {
    for (key, month, day) in [("hung_kings", 3, 10), ("mid_autumn", 8, 15)] {
        let computed = (2024..=2050).map(|year| VIET_NAM.date(year, month, day));
        let computed: Vec<_> = computed.map(|date| format!("{date}..{date}")).collect();
        assert_eq!(listed(key, 1970..=2100), computed);
    }
    let known = ["2024-09-17", "2025-10-06", "2026-09-25"].map(date);
    let mid_autumn = days(&Holidays::shipped(), &["mid_autumn"]);
    assert!(known.into_iter().all(|date| mid_autumn.contains(date)));
}

#[test]
fn the_law_gives_eleven_days_a_year() {
    let public = days(&Holidays::shipped(), &["public_holidays"]);
    for year in 2024..=2050 {
        let mut day = date(&format!("{year}-01-01"));
        let mut count = 0;
        while day.year() == year {
            count += u32::from(public.contains(day));
            day = day.next();
        }
        // The lunar 10th of the third can't meet the end of April.
        assert_eq!(count, 11, "{year}");
    }
    assert_eq!(
        listed("public_holidays", 2027..=2027),
        [
            "2027-01-01..2027-01-01",
            "2027-02-05..2027-02-09",
            "2027-04-16..2027-04-16",
            "2027-04-30..2027-05-01",
            "2027-09-01..2027-09-02",
        ]
    );
}

#[test]
fn days_that_come_every_year_do_so_from_1970_to_2100() {
    let summer = days(&Holidays::shipped(), &["summer"]);
    let inside = ["1970-06-01", "2026-07-15", "2100-08-31"];
    let outside = ["1970-05-31", "2026-09-01", "2100-09-01"];
    assert!(inside.into_iter().all(|text| summer.contains(date(text))));
    assert!(!outside.into_iter().any(|text| summer.contains(date(text))));
}

#[test]
fn a_familys_own_holiday_takes_the_place_of_the_shipped_one_in_its_year() {
    let mut holidays = Holidays::shipped();
    holidays.add("tet", date("2027-01-30"), date("2027-02-14")).unwrap();
    let ours = ["2027-01-30", "2027-02-14", "2026-02-16", "2028-01-29"].map(date);
    for key in ["tet", "public_holidays"] {
        let days = days(&holidays, &[key]);
        assert!(ours.into_iter().all(|date| days.contains(date)), "{key}");
    }
    holidays.add("summer", date("2027-06-10"), date("2027-08-20")).unwrap();
    let summer = days(&holidays, &["summer"]);
    assert!(!summer.contains(date("2027-06-09")) && !summer.contains(date("2027-08-21")));
    assert!(summer.contains(date("2026-06-09")) && summer.contains(date("2028-08-21")));
}

#[test]
fn a_familys_own_holidays_of_one_id_add_up() {
    let mut holidays = Holidays::shipped();
    holidays.add("exams", date("2026-12-14"), date("2026-12-18")).unwrap();
    holidays.add("exams", date("2027-05-10"), date("2027-05-14")).unwrap();
    let exams = days(&holidays, &["exams"]);
    assert!(exams.contains(date("2026-12-18")) && exams.contains(date("2027-05-10")));
    assert!(!exams.contains(date("2026-12-19")));
}

#[test]
fn dates_ranges_and_keys_make_one_set() {
    let days = days(
        &Holidays::shipped(),
        &["2026-12-31", "new_year", "2026-12-20..2026-12-24", "2026-12-23..2026-12-26"],
    );
    let around: Vec<_> = days
        .ranges()
        .filter(|&(first, _)| first >= date("2026-12-01") && first < date("2027-06-01"))
        .collect();
    assert_eq!(
        around,
        [(date("2026-12-20"), date("2026-12-26")), (date("2026-12-31"), date("2027-01-01"))],
        "what touches or overlaps is one stretch"
    );
    assert!(Days::default().is_empty() && !Days::default().contains(date("2026-12-31")));
}

#[test]
fn a_set_of_days_holds_what_its_ranges_hold() {
    proptest::proptest!(|(ranges in proptest::collection::vec((0_u8..120, 0_u8..12), 0..12), day in 0_u8..140)| {
        let first = jiff::civil::date(2026, 11, 1);
        let date = |number: u8| Date::new(first + i32::from(number).days());
        let set: Days = ranges.iter().map(|&(from, length)| (date(from), date(from + length))).collect();
        let naive = ranges.iter().any(|&(from, length)| (from..=from + length).contains(&day));
        proptest::prop_assert_eq!(set.contains(date(day)), naive);
    });
}

#[test]
fn an_unknown_holiday_names_the_nearest() {
    let mut holidays = Holidays::shipped();
    holidays.add("exams", date("2026-12-14"), date("2026-12-18")).unwrap();
    let said = |text: &str| {
        let error = holidays.days([text]).unwrap_err();
        let start =
            format!("\"{text}\" is neither a date such as \"2026-12-31\", nor one of hung_kings, labour,");
        assert!(error.starts_with(&start), "{error}");
        error.rsplit_once(", nor the id of a [[holiday]]").unwrap().1.to_owned()
    };
    for (text, nearest) in
        [("tết", "tet"), ("Tet", "tet"), ("exam", "exams"), ("public holidays", "public_holidays")]
    {
        assert_eq!(said(text), format!("; did you mean \"{nearest}\"?"));
    }
    assert_eq!(["", "christmas"].map(said), ["", ""]);
}

#[test]
fn what_is_no_holiday_says_what_to_write() {
    let mut holidays = Holidays::shipped();
    let (early, late) = (date("2026-12-14"), date("2026-12-18"));
    let mut refusal = |id, from, to| holidays.add(id, from, to).unwrap_err();
    assert_eq!(
        refusal("exams", late, early),
        "ends on 2026-12-14, before it begins on 2026-12-18; change one of the two"
    );
    assert_eq!(
        refusal("2026-12-14", early, late),
        "a holiday's id begins with a letter, so that it looks unlike a date"
    );
    assert_eq!(
        refusal("", early, late),
        "a holiday's id begins with a letter, so that it looks unlike a date"
    );
    assert!(refusal("public_holidays", early, late).ends_with("give the id of one, such as \"tet\""));
    let refusal = |text| holidays.days([text]).unwrap_err();
    assert_eq!(
        refusal("2026-12-18..2026-12-14"),
        "2026-12-18..2026-12-14 ends before it begins; write the earlier day first"
    );
    assert_eq!(refusal("2026-02-29"), "there is no day 2026-02-29");
    assert!(
        refusal("2026-12-18...2026-12-20").starts_with("\".2026-12-20\" is not a date; write year-month-day")
    );
}
