//! Our own small UDP client: a few connected sockets per server, each replaced after some hundred queries.
//!
//! A forger off the path has to hit port, ID and case of the letters at once. A fresh socket for each query would keep
//! the port at its most unpredictable, but costs more than all the rest of a query; sixteen ports, each drawn by the
//! kernel, soon replaced, and picked at random, leave the forger as much to guess for an attack that lasts: by the time
//! it has found one, that one is gone (measured in findings §8).

mod port;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::port::Port;
use super::lock::Lock;
use super::message::{Packet, Reply};
use super::random::Random;

/// Sockets to one server.
const PORTS: usize = 16;
/// Queries through one port before the next takes its place.
const USES: u32 = 512;
/// On a quiet line a port would stay for days, long enough to be found by probing.
const LIFETIME: Duration = Duration::from_secs(60);

/// The sockets to one server.
pub(super) struct Ports {
    server: SocketAddr,
    open: Lock<Box<[Option<InUse>]>>,
}

struct InUse {
    port: Arc<Port>,
    opened: Instant,
    uses: u32,
}

impl Ports {
    /// Opens nothing yet.
    pub(super) fn to(server: SocketAddr) -> Self {
        Self { server, open: Lock::new((0..PORTS).map(|_| None).collect()) }
    }

    /// Asks and waits for the answer, however long that takes: the caller sets the limit, and drops the future.
    ///
    /// Fails if no socket is to be had or the server's machine refuses.
    pub(super) async fn ask(&self, packet: Packet, random: &Random) -> io::Result<Reply> {
        self.pick(random.below(PORTS))?.ask(packet, random).await
    }

    /// The port at this place; a new one if there is none or it has done its share.
    ///
    /// The old one is dropped here, and closes when the last question that waits on it is done.
    fn pick(&self, place: usize) -> io::Result<Arc<Port>> {
        let mut open = self.open.hold();
        let now = Instant::now();
        let fresh = |in_use: &&mut InUse| in_use.uses < USES && now - in_use.opened < LIFETIME;
        if let Some(in_use) = open[place].as_mut().filter(fresh) {
            in_use.uses += 1;
            return Ok(Arc::clone(&in_use.port));
        }
        let port = Arc::new(Port::open(self.server)?);
        open[place] = Some(InUse { port: Arc::clone(&port), opened: now, uses: 1 });
        Ok(port)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::UdpSocket;

    use super::*;
    use crate::upstream::message::{Manners, Question};
    use crate::upstream::tests::fake::{answer_to, query};

    #[tokio::test]
    async fn a_port_that_has_done_its_share_still_hears_its_last_answer() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let ports = Ports::to(server.local_addr().unwrap());
        let (random, query) = (Random::seeded(1), query("www.example.com"));
        let packet = Question::of(&query).unwrap().dress(Manners { random_case: true, edns: true }, &random);
        let old = Arc::downgrade(&ports.pick(0).unwrap());
        let asking = old.upgrade().unwrap().ask(packet, &random);
        let answering = async {
            let mut buffer = [0; 512];
            let (length, from) = server.recv_from(&mut buffer).await.unwrap();
            for _ in 1..USES {
                assert!(Arc::ptr_eq(&old.upgrade().unwrap(), &ports.pick(0).unwrap()));
            }
            assert!(!Arc::ptr_eq(&old.upgrade().unwrap(), &ports.pick(0).unwrap()));
            server.send_to(&answer_to(&buffer[..length]), from).await.unwrap();
        };
        let (reply, ()) = tokio::join!(asking, answering);
        assert_eq!(reply.unwrap().bytes.last(), Some(&1));
        assert!(old.upgrade().is_none(), "closed with its last question");
    }
}
