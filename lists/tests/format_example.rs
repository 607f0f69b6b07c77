//! The worked examples of `docs/list-format.md` are what the code writes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use luytre_lists::{CategorySet, CategoryTable, Disposition, Domain, Entry, List, ListWriter, Meta, delta};

const DOCUMENT: &str = include_str!("../../docs/list-format.md");

/// The bytes of the `n`-th block of hex in the document: lines of `offset  hex pairs  | remark`.
fn example(n: usize) -> Vec<u8> {
    let block = DOCUMENT.split("```hex\n").nth(n).unwrap().split("```").next().unwrap();
    let pairs = block.lines().flat_map(|line| line[6..].split('|').next().unwrap().split_whitespace());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn shown(bytes: &[u8]) -> String {
    bytes
        .chunks(16)
        .map(|row| row.iter().map(|byte| format!(" {byte:02x}")).collect::<String>() + "\n")
        .collect()
}

fn two_names() -> Vec<u8> {
    let block = |key: &str| {
        let category = CategoryTable::shipped().by_key(key).unwrap();
        Disposition::Block(CategorySet::from(category))
    };
    let mut list = ListWriter::new(Meta { serial: 1, created: 1_790_000_000 });
    list.add(Domain::parse("example.com").unwrap().as_name(), Entry::subtree(block("adult"))).unwrap();
    list.add(Domain::parse("ads.example.net").unwrap().as_name(), Entry::exact(block("ads"))).unwrap();
    list.finish().unwrap()
}

#[test]
fn the_list_in_the_document_is_the_list_that_is_written() {
    let written = two_names();
    assert!(example(1) == written, "the document should say:\n{}", shown(&written));
}

#[test]
fn the_delta_in_the_document_makes_that_list() {
    let nothing = None::<&List<Vec<u8>>>;
    let written = delta::diff(nothing, &List::open(two_names()).unwrap());
    assert!(example(2) == written, "the document should say:\n{}", shown(&written));
    let mut made = Vec::new();
    delta::apply(nothing, &example(2), &mut made).unwrap();
    assert_eq!(made, two_names());
}
