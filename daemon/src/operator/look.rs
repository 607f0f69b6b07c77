//! One look at the place where policies come from.

use luytre_trust::MAX_POLICY;

use super::{Place, Settings};
use crate::files;
use crate::sync::http::{Answer, Condition, Mirror, Network};
use crate::sync::{Outside, Trouble};
use crate::system;

/// Looks at one place.
pub struct Looker {
    place: Place,
    network: Network,
    /// The server's name for the version that is in force.
    etag: Option<String>,
}

/// What was found.
pub struct Found {
    /// The document.
    pub document: Vec<u8>,
    etag: Option<String>,
}

impl Looker {
    /// Connects to nobody yet.
    pub fn new(settings: &Settings, outside: &Outside) -> Self {
        let network = Network::new(outside, system::environment());
        Self { place: settings.place.clone(), network, etag: None }
    }

    /// The document; `None` if it is still the one that [`settle`](Self::settle) was told of.
    pub async fn look(&self) -> Result<Option<Found>, Trouble> {
        let (folder, file) = match &self.place {
            Place::File(file) => {
                let document = files::read_bytes(file, MAX_POLICY).map_err(Trouble::local(file.display()))?;
                return Ok(Some(Found { document, etag: None }));
            }
            Place::Web { folder, file } => (folder, file),
        };
        let mut mirror = Mirror::new(folder, &self.network);
        let condition = Condition { unless: self.etag.as_deref(), from: 0 };
        let found = match mirror.get(file, condition).await {
            Ok(Answer::Unchanged) => Ok(None),
            Ok(Answer::NotThere) => Err(Trouble::Unreachable(format!("there is no {file}"))),
            Ok(Answer::Body(body)) => {
                let etag = body.etag.clone();
                let document = mirror.read(file, body, MAX_POLICY).await;
                document.map(|document| Some(Found { document, etag }))
            }
            Err(trouble) => Err(trouble),
        };
        found.map_err(|trouble| trouble.at(&folder.authority))
    }

    /// What was found is in force: it need not come again. Anything else comes again with the next look.
    pub fn settle(&mut self, found: Found) {
        self.etag = found.etag;
    }
}
