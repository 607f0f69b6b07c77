//! The line, which may want somebody to sign in before it lets anything through.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use luytre_lists::Domain;
use tokio::time::sleep;

use super::Daemon;
use crate::notify::Target;
use crate::portal::{self, Finding};
use crate::snapshot::Snapshot;
use crate::upstream::{Server, Settings};
use crate::{system, tasks};

/// The shortest time from one look to the next, whatever is suspected.
const PAUSE: Duration = Duration::from_secs(10);
/// How often it is looked whether somebody has signed in.
const WHILE_OPEN: Duration = Duration::from_secs(5);
/// After so many looks in a row that bring nothing at all a window closes: the line is gone.
const PATIENCE: u32 = 24;

impl Daemon {
    /// Starts to look for a portal whenever there may be one, if the configuration says by which page.
    pub(super) fn watch_line(&self) {
        if let Some(page) = self.started_with.upstream.portal_check.clone() {
            tasks::spawn("line", self.clone().look_for_portal(page));
        }
    }

    async fn look_for_portal(self, page: Target) {
        let mut silent = 0;
        loop {
            if self.is_window_open() {
                sleep(WHILE_OPEN).await;
            } else {
                self.resolver.portal.raised().await;
            }
            let announced = system::resolvers(&self.started_with.listen.dns);
            let resolvers: Vec<SocketAddr> = announced.iter().filter_map(Server::address).collect();
            let finding = portal::check(&page, &resolvers).await;
            silent = if finding == Finding::Silent { silent + 1 } else { 0 };
            match finding {
                Finding::Portal(hosts) => self.open_window(&page, &hosts, &resolvers),
                Finding::Silent if silent < PATIENCE => {}
                Finding::Silent | Finding::Free => self.close_window(),
            }
            if !self.is_window_open() {
                sleep(PAUSE).await;
            }
        }
    }

    fn is_window_open(&self) -> bool {
        !self.resolver.shared.load().upstream.window.is_empty()
    }

    fn open_window(&self, page: &Target, hosts: &[Domain], resolvers: &[SocketAddr]) {
        let window = portal::window(page, hosts, resolvers);
        if window != self.resolver.shared.load().upstream.window {
            let leads_to: Vec<String> = hosts.iter().map(ToString::to_string).collect();
            tracing::warn!(
                leads_to = leads_to.join(" "),
                "the line wants a sign-in: its resolvers are asked for that"
            );
            self.set_window(window);
        }
    }

    fn close_window(&self) {
        if self.is_window_open() {
            tracing::info!("the line wants no sign-in any more");
            self.set_window(Vec::new());
        }
    }

    fn set_window(&self, window: Vec<(Domain, Vec<Server>)>) {
        self.swap(|state| {
            let settings = Settings { window: window.clone(), ..(*state.upstream).clone() };
            state.with_upstream(Arc::new(settings))
        });
        self.resolver.dnssec.exempt(&self.resolver.shared.load().upstream);
        // A portal's answers, and that there were none, must not outlive it.
        self.resolver.cache.clear();
    }

    /// What is told of an open window.
    pub(super) fn window_concern(&self, state: &Snapshot) -> Option<String> {
        let page = self.started_with.upstream.portal_check.as_ref()?;
        (!state.upstream.window.is_empty()).then(|| {
            format!(
                "the line wants somebody to sign in first: open http://{}{} on a device of the home",
                page.authority, page.path
            )
        })
    }
}
