//! A home as a small network: devices behind a router, and the provider's side of its line.
//!
//! ```text
//!  child   192.168.8.10  fd00:8::10 ─┐ br-lan          router          wan
//!                                    ├── 192.168.8.1  fd00:8::1    203.0.113.2 ──── 203.0.113.1  upstream
//!  sibling 192.168.8.11  fd00:8::11 ─┘                          2001:db8:9::2    2001:db8:9::1
//! ```
//!
//! A guarded home also forwards, behind rules as OpenWrt's, to an [`Internet`] at the provider's end. A stranger may be
//! plugged into its LAN, and a network of guests stand beside it:
//!
//! ```text
//!  stranger 192.168.8.2  fd00:8::2  ── br-lan
//!  guest    192.168.9.10 fd00:9::10 ── 192.168.9.1 fd00:9::1 br-guest
//! ```

use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;

use crate::harness::{Message, Query, Upstream, eventually};
use crate::internet::{self, Internet};
use crate::namespace::Namespace;
use crate::router::Router;

/// The router's addresses, as the household asks them: on the LAN, and those of its WAN side.
pub(crate) const ROUTER: [&str; 2] = ["192.168.8.1", "fd00:8::1"];
pub(crate) const ROUTER_WAN: [&str; 2] = ["203.0.113.2", "2001:db8:9::2"];
const CHILD: [&str; 2] = ["192.168.8.10", "fd00:8::10"];
const SIBLING: [&str; 2] = ["192.168.8.11", "fd00:8::11"];
/// The router on the network of guests.
pub(crate) const ROUTER_GUEST: [&str; 2] = ["192.168.9.1", "fd00:9::1"];
/// What somebody plugs into the LAN who was not asked to.
pub(crate) const STRANGER: [&str; 2] = ["192.168.8.2", "fd00:8::2"];
const GUEST: [&str; 2] = ["192.168.9.10", "fd00:9::10"];
const PROVIDER: [&str; 2] = ["203.0.113.1", "2001:db8:9::1"];

/// The whole home. Dropping it ends the daemon and removes every namespace.
pub(crate) struct Household {
    // Dropped in this order: the daemon goes before the network that it stands in.
    pub(crate) router: Router,
    pub(crate) upstream: Provider,
    pub(crate) child: Device,
    pub(crate) sibling: Device,
}

impl Household {
    /// Builds the network and starts the daemon with these lines of configuration besides its own (see [`Router`]).
    /// `None`, said on standard error, where this user may make no namespaces.
    pub(crate) fn start<const N: usize>(settings: [&str; N]) -> Option<Self> {
        Self::furnished(&settings, None)
    }

    /// The same with the firewall on and this `family.toml`, in front of the Internet. The rules are in force.
    pub(crate) fn guarded<const N: usize>(family: &str, settings: [&str; N]) -> Option<Self> {
        Self::guarded_with(family, &settings)
    }

    /// The same with any number of settings.
    pub(crate) fn guarded_with(family: &str, settings: &[&str]) -> Option<Self> {
        let home = Self::furnished(settings, Some(family))?;
        eventually("the firewall is on", || home.router.status()["firewall"]["state"] == "on");
        Some(home)
    }

    fn furnished(settings: &[&str], family: Option<&str>) -> Option<Self> {
        let namespaces = || -> std::io::Result<_> {
            Ok([Namespace::new()?, Namespace::new()?, Namespace::new()?, Namespace::new()?])
        };
        let [router, child, sibling, upstream] = match namespaces() {
            Ok(namespaces) => namespaces,
            Err(error) => {
                skipped(&error);
                return None;
            }
        };
        router.ip("link add br-lan type bridge");
        give(&router, "br-lan", ROUTER);
        let child = Device::plug_in(child, &router, ("lan1", "br-lan"), CHILD, ROUTER);
        let sibling = Device::plug_in(sibling, &router, ("lan2", "br-lan"), SIBLING, ROUTER);
        let mut upstream = Provider::connect(upstream, &router);
        if family.is_some() {
            upstream.become_the_internet(&router);
        }
        let router = Router::start(router, settings, family);
        Some(Self { router, upstream, child, sibling })
    }

    /// Somebody plugs one more thing into the LAN.
    pub(crate) fn a_stranger(&self) -> Device {
        let namespace = Namespace::new().unwrap();
        Device::plug_in(namespace, self.router.namespace(), ("lan3", "br-lan"), STRANGER, ROUTER)
    }

    /// A network of guests beside the LAN, and a guest on it.
    pub(crate) fn a_guest(&self) -> Device {
        let router = self.router.namespace();
        router.ip("link add br-guest type bridge");
        give(router, "br-guest", ROUTER_GUEST);
        self.upstream.ip("route add fd00:9::/64 via 2001:db8:9::2");
        Device::plug_in(Namespace::new().unwrap(), router, ("guest1", "br-guest"), GUEST, ROUTER_GUEST)
    }

    /// The kernel's numbers of its namespaces, to see them gone.
    pub(crate) fn namespaces(&self) -> [u64; 4] {
        [self.router.namespace(), &self.upstream.device, &self.child, &self.sibling].map(Namespace::number)
    }
}

fn skipped(error: &std::io::Error) {
    use std::io::Write;
    // Past the capture of libtest, so that `./dev test` counts it.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: household: this user may make no network namespaces ({error}); root may, or `unshare -Ur`"
    );
}

/// Brings an interface up with an IPv4 and an IPv6 address, usable at once (no search for duplicates).
fn give(namespace: &Namespace, interface: &str, [v4, v6]: [&str; 2]) {
    namespace.ip(&format!("address add {v4}/24 dev {interface}"));
    namespace.ip(&format!("address add {v6}/64 dev {interface} nodad"));
    namespace.ip(&format!("link set {interface} up"));
}

