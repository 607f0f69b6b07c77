//! The history from the outside: record, save, look.

use std::sync::Arc;

use luytre_lists::{Category, CategorySet, NameBuf};

use super::household::{Names, START};
use crate::catalogue::ServiceId;
use crate::clock::Timestamp;
use crate::config::{HistoryConfig, Privacy};
use crate::history::table::{Batch, Table};
use crate::history::{Activity, By, Calendar, Flowed, History, Step, Wanted};
use crate::outcome::{Outcome, Source};
use crate::policy::{Action, Policy, Reason, Rules, Verdict};
use crate::who::Who;

/// A phone of `person-1`, and a thing that is nobody's.
const PHONE: Who = Who(1);
const THING: Who = Who(30);

struct House {
    history: History,
    calendar: Calendar,
    now: Timestamp,
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut HistoryConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = HistoryConfig {
            path: folder.path().join("history"),
            keep_queries: 3,
            keep_queries_for: 3600,
            keep_counters: 366,
            privacy: Privacy::Full,
        };
        change(&mut config);
        let history = History::new(&config, Arc::new(Names));
        Self { history, calendar: Calendar::default(), now: START, folder }
    }

    /// The same folder in another run of the program.
    fn restarted(self) -> Self {
        let Self { history, folder, now, calendar } = self;
        // Its store is locked as long as it is there.
        drop(history);
        Self::over(folder, now, calendar)
    }

    /// A run of the program over the history in that folder.
    fn over(folder: tempfile::TempDir, now: Timestamp, calendar: Calendar) -> Self {
        let path = folder.path().join("history");
        let config = HistoryConfig {
            path,
            keep_queries: 3,
            keep_queries_for: 3600,
            keep_counters: 366,
            privacy: Privacy::Full,
        };
        let house = Self { history: History::new(&config, Arc::new(Names)), calendar, now, folder };
        house.history.save(&house.calendar, house.now);
        house
    }

    fn ask(&self, who: Who, name: &str, categories: u64, blocked: bool) {
        self.ask_with(who, name, categories, blocked, self.history.privacy());
    }

    fn ask_with(&self, who: Who, name: &str, categories: u64, blocked: bool, privacy: Privacy) {
        let name = NameBuf::parse(name).unwrap();
        self.history.record(&Outcome {
            time: self.now,
            name: name.as_name(),
            rtype: 1,
            who,
            client: [192, 168, 1, 7].into(),
            privacy,
            verdict: Verdict {
                action: if blocked { Action::Block } else { Action::Allow },
                reason: Reason::Category,
                service: (categories == 0b10).then_some(ServiceId(4)),
                ..Verdict::nothing_against(CategorySet::from_bits(categories))
            },
            source: Source::Local,
        });
    }

    /// What the keeper does when ten minutes are over.
    fn ten_minutes_pass(&mut self) {
        self.history.turn();
        self.history.take_in((self.now / 600) as u32, &self.calendar, self.now + 600);
        self.now += 600;
    }

    fn save(&self) {
        self.history.save(&self.calendar, self.now);
        assert_eq!(self.history.trouble(), "");
    }

    fn activity(&self, by: By, step: Step) -> Vec<Activity> {
        let wanted = Wanted { from: START, to: START + 86_400, by, step, person: None };
        self.history.activity(&wanted, &self.calendar, self.now)
    }

    fn recent(&self) -> Vec<(String, String)> {
        let recent = self.history.recent(10, &Policy::of_house(&Rules::default()), self.now);
        recent.into_iter().map(|recent| (recent.name, recent.who)).collect()
    }
}

/// The closed store's table, and whether an earlier one was moved aside.
fn open(folder: &tempfile::TempDir) -> (Table, bool) {
    let history = folder.path().join("history");
    (Table::open(&history.join("store")).unwrap(), history.join("store.damaged").exists())
}

/// What a table says of its version and how far it is rolled up.
fn state(table: &Table) -> Vec<u8> {
    let state = table.get(b"!").unwrap().unwrap();
    let bytes: &[u8] = state.as_ref();
    bytes.to_vec()
}

fn keys(activity: &[Activity]) -> Vec<(&str, u64, u64)> {
    activity.iter().map(|row| (&*row.key, row.count, row.blocked)).collect()
}

