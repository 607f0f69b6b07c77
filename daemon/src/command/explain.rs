//! `luytre explain`: what would be decided about a name, and why. Works from files alone, without a daemon.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::Arc;

use luytre_lists::{CategoryTable, Name, NameBuf};
use serde_json::{Value, json};

use super::Failed;
use super::arguments::Question;
use crate::clock::Clock;
use crate::config::Config;
use crate::list::LoadedList;
use crate::policy::{Considered, Policy, Rule, Verdict};
use crate::snapshot::Snapshot;
use crate::status::{rfc3339, type_word};
use crate::system::environment;

/// Prints the verdict, its reason, and every rule that was considered in order.
pub(super) fn explain(question: &Question, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(&question.config, environment())?;
    let name = NameBuf::parse(&question.name).map_err(|why| Failed(format!("{}: {why}", question.name)))?;
    let name = name.as_name();
    let (loaded, refused) = LoadedList::inspect(&config.list.file, config.list.named, &config.state.dir);
    let state = Snapshot::build(&config, (Arc::new(loaded), refused), Arc::default());
    let client = question.device.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let now = question.at.unwrap_or_else(|| Clock::default().now());
    let who = state.people.identify(client);
    let considered = state.consider(who, name, question.rtype, now);
    let verdict = state.decide(who, name, question.rtype, now).verdict;
    if question.json {
        writeln!(out, "{}", document(&state.policy, &verdict, &considered))?;
    } else {
        writeln!(out, "{} {} {name}", verdict.word(), verdict.reason.word())?;
        writeln!(out, "type        {}", type_word(question.rtype))?;
        tell(&state, name, &verdict, &considered, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn document(policy: &Policy, verdict: &Verdict, considered: &[Considered]) -> Value {
    let table = CategoryTable::shipped();
    let categories: Vec<_> = verdict.categories.iter().map(|category| table.key(category)).collect();
    let rule = |step: &Considered| match step.decided {
        // A list's exception and special names have a rule of their own; the others are called by their step.
        Some(verdict) if verdict.rule != Rule::None => policy.describe(verdict.rule),
        _ => step.step.to_owned(),
    };
    let rules = considered.iter().map(|step| json!({"rule": rule(step), "matched": step.decided.is_some()}));
    json!({
        "verdict": verdict.word(),
        "reason": verdict.reason.word(),
        "rule": policy.describe(verdict.rule),
        "categories": categories,
        "considered": rules.collect::<Vec<_>>(),
        "until": verdict.until.map(rfc3339),
    })
}

fn tell(
    state: &Snapshot,
    name: Name<'_>,
    verdict: &Verdict,
    considered: &[Considered],
    out: &mut impl Write,
) -> io::Result<()> {
    let rule = state.policy.describe(verdict.rule);
    writeln!(out, "rule        {}", if rule.is_empty() { "-" } else { &rule })?;
    writeln!(out, "categories  {}", CategoryTable::shipped().keys(verdict.categories))?;
    if let Some(listed) = state.list.list().lookup(name) {
        writeln!(out, "listed as   {}", name.with_labels(listed.labels.into()))?;
    }
    writeln!(out, "list        {} {}", state.list.state(), state.list.file())?;
    if let Some(refused) = &state.refused {
        writeln!(out, "refused     {refused}")?;
    }
    writeln!(out, "considered, in order:")?;
    for step in considered {
        let told = step.decided.map_or("no", |verdict| verdict.word());
        writeln!(out, "  {:<11} {told}", step.step)?;
    }
    Ok(())
}
