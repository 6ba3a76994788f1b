//! `nhi-policy report`: a saved report in other formats.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::outputs::Outputs;
use super::{Exit, Terminal};
use crate::fault::Faults;
use crate::report::model::Report;
use crate::report::saved;

/// What the exit status says, and what it doesn't.
const STATUS: &str = "\
Exit status:
  2  the report can't be read, is cut off or doesn't add up, or an output can't be written
  0  written: this says nothing of the verdict, which stands in the report; `nhi-policy check` is
     what a gate runs";

#[derive(Args)]
#[command(after_help = STATUS)]
pub(super) struct Arguments {
    /// A report that `check` wrote as json or jsonl; `-` is standard input.
    report: PathBuf,
    #[command(flatten)]
    outputs: Outputs,
    /// End the text with what every rule was asked and which facts were missing.
    #[arg(long)]
    statistics: bool,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    let read = || vec![arguments.report.clone()];
    arguments.outputs.apart_from(read, "the saved report", &[])?;
    let report = saved::read(&arguments.report)?;
    let made_of = || made_of(&report);
    arguments.outputs.apart_from(made_of, "what the saved report was made of", &[])?;
    arguments.outputs.write(&report, arguments.statistics, terminal)?;
    Ok(Exit::Clean)
}

/// The files that a report names, where they are still there.
fn made_of(report: &Report) -> Vec<PathBuf> {
    let inventory = report.inventory.iter().map(|file| &file.path);
    let found = report.findings.iter().map(|finding| &finding.location.file);
    let exceptions = report.exceptions.iter().map(|exception| &exception.location.file);
    let rules = report.rules.iter().map(|rule| &rule.origin);
    let parameters = report.parameters.values().map(|parameter| &parameter.origin);
    let baseline = report.baseline.iter().map(|baseline| &baseline.path);
    let named = inventory.chain(found).chain(exceptions).chain(rules).chain(parameters);
    let named: BTreeSet<&String> = named.chain(baseline).collect();
    named.into_iter().map(PathBuf::from).filter(|path| path.is_file()).collect()
}