#[test]
fn activity_is_the_same_while_it_is_counted_kept_saved_and_read_again() {
    let mut house = House::new();
    for _ in 0..3 {
        house.ask(PHONE, "video.example", 0b10, false);
        house.ask(PHONE, "bet.example", 0b110, true);
    }
    house.ask(THING, "example.com", 0, false);
    let looks = |house: &House| {
        assert_eq!(keys(&house.activity(By::Person, Step::Whole)), [("person-1", 6, 3), ("", 1, 0)]);
        assert_eq!(
            keys(&house.activity(By::Category, Step::Whole)),
            [("adult", 6, 3), ("violence", 3, 3), ("", 1, 0)]
        );
        assert_eq!(keys(&house.activity(By::Service, Step::Whole)), [("", 4, 3), ("service-4", 3, 0)]);
        let devices = house.activity(By::Device, Step::Whole);
        assert_eq!(keys(&devices)[0], ("02:00:00:00:00:01", 6, 3));
        let totals = house.history.totals();
        assert_eq!((totals.allowed, totals.blocked), (4, 3));
        assert_eq!((totals.categories["adult"], totals.blocked_categories["adult"]), (6, 3));
    };
    looks(&house);
    house.ten_minutes_pass();
    looks(&house);
    house.save();
    looks(&house);
    let house = house.restarted();
    looks(&house);
    assert_eq!(house.history.totals().since, Some(START));
}

#[test]
fn bytes_and_minutes_are_the_same_while_they_are_counted_kept_saved_and_read_again() {
    let film = |bytes| Flowed { category: Category::new(1), service: Some(4), bytes, in_use: true };
    let other = |bytes| Flowed { category: None, service: None, bytes, in_use: false };
    let mut house = House::new();
    house.ask(PHONE, "video.example", 0b10, false);
    for _ in 0..3 {
        house.history.flowed(PHONE, None, &[film(5_000_000), other(60_000)]);
        house.history.flowed(THING, None, &[other(400_000)]);
    }
    house.history.flowed(PHONE, Some(Privacy::Category), &[film(1_000_000)]);
    house.history.flowed(PHONE, Some(Privacy::Off), &[film(2_000_000)]);
    let looks = |house: &House| {
        let of = |by| {
            let rows = house.activity(by, Step::Whole);
            rows.iter().map(|row| (row.key.to_string(), row.bytes, row.minutes)).collect::<Vec<_>>()
        };
        let row = |key: &str, bytes, minutes| (key.to_owned(), bytes, minutes);
        let sorted = |mut rows: Vec<(String, u64, u64)>| {
            rows.sort();
            rows
        };
        // Whole megabytes of the 1,200,000 bytes without a name, and none of the other 180,000.
        let rest = |bytes, minutes| row("", bytes, minutes);
        assert_eq!(sorted(of(By::Service)), [rest(4_000_000, 2), row("service-4", 15_000_000, 3)]);
        assert_eq!(sorted(of(By::Category)), [rest(3_000_000, 1), row("adult", 16_000_000, 4)]);
        // Here nobody's number is the first person's.
        let people = [rest(1_000_000, 0), row("person-0", 2_000_000, 1), row("person-1", 16_000_000, 4)];
        assert_eq!(sorted(of(By::Person)), people);
        let devices = of(By::Device);
        assert_eq!(devices[0], row("02:00:00:00:00:01", 16_000_000, 4));
        assert!(devices.contains(&row("02:00:00:00:00:1e", 1_000_000, 0)), "{devices:?}");
    };
    looks(&house);
    house.ten_minutes_pass();
    looks(&house);
    house.save();
    looks(&house);
    looks(&house.restarted());
}

#[test]
fn a_store_of_the_first_version_opens_and_becomes_one_of_the_second() {
    let mut house = House::new();
    house.ask(PHONE, "video.example", 0b10, false);
    house.ten_minutes_pass();
    house.save();
    let House { history, folder, now, calendar } = house;
    drop(history);
    // Without rows of use the first version differs in its number alone.
    let (mut table, _) = open(&folder);
    let mut first = state(&table);
    assert_eq!(std::mem::replace(&mut first[0], 1), 2);
    let mut batch = Batch::default();
    batch.insert(b"!", &first);
    table.apply(batch).unwrap();
    drop(table);
    let mut house = House::over(folder, now, calendar);
    house.history.flowed(
        PHONE,
        None,
        &[Flowed { category: None, service: None, bytes: 3_000_000, in_use: true }],
    );
    house.ten_minutes_pass();
    house.save();
    let rows = house.activity(By::Person, Step::Whole);
    assert_eq!(
        rows.iter().map(|row| (row.count, row.bytes, row.minutes)).collect::<Vec<_>>(),
        [(1, 3_000_000, 1)]
    );
    let House { history, folder, .. } = house;
    drop(history);
    let (table, is_damaged) = open(&folder);
    assert!(!is_damaged);
    assert_eq!(state(&table)[0], 2);
}

