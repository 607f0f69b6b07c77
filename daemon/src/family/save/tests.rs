//! The laws of saving: what is wanted is said, what did not change keeps its bytes.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::family::Family;
use crate::family::spec::*;

fn read(text: &str) -> Spec {
    read::document("family.toml", text).unwrap_or_else(|refused| panic!("{refused}\n{text}")).1
}

fn saved(text: &str, change: impl FnOnce(&mut Spec)) -> String {
    let mut spec = read(text);
    change(&mut spec);
    let new = render(text, &spec).unwrap();
    assert_eq!(read(&new), spec, "{new}");
    new
}

const BY_HAND: &str = r#"# Nhà mình, sửa lần cuối hôm qua

version = 1
# An đi học về lúc 17 giờ

[[person]] # con cả
  id   = 'an'
  name = "An"   # tên ở nhà
  birth_year = 2_015

# máy của bố để ở phòng khách
[[device]]
mac = "02-00-00-00-00-10"
name = ""
person = "an"

[[person]]
id = "binh"
profile = "adult"

[[rule]]
who = [
  "an", # chỉ An
]
name = "a.example"
action = "allow"
over_time = false
# hết
"#;

#[test]
fn what_is_said_already_changes_nothing() {
    assert_eq!(saved(BY_HAND, |_| ()), BY_HAND);
    // Not even by editing it.
    assert_eq!(edited(BY_HAND, &read(BY_HAND)).unwrap(), BY_HAND);
}

#[test]
fn one_change_is_one_change_in_the_text() {
    let renamed = saved(BY_HAND, |spec| spec.person[0].name = "Ân".into());
    assert_eq!(renamed, BY_HAND.replace("\"An\"   #", "\"Ân\"   #"));
    let grown = saved(BY_HAND, |spec| spec.person[1].birth_year = Some(1980));
    assert_eq!(grown, BY_HAND.replace("\"adult\"\n", "\"adult\"\nbirth_year = 1980\n"));
    let passing = saved(BY_HAND, |spec| spec.rule[0].over_time = true);
    assert_eq!(passing, BY_HAND.replace("over_time = false", "over_time = true"));
    let anybody = saved(BY_HAND, |spec| spec.person[1].profile.clear());
    assert_eq!(anybody, BY_HAND.replace("profile = \"adult\"\n", ""));
    // The same device, though its MAC address is written in another way.
    let named = saved(BY_HAND, |spec| {
        spec.device[0].mac = "02:00:00:00:00:10".into();
        spec.device[0].name = "Máy".into();
    });
    let expected = BY_HAND.replace("02-00-00-00-00-10\"\nname = \"\"", "02:00:00:00:00:10\"\nname = \"Máy\"");
    assert_eq!(named, expected);
}

#[test]
fn what_is_new_stands_behind_its_kind_and_the_first_of_a_kind_behind_all() {
    let third = saved(BY_HAND, |spec| {
        spec.person.push(PersonSpec { id: "chi".into(), birth_year: Some(2019), ..Default::default() });
    });
    let binh = "profile = \"adult\"\n";
    assert_eq!(
        third,
        BY_HAND.replace(binh, &format!("{binh}\n[[person]]\nid = \"chi\"\nbirth_year = 2019\n"))
    );
    let granted = saved(BY_HAND, |spec| {
        let until = "2026-11-21T21:00:00+07:00".into();
        let (who, of) = (vec!["an".into()], "all".into());
        spec.grant.push(GrantSpec { who, of, until, by: "me".into() });
    });
    let added = "\n# Allowed for a while; ends by itself. Cho phép tạm thời, tự hết hạn.\n[[grant]]\nwho = [\"an\"]\n\
                 of = \"all\"\nuntil = 2026-11-21T21:00:00+07:00\nby = \"me\"\n# hết\n";
    assert_eq!(granted, BY_HAND.replace("# hết\n", added));
}

