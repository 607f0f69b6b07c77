//! `luytre explain`: what would be decided about a name, and why. Works from files alone, without a daemon.

use std::io::{self, Write};
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;

use luytre_lists::{Name, NameBuf};

use super::Failed;
use super::arguments::Question;
use crate::clock::Clock;
use crate::config::Config;
use crate::explain::Explanation;
use crate::home::Home;
use crate::list::LoadedList;
use crate::policy::Circumstances;
use crate::snapshot::Snapshot;
use crate::status::type_word;
use crate::system::environment;
use crate::who::{Key, Subject, Who};

/// Prints the verdict, its reason, and every rule that was considered in order.
pub(super) fn explain(question: &Question, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(&question.config, environment())?;
    let name = NameBuf::parse(&question.name).map_err(|why| Failed(format!("{}: {why}", question.name)))?;
    let name = name.as_name();
    let (loaded, refused) = LoadedList::inspect(&config.list.file, config.list.named, &config.state.dir);
    let home = Home::read(&config).map_err(|refused| Failed(refused.to_string()))?;
    let now = question.at.unwrap_or_else(|| Clock::default().now());
    let circumstances = Circumstances { now, trusted: true, spent: &[] };
    let list = (Arc::new(loaded), refused);
    let state = Snapshot::build(&config, list, Arc::default(), &home, &circumstances);
    let who = asking(&home, &state, question.device.as_deref())?;
    let explanation = Explanation::of(&state, who, (name, question.rtype), now);
    if question.json {
        writeln!(out, "{}", serde_json::to_string(&explanation).map_err(|error| Failed(error.to_string()))?)?;
    } else {
        writeln!(out, "{} {} {name}", explanation.verdict, explanation.reason)?;
        writeln!(out, "type        {}", type_word(question.rtype))?;
        tell(&state, name, &explanation, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Who asks: a device by its MAC address, its token, or an address; a person by their id; without any, one that nobody
/// named.
fn asking(home: &Home, state: &Snapshot, device: Option<&str>) -> Result<Who, Failed> {
    let Some(text) = device else { return Ok(Who::UNKNOWN) };
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(state.people.identify(address.to_canonical()));
    }
    let key = text.parse().map(Key::Mac);
    let is_meant = |subject: &Subject| match &key {
        Ok(mac) => subject.device == *mac,
        Err(_) => *subject.person == *text,
    };
    let token = state.people.identify_token(&text.to_ascii_lowercase());
    let place = home.roll().subjects().iter().position(is_meant).and_then(|place| u16::try_from(place).ok());
    match (token.or(place.map(Who)), key) {
        (Some(who), _) => Ok(who),
        // A device that nobody named yet.
        (None, Ok(_)) => Ok(Who::UNKNOWN),
        (None, Err(_)) => {
            Err(Failed(format!("--device {text}: no MAC address, no address, and nobody's id")))
        }
    }
}

fn tell(state: &Snapshot, name: Name<'_>, explanation: &Explanation, out: &mut impl Write) -> io::Result<()> {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    writeln!(out, "rule        {}", or_dash(&explanation.rule))?;
    writeln!(out, "categories  {}", or_dash(&explanation.categories.join(",")))?;
    if let Some(service) = explanation.service {
        writeln!(out, "service     {service}")?;
    }
    if let Some(until) = &explanation.until {
        writeln!(out, "until       {until}")?;
    }
    if let Some(listed) = state.list.list().lookup(name) {
        writeln!(out, "listed as   {}", name.with_labels(listed.labels.into()))?;
    }
    writeln!(out, "list        {} {}", state.list.state(), state.list.file())?;
    if let Some(refused) = &state.refused {
        writeln!(out, "refused     {refused}")?;
    }
    writeln!(out, "considered, in order:")?;
    for step in &explanation.considered {
        writeln!(out, "  {:<24} {}", step.rule, if step.matched { explanation.verdict } else { "no" })?;
    }
    for change in &explanation.would_change {
        writeln!(out, "would change it: {} {}", change.by, change.of)?;
    }
    Ok(())
}
