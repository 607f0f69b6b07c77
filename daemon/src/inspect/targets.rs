//! What an answer is about: CNAME uncloaking and blocked addresses.

use std::ops::ControlFlow;

use luytre_lists::{AddressBlock, CategorySet, CategoryTable, Match, Name};

use super::contents::{self, Content};

/// The names and, apart from them, the addresses of an answer that are looked at. Resolvers follow chains of 8 to 16
/// names, and clients try the first few addresses; an answer of 64 kB has thousands.
const MOST: usize = 16;

/// Shows the name of every target in the answer section, an address as its reverse name, until one breaks it off.
///
/// Allocates nothing.
pub fn targets<B>(message: &[u8], mut visit: impl FnMut(Name<'_>) -> ControlFlow<B>) -> ControlFlow<B> {
    let (mut names, mut addresses) = (0, 0);
    contents::of_answer(message, |content| match content {
        Content::Name(name) if names < MOST => {
            names += 1;
            visit(name)
        }
        Content::Address(address) if addresses < MOST => {
            addresses += 1;
            visit(AddressBlock::from(address).reverse_name().as_name())
        }
        Content::Name(_) | Content::Address(_) => ControlFlow::Continue(()),
    })
}

/// The categories that the list gives the targets in the answer section, as far as they pass on to the question
/// (design invariant 3). An exception in the list adds nothing.
///
/// Allocates nothing.
pub fn categories(message: &[u8], lookup: impl Fn(Name<'_>) -> Option<Match>) -> CategorySet {
    let mut found = CategorySet::EMPTY;
    let _ = targets(message, |name| {
        let listed = lookup(name).and_then(|listed| listed.categories);
        found = found.union(listed.unwrap_or_default());
        ControlFlow::<()>::Continue(())
    });
    found.intersection(CategoryTable::shipped().passing_on()).sealed()
}
