//! The differences that have an explanation.
//!
//! `allowed.txt` has one on a line, `PEER WAY KIND ASPECT OURS THEIRS`, behind comment lines that say who is right and why.
//! A seventh word `sometimes` is for those that a quick machine may not show.

use std::collections::BTreeMap;

/// A difference as it is seen: its words, a question that shows it, and how often.
pub(crate) type Seen = BTreeMap<[String; 6], (String, usize)>;

/// What is wrong with what was seen.
pub(crate) struct Verdict {
    /// Differences without an explanation.
    pub(crate) unexplained: Vec<String>,
    /// Explanations without a difference.
    pub(crate) stale: Vec<String>,
}

struct Entry {
    words: Vec<&'static str>,
    sometimes: bool,
}

/// Compares the list with what was seen; entries for peers that did not run are left alone.
pub(crate) fn judge(seen: &Seen, peers: &[&str]) -> Verdict {
    let list = entries();
    let unexplained = seen.iter().filter(|(words, _)| !list.iter().any(|entry| entry.is(words)));
    let told = |(words, (example, times)): (&[String; 6], &(String, usize))| {
        format!("{}   ({times} times, such as {example})", words.join(" "))
    };
    let stale = list.iter().filter(|entry| {
        !entry.sometimes && peers.contains(&entry.words[0]) && !seen.keys().any(|words| entry.is(words))
    });
    Verdict {
        unexplained: unexplained.map(told).collect(),
        stale: stale.map(|entry| entry.words.join(" ")).collect(),
    }
}

fn entries() -> Vec<Entry> {
    let lines = include_str!("allowed.txt").lines().filter(|line| !line.starts_with('#'));
    let read = |line: &'static str| {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let sometimes = words.last() == Some(&"sometimes");
        words.truncate(words.len() - usize::from(sometimes));
        assert_eq!(words.len(), 6, "allowed.txt: {line}");
        Entry { words, sometimes }
    };
    lines.filter(|line| !line.is_empty()).map(read).collect()
}

impl Entry {
    fn is(&self, words: &[String; 6]) -> bool {
        self.words.iter().eq(words)
    }
}
