//! The whole order of design §5, one line a case: who asks for what when, and what they get.

use luytre_lists::hash::SuffixHashes;
use luytre_lists::{CategoryTable, Match, NameBuf};

use super::super::*;
use crate::family::Family;
use crate::who::{Key, Roll, Subject};

/// Saturday, 21 November 2026 in Viet Nam.
const NOON: Timestamp = 1_795_237_200;
const HOUR: u64 = 3600;

const FAMILY: &str = r#"
unknown_devices = "age-7-12"
person = [
  { id = "an", name = "An", birth_year = 2015 },
  { id = "binh", name = "Bình", birth_year = 2009 },
  { id = "me", name = "Mẹ", profile = "adult" },
]
device = [
  { mac = "02:00:00:00:00:10", name = "An's phone", person = "an" },
  { mac = "02:00:00:00:00:11", name = "An's tablet", person = "an" },
  { mac = "02:00:00:00:00:20", name = "Binh's phone", person = "binh" },
  { mac = "02:00:00:00:00:30", name = "Mother's phone", person = "me" },
  { mac = "02:00:00:00:00:40", name = "Television", profile = "tv" },
]
profile = [{ id = "tv", base = "age-7-12", permit = ["streaming"], block_services = ["tiktok"], safe_search = "off" }]
schedule = [
  { id = "bedtime", who = ["*"], mode = "block", from = "21:30", to = "06:30" },
  { id = "school", who = ["an"], mode = "only", of = ["name:school.example", "category:news"], from = "08:00", to = "11:00" },
  { id = "no-games", who = ["binh"], mode = "block-set", of = ["category:games", "service:roblox"], from = "13:00", to = "17:00" },
]
budget = [
  { who = "an", of = "category:streaming", minutes = 60, id = "films" },
  { who = "binh", of = "all", minutes = 120, id = "all-day" },
]
rule = [
  { name = "*.denied.example", action = "block" },
  { name = "good.denied.example", action = "allow", who = ["an"] },
  { name = "friend.example", action = "allow", who = ["an"] },
  { name = "late.example", action = "allow", who = ["an"], over_time = true },
  { name = "tie.example", action = "allow", who = ["an"] },
  { name = "tie.example", action = "block", who = ["an"] },
]
grant = [
  { who = ["an"], of = "name:granted.example", until = 2026-11-21T23:00:00+07:00 },
  { who = ["an"], of = "service:tiktok", until = "2026-11-21T23:00:00+07:00" },
  { who = ["binh"], of = "all", until = "2026-11-21T22:00:00+07:00" },
]
"#;

struct Household {
    policy: Policy,
    roll: Roll,
}

/// The family above, with more of it, at a time; `spent` are the budgets that are used up.
fn household(more: &str, now: Timestamp, spent: [bool; 2]) -> Household {
    let (_, family) = Family::parse("family.toml", &format!("{FAMILY}{more}")).unwrap();
    let roll = Roll::default();
    for device in &family.devices {
        roll.named(device.known.subject());
    }
    let rules = Rules {
        block: set(&["adult", "gambling"]),
        deny: vec![NameRule::parse("operator.example").unwrap()],
        ..Rules::default()
    };
    let names = Arc::new(Names::compile(&rules, Arc::new(family), Arc::default()));
    let spent = spent.map(|spent| spent.then_some(now + HOUR));
    let circumstances = Circumstances { now, trusted: true, spent: &spent };
    let policy = Policy::compile(names, &rules, &roll.subjects(), &circumstances);
    Household { policy, roll }
}

fn set(keys: &[&str]) -> CategorySet {
    keys.iter().map(|key| CategoryTable::shipped().by_key(key).unwrap()).collect()
}

