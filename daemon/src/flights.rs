//! Identical questions on their way at the same time share one fetch.
//!
//! Besides the work it spares, it keeps a forger from opening many races for one name at once (RFC 5452 §5).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// What is being fetched, by question.
pub struct Flights<T>(Mutex<HashMap<Box<[u8]>, Flight<T>>>);

type Flight<T> = Arc<OnceCell<Arc<T>>>;

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Flights<T> {
    /// Runs `fetch`, or waits for the same one that is under way. If the one that others wait for is dropped, the next
    /// of them runs its own.
    pub async fn join(&self, question: Box<[u8]>, fetch: impl Future<Output = T>) -> Arc<T> {
        let seat = self.board(question);
        let fetched = seat.flight.get_or_init(async || Arc::new(fetch.await)).await;
        Arc::clone(fetched)
    }

    fn board(&self, question: Box<[u8]>) -> Seat<'_, T> {
        let flight = Arc::clone(self.hold().entry(question.clone()).or_default());
        Seat { flights: self, question, flight }
    }

    /// The table is whole after each change, whoever panics.
    fn hold(&self) -> MutexGuard<'_, HashMap<Box<[u8]>, Flight<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits. The first to leave after the landing, or the last to give up, takes the flight off the table.
struct Seat<'a, T> {
    flights: &'a Flights<T>,
    question: Box<[u8]>,
    flight: Flight<T>,
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut flights = self.flights.hold();
        let listed = flights.get(&self.question).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight));
        // One count is ours, one the table's; more are given out under the lock only.
        let alone = Arc::strong_count(&self.flight) == 2;
        if listed && (alone || self.flight.initialized()) {
            flights.remove(&self.question);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn many_wait_for_one_and_nothing_is_left_behind() {
        let (flights, runs, landing) = (Flights::default(), AtomicU32::new(0), Notify::new());
        let fetch = async || {
            landing.notified().await;
            runs.fetch_add(1, Ordering::Relaxed)
        };
        let ask = |question: &[u8]| flights.join(question.into(), fetch());
        let (first, second, other, ()) = tokio::join!(ask(b"a"), ask(b"a"), ask(b"b"), async {
            landing.notify_one();
            tokio::task::yield_now().await;
            landing.notify_one();
        });
        assert_eq!((*first, *second), (0, 0));
        assert_eq!((*other, runs.load(Ordering::Relaxed)), (1, 2));
        assert!(flights.hold().is_empty());
    }

    #[tokio::test]
    async fn when_the_one_that_fetches_gives_up_the_next_goes_on() {
        let flights = Flights::default();
        let gives_up = tokio::time::timeout(
            Duration::from_millis(20),
            flights.join([0].into(), std::future::pending::<u32>()),
        );
        let (gone, answered) = tokio::join!(gives_up, flights.join([0].into(), async { 7 }));
        assert!(gone.is_err());
        assert_eq!(*answered, 7);
        assert!(flights.hold().is_empty());
    }
}
