//! A connection that runs while something happens: when was it last heard?

use std::io::Read;
use std::net::{TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::harness::{eventually, stopwatch};
use crate::household::Device;
use crate::internet::STREAM;
use crate::reach::socket;

/// What kind of connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The server sends without end.
    Tcp,
    /// The same by UDP, to one who spoke once and never again.
    Udp,
    /// Both speak all the time, by UDP to port 443, as QUIC does.
    Quic,
}

/// One that runs; it ends when it is dropped.
pub(crate) struct Flow {
    pub(crate) kind: Kind,
    pub(crate) to: &'static str,
    shared: Arc<Shared>,
    ear: Option<JoinHandle<()>>,
}

struct Shared {
    is_over: AtomicBool,
    /// When something was heard last, in microseconds of the stopwatch.
    heard: AtomicU64,
    since: Box<dyn Fn() -> Duration + Send + Sync>,
}

/// Who hears nothing for so long looks whether it is over.
const LOOK: Duration = Duration::from_millis(20);

impl Flow {
    /// Begins it; something was heard already.
    pub(crate) fn start(device: &Device, kind: Kind, to: &'static str) -> Self {
        let since: Box<dyn Fn() -> Duration + Send + Sync> = Box::new(stopwatch());
        let shared = Arc::new(Shared { is_over: AtomicBool::new(false), heard: AtomicU64::new(0), since });
        let ear = device.inside(|| match kind {
            Kind::Tcp => {
                let mut stream = TcpStream::connect(socket(to, STREAM)).unwrap();
                stream.set_read_timeout(Some(LOOK)).unwrap();
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    shared.listen(|| stream.read(&mut [0; 2048]).is_ok_and(|length| length > 0))
                })
            }
            Kind::Udp | Kind::Quic => {
                let own = if to.contains(':') { "[::]:0" } else { "0.0.0.0:0" };
                let ear = UdpSocket::bind(own).unwrap();
                ear.connect(socket(to, if kind == Kind::Quic { 443 } else { STREAM })).unwrap();
                ear.set_read_timeout(Some(LOOK)).unwrap();
                ear.send(b"begin").unwrap();
                if kind == Kind::Quic {
                    let (mouth, shared) = (ear.try_clone().unwrap(), Arc::clone(&shared));
                    thread::spawn(move || {
                        while !shared.is_over.load(Ordering::Relaxed) {
                            // One that is refused tries again, as apps do.
                            let _ = mouth.send(&[0; 100]);
                            thread::sleep(Duration::from_millis(1));
                        }
                    });
                }
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.listen(|| ear.recv(&mut [0; 2048]).is_ok()))
            }
        });
        let flow = Self { kind, to, shared, ear: Some(ear) };
        eventually("the flow runs", || flow.heard() > Duration::ZERO);
        flow
    }

    /// What its own stopwatch shows.
    pub(crate) fn now(&self) -> Duration {
        (self.shared.since)()
    }

    /// When it was heard last.
    pub(crate) fn heard(&self) -> Duration {
        Duration::from_micros(self.shared.heard.load(Ordering::Relaxed))
    }

    /// Waits until it has been silent for half a second; returns when it was heard last.
    pub(crate) fn ends(&self) -> Duration {
        let what = format!("{:?} to {} ends", self.kind, self.to);
        eventually(&what, || self.now() > self.heard() + Duration::from_millis(500));
        self.heard()
    }

    /// Whether it runs: something new comes.
    pub(crate) fn runs(&self) -> bool {
        let before = self.heard();
        let until = self.now() + Duration::from_millis(500);
        while self.now() < until && self.heard() == before {
            thread::sleep(Duration::from_millis(1));
        }
        self.heard() > before
    }
}

impl Shared {
    fn listen(&self, mut hear: impl FnMut() -> bool) {
        while !self.is_over.load(Ordering::Relaxed) {
            if hear() {
                let micros = u64::try_from((self.since)().as_micros()).unwrap();
                self.heard.store(micros, Ordering::Relaxed);
            } else {
                // A connection that was reset says so at once, again and again.
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let _ = self.ear.take().map(JoinHandle::join);
    }
}
