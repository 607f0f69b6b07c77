//! hickory's idea of a runtime, of which validation needs nothing but the time: the inquiry's own.
//!
//! hickory asks a type for the time, not a value, so a clock can't be handed in. The time stands in the task that
//! validates ([`Inquiry`]), which is polled in one piece with everything that hickory does for it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use hickory_net::runtime::{RuntimeProvider, Time, TokioHandle, TokioRuntimeProvider, TokioTime};

use super::inquiry::Inquiry;

/// tokio with the time of the inquiry at hand.
#[derive(Clone)]
pub(super) struct Runtime(TokioRuntimeProvider);

type Connecting<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

impl RuntimeProvider for Runtime {
    type Handle = TokioHandle;
    type Timer = InquiryTime;
    type Udp = <TokioRuntimeProvider as RuntimeProvider>::Udp;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        self.0.create_handle()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        from: Option<SocketAddr>,
        timeout: Option<Duration>,
    ) -> Connecting<Self::Tcp> {
        self.0.connect_tcp(server, from, timeout)
    }

    fn bind_udp(&self, local: SocketAddr, server: SocketAddr) -> Connecting<Self::Udp> {
        self.0.bind_udp(local, server)
    }
}

/// The time at which signatures must hold.
pub(super) struct InquiryTime;

impl Time for InquiryTime {
    fn delay_for<'f>(duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'f>> {
        TokioTime::delay_for(duration)
    }

    fn timeout<'f, F: 'static + Future + Send + 'f>(
        duration: Duration,
        future: F,
    ) -> Pin<Box<dyn Future<Output = io::Result<F::Output>> + Send + 'f>> {
        TokioTime::timeout(duration, future)
    }

    /// Outside of an inquiry it is 1970: no signature holds then.
    fn current_time() -> u64 {
        Inquiry::current().map_or(0, |inquiry| inquiry.now())
    }
}
