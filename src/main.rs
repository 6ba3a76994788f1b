//! The `nhi-policy` command.

use std::process::ExitCode;

use clap::Parser;
use nhi_policy::cli::{Cli, Exit};

/// Parsers of nested input take stack; so much is never used up.
const STACK: usize = 256 << 20;

/// Millions of records are as many small allocations: this one is quicker at them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let work = std::thread::Builder::new().stack_size(STACK).spawn(|| cli.run());
    let exit = work.map_or(Exit::NotJudged, |work| work.join().unwrap_or(Exit::NotJudged));
    ExitCode::from(exit as u8)
}
