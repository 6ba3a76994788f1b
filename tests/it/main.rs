//! The program as its users meet it, and the laws of what it ships.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that can't go on has failed"
)]

mod laws;
mod readme;
