//! What people decide on the page: saved, and in force at once.

use std::fmt;

use super::Daemon;
use crate::clock::Timestamp;
use crate::family::edit::EditError;
use crate::family::{Etag, Spec};
use crate::home::SaveError;

/// Why a change was not made.
#[derive(Debug)]
pub enum ChangeError {
    /// The change itself.
    Edit(EditError),
    /// The document.
    Save(SaveError),
    /// It did not come to an end; the log has why.
    Broken,
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edit(EditError::Missing) => f.write_str("there is none that is called so"),
            Self::Edit(EditError::Wrong(problems)) => SaveError::Wrong(problems.clone()).fmt(f),
            Self::Save(error) => error.fmt(f),
            Self::Broken => f.write_str("it failed; the router's log says why"),
        }
    }
}

/// Makes the new document from the one in force.
type Change = dyn Fn(&Spec, Timestamp) -> Result<Spec, EditError> + Send;

/// How often a change is made anew because somebody else was faster.
const TRIES: usize = 4;

impl Daemon {
    /// Changes what the family decided: `change` makes the new document from the one in force.
    pub async fn change_family(
        &self,
        change: impl Fn(&Spec, Timestamp) -> Result<Spec, EditError> + Send + 'static,
    ) -> Result<(), ChangeError> {
        self.change_family_by(Box::new(change)).await
    }

    async fn change_family_by(&self, change: Box<Change>) -> Result<(), ChangeError> {
        let daemon = self.clone();
        self.apart(move || daemon.change_family_now(&*change)).await
    }

    /// The same, where the disk may be waited for.
    pub fn change_family_now(
        &self,
        change: &dyn Fn(&Spec, Timestamp) -> Result<Spec, EditError>,
    ) -> Result<(), ChangeError> {
        let now = self.resolver.clock.now();
        for _ in 1..TRIES {
            let spec = self.home.spec();
            match self.save_now(Etag::of(&spec), change(&spec, now).map_err(ChangeError::Edit)?) {
                Err(SaveError::Changed) => continue,
                saved => return saved.map(drop).map_err(ChangeError::Save),
            }
        }
        Err(ChangeError::Save(SaveError::Changed))
    }

    /// Replaces the family's document, if it is still the one with this tag. Returns the new one's.
    pub async fn replace_family(&self, expected: Etag, spec: Spec) -> Result<Etag, ChangeError> {
        let daemon = self.clone();
        self.apart(move || daemon.save_now(expected, spec).map_err(ChangeError::Save)).await
    }

    /// Writes down what somebody did.
    pub async fn note(&self, action: &'static str, by: String, about: String) {
        let daemon = self.clone();
        let now = self.resolver.clock.now();
        // What fails is in the log.
        let _ = tokio::task::spawn_blocking(move || daemon.audit.record(now, &by, action, &about)).await;
    }

    fn save_now(&self, expected: Etag, spec: Spec) -> Result<Etag, SaveError> {
        let tag = self.home.save(expected, spec, self.resolver.clock.now())?;
        self.take_family();
        Ok(tag)
    }

    /// Flash may take its time.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ChangeError> + Send + 'static,
    ) -> Result<T, ChangeError> {
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(ChangeError::Broken))
    }
}
