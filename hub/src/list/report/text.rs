//! The report as text for a terminal: what matters first, long lists cut.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Kept, Report, Row};

/// So many rows of each long list; the rest stands in the JSON.
const ROWS: usize = 25;

/// Writes the report.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Luytre list, edition {}, serial {}", report.edition, report.serial)?;
    writeln!(
        out,
        "{} names in {} bytes; {} redundant names left out",
        report.names, report.bytes, report.redundant
    )?;
    gates(report, out)?;
    categories(report, out)?;
    sources(report, out)?;
    rejected(report, out)?;
    rows("Removed by the guard", &report.removed, out)?;
    rows("Narrowed by the guard", &report.narrowed, out)?;
    collisions(report, out)?;
    kept(&report.kept_popular, out)
}

fn gates(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    heading("Gates", out)?;
    for passage in &report.gates {
        let state = match (passage.passed, passage.overridden) {
            (true, _) => "passed",
            (false, true) => "OVERRIDDEN",
            (false, false) => "FAILED",
        };
        writeln!(
            out,
            "  {state:<10} {:<12} {}",
            format!("{:?}", passage.gate).to_lowercase(),
            passage.detail
        )?;
    }
    Ok(())
}

fn categories(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    heading("Categories", out)?;
    writeln!(
        out,
        "  {:<16} {:>9} {:>9} {:>9} {:>9} {:>13}",
        "", "names", "entries", "removed", "narrowed", "popular kept"
    )?;
    for (key, count) in &report.categories {
        writeln!(
            out,
            "  {key:<16} {:>9} {:>9} {:>9} {:>9} {:>13}",
            count.names, count.entries, count.removed, count.narrowed, count.kept_popular
        )?;
    }
    Ok(())
}

fn sources(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    heading("Sources", out)?;
    for source in &report.sources {
        let licence = source.licence.as_deref().unwrap_or("licence not stated");
        writeln!(
            out,
            "  {}: {}, {} trust, {} lines, {} rejected; {licence}",
            source.id,
            source.category,
            source.trust.word(),
            source.lines,
            source.rejected
        )?;
    }
    for skipped in &report.skipped {
        writeln!(out, "  {}: skipped, {}", skipped.name, skipped.reason)?;
    }
    Ok(())
}

fn rejected(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    heading("Rejected lines", out)?;
    for rejected in &report.rejected {
        writeln!(out, "  {} {}", rejected.count, rejected.reason)?;
        rejected.examples.iter().try_for_each(|example| writeln!(out, "      {example}"))?;
    }
    Ok(())
}

fn rows(title: &str, rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    heading(&format!("{title}: {}", rows.len()), out)?;
    for row in rows.iter().take(ROWS) {
        let (name, categories, sources) = (&row.name, row.categories.join(","), row.sources.join(", "));
        writeln!(out, "  {name} ({categories}): {} [{sources}]", row.reason)?;
    }
    more(rows.len(), out)
}

fn collisions(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    heading(&format!("Collisions: {}", report.collisions.len()), out)?;
    for collision in &report.collisions {
        let categories = collision.categories.join(",");
        writeln!(out, "  {} ({categories}) left out for {}", collision.name, collision.watched)?;
    }
    Ok(())
}

fn kept(kept: &[Kept], out: &mut dyn Write) -> io::Result<()> {
    heading(&format!("Popular names that stay listed: {}", kept.len()), out)?;
    let mut by_reason: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for row in kept {
        let reason = row.reason.split_once("; ").filter(|(below, _)| below.starts_with("below "));
        let reason = reason.map_or(row.reason.as_str(), |(_, reason)| reason);
        by_reason.entry(reason).or_insert((0, &row.name)).0 += 1;
    }
    let mut by_reason: Vec<_> = by_reason.into_iter().collect();
    by_reason.sort_by_key(|&(reason, (count, _))| (std::cmp::Reverse(count), reason));
    for (reason, (count, example)) in by_reason.iter().take(ROWS) {
        writeln!(out, "  {count} such as {example}: {reason}")?;
    }
    more(by_reason.len(), out)
}

fn heading(title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{title}")
}

fn more(count: usize, out: &mut dyn Write) -> io::Result<()> {
    match count.saturating_sub(ROWS) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more in report.json"),
    }
}
