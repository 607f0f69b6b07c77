//! `luytre net-helper`: the one part that may change the firewall. It holds `CAP_NET_ADMIN` and a unix socket, and
//! nothing that anybody on the network can reach.
//!
//! ```text
//!  daemon ─► protocol ─► Helper ─┬─► ruleset (text) ─► nft ──────┐
//!                                ├─► table (elements, look) ─────┼─► kernel
//!                                └─► flows (read, end) ──────────┘
//! ```
//!
//! * [`protocol`](crate::traffic::protocol) is all that it takes: values, each checked; rules it writes itself.
//! * It writes nothing: the daemon tells it everything when it connects, and leaves the plan in a file for the next boot.
//!   The table stays in the kernel when either of them dies, and goes when the daemon stops by intent.

mod flows;
mod known;
mod message;
mod netlink;
mod nft;
mod noted;
mod ruleset;
mod table;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use self::known::Known;
use self::netlink::Netlink;
use crate::files;
use crate::traffic::plan::{MarkMask, Plan, Treatment};
use crate::traffic::protocol::{self, Flow, Reply, Request, Set, State};

/// A daemon asks every second; one that is silent for so long is gone.
const SILENCE: Duration = Duration::from_secs(10);
/// The most flows that are told: a router's table holds fewer.
const MAX_FLOWS: usize = 65_536;
/// How often rules are loaded while somebody else changes the firewall, in one go.
const TRIES: usize = 4;
/// Where the kernel is told to count the bytes of flows.
const ACCOUNTING: &str = "/proc/sys/net/netfilter/nf_conntrack_acct";

/// Serves one daemon after the other on this socket, for ever. Before the first comes the plan in this file is in force:
/// the last that the daemon had loaded, so that after a boot no packet goes where it may not.
pub fn serve(socket: &Path, plan: Option<&Path>) -> io::Result<()> {
    let listener = bind(socket)?;
    let mut helper = Helper { netlink: Netlink::open()?, loaded: None };
    if let Some(file) = plan {
        helper.begin_with(file);
    }
    tracing::info!(socket = %socket.display(), "the helper waits for the daemon");
    loop {
        let (stream, _) = listener.accept()?;
        if let Err(error) = helper.converse(stream) {
            tracing::warn!(%error, "the daemon's connection ended");
        }
    }
}

/// Opens the socket, for our own user and group alone. One that a dead helper left is replaced.
fn bind(socket: &Path) -> io::Result<UnixListener> {
    if UnixStream::connect(socket).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, "another helper answers on it"));
    }
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

struct Helper {
    netlink: Netlink,
    /// What stands in the kernel, as far as we know.
    loaded: Option<Loaded>,
}

struct Loaded {
    plan: Plan,
    /// What the rules looked like when they were loaded.
    fingerprint: u64,
    /// The kernel's count of changes when they were looked at last.
    generation: u32,
}