#[test]
fn what_goes_takes_its_own_comment_and_no_other() {
    let alone = saved(BY_HAND, |spec| {
        spec.device.clear();
    });
    let device = "# máy của bố để ở phòng khách\n[[device]]\nmac = \"02-00-00-00-00-10\"\nname = \"\"\nperson = \"an\"\n\n";
    assert_eq!(alone, BY_HAND.replace(device, ""));
    let only_binh = saved(BY_HAND, |spec| {
        spec.person.remove(0);
    });
    // A blank line sets this one apart from what went.
    assert!(only_binh.contains("# An đi học về lúc 17 giờ\n\n# máy của bố"), "{only_binh}");
    let nobody =
        saved(BY_HAND, |spec| *spec = Spec { time_zone: spec.time_zone.clone(), ..Default::default() });
    assert_eq!(
        nobody,
        "# Nhà mình, sửa lần cuối hôm qua\n\nversion = 1\n# An đi học về lúc 17 giờ\n\n# hết\n"
    );
}

#[test]
fn another_order_is_another_order_of_the_same_text() {
    let turned = saved(BY_HAND, |spec| spec.person.reverse());
    assert!(turned.find("binh").unwrap() < turned.find("máy của bố").unwrap());
    assert!(turned.contains("[[person]] # con cả\n  id   = 'an'"), "{turned}");
}

#[test]
fn lists_between_brackets_stay_so() {
    let text = "# Ours\nperson = [\n  # the big one\n  { id = \"an\", birth_year = 2015 }, # likes tea\n  { id = \"binh\", profile = \"adult\" },\n  # nobody else\n]\ndevice = [{ mac = \"02:00:00:00:00:10\" }]\n";
    let changed = saved(text, |spec| {
        spec.person[1].profile = "age-7-12".into();
        spec.person.push(PersonSpec { id: "chi".into(), profile: "adult".into(), ..Default::default() });
        spec.device.push(DeviceSpec { mac: "02:00:00:00:00:11".into(), ..Default::default() });
    });
    assert!(
        changed.contains(
            "{ id = \"an\", birth_year = 2015 }, # likes tea\n  { id = \"binh\", profile = \"age-7-12\" },\n  { id = \"chi\", profile = \"adult\" },\n"
        ),
        "{changed}"
    );
    assert!(
        changed.contains("device = [{ mac = \"02:00:00:00:00:10\" }, { mac = \"02:00:00:00:00:11\" }]"),
        "{changed}"
    );
    let fewer = saved(text, |spec| {
        spec.person.pop();
    });
    for comment in ["# Ours", "# the big one", "# likes tea", "# nobody else"] {
        assert!(fewer.contains(comment), "{comment}\n{fewer}");
    }
    // An empty list is no style.
    assert!(saved("person = []\n", |spec| spec.person.push(somebody("an"))).contains("[[person]]"));
}

#[test]
fn the_head_of_a_document_stays_its_head() {
    let text = "# Ours\n\n# An\n[[person]]\nid = \"an\"\nbirth_year = 2015\n";
    let new = saved(text, |spec| spec.unknown_devices = "adult".into());
    assert_eq!(new, text.replace("# Ours\n\n", "# Ours\n\nversion = 1\nunknown_devices = \"adult\"\n\n"));
    let examples = "# Ours\n# [[person]]\n";
    let first = saved(examples, |spec| spec.person.push(somebody("an")));
    assert!(first.starts_with("# Ours\n# [[person]]\nversion = 1\n\n# Who lives here."), "{first}");
}

#[test]
fn a_new_document_explains_itself() {
    let new = saved("", |spec| {
        spec.person = vec![somebody("an"), somebody("binh")];
        spec.pause = vec![PauseSpec { who: OneOrMany::One("an".into()), until: String::new() }];
    });
    let things = new.strip_prefix(HEADER).unwrap();
    assert_eq!(
        things,
        "\n# Who lives here. Người trong nhà.\n[[person]]\nid = \"an\"\nbirth_year = 2015\n\n[[person]]\nid = \"binh\"\n\
         birth_year = 2015\n\n# Paused for a while; ends by itself. Tạm ngắt mạng, tự hết hạn.\n[[pause]]\nwho = \"an\"\n"
    );
    assert!(HEADER.lines().all(|line| line.chars().count() <= 120));
}

#[test]
fn what_cannot_be_read_is_not_edited() {
    for text in ["= 1\n", "robots = 1\n", "version = 2\n"] {
        assert!(render(text, &Spec::default()).is_err(), "{text}");
    }
}

