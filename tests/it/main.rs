//! The program as its users meet it, and the laws of what it ships.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that can't go on has failed, and knows its own files"
)]

mod acme;
mod approvers;
mod baseline;
mod benchmark;
mod broken;
mod clean;
mod commands;
mod configuration;
mod defects;
mod determinism;
mod diff;
mod exceptions;
mod exits;
mod hostile;
mod import;
mod import_loud;
mod import_people;
mod import_recognised;
mod import_rows;
mod import_secrets;
mod import_unread;
mod inputs;
mod interrupted;
mod laws;
mod names;
mod pack;
mod pack_tampered;
mod plan;
mod property;
mod pseudonym;
mod pseudonym_explain;
mod pseudonym_pack;
mod readme;
mod report;
mod run;
mod verify;
