//! A look that somebody wants now, beside those of a schedule.

use std::time::Duration;

use tokio::sync::{Notify, watch};

/// Between those who want a look and the one task that looks.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Notify,
    /// How many looks are over, for those who wait for one.
    looks: watch::Sender<u32>,
}

impl Bell {
    /// Has it looked at once and waits for what comes of it, no longer than `patience`. Returns whether that is over.
    pub async fn ring(&self, patience: Duration) -> bool {
        let mut looks = self.looks.subscribe();
        self.rung.notify_one();
        tokio::time::timeout(patience, looks.changed()).await.is_ok()
    }

    /// Until somebody wants a look; one who rang before counts.
    pub async fn rung(&self) {
        self.rung.notified().await;
    }

    /// Says that a look and all that came of it is over.
    pub fn look_is_over(&self) {
        self.looks.send_modify(|looks| *looks = looks.wrapping_add(1));
    }
}
