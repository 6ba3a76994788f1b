//! `nhi-policy test`: the cases of rules.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, RuleArguments, Terminal, print};
use crate::cases;
use crate::fault::{Fault, Faults, printable};
use crate::policy::{Packs, RuleSet};

/// What the exit status says.
const STATUS: &str = "\
Exit status:
  0  all cases passed
  1  some did not
  2  cases or rules could not be read, or there are none";

#[derive(Args)]
#[command(after_help = STATUS)]
pub(super) struct Arguments {
    /// Folders of rules with their cases; by default the bundled ones and those that the
    /// configuration names.
    dirs: Vec<PathBuf>,
    #[command(flatten)]
    rules: RuleArguments,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    let mut rules = if arguments.dirs.is_empty() {
        // A configuration that is wrong is said, also where only its packs matter.
        arguments.rules.load()?;
        arguments.rules.as_written()?.0
    } else {
        let given = arguments.rules.policies.iter().chain(&arguments.dirs);
        let packs =
            Packs { no_bundled: arguments.rules.no_bundled, dirs: given.cloned().collect() };
        RuleSet::load(&packs)?
    };
    // Cases are judged with the rules as they are written, whatever a configuration changes.
    let inside = |path: &str| {
        arguments.dirs.is_empty()
            || arguments.dirs.iter().any(|dir| PathBuf::from(path).starts_with(dir))
    };
    let files: Vec<_> =
        std::mem::take(&mut rules.cases).into_iter().filter(|file| inside(&file.origin)).collect();
    if files.is_empty() {
        let help = "cases stand beside their rule: NAME.cases.json beside NAME.cedar";
        return Err(Fault::new("there are no cases here", help).into());
    }
    let mut outcomes = Vec::new();
    let mut faults = Faults::default();
    for file in &files {
        match cases::run(file, &mut rules) {
            Ok(own) if own.is_empty() => {
                let message = format!("there is no case in {}", file.path);
                faults.push(Fault::new(
                    message,
                    "write at least one that fires and one that stays silent",
                ));
            }
            Ok(own) => outcomes.extend(own),
            Err(own) => faults.merge(own),
        }
    }
    faults.into_result()?;
    let failed: Vec<_> =
        outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).collect();
    let untested = rules.rules.iter().filter(|rule| {
        let own = arguments.dirs.is_empty() || inside(&rule.origin);
        own && !outcomes.iter().any(|outcome| outcome.rule == rule.id)
    });
    let untested: Vec<&str> = untested.map(|rule| rule.id.as_str()).collect();
    print(|out| {
        for outcome in &failed {
            writeln!(out, "FAILED {}: {}", printable(&outcome.rule), printable(&outcome.name))?;
            writeln!(out, "  in {}", printable(&outcome.file))?;
            for difference in &outcome.differences {
                writeln!(out, "  {difference}")?;
            }
        }
        if !terminal.quiet {
            for rule in &untested {
                writeln!(out, "no cases: {}", printable(rule))?;
            }
        }
        let s = if files.len() == 1 { "" } else { "s" };
        writeln!(out, "cases of {} rule{s}:", files.len())?;
        writeln!(out, "{} passed, {} failed", outcomes.len() - failed.len(), failed.len())
    })?;
    Ok(if failed.is_empty() { Exit::Clean } else { Exit::Violations })
}
