//! Devices as the network shows them, in any order of what is heard.

use proptest::prelude::*;

use super::*;

fn mac(number: u16) -> Mac {
    let [high, low] = number.to_be_bytes();
    Mac([2, 0, 0, 0, high, low])
}

const PHONE: Mac = Mac([2, 0, 0, 0, 0, 1]);
const TABLET: Mac = Mac([2, 0, 0, 0, 0, 2]);

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(text: &str, mac: Mac) -> Heard {
    Heard::At { address: address(text), mac, age: 0 }
}

fn lease(mac: Option<Mac>, at: &str, name: &str) -> Lease {
    Lease { mac, addresses: vec![address(at)], name: HostName::new(name), duid: None }
}

fn name(devices: &Devices, mac: Mac) -> Option<String> {
    let device = devices.list().into_iter().find(|device| device.mac == mac)?;
    device.name.map(|name| name.to_string())
}

#[test]
fn all_addresses_of_a_device_are_one_device() {
    let mut devices = Devices::new(8);
    devices.hear(at("192.168.1.7", PHONE), 1);
    devices.hear(at("fe80::1", PHONE), 2);
    devices.hear(at("2001:db8::7", PHONE), 3);
    devices.hear(at("2001:db8::a1b2:c3d4", PHONE), 4);
    devices.set_leases(vec![lease(Some(PHONE), "192.168.1.7", "an-phone")], 5);
    let [device] = &devices.list()[..] else { panic!("{devices:?}") };
    let addresses = ["192.168.1.7", "2001:db8::7", "2001:db8::a1b2:c3d4", "fe80::1"].map(address);
    assert_eq!((device.mac, &device.addresses[..]), (PHONE, &addresses[..]));
    assert_eq!((device.first_seen, device.last_seen), (1, Some(4)));
    assert_eq!(device.name.as_ref().unwrap().as_str(), "an-phone");
}

#[test]
fn an_address_is_whose_the_kernel_says_then_the_leases_then_the_last_ones() {
    let mut devices = Devices::new(8);
    let owner = |devices: &Devices| devices.addresses().get(&address("192.168.1.7")).copied();
    devices.set_leases(vec![lease(Some(PHONE), "192.168.1.7", "an-phone")], 1);
    assert_eq!(owner(&devices), Some(PHONE));
    devices.hear(at("192.168.1.7", TABLET), 2);
    assert_eq!(owner(&devices), Some(TABLET), "who answers there has it, whatever was handed out");
    devices.hear(Heard::Gone(address("192.168.1.7")), 3);
    assert_eq!(owner(&devices), Some(PHONE));
    devices.set_leases(Vec::new(), 4);
    assert_eq!(owner(&devices), Some(TABLET));
}

#[test]
fn a_name_comes_by_the_lease_then_by_a_lease_of_its_address_then_by_asking() {
    let mut devices = Devices::new(8);
    devices.hear(at("fd00::7", PHONE), 1);
    devices.tell(PHONE, HostName::new("told").unwrap());
    assert_eq!(name(&devices, PHONE).as_deref(), Some("told"));
    devices.set_leases(vec![lease(None, "fd00::7", "by-address")], 2);
    assert_eq!(name(&devices, PHONE).as_deref(), Some("by-address"));
    devices.set_leases(vec![lease(Some(PHONE), "192.168.1.7", "by-mac")], 3);
    assert_eq!(name(&devices, PHONE).as_deref(), Some("by-mac"));
    devices.set_leases(Vec::new(), 4);
    assert_eq!(name(&devices, PHONE).as_deref(), Some("by-mac"), "it is remembered when the lease ends");
}

#[test]
fn the_age_of_an_entry_counts() {
    let mut devices = Devices::new(8);
    devices.hear(Heard::At { address: address("192.168.1.7"), mac: PHONE, age: 30 }, 100);
    devices.hear(Heard::At { address: address("192.168.1.8"), mac: TABLET, age: 300 }, 100);
    let seen: Vec<_> = devices.list().iter().map(|device| (device.first_seen, device.last_seen)).collect();
    assert_eq!(seen, [(70, Some(70)), (0, Some(0))], "from before the start it is the start");
}

#[test]
fn devices_without_a_name_are_asked_four_times_and_few_at_once() {
    let mut devices = Devices::new(99);
    for number in 1..20 {
        devices.hear(at(&format!("192.168.1.{number}"), mac(number)), 10);
    }
    devices.hear(at("fe80::99", mac(99)), 10);
    let mut asked: Vec<_> = (0..4).flat_map(|_| devices.nameless(8, 10)).collect();
    asked.dedup();
    assert_eq!(asked.len(), 19, "each once, and none without an address that can be asked");
    assert!(devices.nameless(8, 19).is_empty());
    devices.tell(mac(1), HostName::new("one").unwrap());
    assert_eq!(devices.nameless(99, 20).len(), 18);
    assert_eq!(devices.nameless(99, 80).len(), 18);
    assert_eq!(devices.nameless(99, 680).len(), 18);
    assert!(devices.nameless(99, 1_000_000).is_empty());
}