impl Helper {
    /// Loads the plan that a file holds; without one the daemon's first is waited for.
    fn begin_with(&mut self, file: &Path) {
        let read = || -> io::Result<Plan> {
            let plan: Plan = protocol::decode(&files::read_bytes(file, protocol::MAX_MESSAGE)?)?;
            plan.check().map_err(io::Error::other)?;
            Ok(plan)
        };
        let loaded = read().and_then(|plan| self.load(plan));
        match loaded {
            Ok(Reply::Refused(what)) => tracing::error!(what, "the last plan can't be loaded"),
            Ok(_) => tracing::info!(file = %file.display(), "the last plan is in force"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::error!(%error, file = %file.display(), "the last plan can't be read"),
        }
    }

    fn converse(&mut self, mut stream: UnixStream) -> io::Result<()> {
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        while let Some(request) = protocol::read::<Request>(&mut stream)? {
            let reply = match request.check() {
                Ok(()) => self.answer(request).unwrap_or_else(|error| Reply::Refused(error.to_string())),
                Err(wrong) => Reply::Refused(wrong),
            };
            stream.write_all(&protocol::encode(&reply)?)?;
        }
        Ok(())
    }

    fn answer(&mut self, request: Request) -> io::Result<Reply> {
        match request {
            Request::Load(plan) => return self.load(plan),
            Request::Put(entries) => table::change(&mut self.netlink, &entries, true)?,
            Request::Take(entries) => table::change(&mut self.netlink, &entries, false)?,
            Request::Clear(set) => {
                table::clear(&mut self.netlink, set)?;
                if set == Set::Open {
                    let open = self.mask().open();
                    flows::end_each(&mut self.netlink, |flow| flow.mark & open != 0)?;
                }
            }
            Request::Evict { number, addresses } => {
                let mask = self.mask();
                flows::end_each(&mut self.netlink, |flow| {
                    mask.number(flow.mark) == number && addresses.contains(&flow.destination)
                })?;
            }
            Request::Check => return self.state().map(Reply::State),
            Request::Flows => return self.flows().map(Reply::Flows),
            Request::Held => return noted::held(&mut self.netlink).map(Reply::Held),
            Request::Noted => return noted::noted(&mut self.netlink).map(Reply::Noted),
            Request::Remove => {
                self.loaded = None;
                table::remove(&mut self.netlink)?;
            }
        }
        Ok(Reply::Done)
    }

    /// Puts a plan in force and ends the flows that have no place under it.
    fn load(&mut self, plan: Plan) -> io::Result<Reply> {
        let was_whole = self.whole_at()?;
        let before = self.loaded.take().map(|loaded| loaded.plan);
        let (fingerprint, generation) = match self.load_rules(&plan)? {
            Ok(looks) => looks,
            Err(refused) => return Ok(Reply::Refused(refused)),
        };
        // Only who may write it: elsewhere it is set, or there are no counters.
        let _ = fs::OpenOptions::new().write(true).open(ACCOUNTING).and_then(|mut file| file.write_all(b"1"));
        self.end_what_has_no_place(&plan, before.as_ref())?;
        self.loaded = Some(Loaded { plan, fingerprint, generation });
        // Ours was the next change: nobody came between.
        let has_kept_sets = was_whole == Some(generation.wrapping_sub(1));
        Ok(if has_kept_sets { Reply::Done } else { Reply::Anew })
    }

    /// Loads the rules of a plan; returns what they look like, and the kernel's count of changes with them. Who changes a
    /// table in that moment might have changed ours: then they are loaded once more.
    fn load_rules(&mut self, plan: &Plan) -> io::Result<Result<(u64, u32), String>> {
        let known = Known::shipped();
        for _ in 0..TRIES {
            let before = table::generation(&mut self.netlink)?;
            // A table of another version may have other sets under the same names.
            let loaded = nft::load(&ruleset::text(plan, known, false))
                .or_else(|_| nft::load(&ruleset::text(plan, known, true)));
            if let Err(refused) = loaded {
                return Ok(Err(refused));
            }
            let fingerprint = table::fingerprint(&mut self.netlink);
            let generation = table::generation(&mut self.netlink)?;
            if let (Ok(fingerprint), true) = (fingerprint, generation == before.wrapping_add(1)) {
                return Ok(Ok((fingerprint, generation)));
            }
        }
        Ok(Err("somebody else keeps changing the firewall; it is tried again".into()))
    }

    fn end_what_has_no_place(&mut self, plan: &Plan, before: Option<&Plan>) -> io::Result<()> {
        if before.is_none() {
            // A socket that asked another resolver before has its way in the table of flows, past the redirection.
            flows::end_each(&mut self.netlink, |flow| flow.port == 53)?;
        }
        let own = plan.devices.iter().map(|device| {
            let before = before.map_or(Treatment::default(), |before| before.treatment(device.mac));
            (device.number, device.treatment, before)
        });
        // A flow that nobody marked ran before there were rules: whose it is shows when it begins anew.
        let is_closed_to_some = |address| {
            plan.closed.iter().any(|closed| closed.ranges.iter().any(|range| range.contains(address)))
        };
        let is_newly_closed = |number, address| match before {
            None => plan.closes(number, address) || (number == 0 && is_closed_to_some(address)),
            Some(before) => plan.closes(number, address) && !before.closes(number, address),
        };
        if !plan.closed.is_empty() && before.is_none_or(|before| before.closed != plan.closed) {
            let mask = plan.mask;
            flows::end_each(&mut self.netlink, |flow| {
                is_newly_closed(mask.number(flow.mark), flow.destination)
            })?;
        }
        let before = before.map_or(Treatment::default(), |before| before.others);
        for (number, treatment, before) in own.chain([(plan.mask.others(), plan.others, before)]) {
            if treatment.is_stricter_than(before) {
                flows::end_of_device(&mut self.netlink, plan.mask, number)?;
            }
        }
        Ok(())
    }

    /// The kernel's count of changes, if our table is as it was loaded. That nobody changed any table since we looked is
    /// the quick way to know.
    fn whole_at(&mut self) -> io::Result<Option<u32>> {
        let generation = table::generation(&mut self.netlink)?;
        let Some(loaded) = &mut self.loaded else { return Ok(None) };
        let is_whole = loaded.generation == generation
            || table::fingerprint(&mut self.netlink).is_ok_and(|found| found == loaded.fingerprint);
        if is_whole {
            loaded.generation = generation;
        }
        Ok(is_whole.then_some(generation))
    }

    /// How our table stands.
    fn state(&mut self) -> io::Result<State> {
        let is_whole = self.whole_at()?.is_some();
        if self.loaded.is_none() {
            return Ok(State::default());
        }
        let counts_bytes = fs::read(ACCOUNTING).is_ok_and(|value| value.starts_with(b"1"));
        let mut counted = |counter| table::counted(&mut self.netlink, counter).unwrap_or_default();
        let (refused, nameless) = (counted(ruleset::REFUSED), counted(ruleset::NAMELESS));
        Ok(State { is_whole, counts_bytes, refused, nameless })
    }

    fn flows(&mut self) -> io::Result<Vec<Flow>> {
        let mask = self.mask();
        let mut told = Vec::new();
        flows::each(&mut self.netlink, |flow| {
            let number = mask.number(flow.mark);
            if number != 0 && told.len() < MAX_FLOWS {
                told.push(Flow {
                    id: flow.id,
                    number,
                    remote: flow.destination,
                    port: flow.port,
                    protocol: flow.protocol,
                    bytes: flow.bytes,
                });
            }
        })?;
        Ok(told)
    }

    fn mask(&self) -> MarkMask {
        self.loaded.as_ref().map_or_else(MarkMask::default, |loaded| loaded.plan.mask)
    }
}
