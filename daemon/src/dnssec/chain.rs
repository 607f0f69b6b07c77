//! hickory's way to the records of a chain: what is being proven, what is kept, and our own upstream servers.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::{self, Stream};
use hickory_net::proto::op::{DnsRequest, DnsResponse, Query};
use hickory_net::proto::rr::{Name, Record};
use hickory_net::{DnsHandle, NetError};
use luytre_lists::NameBuf;

use super::inquiry::{Inquiry, Seen};
use super::limits;
use super::store::Store;
use super::time::Runtime;
use crate::query::CLASS_IN;
use crate::wire::{Header, OUR_UDP, Rcode, flags, rtype};

/// Look-ups after which others on the thread get their turn, whatever is kept.
const UNTIL_YIELD: usize = 8;

/// Answers what hickory asks for.
#[derive(Clone)]
pub(super) struct Chain(pub(super) Arc<Store>);

impl DnsHandle for Chain {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = Runtime;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let store = Arc::clone(&self.0);
        Box::pin(stream::once(async move {
            let inquiry = Inquiry::current().ok_or("outside of an inquiry")?;
            let query = request.queries.first().ok_or("no question")?;
            match inquiry.supplied(query) {
                Some(response) => Ok(response),
                None => store.look_up(&inquiry, query).await,
            }
        }))
    }
}

impl Store {
    async fn look_up(&self, inquiry: &Inquiry, query: &Query) -> Result<DnsResponse, NetError> {
        if !inquiry.may_look_up() {
            return Err("too many look-ups".into());
        }
        let name = luytre_name(query.name()).ok_or("the name can't be asked")?;
        let rtype = u16::from(query.query_type());
        let kept = self.get(name.as_name(), rtype, inquiry.uptime);
        let (message, age) = match kept {
            Some(kept) => {
                if inquiry.seen().len() % UNTIL_YIELD == UNTIL_YIELD - 1 {
                    tokio::task::yield_now().await;
                }
                kept
            }
            None => self.fetch(inquiry, &name, rtype).await?,
        };
        inquiry.saw(Seen { name: name.as_name().as_wire().into(), rtype, message: Arc::clone(&message) });
        let mut response = DnsResponse::from_buffer(message.to_vec())?;
        // Not part of any proof, and each of its sets would be validated.
        response.additionals.clear();
        let age_all = |records: &mut Vec<Record>| {
            records.iter_mut().for_each(|record| record.ttl = record.ttl.saturating_sub(age));
        };
        age_all(&mut response.answers);
        age_all(&mut response.authorities);
        Ok(response)
    }

    async fn fetch(
        &self,
        inquiry: &Inquiry,
        name: &NameBuf,
        rtype: u16,
    ) -> Result<(Arc<[u8]>, u32), NetError> {
        let _lane = self.lane(name.as_name(), rtype).await;
        if let Some(kept) = self.get(name.as_name(), rtype, inquiry.uptime) {
            return Ok(kept); // whoever held the lane has fetched it
        }
        if !inquiry.may_ask() {
            return Err("too many queries".into());
        }
        let exchanged =
            inquiry.forwarder.exchange_avoiding(name.as_name(), &query(name, rtype), &inquiry.avoided).await;
        let message: Arc<[u8]> = match exchanged {
            Ok(message) => message.into(),
            Err(error) => {
                inquiry.lost();
                return Err(error.to_string().into());
            }
        };
        let code =
            Header::read(&message).map_or(Rcode::ServFail as u16, |header| header.flags & flags::RCODE);
        if code != Rcode::NoError as u16 && code != Rcode::NxDomain as u16 {
            inquiry.saw(Seen { name: name.as_name().as_wire().into(), rtype, message });
            return Err("the upstream server has no answer".into());
        }
        limits::check(&message).map_err(limits::Excess::text)?;
        self.put(name.as_name(), rtype, &message, inquiry.uptime);
        Ok((message, 0))
    }
}

/// hickory's name in our form.
pub(super) fn luytre_name(name: &Name) -> Option<NameBuf> {
    let mut all = NameBuf::new();
    name.iter().try_for_each(|label| all.push_label(label)).ok()?;
    Some(all)
}

/// Our name in hickory's form.
pub(super) fn hickory_name(name: &NameBuf) -> Name {
    // Both hold labels of 1 to 63 bytes, 255 in all.
    let mut all = Name::from_labels(name.as_name().labels()).unwrap_or_else(|_| Name::root());
    all.set_fqdn(true);
    all
}

/// A question for a record of the chain: with its signatures (DO), and unjudged (CD, RFC 6840 §5.9).
pub(super) fn query(name: &NameBuf, rtype: u16) -> Vec<u8> {
    let mut bytes = vec![0; 12];
    bytes[2..4].copy_from_slice(&(flags::RD | flags::CD).to_be_bytes());
    (bytes[5], bytes[11]) = (1, 1);
    bytes.extend_from_slice(name.as_name().as_wire());
    bytes.push(0);
    bytes.extend([rtype, CLASS_IN].map(u16::to_be_bytes).concat());
    let [high, low] = OUR_UDP.to_be_bytes();
    bytes.extend([0, 0, rtype::OPT as u8, high, low, 0, 0, 0x80, 0, 0, 0]);
    bytes
}