impl Household {
    /// What a device gets: `verdict reason rule`. Devices are known by the last octet of their MAC; 0 is a stranger.
    fn gets(&self, device: u8, name: &str, listed: &[&str], now: Timestamp) -> String {
        let verdict = self.decides(device, name, listed, now);
        let rule = self.policy.describe(verdict.rule);
        format!("{} {} {rule}", verdict.word(), verdict.reason.word())
    }

    fn decides(&self, device: u8, name: &str, listed: &[&str], now: Timestamp) -> Verdict {
        let mac = Key::Mac(crate::who::Mac([2, 0, 0, 0, 0, device]));
        let is_it = |subject: &Subject| subject.device == mac;
        let who = Who(self.roll.subjects().iter().position(is_it).unwrap_or(0) as u16);
        let asked_name = NameBuf::parse(name).unwrap();
        let suffixes = SuffixHashes::of(HashKey::LUYTRE, asked_name.as_name());
        let listed = (!listed.is_empty()).then(|| Match { categories: Some(set(listed)), labels: 1 });
        let asked = Asked { name: asked_name.as_name(), suffixes: &suffixes, rtype: 1, listed };
        let Decided { verdict, unnamed } = decide(&self.policy, who, &asked, now);
        if unnamed {
            let again = decide_unnamed(&self.policy, who, verdict.categories, now);
            assert_eq!(again, verdict, "{name}: what is remembered of a name decides the same");
        }
        let told = consider(&self.policy, who, &asked, now);
        let told = told.last().filter(|step| step.matched).map(|step| step.rule.clone());
        let rule = self.policy.describe(verdict.rule);
        if verdict.is_blocked() {
            assert_eq!(told.as_deref(), Some(rule.as_str()), "{name}: explain tells another story");
        }
        verdict
    }
}

const AN: u8 = 0x10;
const BINH: u8 = 0x20;
const ME: u8 = 0x30;
const TV: u8 = 0x40;
const STRANGER: u8 = 0;

#[test]
fn the_order_of_rules_at_noon() {
    let home = household("", NOON, [false; 2]);
    for (who, name, listed, expected) in [
        // always, essentials and the operator stand above the family
        (ME, "evil.example", &["always"][..], "blocked always category:always"),
        (AN, "www.vietcombank.com.vn", &["adult"], "allowed essential essential:essentials.toml"),
        (ME, "operator.example", &[], "blocked operator deny:operator.example"),
        // own deny, and the more specific own allow
        (AN, "denied.example", &[], "blocked rule block:*.denied.example"),
        (AN, "www.good.denied.example", &["adult"], "allowed rule allow:good.denied.example"),
        (BINH, "www.good.denied.example", &[], "blocked rule block:*.denied.example"),
        (ME, "x.denied.example", &[], "blocked rule block:*.denied.example"),
        (STRANGER, "x.denied.example", &[], "blocked rule block:*.denied.example"),
        (AN, "tie.example", &[], "blocked rule block:tie.example"),
        // grants, for whom they were given
        (AN, "granted.example", &["adult"], "allowed grant grant:name:granted.example"),
        (BINH, "granted.example", &["adult"], "blocked category category:adult"),
        (AN, "www.tiktok.com", &["social"], "allowed grant grant:service:tiktok"),
        // own allow
        (AN, "friend.example", &["social"], "allowed rule allow:friend.example"),
        (BINH, "friend.example", &["adult"], "blocked category category:adult"),
        // services and categories of the profile
        (TV, "www.tiktok.com", &[], "blocked service service:tiktok"),
        (TV, "films.example", &["streaming"], "allowed none "),
        (AN, "sex.example", &["adult"], "blocked category category:adult"),
        (ME, "news.example", &["news"], "allowed none "),
        (STRANGER, "sex.example", &["adult"], "blocked category category:adult"),
        // safe search, by profile
        (AN, "www.google.com", &[], "rewritten rewrite safe_search:google"),
        (AN, "www.google.com.vn", &[], "rewritten rewrite safe_search:google"),
        (TV, "www.google.com", &[], "allowed none "),
        (ME, "www.google.com", &[], "allowed none "),
    ] {
        assert_eq!(home.gets(who, name, listed, NOON), expected, "{who:x} {name} {listed:?}");
    }
}

