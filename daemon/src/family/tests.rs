//! What is written, what it means, and what is refused.

use super::*;

fn refused(text: &str) -> String {
    Family::parse("family.toml", text).unwrap_err().to_string()
}

fn notes(text: &str) -> Vec<String> {
    let (_, family) = Family::parse("family.toml", text).unwrap();
    family.notes.iter().map(|note| format!("{}: {}", note.pointer, note.what)).collect()
}

const AN: &str = "[[person]]\nid = \"an\"\nname = \"An\"\nbirth_year = 2015\n";

#[test]
fn an_empty_document_is_a_house_without_people() {
    let (spec, family) = Family::parse("family.toml", "").unwrap();
    assert_eq!((spec, family.people.len(), family.profiles.len()), (Spec::default(), 0, 5));
    assert_eq!(family.zone.name(), "Asia/Ho_Chi_Minh");
}

#[test]
fn every_mistake_has_its_line_and_says_what_to_write() {
    for (text, expected) in [
        (
            "[[person]]\nid = \"an\"\nbirth_yaer = 2015\n",
            "family.toml:3: person[1].birth_yaer: unknown key; did you mean birth_year?",
        ),
        (
            "[[person]]\nid = \"an\"\nname = \"\u{202e}nA\"\nbirth_year = 2015\n",
            "family.toml:3: person[1].name: has characters that can't be shown",
        ),
        ("persons = []\n", "family.toml:1: persons: unknown key; did you mean person?"),
        (
            "[[person]]\nid = \"an\"\nbirth_year = \"2015\"\n",
            "family.toml:3: person[1].birth_year: string \"2015\" stands here; write u16",
        ),
        (
            "[[person]]\nid = \"An\"\nbirth_year = 2015\n",
            "family.toml:2: person[1].id: \"An\" can't be an id; write small letters, digits and dashes, such as \"an-2\"",
        ),
        (
            "[[person]]\nid = \"an\"\n",
            "family.toml:1: person[1]: write birth_year, or profile: one of them says what is blocked",
        ),
        ("time_zone = \"Asia/Saigom\"\n", "did you mean \"Asia/Saigon\"?"),
        (
            "version = 2\n",
            "family.toml:1: version: this luytre reads version 1; a newer one wrote this: update luytre",
        ),
        (
            "[[device]]\nmac = \"02:00\"\n",
            "family.toml:2: device[1].mac: \"02:00\" is not a MAC address; write \"02:00:00:00:00:10\"",
        ),
        (
            "[[device]]\nname = \"x\"\n",
            "family.toml:1: device[1]: write how it is known: mac, addresses or token",
        ),
        (
            "[[device]]\nmac = \"02:00:00:00:00:10\"\nperson = \"nobody\"\n",
            "family.toml:3: device[1].person: there is no person \"nobody\"",
        ),
        (
            "[[profile]]\nid = \"x\"\nbase = \"age-7-13\"\n",
            "there is no profile \"age-7-13\"; did you mean \"age-7-12\"?",
        ),
        (
            "[[profile]]\nid = \"x\"\nbase = \"adult\"\nblock = [\"gamblign\"]\n",
            "family.toml:4: profile[1].block[1]: there is no category \"gamblign\"; did you mean \"gambling\"?",
        ),
        (
            "[[profile]]\nid = \"x\"\nbase = \"adult\"\nblock_services = [\"tiktokk\"]\n",
            "there is no service \"tiktokk\"; did you mean \"tiktok\"?",
        ),
        (
            "[[schedule]]\nid = \"s\"\nwho = [\"*\"]\nmode = \"blok\"\nfrom = \"21:00\"\nto = \"06:00\"\n",
            "family.toml:4: schedule[1].mode: write \"block\", \"only\" or \"block-set\"; did you mean \"block\"?",
        ),
        (
            "[[schedule]]\nid = \"s\"\nwho = [\"*\"]\nmode = \"block\"\nfrom = \"25:00\"\nto = \"06:00\"\n",
            "family.toml:5: schedule[1].from:",
        ),
        (
            "[[schedule]]\nid = \"s\"\nwho = [\"*\"]\nmode = \"block\"\nfrom = \"21:00\"\nto = \"06:00\"\nexcept = [\"tett\"]\n",
            "family.toml:7: schedule[1].except[1]: ",
        ),
        (
            "[[budget]]\nwho = \"an\"\nof = \"all\"\nminutes = 60\n",
            "family.toml:2: budget[1].who: there is no person \"an\"",
        ),
        (
            "[[rule]]\nname = \"a b\"\naction = \"allow\"\n",
            "family.toml:2: rule[1].name: \"a b\" is not a name",
        ),
        (
            "[[rule]]\nname = \"a.example\"\naction = \"block\"\nover_time = true\n",
            "family.toml:4: rule[1].over_time: a block holds at any time",
        ),
        (
            "[[grant]]\nwho = [\"*\"]\nof = \"all\"\nuntil = \"tomorrow\"\n",
            "family.toml:4: grant[1].until: \"tomorrow\" is no moment; write \"2026-11-21T21:00:00+07:00\"",
        ),
        ("[[pause]]\nwho = \"\"\n", "family.toml:2: pause[1].who"),
        ("= 1\n", "family.toml:1: not TOML"),
    ] {
        let told = refused(text);
        assert!(told.contains(expected), "{text}\n{told}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let told = refused(
        "[[person]]\nid = \"an\"\n[[person]]\nid = \"an\"\nbirth_year = 1\n[[device]]\nname = \"x\"\n",
    );
    assert_eq!(told.lines().count(), 4, "{told}");
    assert!(told.contains("person[2].id: person 1 is called \"an\" too"), "{told}");
}

#[test]
fn a_device_belongs_to_one_and_is_known_once() {
    let device = "[[device]]\nmac = \"02:00:00:00:00:10\"\nperson = \"an\"\n";
    assert!(refused(&format!("{AN}{device}profile = \"adult\"\n")).contains("its person has a profile"));
    assert!(refused(&format!("{AN}{device}{device}")).contains("device 1 is known by 02:00:00:00:00:10 too"));
}

#[test]
fn what_has_no_effect_is_noted() {
    let rule = |name: &str, action: &str| format!("[[rule]]\nname = \"{name}\"\naction = \"{action}\"\n");
    assert_eq!(
        notes(&[rule("a.example", "allow"), rule("a.example", "block")].concat()),
        ["/rule/0: rule 2 (a.example) blocks the same name: a block wins"]
    );
    assert_eq!(
        notes(&[rule("a.example", "block"), rule("a.example", "block")].concat()),
        ["/rule/1: rule 1 (a.example) says the same already"]
    );
    assert_eq!(notes(&[rule("a.example", "allow"), rule("=a.example", "block")].concat()), [""; 0]);
    assert_eq!(
        notes(&rule("vietcombank.com.vn", "block")),
        ["/rule/0: vietcombank.com.vn is never blocked: an emergency, a bank, a school"]
    );
    assert_eq!(
        notes(AN),
        ["/person/0: no device is an's yet: nothing that is decided for them has an effect"]
    );
}

#[test]
fn a_profile_takes_from_its_base_what_it_does_not_change() {
    let text = "[[profile]]\nid = \"own\"\nbase = \"age-7-12\"\nblock = [\"news\"]\npermit = [\"adult\", \"always\"]\nyoutube = \"off\"\n";
    let (_, family) = Family::parse("family.toml", text).unwrap();
    let find = |id: &str| family.profiles.iter().find(|profile| profile.id == id).unwrap();
    let (own, base) = (find("own"), find("age-7-12"));
    let category = |key| luytre_lists::CategoryTable::shipped().by_key(key).unwrap();
    assert!(own.block.contains(category("news")) && !own.block.contains(category("adult")));
    assert!(own.block.contains(luytre_lists::Category::ALWAYS), "nobody can permit that");
    assert_eq!((own.youtube, own.safe_search, own.supervised), (Level::Off, base.safe_search, true));
}

#[test]
fn the_age_chooses_the_profile() {
    let (_, family) = Family::parse("family.toml", AN).unwrap();
    let at = |year| family.profile_of(&family.people[0], year).unwrap().id.clone();
    assert_eq!(
        [2015, 2021, 2022, 2028, 2031, 2033, 1970].map(at),
        ["age-0-6", "age-0-6", "age-7-12", "age-13-15", "age-16-17", "adult", "age-0-6"]
    );
}

#[test]
fn json_says_the_same_as_toml() {
    let text = format!("{AN}[[budget]]\nwho = \"an\"\nof = \"group:games\"\nminutes = 60\n");
    let (spec, family) = Family::parse("family.toml", &text).unwrap();
    let (again, same) = Family::from_json(&serde_json::to_value(&spec).unwrap()).unwrap();
    assert_eq!((spec, family), (again, same));
    let problem = Family::from_json(&serde_json::json!({"person": [{"idd": "x"}]})).unwrap_err().remove(0);
    assert_eq!(problem.pointer.to_string(), "/person/0/idd");
}

/// What docs/family.md shows is one family's document, without a mistake.
#[test]
fn the_documentation_is_a_good_document() {
    let blocks = include_str!("../../../docs/family.md").split("```toml\n").skip(1);
    let text: String = blocks.map(|block| block.split("```").next().unwrap()).collect();
    let (spec, family) = Family::parse("docs/family.md", &text).unwrap();
    assert_eq!(family.notes, []);
    let kinds = serde_json::to_value(&spec).unwrap();
    assert_eq!(kinds.as_object().unwrap().len(), 12, "every kind is shown");
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "(\\[\\[(person|device|schedule|rule|pause)\\]\\]\n|[a-z_]{2,9} = (\"[a-z:*-]{0,9}\"|\\[\"[a-z0-9:.-]{0,9}\"\\]|[0-9]{1,20}|true)\n){0,12}") {
        if let Err(refused) = Family::parse("family.toml", &text) {
            proptest::prop_assert!(refused.0.iter().all(|line| line.starts_with("family.toml:")));
        }
    }
}

#[test]
fn a_person_has_sixteen_budgets_at_most() {
    let budgets = |count: usize| {
        let one = |n| format!("[[budget]]\nid = \"b{n}\"\nwho = \"an\"\nof = \"all\"\nminutes = 1\n");
        format!("{AN}{}", (0..count).map(one).collect::<String>())
    };
    assert!(Family::parse("family.toml", &budgets(16)).is_ok());
    let refused = refused(&budgets(17));
    assert!(refused.contains("budget[17]: an has more than 16 budgets"), "{refused}");
}
