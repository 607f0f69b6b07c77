//! Who is logged in. In memory only: a restart asks for the password again, and no log-in wears out flash.
//!
//! Times are seconds since the start, which an unset clock does not disturb.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::secret::{Digest, Secret};
use super::{Account, Error};

/// Seconds after which a session that nobody uses ends: a week.
const IDLE: u32 = 7 * 24 * 3600;
/// Seconds after which every session ends: 30 days.
pub const LONGEST: u32 = 30 * 24 * 3600;
/// Sessions of one account; a further one ends the one that was not used the longest.
const PER_ACCOUNT: usize = 8;

/// The open sessions, by the digest of what the browser holds.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<Digest, Session>>);

#[derive(Debug)]
struct Session {
    account: String,
    /// Of the password that opened it.
    stamp: Digest,
    began: u32,
    used: u32,
}

impl Sessions {
    /// Opens one.
    pub(super) fn open(&self, account: &Account, now: u32) -> Result<Secret, Error> {
        let secret = Secret::new("")?;
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.is_open(now));
        let of_account = sessions.iter().filter(|(_, session)| session.account == account.id);
        if of_account.clone().count() >= PER_ACCOUNT
            && let Some(idlest) =
                of_account.min_by_key(|(_, session)| session.used).map(|(digest, _)| *digest)
        {
            sessions.remove(&idlest);
        }
        let session = Session { account: account.id.clone(), stamp: account.stamp(), began: now, used: now };
        sessions.insert(Digest::of(secret.reveal()), session);
        Ok(secret)
    }

    /// Whose session a browser's secret is, and the stamp of the password that opened it.
    pub(super) fn find(&self, secret: &str, now: u32) -> Option<(String, Digest)> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(&Digest::of(secret)).filter(|session| session.is_open(now))?;
        session.used = now;
        Some((session.account.clone(), session.stamp))
    }

    /// Ends one, if it is there.
    pub(super) fn close(&self, secret: &str) {
        self.lock().remove(&Digest::of(secret));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn is_open(&self, now: u32) -> bool {
        now.saturating_sub(self.used) < IDLE && now.saturating_sub(self.began) < LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::tests::account;

    #[test]
    fn a_session_ends_when_idle_when_old_and_when_closed() {
        let sessions = Sessions::default();
        let parent = account("parent");
        let secret = sessions.open(&parent, 0).unwrap();
        let found = |now| sessions.find(secret.reveal(), now);
        assert_eq!(found(IDLE - 1).unwrap().0, "parent");
        assert!(found(2 * IDLE - 2).is_some(), "used meanwhile");
        assert!(found(3 * IDLE - 2).is_none(), "idle");
        let kept = sessions.open(&parent, 0).unwrap();
        for now in (0..LONGEST).step_by(IDLE as usize / 2) {
            assert!(sessions.find(kept.reveal(), now).is_some());
        }
        assert!(sessions.find(kept.reveal(), LONGEST).is_none(), "old");
        let left = sessions.open(&parent, 0).unwrap();
        sessions.close(left.reveal());
        assert!(sessions.find(left.reveal(), 0).is_none() && sessions.find("", 0).is_none());
    }

    #[test]
    fn an_account_has_so_many_sessions_and_the_idlest_goes() {
        let sessions = Sessions::default();
        let other = sessions.open(&account("co"), 0).unwrap();
        let secrets: Vec<_> =
            (0..=PER_ACCOUNT as u32).map(|now| sessions.open(&account("parent"), now).unwrap()).collect();
        assert!(sessions.find(secrets[0].reveal(), 9).is_none());
        assert!(secrets[1..].iter().all(|secret| sessions.find(secret.reveal(), 9).is_some()));
        assert!(sessions.find(other.reveal(), 9).is_some());
    }
}
