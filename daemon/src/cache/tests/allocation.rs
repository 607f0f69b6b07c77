//! A cached answer allocates nothing.

use super::*;
use crate::allocations;
use crate::cache::MAX_ANSWER;
use crate::wire::rtype;

#[test]
fn neither_hit_nor_miss_nor_put_allocates() {
    let cache = cache(100);
    let (here, missing) = (name("example.com"), name("example.net"));
    let bytes = Message::typical("example.com", 60).encode();
    let mut out = [0; MAX_ANSWER];
    assert_eq!(allocations::during(|| drop(vec![1])), 1, "the counter counts");
    let allocations = allocations::during(|| {
        for now in 0..50 {
            assert!(matches!(
                cache.put(&key(&here, rtype::A), &bytes, Facts::default(), now),
                Stored::Kept { .. }
            ));
            assert!(cache.get(&key(&here, rtype::A), now, &mut out).is_some());
            assert!(cache.get(&key(&missing, rtype::A), now, &mut out).is_none());
        }
    });
    assert_eq!(allocations, 0);
}
