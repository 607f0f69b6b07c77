//! What time it is: told, so that a build can be repeated to the byte, or the machine's.

use anyhow::{Context, Result};

/// Seconds since 1970: from `--created`, else from `SOURCE_DATE_EPOCH`; `None` if nobody tells.
pub fn told(created: Option<&str>) -> Result<Option<u64>> {
    if let Some(text) = created {
        let time: jiff::Timestamp = text
            .parse()
            .with_context(|| format!("--created {text:?} is no time; write it as 2026-01-31T12:00:00Z"))?;
        let seconds = u64::try_from(time.as_second());
        return seconds.map(Some).with_context(|| format!("--created {text} lies before 1970"));
    }
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => {
            let seconds = text.parse();
            seconds.map(Some).with_context(|| format!("SOURCE_DATE_EPOCH {text:?} is no number of seconds"))
        }
        Err(_) => Ok(None),
    }
}

/// The same, else the machine's clock.
pub fn told_or_now(created: Option<&str>) -> Result<u64> {
    let now = || u64::try_from(jiff::Timestamp::now().as_second());
    told(created)?
        .map_or_else(|| now().context("the clock stands before 1970: set it, or write --created"), Ok)
}
