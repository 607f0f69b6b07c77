//! A home is gone without a trace, however its scenario ends.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::harness::eventually;
use crate::household::Household;
use crate::namespace::is_in_use;

#[test]
fn a_home_leaves_nothing_behind() {
    let Some(home) = Household::start([]) else { return };
    let namespaces = home.namespaces();
    assert!(namespaces.into_iter().all(is_in_use), "the check sees a home that is there");
    drop(home);
    assert_gone(namespaces);
}

#[test]
fn a_scenario_that_fails_leaves_nothing_behind() {
    let mut namespaces = None;
    let failure = catch_unwind(AssertUnwindSafe(|| {
        let Some(home) = Household::start([]) else { return };
        namespaces = Some(home.namespaces());
        resume_unwind(Box::new("as a failed assertion does, without its message"));
    }));
    let Some(namespaces) = namespaces else { return };
    assert!(failure.is_err());
    assert_gone(namespaces);
}

fn assert_gone(namespaces: [u64; 4]) {
    eventually("every namespace is gone", || !namespaces.into_iter().any(is_in_use));
}
