//! What a blocked question gets: four ways to answer, each with its reason.

use crate::harness::{DO, Daemon, House, flag};

fn house(mode: &str) -> Daemon {
    House::new().list("adult", ["bad.example"]).with(&format!("reply.mode = '{mode}'")).start()
}

/// Asks for `bad.example` by type.
fn assert_answers(house: &Daemon, expected: &[(&str, &str)]) {
    for (rtype, answer) in expected {
        assert_eq!(house.ask(&format!("bad.example {rtype}")), *answer, "{rtype}");
    }
    assert_eq!(house.forwarded(), [""; 0]);
}

// RFC 8914 §4.5: "Forged Answer … the server may have supplied one"; §4.18: "Filtered … as requested by the client".
#[test]
fn page_gives_the_address_that_the_question_reached() {
    assert_answers(
        &house("page"),
        &[
            ("A", "NOERROR A 10 127.0.0.1 ede 17 4"),
            ("AAAA", "NOERROR AAAA 10 :: ede 17 4"),
            ("HTTPS", "NOERROR soa 10 ede 17"),
            ("ANY", "NOERROR soa 10 ede 17"),
            ("TXT", "NOERROR soa 10 ede 17"),
        ],
    );
}