/// Something on the network that asks questions.
pub(crate) struct Device {
    namespace: Namespace,
    addresses: [&'static str; 2],
    gateways: [&'static str; 2],
}

impl Deref for Device {
    type Target = Namespace;

    fn deref(&self) -> &Namespace {
        &self.namespace
    }
}

impl Device {
    /// A device on a port of one of the router's bridges.
    fn plug_in(
        namespace: Namespace,
        router: &Namespace,
        (port, bridge): (&str, &str),
        addresses: [&'static str; 2],
        gateways: [&'static str; 2],
    ) -> Self {
        router.connect(port, &namespace, "eth0");
        router.ip(&format!("link set {port} master {bridge}"));
        give(&namespace, "eth0", addresses);
        let device = Self { namespace, addresses, gateways };
        device.goes_out_by(gateways);
        device
    }

    /// Sends what is not for its own network there.
    pub(crate) fn goes_out_by(&self, gateways: [&str; 2]) {
        for gateway in gateways {
            self.ip(&format!("route replace default via {gateway}"));
        }
    }

    /// Asks `NAME TYPE` of a server by UDP. What holds for every answer is checked: it comes from the address asked.
    pub(crate) fn ask(&self, server: &str, question: &str) -> Message {
        self.send(self.query(server, question))
    }

    /// The same from another address of the device's.
    pub(crate) fn ask_from(&self, own: &str, server: &str, question: &str) -> Message {
        self.send(Query::new(question, 53).to(server).from(own))
    }

    /// Puts another hardware address on, as a phone does that is told to forget a network. Its IPv6 addresses go with
    /// the old one, and it takes its own up again.
    pub(crate) fn put_on(&self, mac: &str) {
        self.ip("link set eth0 down");
        self.ip(&format!("link set eth0 address {mac}"));
        self.ip("link set eth0 up");
        let [_, v6] = self.addresses;
        self.ip(&format!("address replace {v6}/64 dev eth0 nodad"));
        self.goes_out_by(self.gateways);
    }

    /// Takes one more address.
    pub(crate) fn takes(&self, address: &str) {
        match is_v6(address) {
            true => self.ip(&format!("address replace {address}/64 dev eth0 nodad")),
            false => self.ip(&format!("address replace {address}/24 dev eth0")),
        }
    }

    /// The same by TCP.
    pub(crate) fn ask_by_tcp(&self, server: &str, question: &str) -> Message {
        self.send(self.query(server, question).tcp())
    }

    fn send(&self, query: Query) -> Message {
        self.inside(|| query.send())
    }

    fn query(&self, server: &str, question: &str) -> Query {
        let [v4, v6] = self.addresses;
        let own = if is_v6(server) { v6 } else { v4 };
        Query::new(question, 53).to(server).from(own)
    }

    /// What `dig ARGUMENTS` prints: the answer as a person's own tool shows it.
    pub(crate) fn dig(&self, arguments: &str) -> String {
        let mut command = self.command("dig");
        let output = command.args(["+time=5", "+tries=1"]).args(arguments.split(' ')).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

fn is_v6(address: &str) -> bool {
    address.parse::<IpAddr>().unwrap().is_ipv6()
}

/// The other end of the router's line: a stranger's address, and the server that the house forwards to.
pub(crate) struct Provider {
    device: Device,
    /// Gone only while dropping.
    server: Option<Upstream>,
    /// What stands behind it; dropped before the namespace.
    internet: Option<Internet>,
}

impl Provider {
    /// Where the server listens.
    pub(crate) const ADDRESS: &str = "203.0.113.1:53";

    fn connect(namespace: Namespace, router: &Namespace) -> Self {
        router.connect("wan", &namespace, "line");
        give(router, "wan", ROUTER_WAN);
        give(&namespace, "line", PROVIDER);
        let address: SocketAddr = Self::ADDRESS.parse().unwrap();
        let server = Some(namespace.inside(|| Upstream::answering_at(address, internet::answer)));
        let device = Device { namespace, addresses: PROVIDER, gateways: ROUTER_WAN };
        Self { device, server, internet: None }
    }

    /// Puts the Internet behind the line, and lets the router forward to it as OpenWrt does.
    fn become_the_internet(&mut self, router: &Namespace) {
        self.internet = Some(Internet::start(&self.device));
        self.device.ip("route add fd00:8::/64 via 2001:db8:9::2");
        for gateway in PROVIDER {
            router.ip(&format!("route add default via {gateway}"));
        }
        router.set("net/ipv4/ip_forward", "1");
        router.set("net/ipv6/conf/all/forwarding", "1");
        router.load(include_str!("fw4.nft"));
    }

    /// What it was asked so far, as `NAME TYPE`.
    pub(crate) fn questions(&self) -> Vec<String> {
        self.server.as_ref().map(Upstream::questions).unwrap_or_default()
    }

    /// Pulls the plug of the line, at the provider's end.
    pub(crate) fn pull_the_plug(&self) {
        self.device.ip("link set line down");
    }

    pub(crate) fn plug_in_again(&self) {
        self.device.ip("link set line up");
    }
}

impl Deref for Provider {
    type Target = Device;

    fn deref(&self) -> &Device {
        &self.device
    }
}

impl Drop for Provider {
    /// The server's threads are woken by a message to its address, which only its namespace has.
    fn drop(&mut self) {
        let server = self.server.take();
        self.device.inside(|| drop(server));
    }
}
