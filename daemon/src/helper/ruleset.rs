//! The rules as text for `nft -f`. PURE: a plan comes in.
//!
//! ```text
//!  LAN ─► forward ─► up ─► by MAC: d<number> ─► t<treatment> ─┬─► narrow (cut off: what is open alone)
//!                     │    (marks the flow)                   ├─► resolvers, tunnels, barred services: refuse
//!                     └─► anybody else: d<others>             └─► strict (new flows: what was answered alone),
//!                                                                 or observe (the same, noted and let pass)
//!  WAN ─► forward ─► down: the mark says whose flow it is; of one who is cut off nothing passes
//! ```
//!
//! * Our chains stand ahead of fw4's (priority -10). An `accept` there ends no chain of another table, so a refusal of
//!   ours is the end whatever fw4 accepted; and what ours lets pass, fw4 still judges.
//! * A device is known upstream by its hardware address, for each packet anew; its number goes into the mark of the
//!   flow, so that packets that come back are known by that.
//! * Refused is refused at once (TCP reset, ICMP "administratively prohibited"), so that apps fall back instead of
//!   waiting. What comes back to one who is cut off is dropped: an answer would go to a stranger.
//! * One text is one transaction. Sets that change by the element keep their elements: only rules are flushed.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::IpAddr;

use super::known::Known;
use super::table::TABLE;
use crate::traffic::plan::{Interface, MarkMask, Plan, Treatment};
use crate::traffic::protocol::Set;

/// Sets and maps that only a load changes.
pub(super) const FIXED_SETS: [&str; 7] =
    ["who", "cut", "doors", "resolvers4", "resolvers6", "ranges4", "ranges6"];
/// The counter of refused packets, and of those that strict mode would refuse.
pub(super) const REFUSED: &str = "refused";
pub(super) const NAMELESS: &str = "nameless";
/// Sets that rules note something in, without the 4 or 6 of their family: flows without a name, and who serves as only
/// the router should.
pub(super) const SEEN: &str = "seen";
pub(super) const SERVERS: &str = "servers";

/// Elements of a set for one device each: some hundred devices with some hundred addresses.
const SIZE: u32 = 65_536;
/// Notes of flows without a name, and for how long each is kept: what a family looks at after a few days.
const NOTES: &str = "size 4096; timeout 7d";
/// Notes of servers that are not ours: gone soon after the server is.
const SERVER_NOTES: &str = "size 64; timeout 10m";

/// The text that puts a plan in force, whatever of ours stands there. With `afresh` the table is made anew, which empties
/// every set: for one that another version left.
pub(super) fn text(plan: &Plan, known: &Known, afresh: bool) -> String {
    let mut text = Text(String::new());
    text.line(&format!("add table inet {TABLE}"));
    if afresh {
        text.line(&format!("delete table inet {TABLE}"));
        text.line(&format!("add table inet {TABLE}"));
    }
    text.declare(plan);
    text.line(&format!("flush table inet {TABLE}"));
    for set in FIXED_SETS {
        let kind = if set == "who" { "map" } else { "set" };
        text.line(&format!("flush {kind} inet {TABLE} {set}"));
    }
    text.fill(plan, known);
    text.line(&format!("table inet {TABLE} {{"));
    text.hooks(plan);
    text.devices(plan);
    for treatment in treatments(plan) {
        text.treatment(treatment);
    }
    text.services(plan);
    text.ends(plan);
    text.line("}");
    text.0
}

/// Every treatment that somebody gets; nobody needs a chain for none.
fn treatments(plan: &Plan) -> BTreeSet<Treatment> {
    let all = plan.devices.iter().map(|device| device.treatment).chain([plan.others]);
    all.filter(|treatment| *treatment != Treatment::default()).collect()
}

