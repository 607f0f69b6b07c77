//! Where an answer leads: the names and addresses in its records.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

use luytre_lists::Name;

use super::service;
use crate::wire::{Record, Records, read_name, rtype};

/// One thing that an answer leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    /// The target of a CNAME, DNAME, SVCB or HTTPS record.
    Name(Name<'a>),
    /// An address, or the hint of one.
    Address(IpAddr),
}

/// Shows every content of the answer section, until one breaks it off. Allocates nothing; ends at the first record
/// that makes no sense.
pub(super) fn of_answer<B>(
    message: &[u8],
    mut visit: impl FnMut(Content<'_>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let Some(records) = Records::of(message) else { return ControlFlow::Continue(()) };
    for record in records.take_while(|record| record.section == 0) {
        of_record(message, &record, &mut visit)?;
    }
    ControlFlow::Continue(())
}

/// Shows every address that a client may take from the message: those of the answer section, and of the additional one
/// where a service binding was asked for, whose clients look there (RFC 9460 §5).
/// Allocates nothing.
pub fn addresses<B>(message: &[u8], mut visit: impl FnMut(IpAddr) -> ControlFlow<B>) -> ControlFlow<B> {
    let Some(records) = Records::of(message) else { return ControlFlow::Continue(()) };
    let mut bound = false;
    for record in records {
        bound |= service::is_service(record.rtype);
        if record.section == 0 || (bound && record.section == 2) {
            of_record(message, &record, &mut |content| match content {
                Content::Address(address) => visit(address),
                Content::Name(_) => ControlFlow::Continue(()),
            })?;
        }
    }
    ControlFlow::Continue(())
}

fn of_record<B>(
    message: &[u8],
    record: &Record,
    visit: &mut impl FnMut(Content<'_>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let data = &record.data;
    match record.rtype {
        rtype::CNAME | rtype::DNAME => match read_name(message, data.start) {
            Some((name, end)) if end <= data.end => visit(Content::Name(name.as_name())),
            _ => ControlFlow::Continue(()),
        },
        rtype::A | rtype::AAAA => match address(&message[data.clone()]) {
            Some(address) => visit(Content::Address(address)),
            None => ControlFlow::Continue(()),
        },
        service if service::is_service(service) => {
            if let Some(name) =
                service::target(message, data).filter(|name| !name.as_name().as_wire().is_empty())
            {
                visit(Content::Name(name.as_name()))?;
            }
            for param in service::params(message, data) {
                service::hints(message, &param).try_for_each(|address| visit(Content::Address(address)))?;
            }
            ControlFlow::Continue(())
        }
        _ => ControlFlow::Continue(()),
    }
}

/// The address in an A or AAAA record's data.
fn address(data: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(data) {
        return Some(Ipv4Addr::from(octets).into());
    }
    <[u8; 16]>::try_from(data).ok().map(|octets| Ipv6Addr::from(octets).into())
}
