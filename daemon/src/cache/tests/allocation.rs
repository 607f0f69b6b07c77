//! A cached answer allocates nothing.

use super::*;
use crate::allocations;
use crate::cache::MAX_ANSWER;
use crate::wire::rtype;

const FACTS: Facts = Facts { generation: 7, asked: CategorySet::from_bits(5), answered: CategorySet::EMPTY };

#[test]
fn neither_hit_nor_miss_nor_put_nor_note_allocates() {
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
            cache.note(missing.as_name(), FACTS);
            assert_eq!(cache.look_up(&key(&missing, rtype::A), 7, now, &mut out), (None, FACTS));
        }
    });
    assert_eq!(allocations, 0);
}