/// The chain of a treatment: a letter for each of its parts.
fn chain(treatment: Treatment) -> String {
    let Treatment { cut, resolvers, tunnels, barred, strict, observed } = treatment;
    let parts = [(cut, 'c'), (resolvers, 'r'), (tunnels, 't'), (barred, 'b'), (strict, 's'), (observed, 'o')];
    std::iter::once('t')
        .chain(['_'])
        .chain(parts.iter().filter(|(is, _)| *is).map(|(_, letter)| *letter))
        .collect()
}

struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn chain(&mut self, name: &str, rules: &[&str]) {
        self.line(&format!("  chain {name} {{"));
        for rule in rules {
            self.line(&format!("    {rule}"));
        }
        self.line("  }");
    }

    /// Everything that rules refer to, which may be there already.
    fn declare(&mut self, plan: &Plan) {
        let add = |what: &str, name: &str, form: &str| format!("add {what} inet {TABLE} {name} {form}");
        self.line(&add("counter", REFUSED, ""));
        self.line(&add("counter", NAMELESS, ""));
        self.line(&add("map", "who", "{ type ether_addr : verdict; }"));
        self.line(&add("set", "cut", "{ type mark; }"));
        self.line(&add("set", "doors", "{ type inet_proto . inet_service; }"));
        for (family, kind) in [('4', "ipv4_addr"), ('6', "ipv6_addr")] {
            for fixed in ["resolvers", "ranges"] {
                let form = format!("{{ type {kind}; flags interval; auto-merge; }}");
                self.line(&add("set", &format!("{fixed}{family}"), &form));
            }
            for set in Set::ALL {
                let device = if set.is_by_device() { "ether_addr . " } else { "" };
                let form = format!("{{ type {device}{kind}; flags timeout; size {SIZE}; }}");
                self.line(&add("set", &format!("{}{family}", set.name()), &form));
            }
            let flow = format!("ether_addr . {kind} . inet_proto . inet_service");
            let server = format!("ether_addr . {kind}");
            for (set, key, bounds) in [(SEEN, flow, NOTES), (SERVERS, server, SERVER_NOTES)] {
                let form = format!("{{ type {key}; flags dynamic, timeout; {bounds}; }}");
                self.line(&add("set", &format!("{set}{family}"), &form));
            }
        }
        let numbers = plan.devices.iter().map(|device| device.number).chain([plan.mask.others()]);
        let chains =
            numbers.map(|number| format!("d{number}")).chain(treatments(plan).into_iter().map(chain));
        let services = (0..plan.closed.len()).map(|service| format!("s{service}"));
        let ends = ["up", "down", "narrow", "strict", "observe", "opened", "refuse"].map(str::to_owned);
        for chain in chains.chain(services).chain(ends) {
            self.line(&add("chain", &chain, ""));
        }
    }

    /// Sets that only a load changes.
    fn fill(&mut self, plan: &Plan, known: &Known) {
        let cut = plan.devices.iter().map(|device| (device.number, device.treatment));
        let cut = cut.chain([(plan.mask.others(), plan.others)]).filter(|(_, treatment)| treatment.cut);
        self.elements("cut", cut.map(|(number, _)| format!("{:#x}", plan.mask.mark(number))));
        let who = plan.devices.iter().map(|device| format!("{} : goto d{}", device.mac, device.number));
        self.elements("who", who);
        let doors = known.tunnel_ports.iter().map(|(protocol, port)| format!("{protocol} . {port}"));
        self.elements("doors", doors);
        let resolvers = known.resolvers.iter().map(|(address, length)| (*address, *length));
        self.networks("resolvers", resolvers);
        self.networks("ranges", plan.ranges.iter().map(|range| (range.address, range.length)));
    }

    fn networks(&mut self, set: &str, networks: impl Iterator<Item = (IpAddr, u8)> + Clone) {
        for (family, is_v4) in [('4', true), ('6', false)] {
            let own = networks.clone().filter(|(address, _)| address.is_ipv4() == is_v4);
            self.elements(
                &format!("{set}{family}"),
                own.map(|(address, length)| format!("{address}/{length}")),
            );
        }
    }

    fn elements(&mut self, set: &str, elements: impl Iterator<Item = String>) {
        let elements: Vec<String> = elements.collect();
        if !elements.is_empty() {
            self.line(&format!("add element inet {TABLE} {set} {{ {} }}", elements.join(", ")));
        }
    }

    /// Where packets come in.
    fn hooks(&mut self, plan: &Plan) {
        let lan = names(&plan.interfaces);
        let port = plan.dns_port;
        self.chain(
            "dns",
            &[
                "type nat hook prerouting priority dstnat - 10; policy accept;",
                &format!("iifname {{ {lan} }} meta l4proto {{ tcp, udp }} th dport 53 redirect to :{port}"),
            ],
        );
        let ports: Vec<String> = plan.ports.iter().map(ToString::to_string).collect();
        if !ports.is_empty() {
            let ports = ports.join(", ");
            self.chain(
                "own",
                &[
                    "type filter hook input priority filter - 10; policy accept;",
                    &format!("iifname != {{ \"lo\", {lan} }} meta l4proto {{ tcp, udp }} th dport {{ {ports} }} drop"),
                ],
            );
        }
        // What serves the home but is not this router; what we send ourselves comes round to us too.
        let dhcp = "udp sport 67 udp dport 68";
        // Its lifetime as a router (RFC 4861 §4.2): a Thread border router, say, has none, and is none.
        let lives = "@th,48,16 != 0";
        let strange = "fib saddr . iif type != local update @servers";
        self.chain(
            "served",
            &[
                "type filter hook input priority filter - 10; policy accept;",
                &format!("iifname {{ {lan} }} {dhcp} fib saddr type != local update @servers4 {{ ether saddr . ip saddr }}"),
                &format!("iifname {{ {lan} }} icmpv6 type nd-router-advert {lives} {strange}6 {{ ether saddr . ip6 saddr }}"),
            ],
        );
        self.chain(
            "forward",
            &[
                "type filter hook forward priority filter - 10; policy accept;",
                &format!("iifname {{ {lan} }} goto up"),
                &format!("oifname {{ {lan} }} goto down"),
            ],
        );
        let ours = u32::from(plan.mask);
        self.chain("up", &["ether saddr vmap @who", &format!("goto d{}", plan.mask.others())]);
        self.chain("down", &[&format!("ct mark and {ours:#x} @cut counter name {REFUSED} drop")]);
    }

    /// A chain for each number, as a mark can only be joined with a constant.
    fn devices(&mut self, plan: &Plan) {
        let own = plan.devices.iter().map(|device| (device.number, device.treatment));
        for (number, treatment) in own.chain([(plan.mask.others(), plan.others)]) {
            let mark = set_mark(plan.mask, number);
            let services = plan.closed.iter().enumerate();
            let services = services.filter(|(_, closed)| closed.numbers.contains(&number));
            let services: Vec<String> = services.map(|(service, _)| format!("jump s{service}")).collect();
            let goto = (treatment != Treatment::default()).then(|| format!("goto {}", chain(treatment)));
            // New flows alone: those that ran there were ended as the networks were closed.
            let running = format!("ct state established,related {}", goto.as_deref().unwrap_or("accept"));
            let running = (!services.is_empty()).then_some(running);
            let rules = std::iter::once(mark.as_str()).chain(running.as_deref());
            let rules = rules.chain(services.iter().map(String::as_str));
            let rules: Vec<&str> = rules.chain(goto.as_deref()).collect();
            self.chain(&format!("d{number}"), &rules);
        }
    }

    /// A chain for the published networks of each service that somebody is kept from.
    fn services(&mut self, plan: &Plan) {
        for (service, closed) in plan.closed.iter().enumerate() {
            let rule = |is_v4: bool, address: &str| {
                let own = closed.ranges.iter().filter(|range| range.address.is_ipv4() == is_v4);
                let own: Vec<String> =
                    own.map(|range| format!("{}/{}", range.address, range.length)).collect();
                (!own.is_empty()).then(|| format!("{address} daddr {{ {} }} goto refuse", own.join(", ")))
            };
            let rules = [rule(true, "ip"), rule(false, "ip6")];
            let rules: Vec<&str> = rules.iter().flatten().map(String::as_str).collect();
            self.chain(&format!("s{service}"), &rules);
        }
    }

    fn treatment(&mut self, treatment: Treatment) {
        let Treatment { cut, resolvers, tunnels, barred, strict, observed } = treatment;
        let mut rules = Vec::new();
        if cut {
            rules.push("goto narrow");
        }
        // Ahead of what is established: flows that were opened before are refused too.
        if resolvers {
            rules.extend([
                "meta l4proto { tcp, udp } th dport 853 goto refuse",
                "ip daddr @resolvers4 goto refuse",
                "ip6 daddr @resolvers6 goto refuse",
            ]);
        }
        if tunnels {
            // Calls over Wi-Fi are such a tunnel, to addresses that the operators' zone names: an essential.
            rules.extend([
                "udp dport { 500, 4500 } ip daddr @vital4 accept",
                "udp dport { 500, 4500 } ip6 daddr @vital6 accept",
                "meta l4proto . th dport @doors goto refuse",
                "meta l4proto { gre, esp, ah, ipencap, ipv6 } goto refuse",
            ]);
        }
        if barred {
            rules.extend([
                "ether saddr . ip daddr @barred4 goto refuse",
                "ether saddr . ip6 daddr @barred6 goto refuse",
            ]);
        }
        if strict {
            rules.push("goto strict");
        } else if observed {
            rules.push("goto observe");
        }
        self.chain(&chain(treatment), &rules);
    }

    /// Where treatments end.
    fn ends(&mut self, plan: &Plan) {
        let (lan, open) = (names(&plan.interfaces), plan.mask.open());
        let closed = !open;
        self.chain(
            "narrow",
            &[
                "ip daddr @vital4 goto opened",
                "ip6 daddr @vital6 goto opened",
                "ether saddr . ip daddr @open4 goto opened",
                "ether saddr . ip6 daddr @open6 goto opened",
                &format!("ct mark set ct mark and {closed:#x}"),
                "goto refuse",
            ],
        );
        self.chain("opened", &[&format!("ct mark set ct mark or {open:#x}")]);
        let to_lan = format!("oifname {{ {lan} }} accept");
        let named = [
            "ct state established,related accept",
            &to_lan,
            "ether saddr . ip daddr @named4 accept",
            "ether saddr . ip6 daddr @named6 accept",
            "ip daddr @vital4 accept",
            "ip6 daddr @vital6 accept",
            "ip daddr @ranges4 accept",
            "ip6 daddr @ranges6 accept",
        ];
        self.chain("strict", &[&named[..], &["goto refuse"]].concat());
        let note = |family, address| {
            let key = format!("ether saddr . {address} daddr . meta l4proto . th dport");
            format!("meta nfproto ipv{family} meta l4proto {{ tcp, udp }} add @{SEEN}{family} {{ {key} }}")
        };
        let (v4, v6) = (note('4', "ip"), note('6', "ip6"));
        let counted = format!("counter name {NAMELESS}");
        self.chain("observe", &[&named[..], &[&counted, &v4, &v6]].concat());
        self.chain(
            "refuse",
            &[
                &format!("counter name {REFUSED}"),
                "meta l4proto tcp reject with tcp reset",
                "reject with icmpx admin-prohibited",
            ],
        );
    }
}

fn set_mark(mask: MarkMask, number: u16) -> String {
    let (numbers, mark) = (mask.numbers(), mask.mark(number));
    let others = !numbers;
    format!("ct mark and {numbers:#x} != {mark:#x} ct mark set ct mark and {others:#x} or {mark:#x}")
}

fn names(interfaces: &[Interface]) -> String {
    let mut names = String::new();
    for (index, interface) in interfaces.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        // To write into a String can't fail.
        let _ = write!(names, "{comma}\"{}\"", interface.as_str());
    }
    names
}
