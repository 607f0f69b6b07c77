//! A window of queries in flight over several connected sockets.
//!
//! Each socket owns its slots; the ID of a query is its slot in the low bits and a turn in the high bits, so that
//! matching a reply is one look-up and a late reply isn't taken for the slot's next query.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use luytre_tests::dns::{LONGEST_QUERY, Reply};
use luytre_tests::mmsg::{Batch, Keep, Wait, wait_readable};

use crate::Limits;
use crate::queries::Queries;
use crate::serial::{connect, nanos};
use crate::tally::Tally;

const BATCH: usize = 64;
const LONGEST_REPLY: usize = 1500;
/// How often slots are looked through for queries past their time.
const SWEEP: Duration = Duration::from_millis(20);

/// One socket and its part of the window.
struct Lane {
    socket: UdpSocket,
    slots: Vec<Slot>,
    free: Vec<u16>,
    /// `ID & mask` is the slot.
    mask: u16,
}

#[derive(Clone, Copy)]
struct Slot {
    id: u16,
    sent_at: Option<Instant>,
}

impl Lane {
    fn new(server: SocketAddr, slots: usize) -> Result<Self> {
        // At most 4096 slots (checked with the options), so the turn has 4 bits at the least.
        let count = u16::try_from(slots).context("slots")?;
        let slots = (0..count).map(|id| Slot { id, sent_at: None }).collect();
        let mask = count.next_power_of_two() - 1;
        Ok(Self { socket: connect(server)?, slots, free: (0..count).rev().collect(), mask })
    }

    /// Sends as many queries as there are free slots, at most `limit`, and returns their number.
    fn fill(&mut self, batch: &mut Batch, queries: &mut Queries, limit: u64) -> u64 {
        let room = self.free.len().min(batch.capacity());
        let count = usize::try_from(limit).map_or(room, |limit| room.min(limit));
        if count == 0 {
            return 0;
        }
        let now = Instant::now();
        for at in 0..count {
            let Some(free) = self.free.pop() else { break };
            let slot = &mut self.slots[usize::from(free)];
            slot.id = slot.id.wrapping_add(self.mask.wrapping_add(1));
            slot.sent_at = Some(now);
            let length = queries.write(batch.buffer(at), slot.id);
            batch.queue(at, length);
        }
        batch.send(self.socket.as_fd());
        count as u64
    }

    /// Takes what has arrived and returns whether anything had.
    fn drain(&mut self, batch: &mut Batch, tally: &mut Tally) -> Result<bool> {
        let got = match batch.receive(self.socket.as_fd(), Wait::No) {
            Ok(got) => got,
            // The server isn't there (yet): its queries run into their time-out.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => 0,
            Err(error) => return Err(error).context("receiving"),
        };
        if got == 0 {
            return Ok(false);
        }
        let now = Instant::now();
        for at in 0..got {
            let Some(reply) = Reply::parse(batch.packet(at)) else {
                tally.malformed += 1;
                continue;
            };
            match self.release(reply.id) {
                Some(sent_at) => tally.answer(reply, nanos(now.saturating_duration_since(sent_at))),
                None => tally.unexpected += 1,
            }
        }
        Ok(true)
    }

    /// Frees the slot of a query in flight and returns when it was sent.
    fn release(&mut self, id: u16) -> Option<Instant> {
        let at = id & self.mask;
        let slot = self.slots.get_mut(usize::from(at)).filter(|slot| slot.id == id)?;
        let sent_at = slot.sent_at.take()?;
        self.free.push(at);
        Some(sent_at)
    }

    /// Gives up the queries past their time and returns their number.
    fn sweep(&mut self, now: Instant, timeout: Duration) -> u64 {
        let mut lost = 0;
        for (slot, at) in self.slots.iter_mut().zip(0..) {
            if slot.sent_at.is_some_and(|sent_at| now.saturating_duration_since(sent_at) >= timeout) {
                slot.sent_at = None;
                self.free.push(at);
                lost += 1;
            }
        }
        lost
    }

    fn is_idle(&self) -> bool {
        self.free.len() == self.slots.len()
    }
}

pub(crate) fn run(
    server: SocketAddr,
    queries: &mut Queries,
    limits: Limits,
    sockets: usize,
    slots: usize,
) -> Result<Tally> {
    let mut lanes: Vec<_> = (0..sockets).map(|_| Lane::new(server, slots)).collect::<Result<_>>()?;
    let mut outgoing = Batch::new(BATCH, LONGEST_QUERY, Keep::Nothing);
    let mut incoming = Batch::new(BATCH, LONGEST_REPLY, Keep::Nothing);
    let mut tally = Tally::default();
    let start = Instant::now();
    let (mut last_answer, mut last_sweep) = (start, start);
    loop {
        let now = Instant::now();
        let sending = tally.sent < limits.count && now.saturating_duration_since(start) < limits.time;
        if !sending && lanes.iter().all(Lane::is_idle) {
            break;
        }
        let mut busy = false;
        for lane in &mut lanes {
            if sending {
                tally.sent += lane.fill(&mut outgoing, queries, limits.count - tally.sent);
            }
            busy |= lane.drain(&mut incoming, &mut tally)?;
        }
        if busy {
            last_answer = now;
        } else {
            let sockets: Vec<_> = lanes.iter().map(|lane| lane.socket.as_fd()).collect();
            wait_readable(&sockets, SWEEP);
        }
        if now.saturating_duration_since(last_sweep) >= SWEEP {
            last_sweep = now;
            tally.lost += lanes.iter_mut().map(|lane| lane.sweep(now, limits.timeout)).sum::<u64>();
        }
    }
    tally.elapsed = last_answer.saturating_duration_since(start);
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(slots: usize) -> Lane {
        Lane::new("127.0.0.1:9".parse().unwrap(), slots).unwrap()
    }

    #[test]
    fn an_answer_frees_its_slot_once() {
        let mut lane = lane(3);
        let mut batch = Batch::new(4, LONGEST_QUERY, Keep::Nothing);
        let mut queries = Queries::new(&["a.b".into()], 1, true, None).unwrap();
        assert_eq!(lane.fill(&mut batch, &mut queries, 2), 2);
        assert_eq!((lane.free.len(), lane.is_idle()), (1, false));
        let id = lane.slots[0].id;
        assert_eq!(id, 4, "slot 0, turn 1, of a window rounded up to 4");
        assert!(lane.release(id.wrapping_add(4)).is_none(), "another turn");
        assert!(lane.release(3).is_none(), "no such slot");
        assert!(lane.release(id).is_some());
        assert!(lane.release(id).is_none(), "a doubled reply");
        assert_eq!(lane.sweep(Instant::now(), Duration::ZERO), 1);
        assert!(lane.is_idle());
    }

    #[test]
    fn a_lane_of_one_slot_still_turns() {
        let mut lane = lane(1);
        let mut batch = Batch::new(4, LONGEST_QUERY, Keep::Nothing);
        let mut queries = Queries::new(&["a.b".into()], 1, true, None).unwrap();
        for turn in 1..=3 {
            assert_eq!(lane.fill(&mut batch, &mut queries, 9), 1);
            assert_eq!(lane.slots[0].id, turn);
            assert!(lane.release(turn).is_some());
        }
    }
}
