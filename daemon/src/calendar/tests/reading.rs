//! What people write, and what they are told when it can't be read.

use super::super::{Date, TimeOfDay, Weekdays, Zone};

#[test]
fn the_house_is_in_viet_nam_unless_it_says_so() {
    assert_eq!(Zone::default().to_string(), "Asia/Ho_Chi_Minh");
    assert_eq!(Zone::parse("Asia/Ho_Chi_Minh"), Ok(Zone::default()));
    assert_eq!(Zone::parse("europe/berlin").unwrap().name(), "Europe/Berlin");
    assert_eq!(Zone::parse("UTC").unwrap().name(), "UTC");
}

#[test]
fn an_unknown_zone_names_the_nearest() {
    for (text, nearest) in [
        ("Asia/Ho Chi Minh", "Asia/Ho_Chi_Minh"),
        ("Asia/HoChiMinh", "Asia/Ho_Chi_Minh"),
        ("Asia/Ho_Chi_Minh ", "Asia/Ho_Chi_Minh"),
        ("Europe/Berlim", "Europe/Berlin"),
        ("America/Newyork", "America/New_York"),
    ] {
        let error = Zone::parse(text).unwrap_err();
        let said = format!(
            "\"{text}\" is not a time zone such as \"Asia/Ho_Chi_Minh\"; did you mean \"{nearest}\"?"
        );
        assert_eq!(error, said);
    }
    for text in ["", "Etc/Unknown", "../../etc/passwd", "+07:00", "Asia/Ho_Chi_Minh\0", &"x".repeat(100_000)]
    {
        let error = Zone::parse(text).unwrap_err();
        assert!(
            error.contains(" is not a time zone such as \"Asia/Ho_Chi_Minh\"") && error.len() < 250,
            "{error}"
        );
    }
}

#[test]
fn every_bundled_zone_reads() {
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    assert!(zones.available().count() > 500);
    for zone in zones.available().filter(|zone| zone.as_str() != "Etc/Unknown") {
        assert_eq!(Zone::parse(zone.as_str()).unwrap().name(), zone.as_str());
    }
}

#[test]
fn times_read_as_they_are_written() {
    for minutes in 0..=24 * 60 {
        let text = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let end = TimeOfDay::parse_end(&text).unwrap();
        assert_eq!((end.minutes(), end.to_string()), (minutes, text.clone()));
        assert_eq!(TimeOfDay::parse(&text).ok(), (minutes < 24 * 60).then_some(end));
    }
}

#[test]
fn what_is_no_time_says_what_to_write() {
    assert_eq!(TimeOfDay::parse("24:00").unwrap_err(), "24:00 can only be an end; write \"00:00\"");
    for text in ["24:01", "25:00", "12:60", "99:99"] {
        assert_eq!(
            TimeOfDay::parse_end(text).unwrap_err(),
            format!("{text} is out of range; write 00:00 to 23:59")
        );
    }
    for text in ["", "9:30", "21h30", "9:30 pm", "21:30:00", "-1:30", "+9:30", "٢١:٣٠", "2130", " 21:30"]
    {
        let error = TimeOfDay::parse_end(text).unwrap_err();
        assert_eq!(error, format!("{text:?} is not a time of day; write \"21:30\" or \"06:30\""));
    }
}

#[test]
fn dates_read_as_they_are_written() {
    for text in ["1970-01-01", "2024-02-29", "2026-12-31", "2100-12-31"] {
        assert_eq!(Date::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_date_says_what_to_write() {
    for text in
        ["", "31/12/2026", "2026-12-31T00:00", "20261231", "2026-1-1", "+026-01-01", "2026-12-3١", "tet"]
    {
        let error = Date::parse(text).unwrap_err();
        let said = format!("{text:?} is not a date; write year-month-day, such as \"2026-12-31\"");
        assert_eq!(error, said);
    }
    for text in ["2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-04-31"] {
        assert_eq!(Date::parse(text).unwrap_err(), format!("there is no day {text}"));
    }
    for text in ["1969-12-31", "2101-01-01", "0000-01-01", "9999-12-31"] {
        let error = Date::parse(text).unwrap_err();
        assert_eq!(error, format!("{text} is out of range; write a year from 1970 to 2100"));
    }
}

#[test]
fn days_of_the_week_read_in_both_languages() {
    let week = Weekdays::parse(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]).unwrap();
    assert_eq!(week, Weekdays::FULL);
    assert_eq!(Weekdays::parse(["cn", "t2", "t3", "t4", "t5", "t6", "t7"]), Ok(week));
    let school = Weekdays::parse(["fri", "mon", "t4", "mon"]).unwrap();
    assert_eq!(school.keys().collect::<Vec<_>>(), ["mon", "wed", "fri"]);
    assert_eq!(Weekdays::parse(school.keys()), Ok(school));
    // A Sunday, and the Monday after.
    let (sunday, monday) = (Date::parse("2026-11-22").unwrap(), Date::parse("2026-11-23").unwrap());
    assert_eq!((school.contains(sunday), school.contains(monday)), (false, true));
    assert_eq!((sunday.is_weekend(), monday.is_weekend()), (true, false));
}

#[test]
fn an_unknown_day_names_the_nearest_or_all() {
    let all = "mon, tue, wed, thu, fri, sat, sun, t2, t3, t4, t5, t6, t7, cn";
    for (text, nearest) in [("Mon", "mon"), ("tues", "tue"), ("T2", "t2"), ("t8", "t2"), ("sunn", "sun")] {
        let error = Weekdays::parse(["tue", text]).unwrap_err();
        assert_eq!(error, format!("\"{text}\" is not one of {all}; did you mean \"{nearest}\"?"));
    }
    for text in ["weekend", "Chủ nhật", ""] {
        assert_eq!(Weekdays::parse([text]).unwrap_err(), format!("\"{text}\" is not one of {all}"));
    }
    assert!(Weekdays::parse([]).unwrap_err().starts_with("no day; name one such as \"mon\""));
}