fn somebody(id: &str) -> PersonSpec {
    PersonSpec { id: id.into(), birth_year: Some(2015), ..Default::default() }
}

/// 8 people, 40 devices, 300 rules, 30 schedules.
fn large_family() -> Spec {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let schedule = |n: usize| ScheduleSpec {
        id: format!("gio-hoc-bai-buoi-toi-{n}"),
        who: texts(&["nguoi-0", "nguoi-1"]),
        mode: "block-set".into(),
        of: texts(&["group:games", "service:tiktok"]),
        days: texts(&["mon", "tue", "wed", "thu", "sun"]),
        from: "19:30".into(),
        to: "21:30".into(),
        except: texts(&["tet", "2026-12-31"]),
        during: Vec::new(),
    };
    Spec {
        person: (0..8)
            .map(|n| PersonSpec {
                name: format!("Nguyễn Thị Người Thứ {n}"),
                colour: "#2e7d32".into(),
                privacy: "domain".into(),
                language: "vi".into(),
                ..somebody(&format!("nguoi-{n}"))
            })
            .collect(),
        device: (0..40)
            .map(|n| DeviceSpec {
                mac: format!("02:00:00:00:00:{n:02x}"),
                name: format!("Điện thoại số {n} của Người"),
                person: format!("nguoi-{}", n % 8),
                notes: "mua ở chợ, dây sạc màu đỏ".into(),
                ..Default::default()
            })
            .collect(),
        schedule: (0..30).map(schedule).collect(),
        rule: (0..300)
            .map(|n| RuleSpec {
                who: texts(&[&format!("nguoi-{}", n % 8)]),
                name: format!("mot-trang-rat-dai-so-{n}.example.com"),
                action: if n % 2 == 0 { "allow" } else { "block" }.into(),
                over_time: n % 4 == 0,
            })
            .collect(),
        ..Default::default()
    }
}

#[test]
fn a_large_family_fits_64_kb() {
    let spec = large_family();
    let text = render("", &spec).unwrap();
    assert!(text.len() <= 64 * 1024, "{} bytes", text.len());
    assert_eq!(Family::parse("family.toml", &text).unwrap().0, spec);
}

// ---- Any document ----

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["an", "binh", "02:00:00:00:00:10", "2026-11-21T21:00:00+07:00", "2026-11-21 21:00:00Z"]).prop_map(String::from),
        1 => select(vec!["", "a # b", "\"'", "tre\nlũy", "'''\"\"\"", "\\", "\u{7f}\r"]).prop_map(String::from),
        2 => "[a-c]{1,2}",
    ]
}

fn some() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..3)
}

fn one_or_many() -> impl Strategy<Value = OneOrMany> {
    // One empty text is no value that a family may have.
    let one = text().prop_filter("says nothing", |one| !one.is_empty()).prop_map(OneOrMany::One);
    prop_oneof![one, some().prop_map(OneOrMany::Many)]
}

prop_compose! {
    fn person()(id in text(), name in text(), birth_year in option::of(0..3u16), profile in text(), colour in text())
        -> PersonSpec {
        PersonSpec { id, name, birth_year, profile, colour, ..Default::default() }
    }
}

prop_compose! {
    fn device()(mac in text(), addresses in some(), token in text(), name in text(), notes in text()) -> DeviceSpec {
        DeviceSpec { mac, addresses, token, name, notes, ..Default::default() }
    }
}

prop_compose! {
    fn budget()(id in text(), who in text(), of in one_or_many(), weekend_minutes in option::of(0..2u32),
        warn in vec(0..9u32, 0..2)) -> BudgetSpec {
        BudgetSpec { id, who, of, minutes: 60, weekend_minutes, warn, ..Default::default() }
    }
}

prop_compose! {
    fn rule()(who in some(), name in text(), action in text(), over_time: bool) -> RuleSpec {
        RuleSpec { who, name, action, over_time }
    }
}

