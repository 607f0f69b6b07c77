//! What answers wait for: their addresses in the sets.

use std::io;

use super::{Work, nonsense};
use crate::traffic::holdings::Changes;
use crate::traffic::link::Link;
use crate::traffic::order::Order;
use crate::traffic::protocol::{Entry, MAX_ENTRIES, Reply, Request};

/// Orders that go into one transaction.
const TOGETHER: usize = 64;

impl Work {
    /// Does what answers wait for, those of several together.
    pub(super) async fn fulfil(&mut self, link: &mut Link, order: Order) -> io::Result<()> {
        let mut orders = vec![order];
        while orders.len() < TOGETHER
            && let Ok(order) = self.orders.try_recv()
        {
            orders.push(order);
        }
        let members = self.loaded.as_ref().map_or(&[][..], |design| &design.members);
        let mut changes = Changes::default();
        for order in &orders {
            self.holdings.hold(&order.entries, order.given);
            if let Some(learning) = &order.learning {
                let Changes { put, take, evict } = self.holdings.learn(learning, members);
                changes.put.extend(put);
                changes.take.extend(take);
                changes.evict.extend(evict);
            }
        }
        changes.put.extend(orders.iter().flat_map(|order| &order.entries));
        if self.apply(link, &changes).await? {
            for order in &orders {
                self.stamp(&order.entries, order.given);
            }
        }
        for order in orders {
            // It may have gone out without waiting.
            let _ = order.done.send(());
        }
        Ok(())
    }

    /// Without a helper nothing can be done for answers; what they show is remembered for when one is there.
    pub(super) fn note_orders(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.holdings.hold(&order.entries, order.given);
            if let Some(learning) = &order.learning {
                self.holdings.learn(learning, &[]);
            }
        }
    }

    /// Changes sets; returns whether it was done.
    pub(super) async fn apply(&mut self, link: &mut Link, changes: &Changes) -> io::Result<bool> {
        let mut is_done = true;
        for (entries, request) in
            [(&changes.take, Request::Take as fn(Vec<Entry>) -> Request), (&changes.put, Request::Put)]
        {
            for entries in entries.chunks(MAX_ENTRIES) {
                is_done &= self.ask(link, request(entries.to_vec())).await?;
            }
        }
        for (number, addresses) in &changes.evict {
            for addresses in addresses.chunks(MAX_ENTRIES) {
                let request = Request::Evict { number: *number, addresses: addresses.to_vec() };
                is_done &= self.ask(link, request).await?;
            }
        }
        Ok(is_done)
    }

    pub(super) async fn ask(&mut self, link: &mut Link, request: Request) -> io::Result<bool> {
        match link.ask(&request).await? {
            Reply::Done => Ok(true),
            Reply::Refused(what) => {
                // The table may be gone, which the next look shows.
                tracing::debug!(what, "the helper refused");
                Ok(false)
            }
            _ => Err(nonsense()),
        }
    }

    fn stamp(&self, entries: &[Entry], given: u32) {
        let stamps = &self.keeper.posts().stamps;
        for Entry { set, mac, address, seconds } in entries {
            stamps.set(*set, *mac, *address, given.saturating_add(*seconds));
        }
    }
}
