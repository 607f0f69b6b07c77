//! `luytre explain`: what would be decided about a name, and why. Works from files alone, without a daemon.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use luytre_lists::hash::SuffixHashes;
use luytre_lists::{CategoryTable, NameBuf};
use serde_json::json;

use super::Failed;
use super::arguments::Question;
use crate::clock::Clock;
use crate::config::Config;
use crate::list::LoadedList;
use crate::policy::{Action, Asked, Considered, Policy, Reason, Rule, Verdict, consider};
use crate::status::{rfc3339, type_word};
use crate::system::environment;
use crate::who::People;

/// Prints the verdict, its reason, and every rule that was considered in order.
pub(super) fn explain(question: &Question, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(&question.config, environment())?;
    let name = NameBuf::parse(&question.name).map_err(|why| Failed(format!("{}: {why}", question.name)))?;
    let name = name.as_name();
    let (loaded, refused) = LoadedList::inspect(&config.list.file, config.list.named, &config.state.dir);
    let policy = Policy::compile(&config.rules());
    let list = loaded.list();
    let suffixes = SuffixHashes::of(list.hash_key(), name);
    let asked =
        Asked { name, suffixes: &suffixes, rtype: question.rtype, listed: list.lookup_hashed(&suffixes) };
    let who = People::default().identify(question.device.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    let now = question.at.unwrap_or_else(|| Clock::default().now());
    let considered = consider(&policy, who, &asked, now);
    let decided = considered.iter().find_map(|step| step.decided);
    let nothing = Verdict {
        action: Action::Allow,
        reason: Reason::None,
        rule: Rule::None,
        categories: asked.listed.and_then(|listed| listed.categories).unwrap_or_default(),
        until: None,
    };
    let verdict = decided.unwrap_or(nothing);

    let table = CategoryTable::shipped();
    if question.json {
        let keys: Vec<_> = verdict.categories.iter().map(|category| table.key(category)).collect();
        let rules: Vec<_> = considered
            .iter()
            .map(|step| json!({"rule": rule(step, &policy), "matched": step.decided.is_some()}))
            .collect();
        let document = json!({
            "verdict": verdict.word(),
            "reason": verdict.reason.word(),
            "rule": policy.describe(verdict.rule),
            "categories": keys,
            "considered": rules,
            "until": verdict.until.map(rfc3339),
        });
        writeln!(out, "{document}")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{} {} {name}", verdict.word(), verdict.reason.word())?;
    writeln!(out, "type        {}", type_word(question.rtype))?;
    writeln!(
        out,
        "rule        {}",
        Some(policy.describe(verdict.rule)).filter(|rule| !rule.is_empty()).unwrap_or("-".into())
    )?;
    writeln!(out, "categories  {}", table.keys(verdict.categories))?;
    if let Some(listed) = asked.listed {
        writeln!(out, "listed as   {}", name.with_labels(listed.labels.into()))?;
    }
    writeln!(out, "list        {} {}", loaded.state(), loaded.file())?;
    if let Some(refused) = refused {
        writeln!(out, "refused     {refused}")?;
    }
    writeln!(out, "considered, in order:")?;
    for step in &considered {
        let told = step.decided.map_or("no", |verdict| verdict.word());
        writeln!(out, "  {:<11} {told}", step.step)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn rule(step: &Considered, policy: &Policy) -> String {
    step.decided
        .map(|verdict| policy.describe(verdict.rule))
        .filter(|rule| !rule.is_empty())
        .unwrap_or_else(|| step.step.to_owned())
}
