//! Writes an inventory to measure with to standard output.
//!
//! ```text
//! cargo run --release --example generate -- 100000 [--per-mille 76] [--seed 1] [--jsonl] > big.json
//! ```

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

mod inventory;

use inventory::Shape;

const USAGE: &str = "\
usage: generate CREDENTIALS [--per-mille FINDINGS] [--seed SEED] [--jsonl]

Writes an inventory with so many credentials to standard output, about 430 bytes for each.
  --per-mille FINDINGS  findings in a thousand questions, about [default: 76]
  --seed SEED           another seed makes another inventory [default: 1]
  --jsonl               JSON Lines, not one JSON document";

fn main() -> ExitCode {
    let Some(shape) = shape(std::env::args().skip(1)) else {
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::from(2);
    };
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    match inventory::write(&shape, &mut out).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn shape(mut arguments: impl Iterator<Item = String>) -> Option<Shape> {
    let mut shape = Shape::of(arguments.next()?.parse().ok()?);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--jsonl" => shape.lines = true,
            "--per-mille" => shape.per_mille = arguments.next()?.parse().ok()?,
            "--seed" => shape.seed = arguments.next()?.parse().ok()?,
            _ => return None,
        }
    }
    Some(shape)
}
