//! Who is who on the network: by the kernel's own neighbour table, a real DHCP server and a real responder.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::dhcp::DhcpServer;
use crate::harness::{eventually, patiently};
use crate::household::{Household, ROUTER};
use crate::responder::Responder;

const PHONE: &str = "02:00:00:00:00:10";
const NEW_PHONE: &str = "02:00:00:00:00:20";
const TABLET: &str = "02:00:00:00:00:11";
const QUIET: &str = "who.mdns = false";

/// The routable addresses of a device: its link-local one is the kernel's choice.
fn addresses(device: &Value) -> Vec<&str> {
    let addresses = device["addresses"].as_array().unwrap().iter().filter_map(Value::as_str);
    addresses.filter(|address| !address.starts_with("fe80:")).collect()
}

#[test]
fn all_addresses_of_a_device_are_one_device_and_its_questions_are_put_down_to_it() {
    let Some(home) = Household::start([QUIET]) else { return };
    home.child.put_on(PHONE);
    home.sibling.put_on(TABLET);
    // A privacy address beside its own (RFC 8981).
    home.child.ip("address add fd00:8::a1b2:c3d4/64 dev eth0 nodad");
    let [v4, v6] = ROUTER;
    home.child.ask(v4, "www.example");
    home.child.ask(v6, "www.example");
    home.child.ask_from("fd00:8::a1b2:c3d4", v6, "www.example");
    home.sibling.ask(v4, "www.example");
    let all = ["192.168.8.10", "fd00:8::10", "fd00:8::a1b2:c3d4"];
    let phone = patiently("the child's device has all of its addresses", || {
        home.router.device(PHONE).filter(|phone| addresses(phone) == all)
    });
    assert_eq!(
        (&phone["random"], &phone["vendor"], &phone["person"]),
        (&json!(true), &json!(""), &json!(""))
    );
    let tablet = patiently("the sibling's device is there", || home.router.device(TABLET));
    assert_eq!(addresses(&tablet), ["192.168.8.11"]);

    let asked_by = |own, server, question| {
        home.child.ask_from(own, server, question);
        home.router.status()["recent"][0]["who"].clone()
    };
    for (own, server) in [(all[0], v4), (all[1], v6), (all[2], v6)] {
        eventually("questions are put down to the device", || asked_by(own, server, "luytre.lan") == PHONE);
    }
}

#[test]
fn a_changed_hardware_address_is_a_new_device_which_takes_the_addresses_over() {
    let Some(home) = Household::start([QUIET]) else { return };
    home.child.put_on(PHONE);
    home.child.ask(ROUTER[0], "www.example");
    eventually("the phone is there", || home.router.device(PHONE).is_some());
    home.child.put_on(NEW_PHONE);
    // As a device says when it comes: the router need not wait until the old entry is stale.
    home.router.namespace().ip("neighbour flush dev br-lan");
    home.child.ask(ROUTER[0], "www.example");
    let new = patiently("the new one is there", || home.router.device(NEW_PHONE));
    assert_eq!(addresses(&new), ["192.168.8.10"]);
    let old = home.router.device(PHONE).unwrap();
    assert_eq!(addresses(&old), [""; 0], "{old}");
}

#[test]
fn a_real_dhcp_server_tells_names_and_hostile_ones_are_cleaned() {
    let Some(home) = Household::start([QUIET]) else { return };
    let _server = DhcpServer::start(&home);
    for (device, mac, last, sent, shown) in [
        (&home.child, [2, 0, 0, 0, 0, 0x10], 60, &b"an-phone"[..], "an-phone"),
        // dnsmasq itself takes no such name.
        (&home.sibling, [2, 0, 0, 0, 0, 0x11], 61, b"\x1b[31m\xe2\x80\xaered\n x", ""),
    ] {
        let text = mac.map(|octet| format!("{octet:02x}")).join(":");
        device.put_on(&text);
        let leased = patiently("the lease is read", || {
            device.request_lease(mac, [192, 168, 8, last].into(), sent);
            home.router
                .device(&text)
                .filter(|device| addresses(device).contains(&&*format!("192.168.8.{last}")))
        });
        assert_eq!((&leased["name"], &leased["mac"]), (&json!(shown), &json!(text)));
    }
}

#[test]
fn a_device_without_a_lease_is_asked_for_its_name() {
    let Some(home) = Household::start([]) else { return };
    home.sibling.put_on(TABLET);
    let Some(_responder) = Responder::start(&home.sibling, "Binh-Tablet") else { return };
    // Asked by the child, so that the router does not hear of the tablet before the responder is ready.
    eventually("the responder answers at all", || {
        let query = ["-p", "5353", "+time=1", "+tries=1", "@192.168.8.11", "Binh-Tablet.local", "A"];
        let output = home.child.command("dig").args(query).output().unwrap();
        String::from_utf8_lossy(&output.stdout).contains("192.168.8.11")
    });
    home.sibling.ask(ROUTER[0], "www.example");
    eventually("the tablet has its own name", || {
        home.router.device(TABLET).is_some_and(|tablet| tablet["name"] == "Binh-Tablet")
    });
}

/// A stopped reader loses events; the table tells them all the same.
#[test]
fn news_that_came_too_fast_are_read_from_the_table() {
    let Some(home) = Household::start([QUIET]) else { return };
    home.child.put_on(PHONE);
    eventually("it follows the table, which it may not yet when it answers", || {
        home.child.ask(ROUTER[0], "luytre.lan");
        home.router.device(PHONE).is_some()
    });
    home.router.signal(libc::SIGSTOP);
    eventually("it is stopped", || home.router.process_status("State").starts_with('T'));
    let entry = |(number, mac): (u32, &str)| {
        format!("neighbour replace fd00:8::{number:x} lladdr {mac} dev br-lan nud permanent\n")
    };
    // More than the socket's buffer holds, then the one that must be found.
    let crowd = (0x1000..0x1400).map(|number| (number, "02:00:00:00:00:99"));
    let batch: String = crowd.chain([(0x99, TABLET)]).map(entry).collect();
    let mut ip = home.router.namespace().command("ip");
    let mut ip = ip.args(["-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    ip.stdin.take().unwrap().write_all(batch.as_bytes()).unwrap();
    assert!(ip.wait().unwrap().success());
    assert!(home.router.lost_news(), "or this would show nothing");
    home.router.signal(libc::SIGCONT);
    let tablet = patiently("what came last is known", || home.router.device(TABLET));
    assert_eq!(addresses(&tablet), ["fd00:8::99"]);
    let crowd = patiently("the others too", || home.router.device("02:00:00:00:00:99"));
    assert!(addresses(&crowd).len() <= 32, "one device has so many addresses and no more");
}

#[test]
fn without_the_table_dns_goes_on() {
    let Some(home) = Household::start([QUIET, "who.neighbours = false"]) else { return };
    assert_eq!(home.child.ask(ROUTER[0], "www.example"), "NOERROR A 300 192.0.2.1");
    assert_eq!(home.router.status()["devices"], json!([]));
}