#[test]
fn activity_is_cut_by_hours_and_asked_for_by_person() {
    let mut house = House::new();
    for period in 0..12 {
        house.ask(PHONE, "video.example", 0b10, period % 2 == 0);
        house.ask(THING, "example.com", 0, false);
        house.ten_minutes_pass();
    }
    house.save();
    let hours = house.activity(By::Person, Step::Hour);
    let times: Vec<_> = hours.iter().map(|row| (row.time, &*row.key, row.count, row.blocked)).collect();
    let [first, second] = [START, START + 3600].map(Some);
    assert_eq!(
        times,
        [(first, "", 6, 0), (first, "person-1", 6, 3), (second, "", 6, 0), (second, "person-1", 6, 3)]
    );
    let wanted = Wanted {
        from: START + 600,
        to: START + 3600,
        by: By::Device,
        step: Step::Whole,
        person: Some("person-1"),
    };
    let part = house.history.activity(&wanted, &house.calendar, house.now);
    assert_eq!(keys(&part), [("02:00:00:00:00:01", 5, 2)]);
}

#[test]
fn todays_totals_begin_anew_at_midnight() {
    let mut house = House::new();
    house.ask(PHONE, "video.example", 0b10, false);
    house.now += 143 * 600;
    house.ten_minutes_pass();
    assert_eq!(house.history.totals().allowed, 1);
    house.ask(PHONE, "video.example", 0b10, false);
    house.ten_minutes_pass();
    assert_eq!((house.history.totals().allowed, house.history.totals().since), (1, Some(START + 86_400)));
}

#[test]
fn the_ring_keeps_the_newest_and_forgets_the_old() {
    let mut house = House::new();
    for n in 0..10 {
        house.ask(PHONE, &format!("n{n}.example"), 0, n % 2 == 0);
    }
    let names: Vec<String> = house.recent().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["n9.example", "n8.example", "n7.example"]);
    let sites = house.activity(By::Domain, Step::Whole);
    assert_eq!(sites.iter().map(|row| row.count).sum::<u64>(), 3);
    house.now += 3000;
    house.ask(PHONE, "later.example", 0, false);
    house.now += 700;
    assert_eq!(house.recent().len(), 1);
    house.ten_minutes_pass();
    house.now -= 3000;
    assert_eq!(house.recent().len(), 1, "what is old is gone, not only hidden");
}

#[test]
fn privacy_applies_when_a_question_is_recorded() {
    for (privacy, name, who) in [
        (Privacy::Full, "www.shop.example.com.vn", "person-1"),
        (Privacy::Domain, "example.com.vn", "person-1"),
        (Privacy::Category, "", ""),
    ] {
        let house = House::new();
        house.ask_with(PHONE, "www.shop.example.com.vn", 0b10, true, privacy);
        assert_eq!(house.recent(), [(name.to_owned(), who.to_owned())], "{privacy:?}");
        assert_eq!(house.activity(By::Domain, Step::Whole).len(), usize::from(privacy != Privacy::Category));
    }
    let house = House::new();
    house.ask_with(PHONE, "example.com", 0b10, true, Privacy::Off);
    assert!(house.recent().is_empty());
    assert_eq!(house.history.totals().blocked, 1);
}

#[test]
fn a_record_says_the_person_else_the_device() {
    let house = House::new();
    house.ask(PHONE, "one.example", 0, false);
    house.ask(THING, "two.example", 0, false);
    let who: Vec<String> = house.recent().into_iter().map(|(_, who)| who).collect();
    assert_eq!(who, ["02:00:00:00:00:1e", "person-1"]);
}

#[test]
fn without_a_disk_two_days_are_kept_and_the_trouble_is_told() {
    let mut house = House::with(|config| {
        let file = config.path.parent().unwrap().join("file");
        std::fs::File::create(&file).unwrap();
        config.path = file;
    });
    house.ask(PHONE, "video.example", 0b10, false);
    house.ten_minutes_pass();
    house.history.save(&house.calendar, house.now);
    assert!(house.history.trouble().contains("in memory only"), "{}", house.history.trouble());
    assert_eq!(keys(&house.activity(By::Person, Step::Whole)), [("person-1", 1, 0)]);
    // It comes back, and what waited is saved.
    std::fs::remove_file(house.folder.path().join("file")).unwrap();
    house.save();
    assert!(house.folder.path().join("file/store/db").exists());
    assert_eq!(keys(&house.activity(By::Person, Step::Whole)), [("person-1", 1, 0)]);
}

#[test]
fn a_ring_of_nothing_and_counters_of_no_days_keep_nothing() {
    let mut house = House::with(|config| (config.keep_queries, config.keep_counters) = (0, 0));
    house.ask(PHONE, "example.com", 0, true);
    house.ten_minutes_pass();
    house.save();
    assert!(house.recent().is_empty() && !house.folder.path().join("history").exists());
    assert_eq!(house.history.totals().blocked, 1);
}
