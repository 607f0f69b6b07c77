//! The list as a response policy zone (draft-vixie-dnsop-dns-rpz-00), for resolvers of providers that know no lists of
//! ours: BIND, unbound, Knot Resolver and PowerDNS read it.
//!
//! Unlike the compiled list it holds names in the clear, so it is made only where somebody asks for it, of the categories
//! that they choose. A publication vouches for it by its digest and does not hold it.

use std::collections::HashSet;
use std::io::{self, Write};

use luytre_lists::{CategorySet, Disposition, Meta, Name};

use super::draft::Draft;
use super::fold;

/// What a zone is called: resolvers give it a name of their own choice.
const ZONE: &str = "rpz.luytre.";
/// Seconds that resolvers keep an answer.
const TTL: u32 = 300;

/// Lines before the records of names: origin, TTL, SOA, NS.
const HEAD: usize = 4;

/// Which zone is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Zone {
    /// What it blocks.
    pub blocks: CategorySet,
    /// Its serial, and when it was made.
    pub meta: Meta,
}

impl Zone {
    /// Writes the zone: a blocked name gets NXDOMAIN (`CNAME .`), and so does all below it (`*`); what the list leaves
    /// open below a blocked name passes (`rpz-passthru.`). The most specific record wins, as in the list.
    ///
    /// Resolvers try the wildcard of the closest name that stands in the zone and no other (RFC 4592 §2.2.1), so each name
    /// between a blocked one and one that it passes on to has records of its own.
    pub fn write(&self, draft: &Draft, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(head(self.meta).as_bytes())?;
        let mut there: HashSet<Name<'_>> =
            fold::entries(draft).map(|(id, _)| draft.names().name(id)).collect();
        for (id, entry) in fold::entries(draft) {
            let name = draft.names().name(id);
            let above = draft.inherited(name);
            let (here, below) = (self.action(entry.here, above), self.action(entry.below, above));
            if let Some(action) = here {
                writeln!(out, "{name} CNAME {action}")?;
            }
            if let Some(action) = below {
                writeln!(out, "*.{name} CNAME {action}")?;
            }
            let between = name.suffixes().skip(1).take_while(|_| self.is_blocked(above));
            for parent in between {
                if !there.insert(parent) {
                    break;
                }
                writeln!(out, "{parent} CNAME .\n*.{parent} CNAME .")?;
            }
        }
        Ok(())
    }

    /// What is written for a statement, given what holds without it. A name that is open as it is needs nothing.
    fn action(&self, said: Disposition, above: CategorySet) -> Option<&'static str> {
        let set = match said {
            Disposition::Inherit => above,
            Disposition::Allow => CategorySet::EMPTY,
            Disposition::Block(set) => set,
        };
        match self.is_blocked(set) {
            true => Some("."),
            false => self.is_blocked(above).then_some("rpz-passthru."),
        }
    }

    fn is_blocked(&self, set: CategorySet) -> bool {
        !set.intersection(self.blocks).is_empty()
    }
}

fn head(meta: Meta) -> String {
    let serial = meta.serial & u64::from(u32::MAX); // an SOA has 32 bits, which go round (RFC 1982)
    format!(
        "$ORIGIN {ZONE}\n$TTL {TTL}\n@ SOA localhost. hostmaster.localhost. {serial} 3600 600 604800 {TTL}\n\
         @ NS localhost.\n"
    )
}

/// What a zone says of names, whatever its serial.
pub fn records(zone: &[u8]) -> &[u8] {
    zone.splitn(HEAD + 1, |&byte| byte == b'\n').nth(HEAD).unwrap_or_default()
}

/// The same zone under another serial.
pub fn with_meta(zone: &[u8], meta: Meta) -> Vec<u8> {
    [head(meta).as_bytes(), records(zone)].concat()
}

#[cfg(test)]
mod tests {
    use luytre_lists::CategoryTable;

    use super::super::testing::draft;
    use super::*;

    fn zone(lines: &[(&str, &str)], blocks: &[&str]) -> Vec<String> {
        let table = CategoryTable::shipped();
        let blocks = blocks.iter().map(|key| table.by_key(key).unwrap()).collect();
        let mut out = Vec::new();
        Zone { blocks, meta: Meta { serial: 7, created: 0 } }.write(&draft(lines), &mut out).unwrap();
        String::from_utf8(records(&out).to_vec()).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_zone_has_the_same_records_under_another_serial() {
        let zone = b"$ORIGIN x.\n$TTL 1\n@ SOA a. b. 7 1 1 1 1\n@ NS localhost.\nbad.example CNAME .\n";
        let again = with_meta(zone, Meta { serial: (1 << 32) + 8, created: 0 });
        assert_eq!(records(&again), b"bad.example CNAME .\n");
        assert!(String::from_utf8(again).unwrap().contains(" 8 3600 "));
        assert_eq!(records(b"no zone"), b"");
    }

    #[test]
    fn a_zone_says_what_the_list_says() {
        let lines = [
            ("malware", "bad.example"),
            ("malware", "@@||good.bad.example^"),
            ("phishing", "0.0.0.0 exact.example"),
            ("ads", "ads.example"),
            ("ads", "ads.bad.example"),
            ("malware", "@@||deep.down.bad.example^"),
        ];
        let expected = [
            "bad.example CNAME .",
            "*.bad.example CNAME .",
            "good.bad.example CNAME rpz-passthru.",
            "*.good.bad.example CNAME rpz-passthru.",
            "exact.example CNAME .",
            "www.exact.example CNAME .",
            "ads.bad.example CNAME .",
            "*.ads.bad.example CNAME .",
            "deep.down.bad.example CNAME rpz-passthru.",
            "*.deep.down.bad.example CNAME rpz-passthru.",
            "down.bad.example CNAME .",
            "*.down.bad.example CNAME .",
        ];
        assert_eq!(zone(&lines, &["malware", "phishing"]), expected);
        assert_eq!(
            zone(&lines, &["ads"]),
            [
                "ads.example CNAME .",
                "*.ads.example CNAME .",
                "ads.bad.example CNAME .",
                "*.ads.bad.example CNAME ."
            ]
        );
    }
}
