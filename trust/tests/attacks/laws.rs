//! What holds for every bit, every order and every noise.

use luytre_trust::{FileRef, Manifest, Seen, Timestamp, Trusted};
use proptest::prelude::*;

use super::centre::*;

/// Bits between two that are flipped: none is left out, but where an emulator checks the signatures (`./dev test mips`).
pub(crate) const STRIDE: usize = if cfg!(target_endian = "big") { 29 } else { 1 };

/// Every single bit of timestamp, manifest and root: 30,000 flips and more, one by one.
#[test]
fn no_bit_can_be_flipped_anywhere() {
    let centre = Centre::new();
    let (timestamp, manifest) = (signed_timestamp(&centre.timestamp), signed_manifest(&centre.manifest));
    let router = centre.router();
    let mut flips = 0;
    let mut each = |document: &[u8], check: &dyn Fn(&[u8]) -> bool| {
        for bit in (0..document.len() * 8).step_by(STRIDE) {
            let mut flipped = document.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!check(&flipped), "bit {bit}: {}", String::from_utf8_lossy(&flipped));
            flips += 1;
        }
    };
    each(&timestamp, &|flipped| router.clone().timestamp(flipped, Some(NOW)).is_ok());
    each(&manifest, &|flipped| take(&mut router.clone(), &timestamp, flipped, Some(NOW)).is_ok());
    // Not by its digest alone: signatures hold by themselves.
    let unpinned = |flipped: &[u8]| Timestamp { manifest: FileRef::of(flipped), ..centre.timestamp.clone() };
    each(&manifest, &|flipped| router.clone().manifest(&unpinned(flipped), flipped, Some(NOW)).is_ok());
    let next = signed_root(&root(2, 22), &[1, 2, 3]);
    each(&next, &|flipped| router.clone().follow(flipped).is_ok());
    assert!(flips * STRIDE > 30_000, "{flips} flips");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Versions and serials never fall, whatever a centre with good keys publishes and in whatever order it arrives.
    #[test]
    fn what_was_seen_never_falls(steps in proptest::collection::vec((0..20_u64, 0..20_u64, 0..20_u64, 0..5_u64), 1..30)) {
        let centre = Centre::new();
        let mut router = centre.router();
        for (timestamp, version, serial, days) in steps {
            let created = NOW.plus(days * DAY);
            let mut manifest = Manifest { version, serial, created, ..centre.manifest.clone() };
            manifest.editions.clear();
            let timestamp = signed_timestamp(&announce(&manifest, timestamp));
            let before = router.clone();
            let taken = take(&mut router, &timestamp, &signed_manifest(&manifest), None);
            let (old, new) = (before.seen(), router.seen());
            prop_assert!(old.timestamp.version <= new.timestamp.version);
            prop_assert!(old.manifest.version <= new.manifest.version && old.serial <= new.serial);
            if taken.is_ok() {
                prop_assert!(router.seen().serial == serial && manifest.expires > before.floor());
            }
        }
    }

    /// Whatever comes in place of a document, it is refused in words.
    #[test]
    fn noise_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut router = Centre::new().router();
        prop_assert!(router.timestamp(&bytes, Some(NOW)).is_err());
        prop_assert!(router.follow(&bytes).is_err());
        prop_assert!(Trusted::begin(&bytes, Seen::default(), NOW).is_err());
    }
}
