//! `luytre explain`: what would be decided about a name, and why. Works from files alone, without a daemon.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use luytre_lists::{Name, NameBuf};

use super::Failed;
use super::arguments::Question;
use crate::clock::Clock;
use crate::config::Config;
use crate::explain::{self, Explanation};
use crate::home::Home;
use crate::list::LoadedList;
use crate::policy::Circumstances;
use crate::snapshot::Snapshot;
use crate::status::type_word;
use crate::system::environment;

/// Prints the verdict, its reason, and every rule that was considered in order.
pub(super) fn explain(question: &Question, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(&question.config, environment())?;
    let name = NameBuf::parse(&question.name).map_err(|why| Failed(format!("{}: {why}", question.name)))?;
    let name = name.as_name();
    let (loaded, refused) =
        LoadedList::inspect(&config.list.file, config.list.must_be_there(), &config.state.dir);
    let home = Home::read(&config).map_err(|refused| Failed(refused.to_string()))?;
    let now = question.at.unwrap_or_else(|| Clock::default().now());
    let circumstances = Circumstances { now, trusted: true, spent: &[] };
    let list = (Arc::new(loaded), refused);
    let state = Snapshot::build(&config, list, Arc::default(), (&home, home.family()), &circumstances);
    let device = question.device.as_deref().unwrap_or_default();
    let who = explain::asking(&home, &state, device)
        .ok_or_else(|| Failed(format!("--device {device}: no MAC address, no address, and nobody's id")))?;
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
    if let Some(listed) = state.list.lookup(name) {
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
