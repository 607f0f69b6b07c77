//! Changing who may come in: further accounts, tokens for programs, the second factor.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use serde::Deserialize;

use super::secret::{Digest, Secret, readable};
use super::totp::Proposal;
use super::{Account, Accounts, Error, FIRST, Language, Role, Scope, Token, password};
use crate::clock::Timestamp;

/// Accounts in all.
const ACCOUNTS: usize = 8;
/// Tokens in all.
const TOKENS: usize = 32;
/// The longest id, in bytes.
const LONGEST_ID: usize = 32;
/// The longest name, in characters.
const LONGEST_NAME: usize = 64;

/// A further account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewAccount {
    /// Its key, which its owner logs in with: 1 to 32 small letters, digits and dashes.
    pub id: String,
    /// For people; up to 64 characters.
    #[serde(default)]
    pub name: String,
    /// What its owner may do; a co-parent, where nothing is said.
    #[serde(default = "co_parent")]
    pub role: Role,
    /// How its owner is spoken to.
    #[serde(default)]
    pub language: Language,
    /// Its first password: 8 characters or more.
    pub password: String,
}

fn co_parent() -> Role {
    Role::CoParent
}

/// What is to change in an account; what is left out stays.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct AccountChange {
    /// For people; up to 64 characters.
    pub name: Option<String>,
    /// How its owner is spoken to.
    pub language: Option<Language>,
    /// A new password, which ends the account's sessions; needs `current`.
    pub password: Option<String>,
    /// The password of whoever changes it.
    pub current: Option<String>,
}

/// A token for a program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NewToken {
    /// What it is for; up to 64 characters.
    pub name: String,
    /// What its holder may do; at least one.
    pub scopes: Vec<Scope>,
}

/// A second factor that the owner's app is to learn.
#[derive(Debug)]
pub struct Proposed {
    /// The key in base 32, for typing.
    pub key: String,
    /// The same as `otpauth:` address, for a camera.
    pub uri: String,
}

impl Accounts {
    /// Every account.
    pub fn list(&self) -> Result<Vec<Account>, Error> {
        Ok(self.store.read()?.accounts.clone())
    }

    /// Adds an account.
    pub async fn add(self: &Arc<Self>, asked: NewAccount) -> Result<Account, Error> {
        let NewAccount { id, name, role, language, password: plain } = asked;
        fit_id(&id)?;
        fit_name(&name)?;
        password::fit(&plain)?;
        let password = self.hash(move || password::hash(&plain)).await??;
        let created = self.clock.now();
        let account = Account { id, name, role, language, created, password, second_factor: None };
        self.change(move |saved| {
            if saved.account(&account.id).is_some() {
                return Err(Error::Conflict("there is an account with this id already"));
            }
            if saved.accounts.len() >= ACCOUNTS {
                return Err(Error::Conflict("there are 8 accounts already; delete one first"));
            }
            saved.accounts.push(account.clone());
            Ok(account)
        })
        .await
    }

    /// Changes an account, on behalf of `by`.
    pub async fn alter(
        self: &Arc<Self>,
        from: IpAddr,
        by: &Account,
        id: String,
        change: AccountChange,
    ) -> Result<Account, Error> {
        let AccountChange { name, language, password: plain, current } = change;
        name.as_deref().map_or(Ok(()), fit_name)?;
        let password = match plain {
            None => None,
            Some(plain) => {
                password::fit(&plain)?;
                let current = current.ok_or_else(|| Error::Unfit {
                    pointer: "/current",
                    detail: "a new password needs the current one of whoever sets it".into(),
                })?;
                self.confirm(from, by, current).await?;
                Some(self.hash(move || password::hash(&plain)).await??)
            }
        };
        self.change(move |saved| {
            let account = saved.account_mut(&id)?;
            account.name = name.unwrap_or_else(|| account.name.clone());
            account.language = language.unwrap_or(account.language);
            account.password = password.unwrap_or_else(|| account.password.clone());
            Ok(account.clone())
        })
        .await
    }

    /// Removes an account; the first one stays.
    pub async fn remove(self: &Arc<Self>, id: String) -> Result<(), Error> {
        if id == FIRST {
            return Err(Error::Conflict(
                "the first account stays; `luytre reset-password` on the router begins anew",
            ));
        }
        self.change(move |saved| {
            saved.account(&id).ok_or(Error::Unknown)?;
            saved.accounts.retain(|account| account.id != id);
            Ok(())
        })
        .await
    }

