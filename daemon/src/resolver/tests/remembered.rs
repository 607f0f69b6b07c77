//! What is remembered of a name decides as the look-up did, for everybody, until rules or list change.

use std::io::Write;

use luytre_lists::{CategorySet, CategoryTable, Disposition, Entry, ListWriter, Meta, NameBuf};
use proptest::prelude::*;

use super::*;
use crate::policy::NameRule;

/// Names that lie below each other, one that is special and one that is essential.
const NAMES: [&str; 6] =
    ["a.example", "b.a.example", "c.b.a.example", "d.example", "nas.home.arpa", "www.vietcombank.com.vn"];
const CATEGORIES: [&str; 4] = ["always", "adult", "gambling", "social"];
/// A child, a parent, and one whom nobody named.
const CLIENTS: [[u8; 4]; 3] = [[192, 168, 1, 7], [192, 168, 1, 8], [10, 0, 0, 8]];
const FAMILY: &str = r#"
person = [{ id = "an", profile = "age-7-12" }, { id = "me", profile = "adult" }]
device = [{ addresses = ["192.168.1.7"], person = "an" }, { addresses = ["192.168.1.8"], person = "me" }]
rule = [{ who = ["an"], name = "d.example", action = "block" }]
"#;

/// The categories with these bits in [`CATEGORIES`].
fn set(bits: u8) -> CategorySet {
    let chosen = CATEGORIES.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
    chosen.filter_map(|(_, key)| CategoryTable::shipped().by_key(key)).collect()
}

/// A list that says this of each of [`NAMES`].
fn list(said: &[Disposition]) -> Arc<LoadedList> {
    let mut writer = ListWriter::new(Meta::default());
    for (name, &said) in NAMES.iter().zip(said) {
        writer.add(NameBuf::parse(name).unwrap().as_name(), Entry::subtree(said)).unwrap();
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&writer.finish().unwrap()).unwrap();
    Arc::new(LoadedList::map(file.path()).unwrap())
}

/// A house that blocks these categories, and has these rules.
fn house(list: Arc<LoadedList>, block: CategorySet, rules: &[(bool, String)]) -> Snapshot {
    let mut config = Config::default();
    config.house.block = block;
    for (denied, text) in rules {
        let rules = if *denied { &mut config.house.deny } else { &mut config.house.allow };
        rules.push(NameRule::parse(text).unwrap());
    }
    let (home, circumstances) =
        (Home::of(FAMILY), Circumstances { trusted: true, ..Circumstances::default() });
    Snapshot::build(&config, (list, None), Arc::default(), (&home, home.family()), &circumstances)
}

fn resolver(state: Snapshot) -> Resolver {
    resolver_in(state, Gate::default())
}

/// A question for the addresses of a name.
fn question(name: &str) -> Vec<u8> {
    let name = NameBuf::parse(name).unwrap();
    [&[0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], name.as_name().as_wire(), &[0, 0, 1, 0, 1]].concat()
}

impl Resolver {
    /// The answer made in place, if one is.
    fn reply_to(&self, name: &str, client: [u8; 4]) -> Option<Vec<u8>> {
        let peer = Peer {
            client: (client, 5353).into(),
            reached: [192, 168, 1, 1].into(),
            stream: false,
            token: None,
        };
        let mut out = [0; REPLY_ROOM];
        match self.answer(&self.shared.load(), self.clock.moment(), peer, &question(name), &mut out) {
            Step::Reply(len) => Some(out[..len].to_vec()),
            Step::Silence | Step::Renew(..) | Step::Fetch(_) => None,
        }
    }

    /// What is remembered of a name in the state in force.
    fn remembered(&self, name: &str) -> Facts {
        let query = Query::parse(&question(name)).unwrap();
        let generation = self.shared.load().generation;
        self.cache.look_up(&key_of(&query), generation, 0, &mut [0; REPLY_ROOM]).1
    }
}

fn said() -> impl Strategy<Value = Disposition> {
    prop_oneof![
        Just(Disposition::Inherit),
        Just(Disposition::Allow),
        (0..16_u8).prop_map(|bits| Disposition::Block(set(bits))),
    ]
}

fn rule() -> impl Strategy<Value = (bool, String)> {
    let text = (prop::sample::select(vec!["", "="]), prop::sample::select(NAMES.to_vec()));
    (any::<bool>(), text.prop_map(|(scope, name)| format!("{scope}{name}")))
}

proptest! {
    #[test]
    fn a_remembered_name_is_decided_as_by_a_look_up(
        said in prop::collection::vec(said(), NAMES.len()),
        block in 0..16_u8,
        rules in prop::collection::vec(rule(), 0..3),
    ) {
        let resolver = resolver(house(list(&said), set(block), &rules));
        let state = resolver.shared.load();
        for text in NAMES {
            let first = CLIENTS.map(|client| resolver.reply_to(text, client));
            let facts = resolver.remembered(text);
            for (client, first) in CLIENTS.into_iter().zip(first) {
                let who = state.people.identify(client.into());
                let name = NameBuf::parse(text).unwrap();
                let decided = state.decide(who, name.as_name(), rtype::A, 0);
                // Whoever needs no look-up got it by one; nobody is remembered whom a rule names.
                let is_kept = decided.verdict.is_blocked() && decided.facts.generation != 0;
                prop_assert!(!is_kept || facts == decided.facts, "{}", text);
                prop_assert!(facts == Facts::default() || facts == decided.facts, "{}", text);
                if let Some(remembered) = state.decide_by(who, facts, 0) {
                    prop_assert_eq!(remembered.verdict, decided.verdict, "{}", text);
                }
                prop_assert_eq!(resolver.reply_to(text, client), first, "{}", text);
            }
        }
    }
}

#[test]
fn a_reload_is_in_force_with_the_next_question() {
    let list = list(&[Disposition::Block(set(0b0010))]);
    let resolver = resolver(house(Arc::clone(&list), set(0b0010), &[]));
    let ask = || resolver.reply_to("a.example", CLIENTS[2]);
    let blocked = ask();
    assert!(blocked.is_some() && ask() == blocked);
    assert_eq!(resolver.remembered("a.example").asked, set(0b0010));

    resolver.shared.store(Arc::new(house(Arc::clone(&list), set(0b0100), &[])));
    assert_eq!(resolver.remembered("a.example"), Facts::default());
    assert_eq!(ask(), None, "it is fetched");
    resolver.shared.store(Arc::new(house(list, set(0b0010), &[])));
    assert_eq!(ask(), blocked);
}
