//! `nhi-policy` asks of every edge of an identity graph whether it may still be so.
//!
//! ```text
//! (import ->) load -> link -> ask -> judge -> report
//! ```
//!
//! [`import`] makes one inventory of the exports of many vendors. [`load`] reads files into an [`inventory`] whose records are each right by themselves, or says
//! everything that is wrong with them. [`link`](mod@link) resolves what records say of each other
//! and lists the edges of the graph. [`ask`] puts every edge to the rules of [`policy`], through
//! Cedar; of a large inventory, [`sieve`] first leaves out what surely has no finding, without ever
//! having it whole. [`judge`] makes findings and one verdict of the answers, and [`report`] writes
//! them; [`pack`] keeps the evidence.
//! Data goes one way; [`cli`] calls the steps in this order.

pub mod import;

pub mod load;

pub mod link;

pub mod ask;

pub mod sieve;

pub mod judge;

pub mod report;

// What changed between two reports.
pub mod diff;

// What is kept of it all.
pub mod pack;

// What the steps work with.
pub mod baseline;
pub mod config;
pub mod exceptions;
pub mod inventory;
pub mod policy;
pub mod pseudonym;

// What they share.
pub mod fault;
mod json;
pub mod settings;
pub mod temporary;
pub mod time;

// What the user meets.
pub mod cases;
pub mod cli;
