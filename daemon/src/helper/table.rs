//! Our table in the kernel, changed by the element and looked at by the helper; its rules come from `ruleset`.

use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::net::IpAddr;

use super::message::{ACK, CREATE, DUMP, NFTABLES, REQUEST, Writer};
use super::netlink::Netlink;
use crate::traffic::protocol::{Entry, Set};

/// Its name; no other is ever touched.
pub(super) const TABLE: &str = "luytre";
/// The family `inet` (`NFPROTO_INET`).
const INET: u8 = 1;
/// Message types of nf_tables (`linux/netfilter/nf_tables.h`), and those that begin and end a transaction.
const DELETE_TABLE: u16 = NFTABLES << 8 | 2;
const GET_RULE: u16 = NFTABLES << 8 | 7;
const NEW_ELEMENT: u16 = NFTABLES << 8 | 12;
const GET_ELEMENT: u16 = NFTABLES << 8 | 13;
const DELETE_ELEMENT: u16 = NFTABLES << 8 | 14;
const GET_GENERATION: u16 = NFTABLES << 8 | 16;
const GET_OBJECT: u16 = NFTABLES << 8 | 19;
const BEGIN: u16 = 16;
const END: u16 = 17;
/// Attributes: of a table, of a list of elements, of an element, of its data.
const TABLE_NAME: u16 = 1;
const LIST_TABLE: u16 = 1;
const LIST_SET: u16 = 2;
const LIST_ELEMENTS: u16 = 3;
const ELEMENT: u16 = 1;
const KEY: u16 = 1;
const TIMEOUT: u16 = 4;
const VALUE: u16 = 1;
/// Attributes of rules, generations and named counters.
const RULE_TABLE: u16 = 1;
const GENERATION_ID: u16 = 1;
const OBJECT_TABLE: u16 = 1;
const OBJECT_NAME: u16 = 2;
const OBJECT_TYPE: u16 = 3;
const OBJECT_DATA: u16 = 4;
const COUNTER: u32 = 1;
const COUNTER_PACKETS: u16 = 2;

/// Puts addresses into their sets, or takes them out, in one transaction.
///
/// Before Linux 6.12 to add an element that is there keeps its old lifetime silently: so each is added, deleted and
/// added again, of which a packet sees nothing.
pub(super) fn change(netlink: &mut Netlink, entries: &[Entry], put: bool) -> io::Result<()> {
    let Some(last) = entries.len().checked_sub(1) else { return Ok(()) };
    let mut batch = Writer::default();
    batch.message(BEGIN, REQUEST, (0, NFTABLES), |_| {});
    for (index, entry) in entries.iter().enumerate() {
        element(&mut batch, NEW_ELEMENT, CREATE, entry);
        let ack = if index == last { ACK } else { 0 };
        element(&mut batch, DELETE_ELEMENT, if put { 0 } else { ack }, entry);
        if put {
            element(&mut batch, NEW_ELEMENT, CREATE | ack, entry);
        }
    }
    batch.message(END, REQUEST, (0, NFTABLES), |_| {});
    netlink.transact(&batch, 1)
}

fn element(batch: &mut Writer, kind: u16, flags: u16, entry: &Entry) {
    let family = if entry.address.is_ipv4() { '4' } else { '6' };
    batch.message(kind, REQUEST | flags, (INET, 0), |message| {
        message.text(LIST_TABLE, TABLE);
        message.text(LIST_SET, &format!("{}{family}", entry.set.name()));
        message.nest(LIST_ELEMENTS, |list| {
            list.nest(ELEMENT, |element| {
                element.nest(KEY, |key| key.attribute(VALUE, &key_of(entry)));
                if kind == NEW_ELEMENT && entry.seconds > 0 {
                    let milliseconds = u64::from(entry.seconds) * 1000;
                    element.attribute(TIMEOUT, &milliseconds.to_be_bytes());
                }
            });
        });
    });
}

/// Empties a set, for both families.
pub(super) fn clear(netlink: &mut Netlink, set: Set) -> io::Result<()> {
    let mut batch = Writer::default();
    batch.message(BEGIN, REQUEST, (0, NFTABLES), |_| {});
    for (family, ack) in [('4', 0), ('6', ACK)] {
        // Without elements all are meant.
        batch.message(DELETE_ELEMENT, REQUEST | ack, (INET, 0), |message| {
            message.text(LIST_TABLE, TABLE);
            message.text(LIST_SET, &format!("{}{family}", set.name()));
        });
    }
    batch.message(END, REQUEST, (0, NFTABLES), |_| {});
    netlink.transact(&batch, 1)
}

/// Takes the table away; that there is none is no error.
pub(super) fn remove(netlink: &mut Netlink) -> io::Result<()> {
    let mut batch = Writer::default();
    batch.message(BEGIN, REQUEST, (0, NFTABLES), |_| {});
    batch.message(DELETE_TABLE, REQUEST | ACK, (INET, 0), |message| message.text(TABLE_NAME, TABLE));
    batch.message(END, REQUEST, (0, NFTABLES), |_| {});
    match netlink.transact(&batch, 1) {
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
        done => done,
    }
}

/// The key of a set's element: each part of a concatenation is padded to words.
fn key_of(entry: &Entry) -> Vec<u8> {
    let mut key = Vec::with_capacity(24);
    if entry.set.is_by_device() {
        key.extend_from_slice(&entry.mac.0);
        key.extend_from_slice(&[0; 2]);
    }
    match entry.address {
        IpAddr::V4(address) => key.extend_from_slice(&address.octets()),
        IpAddr::V6(address) => key.extend_from_slice(&address.octets()),
    }
    key
}

/// The number of the last change that anybody made to any table.
pub(super) fn generation(netlink: &mut Netlink) -> io::Result<u32> {
    let mut question = Writer::default();
    question.message(GET_GENERATION, REQUEST, (0, 0), |_| {});
    netlink.ask(&question, |heard| heard.attributes().number(GENERATION_ID))
}

/// What tells this state of the rules, and of the sets that they decide by, from any other. Counters and what comes and
/// goes by itself are no part of it.
pub(super) fn fingerprint(netlink: &mut Netlink) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut rules = Writer::default();
    rules.message(GET_RULE, REQUEST | DUMP, (INET, 0), |message| message.text(RULE_TABLE, TABLE));
    // Behind nfnetlink's header, which holds the generation.
    netlink.dump(&rules, |heard| hasher.write(heard.attributes().0))?;
    for set in super::ruleset::FIXED_SETS {
        let mut elements = Writer::default();
        elements.message(GET_ELEMENT, REQUEST | DUMP, (INET, 0), |message| {
            message.text(LIST_TABLE, TABLE);
            message.text(LIST_SET, set);
        });
        netlink.dump(&elements, |heard| hasher.write(heard.attributes().0))?;
    }
    Ok(hasher.finish())
}

/// How many packets a named counter of ours counted.
pub(super) fn counted(netlink: &mut Netlink, counter: &str) -> io::Result<u64> {
    let mut question = Writer::default();
    question.message(GET_OBJECT, REQUEST, (INET, 0), |message| {
        message.text(OBJECT_TABLE, TABLE);
        message.text(OBJECT_NAME, counter);
        message.attribute(OBJECT_TYPE, &COUNTER.to_be_bytes());
    });
    netlink.ask(&question, |heard| heard.attributes().nested(OBJECT_DATA).long(COUNTER_PACKETS))
}