#[test]
fn ten_thousand_made_up_devices_cost_bounded_room_and_drive_out_nobody_who_is_named() {
    let mut devices = Devices::new(64);
    devices.keep([PHONE].into_iter());
    devices.hear(at("192.168.1.7", PHONE), 1);
    for number in 0..10_000_u16 {
        let [high, low] = number.to_be_bytes();
        let made_up = Mac([6, 0, 0, 0, high, low]);
        devices.hear(at(&format!("10.0.{high}.{low}"), made_up), 2 + u32::from(number));
        devices.set_leases(vec![lease(Some(made_up), "10.9.9.9", "made-up")], 2);
    }
    let (seen, heard) = (devices.seen.len(), devices.heard.len());
    assert!((56..=64).contains(&seen) && heard <= 64 && devices.list().len() == seen, "{seen} {heard}");
    assert!(devices.seen.contains_key(&Mac([6, 0, 0, 0, 0x27, 0x0f])), "the last one");
    assert_eq!(devices.addresses().get(&address("192.168.1.7")), Some(&PHONE));
}

#[test]
fn named_devices_alone_can_fill_the_table_and_then_nobody_else_comes_in() {
    let mut devices = Devices::new(2);
    devices.keep([PHONE, TABLET].into_iter());
    devices.hear(at("192.168.1.7", PHONE), 1);
    devices.hear(at("192.168.1.8", TABLET), 1);
    devices.hear(at("192.168.1.9", mac(9)), 2);
    assert_eq!(devices.addresses().len(), 2);
}

#[test]
fn one_device_with_ten_thousand_addresses_keeps_its_newest_and_takes_nobody_elses() {
    let mut devices = Devices::new(64);
    devices.hear(at("fd00::7", TABLET), 0);
    for number in 0..10_000 {
        devices.hear(at(&format!("2001:db8::{number:x}"), PHONE), number);
    }
    let list = devices.list();
    assert_eq!(list.iter().map(|device| device.addresses.len()).collect::<Vec<_>>(), [ADDRESSES, 1]);
    assert!(list[0].addresses.contains(&address("2001:db8::270f")));
}

/// One thing that a source says, small enough for them to meet each other.
#[derive(Clone, Debug)]
enum Said {
    Heard(Heard),
    Leases(Vec<Lease>),
}

fn heard() -> impl Strategy<Value = Said> {
    let address = (1..6_u8).prop_map(|last| IpAddr::from([192, 168, 1, last]));
    prop_oneof![
        4 => (address.clone(), 1..5_u16, 0..9_u32)
            .prop_map(|(address, number, age)| Said::Heard(Heard::At { address, mac: mac(number), age })),
        1 => address.prop_map(|address| Said::Heard(Heard::Gone(address))),
    ]
}

fn leases() -> impl Strategy<Value = Said> {
    let one = (proptest::option::of(1..5_u16), 1..6_u8, "[abc*]")
        .prop_map(|(number, last, name)| lease(number.map(mac), &format!("192.168.1.{last}"), &name));
    proptest::collection::vec(one, 0..4).prop_map(Said::Leases)
}

fn apply(devices: &mut Devices, said: &Said, now: Uptime) {
    match said {
        Said::Heard(heard) => devices.hear(*heard, now),
        Said::Leases(leases) => devices.set_leases(leases.clone(), now),
    }
}

proptest! {
    /// The kernel and the DHCP server don't wait for each other. Each says its own in order, at its own time.
    #[test]
    fn it_does_not_matter_which_source_speaks_first(
        kernel in proptest::collection::vec(heard(), 0..12),
        server in proptest::collection::vec(leases(), 0..4),
        turns in proptest::collection::vec(any::<bool>(), 16),
    ) {
        let timed = |said: &[Said]| said.iter().cloned().zip(10..).collect::<Vec<_>>();
        let (kernel, server) = (timed(&kernel), timed(&server));
        let joined = |order: &[(Said, Uptime)]| {
            let mut devices = Devices::new(8);
            order.iter().for_each(|(said, now)| apply(&mut devices, said, *now));
            (devices.list(), devices.addresses())
        };
        let one_after_the_other = joined(&[kernel.clone(), server.clone()].concat());
        let (mut kernel, mut server) = (kernel.into_iter(), server.into_iter());
        let mut mixed = Vec::new();
        for turn in turns {
            mixed.extend(if turn { kernel.next() } else { server.next() });
        }
        mixed.extend(kernel.chain(server));
        prop_assert_eq!(joined(&mixed), one_after_the_other);
    }

    /// No address has two devices, no device more addresses than it may, and each that is shown is there.
    #[test]
    fn each_address_has_one_device(said in proptest::collection::vec(prop_oneof![heard(), leases()], 0..40)) {
        let mut devices = Devices::new(3);
        for (said, now) in said.iter().zip(0..) {
            apply(&mut devices, said, now);
            let list = devices.list();
            prop_assert!(list.len() <= 3);
            let places: usize = devices.seen.values().map(|seen| seen.places.len()).sum();
            prop_assert_eq!(places, devices.heard.len());
            let shown: usize = list.iter().map(|device| device.addresses.len()).sum();
            prop_assert_eq!(shown, devices.addresses().len());
        }
    }
}