prop_compose! {
    fn spec()(
        time_zone in prop_oneof![Just("Asia/Ho_Chi_Minh".to_owned()), text()],
        unknown_devices in text(),
        person in vec(person(), 0..4),
        device in vec(device(), 0..4),
        budget in vec(budget(), 0..3),
        rule in vec(rule(), 0..4),
        grant in vec((some(), text(), text()), 0..3),
        pause in vec((one_or_many(), text()), 0..3),
    ) -> Spec {
        let grant = grant.into_iter().map(|(who, of, until)| GrantSpec { who, of, until, by: String::new() });
        let pause = pause.into_iter().map(|(who, until)| PauseSpec { who, until });
        let (grant, pause) = (grant.collect(), pause.collect());
        Spec { time_zone, unknown_devices, person, device, budget, rule, grant, pause, ..Spec::default() }
    }
}

/// How somebody may have written a document: which kinds between brackets, and how the others are mixed.
fn hand() -> impl Strategy<Value = Hand> {
    (any::<u16>(), vec(0..KINDS.len(), 0..20), select(vec!["", "\n", "\n# apart\n\n", "# close\n"]))
        .prop_map(|(inline, turns, before)| Hand { inline, turns, before })
}

#[derive(Debug)]
struct Hand {
    inline: u16,
    turns: Vec<usize>,
    before: &'static str,
}

/// A document that says a spec, with a comment at each thing.
fn by_hand(spec: &Spec, hand: &Hand) -> String {
    let mut wanted = Table::try_from(spec).unwrap();
    let mut text = "# head\n\n".to_owned();
    for key in HOUSE {
        if let Some(value) = wanted.get(key) {
            text += &format!("{key} = {} # the house\n", keys::written(key, value));
        }
    }
    let mut kinds = KINDS.map(|kind| (kind, things::of(kind, &mut wanted)));
    for (number, (kind, things)) in kinds.iter_mut().enumerate() {
        if hand.inline >> number & 1 == 1 {
            let lines = std::mem::take(things).into_iter().enumerate();
            let lines =
                lines.map(|(place, thing)| format!("  # {kind} {place}\n  {}, # c\n", keys::table(&thing)));
            text += &format!("{kind} = [\n{}]\n", lines.collect::<String>());
        }
    }
    kinds.iter_mut().for_each(|(_, things)| things.reverse());
    // Turns first, then what is left.
    let rest = (0..KINDS.len()).flat_map(|kind| std::iter::repeat_n(kind, 300));
    for turn in hand.turns.iter().copied().chain(rest) {
        let (kind, things) = &mut kinds[turn];
        if let Some(thing) = things.pop() {
            text += &format!("{}# {kind} {}\n[[{kind}]]\n", hand.before, things.len());
            for (key, value) in &thing {
                text += &format!("  {key}  = {}\n", keys::written(key, value));
            }
        }
    }
    text + "# tail\n"
}

proptest! {
    #[test]
    fn any_document_can_be_made_to_say_anything(before in spec(), after in spec(), hand in hand()) {
        let old = by_hand(&before, &hand);
        prop_assert_eq!(&read(&old), &before, "{}", old);
        let new = render(&old, &after).unwrap();
        prop_assert_eq!(&read(&new), &after, "{}\n----\n{}", old, new);
        prop_assert!(new.contains("# head\n") && new.contains("# tail\n"), "{}\n----\n{}", old, new);
        prop_assert_eq!(edited(&old, &before).unwrap(), old);
        // What was saved is as good a start as what was written by hand.
        prop_assert_eq!(edited(&new, &after).unwrap(), new.clone());
        prop_assert_eq!(read(&render(&new, &before).unwrap()), before);
    }

    #[test]
    fn what_does_not_change_keeps_its_bytes(place in 0..300usize, removed: bool, turns in vec(0..KINDS.len(), 0..20)) {
        let mut spec = large_family();
        let hand = Hand { inline: 0, turns, before: "\n" };
        let old = by_hand(&spec, &hand);
        let name = spec.rule[place].name.clone();
        match removed {
            true => drop(spec.rule.remove(place)),
            false => spec.rule[place].over_time ^= true,
        }
        let new = render(&old, &spec).unwrap();
        let is_other = |block: &&str| !block.contains(&format!("\"{name}\""));
        for block in old.split("\n\n").filter(is_other) {
            prop_assert!(new.contains(block), "{}\n----\n{}", block, new);
        }
        prop_assert_eq!(new.contains(&format!("\"{name}\"")), !removed);
    }
}
