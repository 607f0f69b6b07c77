//! `luytre sync`: the list from the centre, fetched by hand, and the way back.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Builder;

use super::arguments::Fetch;
use super::run::log_to_stderr;
use super::{Failed, operator};
use crate::app::outside;
use crate::clock::Clock;
use crate::config::Config;
use crate::control::{self, Request};
use crate::sync::place::Place;
use crate::sync::round::{Done, Outcome, Syncer, Taking};
use crate::sync::watch::watch;
use crate::system::environment;

/// How often a running daemon is asked whether it has taken the list in, and how long is waited in between.
const LOOKS: (u32, Duration) = (100, Duration::from_millis(50));

/// Fetches once or again and again, or goes back.
pub(super) fn sync(file: &Path, clock: Clock, what: Fetch, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(file, environment())?;
    match what {
        Fetch::RollBack => return roll_back(&config, out),
        Fetch::Ask => return operator::look(file, out),
        Fetch::Always | Fetch::Once => {}
    }
    let Some(settings) = config.list.sync.clone() else {
        return Err(Failed("lists are not fetched: write [list] urls and root".to_owned()));
    };
    let syncer = Arc::new(Syncer::new(settings, outside(&config, clock)));
    let runtime = Builder::new_current_thread().enable_all().build()?;
    if what == Fetch::Always {
        log_to_stderr();
        runtime.block_on(watch(syncer, Arc::default(), move || tell_daemon(&config, None)));
        return Ok(ExitCode::SUCCESS);
    }
    let done = runtime.block_on(syncer.round(Taking::Now))?;
    match done.outcome {
        Outcome::Updated { serial, .. } => tell_daemon(&config, Some(serial)),
        _ if done.lifted => tell_daemon(&config, None),
        _ => {}
    }
    writeln!(out, "{}: {}", config.list.file.display(), in_words(&done))?;
    Ok(ExitCode::SUCCESS)
}

fn in_words(done: &Done) -> String {
    let Done { outcome, edition, received, lifted, .. } = done;
    let lifted = if *lifted { ", other blocks lifted" } else { "" };
    let what = match outcome {
        Outcome::UpToDate => format!("up to date, edition {edition}; {received} bytes fetched"),
        Outcome::NotYet(why) => format!("up to date: {why}; {received} bytes fetched"),
        // What is looked for once is taken at once.
        Outcome::Waits => "another list waits".to_owned(),
        Outcome::Updated { serial, names, from } => {
            let way = from.map_or("whole".to_owned(), |from| format!("by delta from serial {from}"));
            format!("serial {serial}, edition {edition}, {names} names, {way}; {received} bytes fetched")
        }
    };
    what + lifted
}

fn roll_back(config: &Config, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let place = Place::of(&config.list.file);
    let (turn, mut kept) = place.turn()?;
    place.roll_back(&mut kept)?;
    drop(turn);
    let serial = kept.installed.as_ref().map(|held| held.serial);
    tell_daemon(config, serial);
    let (serial, refused) = (serial.unwrap_or_default(), kept.refused.last().copied().unwrap_or_default());
    writeln!(
        out,
        "{}: back to serial {serial}; serial {refused} is not taken again",
        config.list.file.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Has a running daemon take the list in, and waits until it is in force. None needs to run.
fn tell_daemon(config: &Config, serial: Option<u64>) {
    let state = &config.state.dir;
    if control::ask(state, Request::TakeList).is_err() {
        return;
    }
    let Some(serial) = serial else { return };
    for _ in 0..LOOKS.0 {
        let status = control::ask(state, Request::Status(0)).unwrap_or_default();
        let status: Value = serde_json::from_str(&status).unwrap_or_default();
        if status["list"]["serial"] == serial {
            return;
        }
        std::thread::sleep(LOOKS.1);
    }
}
