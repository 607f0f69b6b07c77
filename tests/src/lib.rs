//! What the bench and the whole-system tests share, in the order in which a query meets it.
//!
//! A run of the bench reads [`names`], checks by [`guard`] that the server is one of ours, writes queries
//! by [`dns`], moves them in batches through [`mmsg`], and keeps the times in a [`histogram`]. The scripted
//! upstream server decides by [`script`] alone, which knows neither socket nor clock.
//!
//! Nothing here depends on Luytre's own crates: a mistake in its packet code can't hide in its own tests.

pub mod names;

pub mod guard;

pub mod dns;

pub mod mmsg;

pub mod histogram;

pub mod script;