#[test]
fn time_stands_between_the_rules() {
    let bedtime = NOON + 10 * HOUR; // 22:00
    let home = household("", bedtime - 60, [false; 2]);
    for (who, name, expected) in [
        (AN, "plain.example", "blocked schedule schedule:bedtime"),
        (AN, "friend.example", "blocked schedule schedule:bedtime"),
        (AN, "late.example", "allowed rule allow:late.example"),
        (AN, "granted.example", "allowed grant grant:name:granted.example"),
        (AN, "denied.example", "blocked rule block:*.denied.example"),
        (AN, "tongdai111.vn", "allowed essential essential:essentials.toml"),
        (AN, "luytre.lan", "allowed local special:own-name"),
        (STRANGER, "plain.example", "blocked schedule schedule:bedtime"),
        (TV, "plain.example", "blocked schedule schedule:bedtime"),
        (ME, "plain.example", "allowed none "),
        // "all" lifts what time forbids until 22:00, and nothing else
        (BINH, "plain.example", "allowed grant grant:all"),
    ] {
        assert_eq!(home.gets(who, name, &[], bedtime - 60), expected, "{who:x} {name}");
    }
    assert_eq!(home.gets(BINH, "sex.example", &["adult"], bedtime - 60), "blocked category category:adult");
    assert_eq!(home.gets(BINH, "plain.example", &[], bedtime), "blocked schedule schedule:bedtime");
}

#[test]
fn schedules_block_all_a_set_or_all_but_a_set() {
    let school = NOON - 2 * HOUR; // 10:00
    let home = household("", school, [false; 2]);
    assert_eq!(home.gets(AN, "www.school.example", &[], school), "allowed none ");
    assert_eq!(home.gets(AN, "today.example", &["news"], school), "allowed none ");
    assert_eq!(home.gets(AN, "plain.example", &[], school), "blocked schedule schedule:school");
    let afternoon = NOON + 2 * HOUR;
    let home = household("", afternoon + 24 * HOUR, [false; 2]);
    let sunday = afternoon + 24 * HOUR;
    assert_eq!(home.gets(BINH, "game.example", &["games"], sunday), "blocked schedule schedule:no-games");
    assert_eq!(home.gets(BINH, "www.roblox.com", &[], sunday), "blocked schedule schedule:no-games");
    assert_eq!(home.gets(BINH, "plain.example", &[], sunday), "allowed none ");
    assert_eq!(home.gets(AN, "game.example", &["shopping"], sunday), "allowed none ");
}

#[test]
fn a_budget_that_is_used_up_blocks_what_it_is_about() {
    let home = household("", NOON, [true, true]);
    for (who, name, listed, expected) in [
        (AN, "films.example", &["streaming"][..], "blocked budget budget:films"),
        (AN, "plain.example", &[], "allowed none "),
        // allowed for longer by a grant of all
        (BINH, "plain.example", &[], "allowed grant grant:all"),
        (TV, "films.example", &["streaming"], "allowed none "),
    ] {
        assert_eq!(home.gets(who, name, listed, NOON), expected, "{who:x} {name}");
    }
    assert_eq!(home.gets(BINH, "plain.example", &[], NOON + 11 * HOUR), "blocked schedule schedule:bedtime");
}

