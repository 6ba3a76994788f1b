//! `nhi-policy diff`: what changed from one saved report to a later one.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Exit, Terminal, print};
use crate::diff::{diff, write};
use crate::fault::{Fault, Faults};
use crate::load::files::{STDIN, name_of};
use crate::policy::Severity;
use crate::report::saved;

/// What the exit status says.
const STATUS: &str = "\
A finding that NEW doesn't have is resolved only where NEW could have found it. Where NEW is
incomplete, has no record of one of OLD's sources, doesn't know the system, or the rule is off there,
it is not seen; where the rule or a threshold that it reads has changed, or the rule was asked of fewer
things, it is unclear.

Exit status:
  2  a report can't be read, is cut off or doesn't add up
  1  with --fail-on-new: violations are new, are back, or became more severe
  3  with --fail-on-new: none are, but NEW is incomplete
  0  otherwise, whatever changed";

#[derive(Args)]
#[command(after_help = STATUS)]
pub(super) struct Arguments {
    /// The earlier report, which `check` wrote as json or jsonl.
    old: PathBuf,
    /// The later one; `-` is standard input.
    new: PathBuf,
    /// What is written to standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Exit with 1 where violations of this severity and above are new, are back, or became more
    /// severe; without a severity, any.
    #[arg(long, value_name = "SEVERITY", num_args = 0..=1, default_missing_value = "low")]
    fail_on_new: Option<Severity>,
}

/// How a difference is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people, in a terminal.
    Text,
    /// For programs; `nhi-policy schema diff` prints its JSON Schema.
    Json,
    /// For the summary of a CI job, or a comment.
    Markdown,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    let Arguments { old, new, .. } = arguments;
    if old.as_os_str() == STDIN && new.as_os_str() == STDIN {
        return Err(Fault::new(
            "both reports can't be standard input",
            "name a file for one of them",
        )
        .into());
    }
    let (before, after) = match (saved::read(old), saved::read(new)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(mut faults), Err(others)) => {
            faults.merge(others);
            return Err(faults);
        }
        (Err(faults), _) | (_, Err(faults)) => return Err(faults),
    };
    let difference = diff((&name_of(old), &before), (&name_of(new), &after));
    let exit = match arguments.fail_on_new {
        Some(least) if difference.new_violations(least) > 0 => Exit::Violations,
        Some(_) if !after.incomplete.is_empty() => Exit::Incomplete,
        _ => Exit::Clean,
    };
    print(|out| match arguments.format {
        Format::Text if terminal.quiet => write::brief(&difference, out),
        Format::Text => write::text(&difference, terminal.width, terminal.color, out),
        Format::Json => write::json(difference, out),
        Format::Markdown => write::markdown(&difference, out),
    })?;
    Ok(exit)
}
