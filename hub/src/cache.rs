//! What caches between the centre and the routers are told of a publication's files.

/// Files that never change: lists, deltas and models are called by their digests, and a root by its version.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The others do, and what is urgent must not lie in caches.
const A_MINUTE: &str = "public, max-age=60";

/// The `Cache-Control` (RFC 9111 §5.2) of a file, by its path in the publication.
pub fn control(path: &str) -> &'static str {
    let folder = path.split('/').next();
    if matches!(folder, Some("full" | "delta" | "model" | "root")) { FOR_EVER } else { A_MINUTE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_lies_in_caches_for_a_minute_only() {
        for path in ["full/00", "delta/1-2/00", "model/00", "root/1.json"] {
            assert_eq!(control(path), FOR_EVER, "{path}");
        }
        for path in ["timestamp.json", "manifest.json", "fullest", ""] {
            assert_eq!(control(path), A_MINUTE, "{path}");
        }
    }
}
