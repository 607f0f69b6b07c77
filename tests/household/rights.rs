//! What the daemon may do on the router: bind its port, and nothing else of root's.

use crate::household::{Household, ROUTER};
use crate::router::has_other_users;

/// `CAP_NET_BIND_SERVICE` is bit 10.
const BIND_ALONE: &str = "0000000000000400";

#[test]
fn port_53_needs_no_root() {
    let Some(home) = Household::start([]) else { return };
    if has_other_users() {
        assert_eq!(home.router.process_status("Uid"), "65534 65534 65534 65534");
        assert_eq!(home.router.process_status("Gid"), "65534 65534 65534 65534");
        assert_eq!(home.router.process_status("Groups"), "");
    }
    for set in ["CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(home.router.process_status(set), BIND_ALONE, "{set}");
    }
    assert_eq!(home.child.ask(ROUTER[0], "luytre.lan"), "NOERROR A 10 192.168.8.1");
}