#[test]
fn a_pause_stands_above_the_familys_rules() {
    let until = "until = \"2026-11-21T13:00:00+07:00\"";
    let gets = |who: &str, device, name: &str, now| {
        household(&format!("pause = [{{ who = {who}, {until} }}]"), now, [false; 2]).gets(
            device,
            name,
            &[],
            now,
        )
    };
    assert_eq!(gets("\"an\"", AN, "friend.example", NOON), "blocked paused pause:an");
    assert_eq!(gets("\"an\"", AN, "late.example", NOON), "blocked paused pause:an");
    assert_eq!(gets("\"an\"", AN, "tongdai111.vn", NOON), "allowed essential essential:essentials.toml");
    assert_eq!(gets("\"an\"", 0x11, "x.example", NOON), "blocked paused pause:an");
    assert_eq!(gets("\"an\"", BINH, "x.example", NOON), "allowed none ");
    assert_eq!(gets("\"an\"", AN, "x.example", NOON + HOUR), "allowed none ");
    let tablet = "\"02:00:00:00:00:11\"";
    assert_eq!(gets(tablet, 0x11, "x.example", NOON), "blocked paused pause:02:00:00:00:00:11");
    assert_eq!(gets(tablet, AN, "x.example", NOON), "allowed none ");
    assert_eq!(gets("\"house\"", ME, "x.example", NOON), "blocked paused pause:house");
    assert_eq!(gets("[\"*\"]", ME, "x.example", NOON), "allowed none ");
    assert_eq!(gets("[\"*\"]", STRANGER, "x.example", NOON), "blocked paused pause:");
}

#[test]
fn until_the_clock_is_set_every_schedule_is_in_force() {
    let (_, family) = Family::parse("family.toml", FAMILY).unwrap();
    let roll = Roll::default();
    family.devices.iter().for_each(|device| _ = roll.named(device.known.subject()));
    let rules = Rules::default();
    let names = Arc::new(Names::compile(&rules, Arc::new(family), Arc::default()));
    let circumstances = Circumstances { now: NOON, trusted: false, spent: &[] };
    let policy = Policy::compile(names, &rules, &roll.subjects(), &circumstances);
    let home = Household { policy, roll };
    assert_eq!(home.gets(AN, "plain.example", &[], NOON), "blocked schedule schedule:bedtime");
    assert_eq!(home.gets(ME, "plain.example", &[], NOON), "allowed none ");
}

#[test]
fn an_allowed_answer_holds_until_the_next_schedule() {
    let home = household("", NOON, [false; 2]);
    let until = |device: u8, now| {
        let who = Who(u16::from(device != AN) * 3 + 1);
        decide_unnamed(&home.policy, who, CategorySet::EMPTY, now).until
    };
    assert_eq!(until(AN, NOON), Some(NOON + 9 * HOUR + HOUR / 2));
    assert_eq!(until(ME, NOON), None);
}

#[test]
fn what_a_budget_could_block_counts_towards_it() {
    let house = household("", NOON, [false; 2]);
    let tomorrow = NOON + 24 * HOUR;
    for (device, name, listed, now, budgets) in [
        (AN, "film.example", &["streaming"][..], NOON, 1),
        (AN, "friend.example", &["streaming", "ads"], NOON, 1),
        (AN, "plain.example", &[], NOON, 0),
        (AN, "friend.example", &["streaming"], NOON, 1),
        // What passes time costs none.
        (AN, "late.example", &["streaming"], NOON, 0),
        (AN, "granted.example", &["streaming"], NOON, 0),
        (AN, "vietcombank.com.vn", &["streaming"], NOON, 0),
        (AN, "denied.example", &["streaming"], NOON, 0),
        // Of everything, what devices ask by themselves; and nothing while a grant lifts the budget.
        (BINH, "plain.example", &[], NOON, 0),
        (BINH, "plain.example", &[], tomorrow, 1),
        (BINH, "plain.example", &["trackers"], tomorrow, 0),
        (ME, "film.example", &["streaming"], NOON, 0),
        (TV, "film.example", &["streaming"], NOON, 0),
        (STRANGER, "film.example", &["streaming"], NOON, 0),
    ] {
        assert_eq!(house.decides(device, name, listed, now).budgets, budgets, "{device:x} {name} {listed:?}");
    }
}
