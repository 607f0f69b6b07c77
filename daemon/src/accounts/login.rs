//! Coming in: the first account by the set-up code, then sessions by password and second factor.

use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;

use super::totp::SecondFactor;
use super::{Account, Accounts, Error, FIRST, Language, Role, Secret, beside, password};
use crate::clock::Timestamp;

/// What makes the first account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SetUp {
    /// The set-up code, as `luytre setup-code` prints it or as it stands on the router's label.
    pub code: String,
    /// The password to log in with from now on: 8 characters or more.
    pub password: String,
    /// How the owner is spoken to.
    #[serde(default)]
    pub language: Language,
}

/// What opens a session.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct LogIn {
    /// Whose; the first account, where none is named.
    #[serde(default)]
    pub account: Option<String>,
    /// The account's password.
    pub password: String,
    /// The second factor's code, or a recovery code, where the account has one.
    #[serde(default)]
    pub totp: Option<String>,
    /// The time on the device that logs in, in seconds since 1970. The second factor goes by it while the router's own
    /// clock is not set, and never otherwise.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

impl Accounts {
    /// Makes the first account and logs its owner in.
    pub async fn set_up(self: &Arc<Self>, from: IpAddr, asked: SetUp) -> Result<(Account, Secret), Error> {
        if !self.store.read()?.accounts.is_empty() {
            return Err(Error::AlreadySetUp);
        }
        password::fit(&asked.password)?;
        self.wait_for_turn(from).await?;
        if !self.code.matches(&asked.code)? {
            tracing::warn!(%from, "a wrong set-up code");
            return Err(Error::WrongCode);
        }
        self.throttle.succeeded(from);
        let plain = asked.password;
        let account = Account {
            id: FIRST.into(),
            name: String::new(),
            role: Role::Parent,
            language: asked.language,
            created: self.clock.now(),
            password: self.hash(move || password::hash(&plain)).await??,
            second_factor: None,
        };
        let account = self
            .change(move |saved| {
                // Two may have come with the code at once.
                if !saved.accounts.is_empty() {
                    return Err(Error::AlreadySetUp);
                }
                saved.accounts.push(account.clone());
                Ok(account)
            })
            .await?;
        self.code.spend();
        tracing::info!(%from, "the house is set up");
        let secret = self.sessions.open(&account, self.uptime())?;
        Ok((account, secret))
    }

    /// Logs in.
    pub async fn log_in(self: &Arc<Self>, from: IpAddr, asked: LogIn) -> Result<(Account, Secret), Error> {
        let saved = self.store.read()?;
        self.wait_for_turn(from).await?;
        let account = saved.account(asked.account.as_deref().unwrap_or(FIRST));
        // Who is not there takes as long as who is.
        let phc = account.map_or(password::NOBODYS, |account| &account.password).to_owned();
        let plain = asked.password;
        let right = self.hash(move || password::matches(&plain, &phc)).await?;
        let account = account.filter(|_| right).ok_or_else(|| {
            tracing::warn!(%from, "a wrong password");
            Error::WrongPassword
        })?;
        if account.has_second_factor() {
            let code = asked.totp.ok_or(Error::SecondFactor { given: false })?;
            self.take_code(account, code, asked.at).await?;
        }
        self.throttle.succeeded(from);
        let secret = self.sessions.open(account, self.uptime())?;
        Ok((account.clone(), secret))
    }

    /// Ends a browser's session.
    pub fn log_out(&self, secret: &str) {
        self.sessions.close(secret);
    }

    /// Whether this is the account's password; an attempt like a log-in.
    pub(super) async fn confirm(&self, from: IpAddr, account: &Account, plain: String) -> Result<(), Error> {
        self.wait_for_turn(from).await?;
        let phc = account.password.clone();
        if !self.hash(move || password::matches(&plain, &phc)).await? {
            return Err(Error::WrongPassword);
        }
        self.throttle.succeeded(from);
        Ok(())
    }

    /// The time that second factors go by.
    pub(super) fn time_of_codes(&self, told: Option<Timestamp>) -> Timestamp {
        // A code proves the key at any time: who does not have it gains nothing by telling another one.
        told.filter(|_| !self.clock.trusted()).unwrap_or_else(|| self.clock.best_known())
    }

    async fn take_code(
        self: &Arc<Self>,
        account: &Account,
        code: String,
        told: Option<Timestamp>,
    ) -> Result<(), Error> {
        let (accounts, id, now) = (Arc::clone(self), account.id.clone(), self.time_of_codes(told));
        let taken = move || {
            // Looked at and used up in one step, so that one code can't open two sessions. A wrong one writes nothing.
            accounts.store.note(|saved| {
                let factor = saved.account_mut(&id)?.second_factor.as_mut();
                let right = factor.is_none_or(|factor: &mut SecondFactor| factor.take(&code, now));
                if right { Ok(()) } else { Err(Error::SecondFactor { given: true }) }
            })
        };
        beside(taken).await?
    }

    pub(super) async fn wait_for_turn(&self, from: IpAddr) -> Result<(), Error> {
        let delay = self.throttle.admit(from, self.uptime())?;
        tokio::time::sleep(delay).await;
        Ok(())
    }
}
