//! The ratios as a plot: for each workload a bar a server, CPU per query as a multiple of the echo's.
//!
//! Written by hand, so that two runs differ in their figures only. Colours follow the reader's light or dark theme.

use std::fmt::Write as _;

use crate::measure::Figures;
use crate::report::Report;
use crate::servers::Kind;

/// What the horizontal axis ends at; a longer bar is cut, and its figure says how long it is.
const LONGEST: f64 = 16.0;
/// Places in pixels.
const WIDTH: u32 = 820;
const LEFT: u32 = 190;
const PLOT: u32 = 440;
const TOP: u32 = 64;
const BAR: u32 = 16;
const GAP: u32 = 12;

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #24292f } .small { font-size: 11px } .title { font-size: 16px; \
font-weight: 600 } .ground { fill: #ffffff } .grid { stroke: #d0d7de } .one { stroke: #57606a; stroke-dasharray: 4 3 } \
.luytre { fill: #1a7f37 } .unbound { fill: #8250df } .dnsmasq { fill: #bc4c00 } \
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ground { fill: #0d1117 } .grid { stroke: #30363d } \
.one { stroke: #8b949e } .luytre { fill: #3fb950 } .unbound { fill: #a371f7 } .dnsmasq { fill: #f0883e } }";

/// The whole file.
pub(crate) fn plot(report: &Report) -> String {
    let mut bars = String::new();
    let mut y = TOP;
    for task in report.tasks() {
        let servers: Vec<_> = report
            .of(task)
            .filter(|(kind, _)| !kind.is_echo())
            .filter_map(|(kind, figures)| Some((kind, figures, report.to_echo(figures)?)))
            .collect();
        if servers.is_empty() {
            continue;
        }
        let middle = y + BAR * servers.len() as u32 / 2 + 4;
        text(&mut bars, LEFT - 12, middle, "text-anchor=\"end\"", &task.name());
        for (kind, figures, ratio) in servers {
            bar(&mut bars, y, kind, figures, ratio);
            y += BAR;
        }
        y += GAP;
    }
    frame(&bars, y)
}

fn bar(out: &mut String, y: u32, kind: Kind, figures: &Figures, ratio: f64) {
    let length = place(ratio.min(LONGEST));
    let height = BAR - 3;
    let _ = writeln!(
        out,
        "<rect class=\"{}\" x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{height}\" rx=\"2\"/>",
        kind.name()
    );
    let cut = if ratio > LONGEST { "… " } else { "" };
    let label = format!("{cut}{ratio:.2} × · {} {:.1} µs", kind.name(), figures.cpu_us);
    let x = LEFT + length.round() as u32 + 6;
    text(out, x, y + 11, "class=\"small\"", &label);
}

/// Title, axis and ground around the bars.
fn frame(bars: &str, end: u32) -> String {
    let height = end + 34;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"title\">\n<title id=\"title\">CPU per query of luytre, \
         unbound and dnsmasq as a multiple of a UDP echo's</title>\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\"/>\n"
    );
    text(&mut out, 16, 26, "class=\"title\"", "CPU per query, as a multiple of a UDP echo's");
    text(
        &mut out,
        16,
        46,
        "class=\"small\"",
        "shorter is better; the dashed line is the echo, less than which nothing can cost",
    );
    for mark in [0, 1].into_iter().chain((2..=LONGEST as u32).step_by(2)) {
        let x = LEFT + place(f64::from(mark)).round() as u32;
        let class = if mark == 1 { "one" } else { "grid" };
        let _ =
            writeln!(out, "<line class=\"{class}\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{end}\"/>", TOP - 8);
        text(&mut out, x, end + 16, "class=\"small\" text-anchor=\"middle\"", &format!("{mark}"));
    }
    out.push_str(bars);
    out.push_str("</svg>\n");
    out
}

fn place(ratio: f64) -> f64 {
    ratio / LONGEST * f64::from(PLOT)
}

/// None of our words has a character that XML would have to escape.
fn text(out: &mut String, x: u32, y: u32, attributes: &str, words: &str) {
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" {attributes}>{words}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::{Round, Task, Workload};

    #[test]
    fn a_bar_that_is_too_long_is_cut_and_says_so() {
        let task = Task { round: Round::Home, workload: Workload::Uncached };
        let figures = Figures { cpu_us: 398.0, ..Figures::none(task) };
        let drawn = |ratio| {
            let mut out = String::new();
            bar(&mut out, 0, Kind::Dnsmasq, &figures, ratio);
            out
        };
        let long = drawn(148.36);
        assert!(
            long.contains("width=\"440.0\"") && long.contains(">… 148.36 × · dnsmasq 398.0 µs<"),
            "{long}"
        );
        let short = drawn(LONGEST / 2.0);
        assert!(short.contains("width=\"220.0\"") && !short.contains('…'), "{short}");
    }
}
