//! Name files: read, cleaned, shuffled the same way each time, or made up where there are none.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Room for a unique label before a name (`u` and up to 20 digits, and its length byte).
const LONGEST: usize = 253 - 22;

/// Reads one name a line from a plain or `.xz` file; lines that are no plain host name are left out.
pub fn read(path: &Path) -> io::Result<Vec<String>> {
    if path.extension().is_some_and(|extension| extension == "xz") {
        return read_xz(path);
    }
    collect(File::open(path)?)
}

/// `<folder>/<stem>.txt.xz` or `<folder>/<stem>.txt`, whichever is there.
pub fn find(folder: &Path, stem: &str) -> Option<PathBuf> {
    ["txt.xz", "txt"].iter().map(|ending| folder.join(format!("{stem}.{ending}"))).find(|path| path.is_file())
}

fn read_xz(path: &Path) -> io::Result<Vec<String>> {
    let mut child = Command::new("xzcat").arg("--").arg(path).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().ok_or_else(|| io::Error::other("xzcat has no output"))?;
    let names = collect(output);
    let status = child.wait()?;
    if !status.success() {
        return Err(io::Error::other(format!("xzcat {}: {status}", path.display())));
    }
    names
}

fn collect(source: impl Read) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for line in BufReader::new(source).lines() {
        let line = line?;
        if is_clean(&line) {
            names.push(line);
        }
    }
    Ok(names)
}

/// True for a lower-case host name of two labels or more that every server's configuration can hold as is,
/// with room left for one more label.
pub fn is_clean(name: &str) -> bool {
    name.len() <= LONGEST
        && name.contains('.')
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        })
}

/// The name itself, then each parent of two labels or more.
pub fn with_parents(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |at| at.split_once('.').map(|(_, parent)| parent))
        .take_while(|at| at.contains('.'))
}

/// A small generator of numbers (SplitMix64): the same seed gives the same run everywhere.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound as u64) as usize
    }

    /// Fisher-Yates: the order says nothing of the source file's.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// `count` different names of pseudo-words under ordinary endings, for where the real data is absent.
pub fn invent(seed: u64, count: usize) -> Vec<String> {
    const SYLLABLES: [&str; 16] =
        ["ba", "co", "du", "fi", "ga", "ho", "ki", "lu", "ma", "no", "pe", "ra", "so", "ti", "vu", "xe"];
    const ENDINGS: [&str; 4] = ["com", "net", "org", "vn"];
    let mut dice = Dice::new(seed);
    (0..count)
        .map(|number| {
            let mut name = String::new();
            for _ in 0..2 + dice.below(3) {
                name.push_str(SYLLABLES[dice.below(SYLLABLES.len())]);
            }
            // The number keeps names apart within a seed, the seed those of two calls.
            name.push_str(&format!("{number}-{seed}.{}", ENDINGS[dice.below(ENDINGS.len())]));
            name
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn clean_names_only() {
        for name in ["a.b", "xn--abc.vn", "_dmarc.example.org", "0-0.asia"] {
            assert!(is_clean(name), "{name}");
        }
        let long_label = format!("{}.com", "a".repeat(64));
        let long_name = format!("{}com", "abcdefgh.".repeat(26));
        for name in
            ["", "com", "a..b", ".a.b", "a.b.", "A.b", "a b.c", "a/b.c", "*.a.b", &long_label, &long_name]
        {
            assert!(!is_clean(name), "{name}");
        }
    }

    #[test]
    fn parents_end_before_the_top_level() {
        assert_eq!(with_parents("a.b.c").collect::<Vec<_>>(), ["a.b.c", "b.c"]);
        assert_eq!(with_parents("c").count(), 0);
    }

    #[test]
    fn invented_names_are_clean_different_and_stable() {
        let names: Vec<_> = invent(1, 1000).into_iter().chain(invent(2, 1000)).collect();
        assert!(names.iter().all(|name| is_clean(name)));
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 2000);
        assert_eq!(names[..1000], invent(1, 1000));
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let mut items: Vec<_> = (0..100).collect();
        Dice::new(7).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
