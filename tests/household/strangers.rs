//! What a parent should be told of: two devices under one hardware address, a second DHCP server or router, traffic that
//! no name led to, data in names.

use std::net::UdpSocket;

use crate::dhcp::DhcpServer;
use crate::firewall::{FAMILY, LAPTOP, PHONE, everybody_comes, home};
use crate::harness::{eventually, stopwatch};
use crate::household::{Device, Household, ROUTER, ROUTER_GUEST, STRANGER};
use crate::internet::{PEER, RESOLVERS, SITE};
use crate::reach::Reached;

/// An old router that somebody plugged in.
const ROGUE: &str = "02:00:00:00:00:66";

fn notices(home: &Household) -> String {
    home.router.status()["notices"].to_string()
}

/// Says something that every device hears.
fn calls_out(device: &Device) {
    device.inside(|| {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.set_broadcast(true).unwrap();
        socket.send_to(b"hello", "192.168.8.255:9").unwrap();
    });
}

#[test]
fn two_devices_under_one_hardware_address_are_told() {
    let Some(home) = home([]) else { return };
    calls_out(&home.child);
    calls_out(&home.sibling);
    assert!(!notices(&home).contains("two places"), "each has its own");
    home.child.ip(&format!("link set eth0 address {LAPTOP}"));
    eventually("it is told", || {
        calls_out(&home.child);
        calls_out(&home.sibling);
        notices(&home)
            .contains(&format!("{LAPTOP} (Mother's laptop) is at two places of the network at once"))
    });
}

#[test]
fn a_device_that_calls_itself_otherwise_is_told() {
    let Some(home) = home([]) else { return };
    let lease = |name: &str| {
        #[expect(clippy::disallowed_methods, reason = "one line is whole")]
        std::fs::write(
            home.router.file("dhcp.leases"),
            format!("1795237200 {LAPTOP} 192.168.8.11 {name} *\n1795237200 {PHONE} 192.168.8.10 * *\n"),
        )
        .unwrap();
    };
    lease("mothers-laptop");
    eventually("the lease is read", || home.router.status()["devices"].to_string().contains("192.168.8.11"));
    assert!(!notices(&home).contains("another name"));
    let elapsed = stopwatch();
    eventually("it had time to be read", || elapsed().as_millis() > 5500);
    lease("gaming-pc-of-an");
    eventually("it is told", || {
        notices(&home)
            .contains(&format!("{LAPTOP} (Mother's laptop) calls itself by another name than before"))
    });
}

#[test]
fn a_foreign_dhcp_server_and_router_are_told_and_our_own_are_not() {
    let Some(home) = home([]) else { return };
    let _own = DhcpServer::start(&home);
    let rogue = home.a_stranger();
    rogue.put_on(ROGUE);
    let _its_server = DhcpServer::of_a_rogue(&home, &rogue);
    eventually("both are told", || {
        // Whoever asks for a lease is answered by everybody.
        home.child.request_lease([2, 0, 0, 0, 0, 0x10], [192, 168, 8, 201].into(), b"an-phone");
        let told = notices(&home);
        told.contains(&format!("{ROGUE} ({}) answers as a DHCP server", STRANGER[0]))
            && told.contains("announces itself as an IPv6 router")
    });
    let told = notices(&home);
    assert_eq!((told.matches("DHCP server").count(), told.matches("IPv6 router").count()), (1, 1), "{told}");
}

#[test]
fn a_guest_gets_what_the_house_gives_to_strangers() {
    let Some(home) = home(["firewall.lan_interfaces = ['br-lan', 'br-guest']"]) else { return };
    let guest = home.a_guest();
    let at = |family: &str| match family.contains("unknown_devices = \"adult\"") {
        true => Reached::Through,
        false => Reached::Refused,
    };
    for family in
        [FAMILY.to_owned(), FAMILY.replace("unknown_devices = \"age-7-12\"", "unknown_devices = \"adult\"")]
    {
        home.router.family_says(&family);
        let [page, _] = ROUTER_GUEST;
        let answer =
            if at(&family) == Reached::Refused { format!("A 10 {page} ede 17 4") } else { "A 300".into() };
        eventually("the house's rule for strangers is in force", || {
            guest.ask(RESOLVERS[0], "bad.example A").to_string().starts_with(&format!("NOERROR {answer}"))
        });
        for resolver in [RESOLVERS[0], RESOLVERS[2]] {
            eventually("so it is on the way out", || guest.tries_tcp(resolver, 443) == at(&family));
        }
        for address in SITE {
            assert_eq!(guest.tries_tcp(address, 443), Reached::Through, "{address}");
        }
    }
    assert_eq!(home.child.tries_tcp(RESOLVERS[0], 443), Reached::Refused, "the family's own rules stay");
}

#[test]
fn traffic_that_no_name_led_to_is_told() {
    let Some(home) = home(["--clock=steered"]) else { return };
    assert!(home.child.moves(PEER[0], 21_000_000));
    home.router.control("clock +50");
    eventually("it is told", || notices(&home).contains(&format!("{PHONE}: only 0 % of its traffic")));
}

/// As a tunnel does it: data in names that nobody asked before, in one zone.
#[test]
fn data_in_names_is_told_and_ends_for_who_is_supervised() {
    const DATA: &str = "mfzwizltoqqgs4zamfzwizltoqqgs4zamfzwizltoqqgs4zamfzwizlto";
    let Some(home) = Household::guarded(FAMILY, ["--clock=steered"]) else { return };
    everybody_comes(&home);
    let asks = |device: &Device, number: u32| {
        device.ask(ROUTER[0], &format!("{number}.{DATA}.{DATA}.t.tunnel.example A")).to_string()
    };
    let answered =
        |device: &Device| (0..400).take_while(|number| asks(device, *number).starts_with("NOERROR")).count();
    let of_child = answered(&home.child);
    assert!((100..300).contains(&of_child), "20 kB pass: {of_child}");
    assert_eq!(asks(&home.child, 1000), "SERVFAIL ede 17");
    assert_eq!(
        home.child.ask(ROUTER[0], "site.example A"),
        "NOERROR A 300 198.51.100.80",
        "all else goes on"
    );
    assert!(
        notices(&home).contains("192.168.8.10 sends data through names under tunnel.example"),
        "{}",
        notices(&home)
    );
    home.router.control("clock +60");
    assert!(asks(&home.child, 1001).starts_with("NOERROR"), "the next minute is another");
    // Parents are told alone, those who are not supervised.
    let of_parent = (2000..2400).filter(|number| asks(&home.sibling, *number).starts_with("NOERROR")).count();
    assert_eq!(of_parent, 400);
    assert!(notices(&home).contains("192.168.8.11 sends data"));
}
