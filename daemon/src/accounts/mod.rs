//! Who may come in: parents by password, programs by token.
//!
//! ```text
//!  set-up code ──► first account ─┐                 ┌─► session (cookie) ─┐
//!                                 ├─► throttle ─► password ─► 2nd factor  ├─► who it is ─► web
//!  luytre reset-password ─► (none)┘                   token ──────────────┘
//! ```
//!
//! * [`account`] is what is remembered, in `accounts.json` (`store`); [`code`] is what the first account is made by.
//! * `throttle` counts attempts; `password` is slow on purpose and runs once at a time; `totp` is the second factor.
//! * `login` lets in, `sessions` remembers who is in; `manage` changes accounts, tokens and second factors.
//!
//! What must wait or write runs on the blocking pool: the thread of the page also answers DNS over TCP. Nothing here
//! looks at the wall clock but the second factor, so that an unset clock locks nobody out.

mod account;
mod code;
mod error;
mod login;
mod manage;
mod password;
mod secret;
mod sessions;
mod store;
mod throttle;
mod totp;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

pub use self::account::{Account, FIRST, Language, Role, Scope, Token};
pub use self::error::Error;
pub use self::login::{LogIn, SetUp};
pub use self::manage::{AccountChange, NewAccount, NewToken, Proposed};
pub use self::secret::Secret;
pub use self::sessions::LONGEST as LONGEST_SESSION;

use self::code::SetupCode;
use self::sessions::Sessions;
use self::store::{Saved, Store};
use self::throttle::Throttle;
use self::totp::Proposal;
use crate::clock::Clock;
use crate::config::Config;

/// Everybody who may come in.
#[derive(Debug)]
pub struct Accounts {
    store: Store,
    code: SetupCode,
    sessions: Sessions,
    throttle: Throttle,
    /// By account: second factors whose app has not shown a code yet. At most one each.
    proposals: Mutex<HashMap<String, Proposal>>,
    /// One hash at a time takes 8 MB; who waits has a place in the line, as many as there may be connections.
    hashing: Arc<Semaphore>,
    clock: Clock,
}

impl Accounts {
    /// The accounts of a configuration's state folder, which need not be there yet.
    pub fn new(config: &Config, clock: Clock) -> Self {
        let state = &config.state.dir;
        Self {
            store: Store::open(state),
            code: setup_code(config),
            sessions: Sessions::default(),
            throttle: Throttle::default(),
            proposals: Mutex::default(),
            hashing: Arc::new(Semaphore::new(1)),
            clock,
        }
    }

    /// Whether the first account was made. An unreadable file counts as one: it may hold one.
    pub fn is_set_up(&self) -> bool {
        self.store.read().map_or(true, |saved| !saved.accounts.is_empty())
    }

    /// Why nobody can log in, if the file is damaged.
    pub fn trouble(&self) -> Option<String> {
        self.store.read().err().map(|error| error.to_string())
    }

    /// The account of a browser's secret.
    pub fn session(&self, secret: &str) -> Option<Account> {
        let (id, stamp) = self.sessions.find(secret, self.uptime())?;
        let saved = self.store.read().ok()?;
        saved.account(&id).filter(|account| account.stamp() == stamp).cloned()
    }

    /// The token of a program's secret.
    pub fn token(&self, secret: &str) -> Option<Token> {
        let digest = secret::Digest::of(secret);
        let saved = self.store.read().ok()?;
        saved.tokens.iter().find(|token| token.digest == digest).cloned()
    }

    fn uptime(&self) -> u32 {
        self.clock.moment().seconds
    }

    /// Works out a password's hash, one at a time and beside the threads that answer.
    async fn hash<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        // Goes with the work: a client that hangs up must not let a second hash begin.
        let hashing = Arc::clone(&self.hashing).acquire_owned().await;
        beside(move || {
            let _hashing = hashing;
            work()
        })
        .await
    }

    /// Changes the file beside the threads that answer.
    async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        edit: impl FnOnce(&mut Saved) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let accounts = Arc::clone(self);
        beside(move || accounts.store.change(edit)).await?
    }
}

/// Runs what waits for the disk or the processor on the blocking pool.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::System("the work was cut short"))
}

fn setup_code(config: &Config) -> SetupCode {
    SetupCode::new(&config.state.dir, config.web.setup_code_file.as_deref())
}

/// The set-up code of a house that is not set up; made now if there is none. For the command line: works whether the
/// daemon runs or not.
pub fn show_setup_code(config: &Config) -> Result<String, Error> {
    make_folder(&config.state.dir)?;
    if !Store::open(&config.state.dir).read()?.accounts.is_empty() {
        return Err(Error::AlreadySetUp);
    }
    setup_code(config).show()
}

/// Forgets everybody who may come in, sessions and tokens included, and returns the set-up code for beginning anew.
/// The family's settings stay. For the command line: a daemon that runs sees it at its next request.
pub fn reset(config: &Config) -> Result<String, Error> {
    make_folder(&config.state.dir)?;
    let code = setup_code(config);
    code.spend();
    let shown = code.show()?;
    Store::open(&config.state.dir).clear()?;
    Ok(shown)
}

fn make_folder(state: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(state).map_err(|error| Error::Unwritable(state.to_owned(), error))
}
