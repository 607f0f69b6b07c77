//! The roll: a number for everybody who ever asked in this run. It only grows, so that a number in a cache, a counter
//! or a log means the same subject for as long as the process lives.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Mac;

/// A subject: one device of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who(pub u16);

impl Who {
    /// Whoever is not told apart: the house's own rules hold.
    pub const UNKNOWN: Self = Self(0);
    /// So many numbers there are.
    pub const NUMBERS: usize = 4096;
}

/// Numbers that devices nobody named may take: a device that makes up addresses must not use up those of the family.
const STRANGERS: usize = Who::NUMBERS / 2;

/// What a device is known by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Key {
    /// Nothing.
    #[default]
    None,
    /// Its hardware address.
    Mac(Mac),
    /// An address that only it has.
    Address(IpAddr),
    /// What it calls itself in a DoH path or a DoT name.
    Token(Box<str>),
}

/// Empty for nothing.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Mac(mac) => mac.fmt(f),
            Self::Address(address) => address.fmt(f),
            Self::Token(token) => f.write_str(token),
        }
    }
}

/// Whom a number means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The person's id; empty for a device that is nobody's.
    pub person: Box<str>,
    /// The device.
    pub device: Key,
}

impl Subject {
    /// Who that is in logs: the person's id, else the MAC, else the address that the question came from.
    pub fn text(&self, address: IpAddr) -> String {
        match &self.device {
            _ if !self.person.is_empty() => self.person.to_string(),
            Key::Mac(mac) => mac.to_string(),
            _ => address.to_canonical().to_string(),
        }
    }
}

/// Everybody's number.
#[derive(Debug)]
pub struct Roll(Mutex<Entries>);

#[derive(Debug)]
struct Entries {
    /// By number.
    subjects: Vec<Subject>,
    numbers: HashMap<Subject, Who>,
    /// How many of them nobody named.
    strangers: usize,
}

impl Default for Roll {
    fn default() -> Self {
        let unknown = Subject::default();
        let numbers = [(unknown.clone(), Who::UNKNOWN)].into();
        Self(Mutex::new(Entries { subjects: vec![unknown], numbers, strangers: 0 }))
    }
}

impl Roll {
    /// The number of a device that a parent named; the same whenever it is asked for. [`Who::UNKNOWN`] when there are
    /// none left.
    pub fn named(&self, subject: Subject) -> Who {
        self.entries().enter(subject, false)
    }

    /// The number of a device that nobody named. [`Who::UNKNOWN`] when strangers have taken their half.
    pub fn stranger(&self, mac: Mac) -> Who {
        self.entries().enter(Subject { person: "".into(), device: Key::Mac(mac) }, true)
    }

    /// Whom a number means; the unknown subject for a number that was never given.
    pub fn subject(&self, who: Who) -> Subject {
        self.entries().subjects.get(usize::from(who.0)).cloned().unwrap_or_default()
    }

    /// Everybody, by number; the unknown one first.
    pub fn subjects(&self) -> Vec<Subject> {
        self.entries().subjects.clone()
    }

    /// How many numbers were given, the unknown's among them.
    pub fn len(&self) -> usize {
        self.entries().subjects.len()
    }

    /// Whether nobody has a number but the unknown.
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // No panic is possible while it is held; were there one, an entry is whole or not there.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn enter(&mut self, subject: Subject, is_stranger: bool) -> Who {
        if let Some(who) = self.numbers.get(&subject) {
            return *who;
        }
        let is_full = self.subjects.len() == Who::NUMBERS || is_stranger && self.strangers == STRANGERS;
        let Some(number) = u16::try_from(self.subjects.len()).ok().filter(|_| !is_full) else {
            return Who::UNKNOWN;
        };
        self.strangers += usize::from(is_stranger);
        self.subjects.push(subject.clone());
        self.numbers.insert(subject, Who(number));
        Who(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(number: u16) -> Mac {
        let [high, low] = number.to_be_bytes();
        Mac([2, 0, 0, 0, high, low])
    }

    fn of_an(number: u16) -> Subject {
        Subject { person: "an".into(), device: Key::Mac(mac(number)) }
    }

    #[test]
    fn a_number_is_for_one_device_of_one_person_and_stays() {
        let roll = Roll::default();
        let phone = roll.named(of_an(1));
        let stranger = roll.stranger(mac(1));
        assert_ne!(phone, stranger, "whoever names a device makes another subject of it");
        assert_eq!((roll.named(of_an(1)), roll.stranger(mac(1))), (phone, stranger));
        assert_eq!((roll.subject(phone), roll.len()), (of_an(1), 3));
    }

    #[test]
    fn logs_name_the_person_else_the_mac_else_the_address() {
        let (roll, address) = (Roll::default(), IpAddr::from([192, 168, 1, 7]));
        let text = |who| roll.subject(who).text(address);
        assert_eq!(text(roll.named(of_an(1))), "an");
        assert_eq!(text(roll.stranger(mac(1))), "02:00:00:00:00:01");
        assert_eq!(
            text(roll.named(Subject { device: Key::Token("tv".into()), ..Subject::default() })),
            "192.168.1.7"
        );
        assert_eq!((text(Who::UNKNOWN), text(Who(99))), ("192.168.1.7".into(), "192.168.1.7".into()));
    }

    #[test]
    fn strangers_leave_the_family_its_numbers() {
        let roll = Roll::default();
        for number in 0..10_000 {
            roll.stranger(mac(number));
        }
        assert_eq!(roll.len(), 1 + STRANGERS);
        assert_eq!(roll.stranger(mac(9_999)), Who::UNKNOWN);
        assert_ne!(roll.named(of_an(9_999)), Who::UNKNOWN);
        for number in 0..10_000 {
            roll.named(of_an(number));
        }
        assert_eq!((roll.len(), roll.named(of_an(9_998))), (Who::NUMBERS, Who::UNKNOWN));
    }
}
