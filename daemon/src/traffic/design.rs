//! The plan, made of who may do what just now.

use std::collections::HashMap;

use luytre_lists::AddressBlock;

use super::numbers::Numbers;
use super::plan::{Closed, Device, Plan, Range, Treatment};
use crate::catalogue::{Catalogue, ServiceSet};
use crate::clock::Timestamp;
use crate::config::{Config, FirewallConfig, Strict};
use crate::gate::{Watch, Watched};
use crate::policy::{Access, Policy};
use crate::who::{Mac, Who};

/// Makes plans; remembers each device's number.
#[derive(Debug)]
pub struct Designer {
    config: FirewallConfig,
    dns_port: u16,
    ports: Vec<u16>,
    numbers: Numbers,
}

/// A plan, and whose devices are in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Design {
    /// What the helper gets.
    pub plan: Plan,
    /// Each device of the plan, in its order.
    pub members: Vec<Member>,
    /// Devices that found no number of their own.
    pub left_out: usize,
}

/// A device that has a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// How it is known.
    pub mac: Mac,
    /// Whose questions are its.
    pub who: Who,
    /// Its number in connection marks.
    pub number: u16,
    /// What is done with its traffic.
    pub treatment: Treatment,
    /// The services that are blocked for it.
    pub services: ServiceSet,
}

impl Design {
    /// Whose answers wait for the firewall.
    pub fn watched(&self) -> Watched {
        let most = self.members.iter().map(|member| usize::from(member.who.0) + 1).max().unwrap_or_default();
        let mut devices = vec![None; most];
        for Member { mac, who, treatment, .. } in &self.members {
            // Where strict mode is observed, the same addresses count as answered.
            let strict = treatment.strict || treatment.observed;
            if strict || treatment.cut {
                let watch = Watch { mac: *mac, strict, cut: treatment.cut };
                devices[usize::from(who.0)] = Some(watch);
            }
        }
        let bars = self.members.iter().any(|member| member.treatment.barred);
        Watched { devices: devices.into(), bars }
    }
}

impl Designer {
    /// For a configuration whose firewall is this one.
    pub fn new(config: &Config, firewall: &FirewallConfig) -> Self {
        let listen = &config.listen;
        // Redirected questions come to the router's own addresses on that interface, whichever they are.
        let everywhere = listen.dns.iter().find(|socket| socket.ip().is_unspecified());
        let dns_port = everywhere.or(listen.dns.first()).map_or(53, |socket| socket.port());
        let sockets = [&listen.dns, &listen.tls, &listen.https, &listen.quic, &config.web.listen];
        let mut ports: Vec<u16> = sockets.into_iter().flatten().map(|socket| socket.port()).collect();
        ports.sort_unstable();
        ports.dedup();
        Self { config: firewall.clone(), dns_port, ports, numbers: Numbers::default() }
    }

    /// The plan of this moment. `roster` has the devices, the more important first.
    pub fn design(&mut self, policy: &Policy, roster: &[(Mac, Who)], now: Timestamp) -> Design {
        // Most devices have much in common.
        let mut known = HashMap::new();
        let mut access =
            |who| *known.entry(policy.access_key(who)).or_insert_with(|| policy.access(who, now));
        let macs: Vec<Mac> = roster.iter().map(|(mac, _)| *mac).collect();
        let given = self.numbers.give(&macs, self.config.mask.others());
        let whose: HashMap<Mac, Who> = roster.iter().copied().collect();
        let members: Vec<Member> = given
            .into_iter()
            .map(|(mac, number)| {
                let who = whose.get(&mac).copied().unwrap_or(Who::UNKNOWN);
                let access = access(who);
                Member { mac, who, number, treatment: self.treatment(&access), services: access.services }
            })
            .collect();
        let unknown = access(Who::UNKNOWN);
        let device =
            |member: &Member| Device { mac: member.mac, number: member.number, treatment: member.treatment };
        let plan = Plan {
            interfaces: self.config.interfaces.clone(),
            mask: self.config.mask,
            dns_port: self.dns_port,
            ports: self.ports.clone(),
            ranges: ranges(&members),
            closed: closed(&members, (self.config.mask.others(), unknown.services)),
            devices: members.iter().map(device).collect(),
            others: self.treatment(&unknown),
        };
        Design { plan, left_out: macs.len().saturating_sub(members.len()), members }
    }

    fn treatment(&self, access: &Access) -> Treatment {
        Treatment {
            cut: access.cut,
            resolvers: access.resolvers,
            tunnels: access.tunnels,
            barred: !access.services.is_empty(),
            strict: self.config.strict == Strict::On && access.supervised,
            observed: self.config.strict == Strict::Observed && access.supervised,
        }
    }
}

/// The published networks of each service that somebody is kept from, and from whom.
fn closed(members: &[Member], others: (u16, ServiceSet)) -> Vec<Closed> {
    let everybody = || members.iter().map(|member| (member.number, member.services)).chain([others]);
    let published = Catalogue::shipped().services().filter(|(_, service)| !service.addresses.is_empty());
    let of_service = published.map(|(id, service)| Closed {
        ranges: service.addresses.iter().map(range).collect(),
        numbers: everybody()
            .filter(|(_, services)| services.contains(id))
            .map(|(number, _)| number)
            .collect(),
    });
    of_service.filter(|closed| !closed.numbers.is_empty()).collect()
}

fn range(block: &AddressBlock) -> Range {
    Range { address: block.first(), length: block.length() }
}

/// The networks of services that stay open in strict mode: those that no device under it is kept from.
fn ranges(members: &[Member]) -> Vec<Range> {
    let strict = members.iter().filter(|member| member.treatment.strict || member.treatment.observed);
    let blocked = strict.clone().fold(ServiceSet::EMPTY, |all, member| all.union(member.services));
    if strict.count() == 0 {
        return Vec::new();
    }
    let open = Catalogue::shipped().services().filter(|(id, _)| !blocked.contains(*id));
    open.flat_map(|(_, service)| service.addresses.iter()).map(range).collect()
}
