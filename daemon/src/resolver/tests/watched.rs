//! Answers to whoever is watched: what time decides, what goes out without ECH, and what the firewall has to know first.

use tokio::sync::mpsc;

use super::*;
use crate::gate::{Posts, Watch, Watched};
use crate::traffic::order::ORDERS;
use crate::traffic::protocol::Set;
use crate::who::Mac;

/// Saturday noon in Hồ Chí Minh City: Bo's bedtime, An has a budget.
const NOON: u64 = 1_795_237_200;
const FAMILY: &str = r#"
time_zone = "Asia/Ho_Chi_Minh"
person = [{ id = "an", profile = "age-7-12" }, { id = "bo", profile = "age-7-12" }]
device = [{ addresses = ["192.168.1.7"], person = "an" }, { addresses = ["192.168.1.8"], person = "bo" }]
budget = [{ id = "all", who = "an", of = "all", minutes = 60 }]
schedule = [{ id = "noon", who = ["bo"], mode = "block", from = "11:00", to = "13:00" }]
rule = [{ who = ["bo"], name = "app.example", action = "allow", over_time = true }]
"#;
const AN: [u8; 4] = [192, 168, 1, 7];
const BO: [u8; 4] = [192, 168, 1, 8];
const PHONE: Mac = Mac([2, 0, 0, 0, 0, 0x10]);
const SITE: [u8; 4] = [192, 0, 2, 1];
/// An HTTPS record's data with `ech` of three bytes, and without.
const WITH_ECH: &[u8] = &[0, 1, 0, 0, 5, 0, 3, 1, 2, 3];
const WITHOUT_ECH: &[u8] = &[0, 1, 0];

struct Family {
    resolver: Resolver,
    posts: Posts,
    moment: Moment,
}

impl Family {
    fn new() -> Self {
        let config = Config::default();
        let home = Home::of(FAMILY);
        home.people(&home.family());
        let circumstances = Circumstances { now: NOON, trusted: true, spent: &[] };
        let list = (Arc::new(LoadedList::starter()), None);
        let state = Snapshot::build(&config, list, Arc::default(), (&home, home.family()), &circumstances);
        let posts = Posts::default();
        let resolver = resolver_in(state, Gate::new(posts.clone(), mpsc::channel(ORDERS).0));
        let moment = Moment { now: NOON, seconds: 1000, micros: 0 };
        Self { resolver, posts, moment }
    }

    /// Both are watched in this way.
    fn watch(&self, strict: bool, cut: bool) {
        let watch = Watch { mac: PHONE, strict, cut };
        let devices = [AN, BO].map(|client| usize::from(self.who(client).0));
        let mut watched = vec![None; devices[0].max(devices[1]) + 1];
        devices.into_iter().for_each(|who| watched[who] = Some(watch));
        self.posts.watched.store(Arc::new(Watched { devices: watched.into(), bars: false }));
    }

    fn who(&self, client: [u8; 4]) -> Who {
        self.resolver.shared.load().people.identify(client.into())
    }

    /// Puts an answer with this one record into the cache.
    fn knows(&self, name: &str, rtype: u16, without_ech: bool, data: &[u8]) {
        let question = question(name, rtype);
        let mut answer = question.clone();
        (answer[2], answer[7]) = (0x81, 1);
        answer.extend_from_slice(&[0xc0, 12]);
        [rtype, 1, 0, 300, data.len() as u16].into_iter().for_each(|word| answer.extend(word.to_be_bytes()));
        answer.extend_from_slice(data);
        let query = Query { without_ech, ..Query::parse(&question).unwrap() };
        self.resolver.cache.put(&key_of(&query), &answer, Facts::default(), self.moment.seconds);
    }

    /// Asks twice, of which the second must be answered without an allocation; the last record's TTL and data.
    fn asks(&self, client: [u8; 4], name: &str, rtype: u16) -> Option<(u32, Vec<u8>)> {
        let peer = Peer {
            client: (client, 5353).into(),
            reached: [192, 168, 1, 1].into(),
            stream: false,
            token: None,
        };
        let question = question(name, rtype);
        let mut out = [0; REPLY_ROOM];
        let mut answered = None;
        let mut allocations = 0;
        for _ in 0..2 {
            allocations = crate::allocations::during(|| {
                let state = self.resolver.shared.load();
                answered = match self.resolver.answer(&state, self.moment, peer, &question, &mut out) {
                    Step::Reply(len) => Some(len),
                    Step::Silence | Step::Renew(..) | Step::Fetch(_) => None,
                };
            });
        }
        let len = answered?;
        assert_eq!(allocations, 0, "{name}");
        let record = Records::of(&out[..len]).unwrap().last().unwrap();
        Some((record.ttl, out[record.data].to_vec()))
    }
}

fn question(name: &str, rtype: u16) -> Vec<u8> {
    let name = luytre_lists::NameBuf::parse(name).unwrap();
    let [high, low] = rtype.to_be_bytes();
    [&[0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], name.as_name().as_wire(), &[0, high, low, 0, 1]].concat()
}

#[test]
fn what_time_decides_allocates_nothing() {
    let family = Family::new();
    for name in ["site.example", "app.example"] {
        family.knows(name, rtype::A, false, &SITE);
    }
    assert_eq!(
        family.asks(AN, "site.example", rtype::A),
        Some((10, SITE.into())),
        "it counts towards a budget"
    );
    let (ttl, address) = family.asks(BO, "site.example", rtype::A).unwrap();
    assert_eq!((ttl, address == SITE), (10, false), "it is bedtime");
    let left = family.asks(BO, "app.example", rtype::A).unwrap().0;
    assert_eq!(left, 300, "nothing is decided anew before one o'clock");
}

#[test]
fn what_goes_out_without_ech_is_another_answer_and_allocates_nothing() {
    let family = Family::new();
    family.knows("site.example", rtype::HTTPS, false, WITH_ECH);
    assert_eq!(family.asks(AN, "site.example", rtype::HTTPS), None, "it is fetched");
    family.knows("site.example", rtype::HTTPS, true, WITHOUT_ECH);
    assert_eq!(family.asks(AN, "site.example", rtype::HTTPS), Some((10, WITHOUT_ECH.into())));
    assert_eq!(family.asks([10, 0, 0, 8], "site.example", rtype::HTTPS), Some((300, WITH_ECH.into())));
}

#[test]
fn an_answer_whose_addresses_are_in_the_firewall_allocates_nothing() {
    let family = Family::new();
    for name in ["site.example", "app.example"] {
        family.knows(name, rtype::A, false, &SITE);
    }
    let stamps = &family.posts.stamps;
    family.watch(true, false);
    assert_eq!(family.asks(AN, "site.example", rtype::A), None, "it waits");
    stamps.set(Set::Named, PHONE, SITE.into(), 2000);
    assert_eq!(family.asks(AN, "site.example", rtype::A), Some((10, SITE.into())));
    family.watch(false, true);
    assert_eq!(family.asks(BO, "app.example", rtype::A), None, "it waits to be opened");
    stamps.set(Set::Open, PHONE, SITE.into(), 2000);
    assert_eq!(family.asks(BO, "app.example", rtype::A), Some((10, SITE.into())), "it may end at any moment");
}
