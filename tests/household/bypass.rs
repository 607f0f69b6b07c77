//! Every way round that we know, tried for each profile: `bypass/*.txt`, one a file.
//!
//! A file says in a sentence what a child would do, then its steps, then to whom the way is open, and why if it can't be
//! stopped. The last step decides:
//!
//! ```text
//!  ask SERVER [tcp]        asks another resolver for a name; through if that one answers
//!  name NAME [SERVER]      asks for a name that is blocked; through if it gets an address
//!  aaaa NAME               the same for its IPv6 address
//!  canary NAME             asks for a name that must not exist; through if it does
//!  tcp|udp ADDRESS PORT    speaks to a server; through if it is heard
//!  protocol N ADDRESS      sends a packet of that protocol; through if it arrives
//!  ping ADDRESS            through if an answer comes
//!  address ADDRESS         takes another address
//!  mac ADDRESS             takes another hardware address
//!  parent NAME             a parent asks for a name
//! ```

use std::fs;
use std::path::Path;

use crate::firewall::{FAMILY, PHONE, everybody_comes};
use crate::household::{Household, ROUTER};
use crate::reach::Reached;

/// Who tries, and in which home.
const TRIED_BY: [(&str, &str, &[&str], &str); 5] = [
    ("child", "age-7-12", &[], ""),
    ("teen", "age-16-17", &[], ""),
    ("adult", "adult", &[], ""),
    ("strict", "age-7-12", &["firewall.strict = true"], ""),
    (
        "night",
        "age-7-12",
        &[],
        r#"schedule = [{ id = "night", who = ["an"], mode = "block", from = "00:00", to = "23:59" }]"#,
    ),
];

struct Attempt {
    name: String,
    steps: Vec<String>,
    open: Vec<String>,
    why: String,
}

impl Attempt {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let steps = text.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect();
        let value =
            |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim();
        let open = value("open:").split(' ').map(str::to_owned).collect();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let why = value("why:").to_owned();
        Self { name, steps, open, why }
    }

    fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("household/bypass");
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Whether it comes through.
    fn is_tried(&self, home: &Household) -> bool {
        // Each step is taken; the last one decides.
        let last = self.steps.iter().fold(None, |_, step| walk(home, step));
        if self.steps.iter().any(|step| step.starts_with("mac ")) {
            // What the router remembers of the other one would stand for a while.
            home.child.put_on(PHONE);
            home.router.namespace().ip("neighbour flush dev br-lan");
            everybody_comes(home);
        }
        last.unwrap_or_else(|| panic!("{}: its last step decides nothing", self.name))
    }
}

/// Takes a step; whether it came through, of one that can.
fn walk(home: &Household, step: &str) -> Option<bool> {
    let words: Vec<&str> = step.split(' ').collect();
    let child = &home.child;
    match words[..] {
        ["ask", server] => Some(child.ask(server, "www.example A").to_string().contains("192.0.2.66")),
        ["ask", server, "tcp"] => {
            Some(child.ask_by_tcp(server, "www.example A").to_string().contains("192.0.2.66"))
        }
        ["name", name] => Some(gets_an_address(home, name, ROUTER[0])),
        ["aaaa", name] => {
            Some(child.ask(ROUTER[0], &format!("{name} AAAA")).to_string().starts_with("NOERROR AAAA "))
        }
        ["name", name, server] => Some(gets_an_address(home, name, server)),
        ["canary", name] => {
            Some(child.ask(ROUTER[0], &format!("{name} A")).to_string().starts_with("NOERROR A "))
        }
        ["tcp", address, port] => Some(child.tries_tcp(address, port.parse().unwrap()) == Reached::Through),
        ["udp", address, port] => Some(child.tries_udp(address, port.parse().unwrap()) == Reached::Through),
        ["protocol", number, address] => {
            Some(child.sends_to(&home.upstream, number.parse().unwrap(), address))
        }
        ["ping", address] => Some(child.pings(address)),
        ["address", address] => {
            child.takes(address);
            None
        }
        ["mac", mac] => {
            child.put_on(mac);
            None
        }
        ["parent", name] => {
            for rtype in ["A", "AAAA"] {
                home.sibling.ask(ROUTER[0], &format!("{name} {rtype}"));
            }
            None
        }
        _ => panic!("{step}: no such step"),
    }
}

fn gets_an_address(home: &Household, name: &str, server: &str) -> bool {
    let answer = home.child.ask(server, &format!("{name} A")).to_string();
    answer.starts_with("NOERROR A ") && !answer.contains(" ede ")
}

/// A home in which the child's phone is of this profile.
fn home_of(profile: &str, settings: &[&str], rules: &str) -> Option<Household> {
    let family = FAMILY
        .replace("name = \"An\"\nprofile = \"age-7-12\"", &format!("name = \"An\"\nprofile = \"{profile}\""));
    let home = Household::guarded_with(&format!("{rules}\n{family}"), settings)?;
    everybody_comes(&home);
    Some(home)
}

#[test]
fn every_way_round_that_we_know() {
    let attempts = Attempt::all();
    let mut seen: Vec<Vec<bool>> = vec![Vec::new(); attempts.len()];
    for (_, profile, settings, rules) in TRIED_BY {
        let Some(home) = home_of(profile, settings, rules) else { return };
        for (attempt, seen) in attempts.iter().zip(&mut seen) {
            seen.push(attempt.is_tried(&home));
        }
    }
    let mut wrong = Vec::new();
    let mut table = format!("{:36}", "attempt");
    TRIED_BY.iter().for_each(|(column, ..)| table += &format!("{column:9}"));
    table += "why it can't be stopped\n";
    for (attempt, seen) in attempts.iter().zip(&seen) {
        table += &format!("{:36}", attempt.name);
        for ((column, ..), through) in TRIED_BY.iter().zip(seen) {
            let expected = attempt.open.iter().any(|open| open == column);
            table += &format!("{:9}", if *through { "passed" } else { "blocked" });
            if expected != *through {
                wrong.push(format!("{} for {column}: through is {through}", attempt.name));
            }
        }
        table += &attempt.why;
        table.push('\n');
    }
    eprintln!("{table}{} attempts", attempts.len());
    assert_eq!(wrong, [""; 0], "{table}");
}
