//! One client's connection: who asks, of which address of ours, over what; and how its questions are answered.
//!
//! What every transport with connections does alike stands here; framing and errors are each transport's own.

use std::sync::Arc;
use std::time::Duration;

use super::Desk;
use crate::reply::padding;
use crate::resolver::{Peer, Pending, REPLY_ROOM, Resolver, Step};
use crate::upstream::Forwarder;

/// Questions of one connection that may wait for upstream at once (RFC 7766 §6.2.1.1: answer as they come).
pub(super) const QUESTIONS: usize = 16;

/// How long a handshake may take. Slow routers and phones need a second; who needs more holds a place for nothing.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(5);

/// One client's connection.
#[derive(Clone)]
pub(super) struct Session {
    /// What answers.
    pub(super) desk: Desk,
    /// Who asks, and where.
    pub(super) peer: Peer,
    /// Nobody on the way can read it, so answers hide their length if the client wishes so.
    pub(super) encrypted: bool,
    /// How long the client may be silent.
    pub(super) idle: Duration,
    /// What the client calls itself, in lower case.
    pub(super) token: Option<Arc<str>>,
}

/// What becomes of a message.
pub(super) enum Asked {
    /// Answered at once.
    Answered(Vec<u8>),
    /// Must be fetched.
    Waits(Waiting),
    /// Gets no answer.
    Refused(Refused),
}

/// Why a message gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The client asks more than it may.
    TooMany,
    /// It is no question.
    NoQuestion,
}

/// A question that upstream must answer.
pub(super) struct Waiting {
    resolver: Resolver,
    forwarder: Forwarder,
    pending: Box<Pending>,
    message: Vec<u8>,
    encrypted: bool,
}

impl Waiting {
    /// Fetches the answer; every failure is an answer too.
    pub(super) async fn fetch(self) -> Vec<u8> {
        let Self { resolver, forwarder, pending, message, encrypted } = self;
        let mut reply = resolver.fetch(&forwarder, &pending, &message, true).await;
        if encrypted {
            padding::pad(&message, &mut reply);
        }
        reply
    }
}

/// The token in the name that a client asks for in its handshake: `TOKEN.luytre.lan`, in lower case.
pub(super) fn token_in(server_name: Option<&str>) -> Option<Arc<str>> {
    /// The zone of the tokens; our own certificate is for every name in it.
    const ZONE: &str = ".luytre.lan";
    let name = server_name?.to_ascii_lowercase();
    let token = name.strip_suffix(ZONE)?;
    (!token.is_empty() && !token.contains('.')).then(|| token.into())
}

impl Session {
    /// Answers a message as far as that needs no waiting.
    pub(super) fn begin(&self, message: Vec<u8>) -> Asked {
        let Desk { resolver, outlet, .. } = &self.desk;
        let state = resolver.shared.load();
        let moment = resolver.clock.moment();
        if !self.desk.allows(&state, self.peer.client, moment) {
            return Asked::Refused(Refused::TooMany);
        }
        let token = self.token.as_deref().and_then(|token| state.people.identify_token(token));
        let peer = Peer { token, ..self.peer };
        let mut out = vec![0; REPLY_ROOM];
        match resolver.answer(&state, moment, peer, &message, &mut out) {
            Step::Silence => Asked::Refused(Refused::NoQuestion),
            Step::Reply(len) => Asked::Answered(self.dressed(out, len, &message)),
            Step::Renew(len, pending) => {
                self.desk.renew(&state, &pending, &message);
                Asked::Answered(self.dressed(out, len, &message))
            }
            Step::Fetch(pending) => Asked::Waits(Waiting {
                resolver: resolver.clone(),
                forwarder: outlet.forwarder(&state.upstream),
                pending,
                message,
                encrypted: self.encrypted,
            }),
        }
    }

    fn dressed(&self, mut reply: Vec<u8>, len: usize, message: &[u8]) -> Vec<u8> {
        reply.truncate(len);
        if self.encrypted {
            padding::pad(message, &mut reply);
        }
        reply
    }

    /// Answers a message, however long that takes.
    pub(super) async fn ask(&self, message: Vec<u8>) -> Result<Vec<u8>, Refused> {
        match self.begin(message) {
            Asked::Answered(answer) => Ok(answer),
            Asked::Waits(waiting) => Ok(waiting.fetch().await),
            Asked::Refused(why) => Err(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::gate::Gate;
    use crate::history::History;
    use crate::home::Home;
    use crate::list::LoadedList;
    use crate::listen::rate::Rate;
    use crate::policy::Circumstances;
    use crate::resolver::tests::resolver_in;
    use crate::snapshot::Snapshot;
    use crate::who::directory::Directory;
    use crate::who::{Known, Mac, People};

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 7));

    /// A client at one address, in a house that knows these people.
    fn session(directory: Arc<Directory>, people: People, token: Option<&str>) -> Session {
        let (config, list) = (Config::default(), (Arc::new(LoadedList::starter()), None));
        let home = Home::default();
        let state =
            Snapshot::build(&config, list, Arc::default(), (&home, home.family()), &Circumstances::default());
        let history = Arc::new(History::new(&config.history, directory));
        let state = state.with_people(Arc::new(people));
        let resolver = Resolver { history, ..resolver_in(state, Gate::default()) };
        let outlet = Arc::new(resolver.outlet());
        let desk = Desk { resolver, rate: Arc::new(Rate::new(64, [7; 8])), outlet };
        let peer = Peer { client: SocketAddr::new(CLIENT, 5353), reached: CLIENT, stream: true, token: None };
        Session { desk, peer, encrypted: true, idle: HANDSHAKE, token: token.map(Arc::from) }
    }

    #[tokio::test]
    async fn a_token_goes_before_the_address_and_an_unknown_one_counts_for_nothing() {
        let (by_address, by_token) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
        let known = [
            Known { mac: Some(by_address), person: Some("binh".into()), ..Known::default() },
            Known {
                mac: Some(by_token),
                token: Some("An-Phone".into()),
                person: Some("an".into()),
                ..Known::default()
            },
        ];
        for (token, who) in [(None, "binh"), (Some("an-phone"), "an"), (Some("nobody"), "binh")] {
            let directory = Arc::new(Directory::default());
            let people = People::build(&known, [(CLIENT, by_address)].into_iter(), directory.roll());
            let session = session(directory, people, token);
            let question = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0\x06luytre\x03lan\0\0\x01\0\x01";
            assert!(matches!(session.begin(question.to_vec()), Asked::Answered(_)));
            let Resolver { history, shared, .. } = &session.desk.resolver;
            assert_eq!(
                history.recent(1, &shared.load().policy, Clock::default().now())[0].who,
                who,
                "{token:?}"
            );
        }
    }

    #[test]
    fn a_token_is_one_label_before_our_name() {
        let token = |name| token_in(Some(name));
        assert_eq!(token("An-Phone.Luytre.Lan").as_deref(), Some("an-phone"));
        for other in ["luytre.lan", ".luytre.lan", "a.b.luytre.lan", "an-phone.example", "an-phoneluytre.lan"]
        {
            assert_eq!(token(other), None, "{other}");
        }
        assert_eq!(token_in(None), None);
    }
}