    /// Opens a session without a password: for whoever has just set a new one.
    pub fn open_session(&self, account: &Account) -> Result<Secret, Error> {
        self.sessions.open(account, self.uptime())
    }

    // ---- Tokens ----

    /// Every token.
    pub fn tokens(&self) -> Result<Vec<Token>, Error> {
        Ok(self.store.read()?.tokens.clone())
    }

    /// Makes a token; its secret is shown this once.
    pub async fn add_token(self: &Arc<Self>, asked: NewToken) -> Result<(Token, Secret), Error> {
        fit_name(&asked.name)?;
        if asked.scopes.is_empty() {
            return Err(Error::Unfit {
                pointer: "/scopes",
                detail: "name at least one of read, write and metrics".into(),
            });
        }
        let mut scopes = Vec::new();
        asked.scopes.into_iter().for_each(|scope| {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        });
        let (secret, created) = (Secret::new("lyt_")?, self.clock.now());
        let id = readable::<2>()?.to_ascii_lowercase();
        let token = Token { id, name: asked.name, scopes, created, digest: Digest::of(secret.reveal()) };
        let token = self
            .change(move |saved| {
                if saved.tokens.len() >= TOKENS {
                    return Err(Error::Conflict("there are 32 tokens already; delete one first"));
                }
                saved.tokens.push(token.clone());
                Ok(token)
            })
            .await?;
        Ok((token, secret))
    }

    /// Makes a token void.
    pub async fn remove_token(self: &Arc<Self>, id: String) -> Result<(), Error> {
        self.change(move |saved| {
            let before = saved.tokens.len();
            saved.tokens.retain(|token| token.id != id);
            if saved.tokens.len() < before { Ok(()) } else { Err(Error::Unknown) }
        })
        .await
    }

    // ---- The second factor ----

    /// Proposes a second factor to an account; it holds when [`Accounts::accept_factor`] has seen its code.
    pub async fn propose_factor(
        &self,
        from: IpAddr,
        account: &Account,
        plain: String,
    ) -> Result<Proposed, Error> {
        self.confirm(from, account, plain).await?;
        if account.has_second_factor() {
            return Err(Error::Conflict("there is a second factor already; remove it first"));
        }
        let proposal = Proposal::new()?;
        let proposed = Proposed { key: proposal.key().into(), uri: proposal.uri(&account.id) };
        let mut proposals = self.proposals.lock().unwrap_or_else(PoisonError::into_inner);
        // Of accounts that are gone, too: no more than there may be accounts.
        if proposals.len() >= ACCOUNTS {
            proposals.clear();
        }
        proposals.insert(account.id.clone(), proposal);
        Ok(proposed)
    }

    /// Takes the proposed second factor into force if its app shows the right code; returns the recovery codes.
    pub async fn accept_factor(
        self: &Arc<Self>,
        from: IpAddr,
        account: &Account,
        (code, told): (String, Option<Timestamp>),
    ) -> Result<Vec<String>, Error> {
        let proposals = || self.proposals.lock().unwrap_or_else(PoisonError::into_inner);
        let proposal = proposals().get(&account.id).cloned();
        let proposal = proposal.ok_or(Error::Conflict("no second factor was proposed; do that first"))?;
        self.wait_for_turn(from).await?;
        let (factor, recovery) = proposal.accept(&code, self.time_of_codes(told))?;
        self.throttle.succeeded(from);
        let id = account.id.clone();
        self.change(move |saved| {
            saved.account_mut(&id)?.second_factor = Some(factor);
            Ok(())
        })
        .await?;
        proposals().remove(&account.id);
        Ok(recovery)
    }

    /// Takes the second factor out of force.
    pub async fn remove_factor(
        self: &Arc<Self>,
        from: IpAddr,
        account: &Account,
        plain: String,
    ) -> Result<(), Error> {
        self.confirm(from, account, plain).await?;
        let id = account.id.clone();
        self.change(move |saved| {
            saved.account_mut(&id)?.second_factor = None;
            Ok(())
        })
        .await
    }
}

fn fit_id(id: &str) -> Result<(), Error> {
    let letters = id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if letters && (1..=LONGEST_ID).contains(&id.len()) {
        return Ok(());
    }
    let detail = format!("an id has 1 to {LONGEST_ID} small letters (a to z), digits and dashes");
    Err(Error::Unfit { pointer: "/id", detail })
}

fn fit_name(name: &str) -> Result<(), Error> {
    if name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let detail = format!("a name has at most {LONGEST_NAME} characters, on one line");
    Err(Error::Unfit { pointer: "/name", detail })
}
