//! Where a publication is read from: a folder, or a web server.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::files;

/// How long one file may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// A folder, or a base address.
pub enum Source {
    /// A folder.
    Folder(PathBuf),
    /// A base address without the slash at its end.
    Web(String),
}

impl Source {
    /// What a person wrote.
    pub fn at(place: &str) -> Self {
        if place.starts_with("http://") || place.starts_with("https://") {
            Self::Web(place.trim_end_matches('/').to_owned())
        } else {
            Self::Folder(place.into())
        }
    }

    /// A file of at most `most` bytes; `None` if it is not there.
    pub fn get(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => match files::read_at_most(&folder.join(path), most) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error).with_context(|| format!("{path} can't be read")),
            },
            Self::Web(base) => get(&format!("{base}/{path}"), most),
        }
    }
}

fn get(url: &str, most: usize) -> Result<Option<Vec<u8>>> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0) // as routers do
        .http_status_as_error(false)
        .build()
        .into();
    let mut answer = agent.get(url).call().with_context(|| format!("{url} can't be fetched"))?;
    match answer.status().as_u16() {
        200 => {}
        404 => return Ok(None),
        status => bail!("{url} answers with status {status}"),
    }
    // One byte more shows what is too long.
    let body = answer.body_mut().with_config().limit(most as u64 + 1).read_to_vec();
    let body = body.with_context(|| format!("{url} can't be fetched"))?;
    if body.len() > most {
        bail!("{url} is longer than {most} bytes");
    }
    Ok(Some(body))
}
