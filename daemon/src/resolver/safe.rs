//! Safe search: who asks for a search engine gets the addresses of its safe host.

use std::sync::Arc;

use luytre_lists::NameBuf;

use super::fetch::{Fetched, Pending};
use super::{REPLY_ROOM, Resolver, key_of};
use crate::cache::{Facts, Hit};
use crate::catalogue::{EngineId, Level, SafeSearch};
use crate::inspect::{Findings, dns64};
use crate::query::Query;
use crate::reply::alias;
use crate::reply::relay::Answer;
use crate::upstream::{ExchangeError, Forwarder};

impl Resolver {
    /// The answer for an engine's safe host, as one to the client's question. Not in place, as it is made of two
    /// messages; but from the cache where that has it.
    pub(super) async fn safe_host(
        &self,
        forwarder: &Forwarder,
        pending: &Pending,
        message: &[u8],
        (engine, level): (EngineId, Level),
    ) -> Arc<Fetched> {
        let query = &pending.query;
        let Some(target) = SafeSearch::shipped().engine(engine).and_then(|engine| engine.target(level))
        else {
            return failed("the engine has no safe host");
        };
        let mut host = NameBuf::new();
        host.copy_from(target.as_name());
        let (instead, asking) = dns64::instead(query, message, host, query.rtype);
        let (answer, found) = match self.kept(&instead) {
            Some(answer) => (answer, Findings::default()),
            None => {
                let fetched = self.join(forwarder, &instead, Facts::default(), &asking).await;
                match &fetched.0 {
                    Ok((answer, found)) => (answer.clone(), *found),
                    Err(_) => return fetched,
                }
            }
        };
        match alias::redirect(query, message, &host, &answer.message) {
            Some(message) => Arc::new(Fetched(Ok((Answer { message, ..answer }, found)))),
            None => failed("the answer for the safe host makes no sense"),
        }
    }

    /// What the cache has on a question, while it is fresh.
    fn kept(&self, query: &Query) -> Option<Answer> {
        let mut message = vec![0; REPLY_ROOM];
        let hit = self.cache.get(&key_of(query), self.clock.moment().seconds, &mut message);
        let hit = hit.filter(|hit| hit.is_answer() && hit.is_fresh())?;
        let Hit { len, .. } = hit;
        message.truncate(len);
        Some(Answer { message, ..Answer::default() })
    }
}

fn failed(why: &str) -> Arc<Fetched> {
    Arc::new(Fetched(Err(ExchangeError::Failed(why.into()).into())))
}
