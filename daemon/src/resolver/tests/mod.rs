//! What of an answer is seen from inside: what it allocates, and how large is what waits.

mod remembered;
mod watched;

use arc_swap::ArcSwap;
use luytre_lists::CategoryTable;

use super::*;
use crate::cache;
use crate::config::Config;
use crate::home::Home;
use crate::list::LoadedList;
use crate::policy::Circumstances;
use crate::who::directory::Directory;
use crate::wire::{Header, Records, rtype};

/// Nothing of it is written, and nothing fetched.
pub(crate) fn resolver_in(state: Snapshot, gate: Gate) -> Resolver {
    Resolver {
        shared: Arc::new(ArcSwap::from_pointee(state)),
        cache: Arc::new(Cache::new(&cache::Settings::default(), [7; 8])),
        dnssec: Arc::default(),
        portal: Arc::default(),
        flights: Arc::default(),
        waiting: Arc::new(Semaphore::new(1)),
        places: Arc::new(Semaphore::new(1)),
        history: Arc::new(History::new(&Config::default().history, Arc::new(Directory::default()))),
        clock: Clock::default(),
        gate,
    }
}

fn resolver() -> Resolver {
    let list = (Arc::new(LoadedList::starter()), None);
    let (home, circumstances) = (Home::default(), Circumstances::default());
    let config = Config::default();
    let state = Snapshot::build(&config, list, Arc::default(), (&home, home.family()), &circumstances);
    resolver_in(state, Gate::default())
}

/// A question with EDNS, or an answer to it with one address.
fn message(name: &str, answered: bool) -> Vec<u8> {
    let (flags, answers, additional) = if answered { (0x81, 1, 0) } else { (0x01, 0, 1) };
    let mut bytes = vec![0, 0, flags, 0, 0, 1, 0, answers, 0, 0, 0, additional];
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.extend_from_slice(&[0, 0, 1, 0, 1]);
    let address = [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1];
    let opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];
    bytes.extend_from_slice(if answered { &address[..] } else { &opt[..] });
    bytes
}

/// Futures that are passed on by value are stored at each step: what waits could take five times as much.
#[test]
fn a_question_that_waits_takes_less_than_four_kilobytes() {
    let resolver = resolver();
    let state = resolver.shared.load_full();
    let forwarder = resolver.outlet().forwarder(&state.upstream);
    let query = Query::parse(&message("example.com", false)).unwrap();
    let client = IpAddr::from([192, 168, 1, 7]);
    let decision = state.decide(Who::UNKNOWN, query.name(), query.rtype, 0);
    let pending = Pending { query, client, reached: client, decision, stale: false, ready: None };
    assert!(size_of_val(&resolver.fetch(&forwarder, &pending, &[], false)) < 4096);
}

#[test]
fn a_blocked_or_cached_answer_allocates_nothing() {
    let resolver = resolver();
    let question = message("example.com", false);
    let query = Query::parse(&question).unwrap();
    resolver.cache.put(&key_of(&query), &message("example.com", true), Facts::default(), 0);
    // Its answer leads to what this house blocks.
    let uncloaked = message("alias.example", false);
    let answered = CategoryTable::shipped().by_key("gambling").into_iter().collect();
    let facts = Facts { generation: resolver.shared.load().generation, answered, ..Facts::default() };
    let query = Query::parse(&uncloaked).unwrap();
    resolver.cache.put(&key_of(&query), &message("alias.example", true), facts, 0);
    let client = SocketAddr::from(([192, 168, 1, 7], 5353));
    let peer = Peer { client, reached: [192, 168, 1, 1].into(), stream: false, token: None };
    let mut out = [0; REPLY_ROOM];
    // The first look at the pointer sets up this thread's place in it.
    drop(resolver.shared.load());

    // The blocked one twice: by a look-up, and by what is remembered of it.
    for asked in ["www.bet365.com", "www.bet365.com", "example.com", "alias.example", "luytre.lan"] {
        let question = message(asked, false);
        let mut answered = 0;
        let allocations = crate::allocations::during(|| {
            let state = resolver.shared.load();
            let moment = resolver.clock.moment();
            if let Step::Reply(len) = resolver.answer(&state, moment, peer, &question, &mut out) {
                answered = len;
            }
        });
        assert_eq!(allocations, 0, "{asked}");
        let header = Header::read(&out[..answered]).unwrap();
        assert_eq!((header.counts[1], header.flags & 0x8080), (1, 0x8080), "{asked}");
        let opts = Records::of(&out[..answered]).unwrap().filter(|record| record.rtype == rtype::OPT);
        assert_eq!(opts.count(), 1, "{asked}");
    }
    let totals = resolver.history.totals();
    assert_eq!((totals.blocked, totals.allowed, resolver.cache.stats().hits), (3, 2, 2));
}
