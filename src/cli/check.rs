//! `nhi-policy check`: the main job.

use std::path::PathBuf;

use clap::Args;

use super::outputs::Outputs;
use super::threads::in_threads;
use super::{Exit, RuleArguments, Terminal};
use crate::ask::audit::Audit;
use crate::ask::{Depth, Tally};
use crate::baseline::Baseline;
use crate::config::Wishes;
use crate::exceptions::{self, Exception};
use crate::fault::{Fault, Faults};
use crate::import::report::Report as ImportReport;
use crate::import::store::Form;
use crate::import::{Imported, import};
use crate::link::Graph;
use crate::load::files::{Selection, name_of};
use crate::load::passes::Passes;
use crate::load::{self, Loaded};
use crate::policy::{RuleSet, Severity};
use crate::pseudonym::{Key, Pseudonyms};
use crate::report::findings::Findings;
use crate::report::model::Report;
use crate::report::output;
use crate::sieve::{self, Sifted, sift};
use crate::time::Instant;

mod judging;
mod progress;

pub(super) use judging::Judging;

/// What the exit status says.
const STATUS: &str = "\
Exit status, the same for every format:
  2  could not judge: bad input, policy, configuration, usage or output
  1  violations at or above --fail-on
  3  judged, but incomplete: something is unknown, empty or cut off
  0  judged, complete, nothing at or above --fail-on";

#[derive(Args)]
#[command(after_help = STATUS)]
pub(super) struct Arguments {
    /// Files in JSON or JSON Lines, or folders of them; `-` is standard input. Several make one
    /// inventory.
    #[arg(required = true)]
    inventory: Vec<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
    /// The instant as of which everything is judged, RFC 3339; by default facts are judged as of
    /// the inventory's `generated_at`, and exports as of the wall clock.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    as_of: Option<Instant>,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    imports: Imports,
    #[command(flatten)]
    exceptions: Exceptions,
    /// Findings that are known: only others make the exit status 1. What has become more severe,
    /// what could not be judged, and what is about the check itself counts as new.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the violations that are found to a file, for --baseline.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    #[command(flatten)]
    pseudonyms: Pseudonymize,
    /// The least severity that makes the exit status 1 [default: low]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// Exit with 0 where it would be 1; 2 and 3 stay.
    #[arg(long)]
    exit_zero: bool,
    /// Put every question to Cedar, also those that a compiled condition excludes. Slow; the
    /// findings are the same.
    #[arg(long)]
    exhaustive: bool,
    /// Put one in N of the questions that compiled conditions exclude to Cedar all the same, and
    /// end with status 2 if it says otherwise. Of few things more are taken.
    #[arg(long, value_name = "N", default_value_t = Audit::USUAL)]
    audit: std::num::NonZeroU64,
    /// End the text with what every rule was asked and which facts were missing.
    #[arg(long)]
    statistics: bool,
    /// How many threads to use [default: one for each core]
    #[arg(short = 'j', long = "jobs", value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
}

/// Whether people are named.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Pseudonymize {
    /// Replace names, e-mail addresses, user names and ids of people by tokens, in every output.
    /// They are made with the key in this file, of 16 bytes or more, and are the same in every run
    /// with that key.
    #[arg(long = "pseudonymize", value_name = "KEYFILE")]
    key: Option<PathBuf>,
}

impl Pseudonymize {
    /// Reads the key.
    pub(super) fn key(&self) -> Result<Option<Key>, Faults> {
        Ok(self.key.as_deref().map(Key::read).transpose()?)
    }
}

/// What may be as it is for some time.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Exceptions {
    /// A file of exceptions, or a folder of them. Each is put to the rules about exceptions, and
    /// only one that none of them forbids is honoured. Repeatable.
    #[arg(long, value_name = "PATH")]
    pub(super) exceptions: Vec<PathBuf>,
}

impl Exceptions {
    /// Whether none are named.
    pub(super) fn is_empty(&self) -> bool {
        self.exceptions.is_empty()
    }

    /// Reads them.
    pub(super) fn read(&self) -> Result<Vec<Exception>, Faults> {
        exceptions::read(&self.exceptions)
    }
}

/// Whether the paths are inventories, or exports that become one.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Imports {
    /// The paths are exports: make one inventory of them first, as `nhi-policy import` does.
    /// Findings then name the place in the export.
    #[arg(long)]
    pub(super) import: bool,
    #[command(flatten)]
    choice: super::import::Choice,
}

impl Imports {
    /// Reads inventories, or makes one, and gives what came of the exports.
    fn load(
        &self,
        rules: &RuleArguments,
        paths: &[PathBuf],
    ) -> Result<(Loaded, Option<ImportReport>), Faults> {
        if !self.import {
            self.choice.only_with_import()?;
            return load::load(paths).map(|loaded| (loaded, None));
        }
        let config = super::configuration(rules.config.as_deref(), rules.isolated)?;
        let settings = self.choice.settings(config.as_ref())?;
        let folder = std::env::temp_dir();
        let Imported { inventory, report } =
            import(paths, &settings, Form::Document, &folder, Instant::wall_clock())?;
        let names: Vec<String> = paths.iter().map(|path| name_of(path)).collect();
        let name = format!("{} (imported)", names.join(", "));
        let mut loaded = load::from_temporary(name, inventory)?;
        loaded.inventory.imported = true;
        Ok((loaded, Some(report)))
    }
}

/// An instant on the command line.
pub(super) fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|said| said.replace('\n', "; "))
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    in_threads(arguments.jobs, || check(arguments, terminal))?
}

fn check(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    let read = || {
        if arguments.imports.import {
            crate::import::files::find(&arguments.inventory)
        } else {
            load::files::select(&arguments.inventory).map(|selection| selection.files)
        }
    };
    let also: Vec<&PathBuf> = arguments.write_baseline.iter().collect();
    arguments.outputs.apart_from(|| read().unwrap_or_default(), "the inventory", &also)?;
    arguments.outputs.apart_from(|| arguments.also_read(), "what the check reads", &also)?;
    let baseline = || arguments.baseline.iter().cloned().collect();
    arguments.outputs.apart_from(baseline, "the baseline", &[])?;
    let exceptions = arguments.exceptions.read();
    let key = arguments.pseudonyms.key()?;
    let audit = Audit(Some(arguments.audit));
    let depth = if arguments.exhaustive { Depth::Exhaustive } else { Depth::Candidates(audit) };
    let judging = Judging::now(arguments.as_of, depth, arguments.jobs);
    let sifted = match &exceptions {
        Ok(exceptions) if key.is_none() => arguments.sift(&judging, exceptions, terminal)?,
        _ => None,
    };
    let (rules, wishes, mut graph, passed) = match sifted {
        Some(sifted) => sifted,
        None => arguments.prepare(key.as_ref(), terminal)?,
    };
    let wishes = Wishes { fail_on: arguments.fail_on.unwrap_or(wishes.fail_on), ..wishes };
    let exceptions = exceptions.map_err(|faults| hidden(faults, key.as_ref()))?;
    let mut judged = judging.find(&rules, &mut graph, &exceptions, terminal)?;
    judged.tallies.iter_mut().zip(passed).for_each(|(tally, passed)| tally.add(passed));
    let report = judging.report(&rules, &wishes, &graph, judged);
    if key.is_none() && arguments.baseline.is_none() && arguments.write_baseline.is_none() {
        return arguments.write(&report, terminal);
    }
    let mut report = Findings::held(&report).into_owned();
    let baseline = arguments.baseline.as_deref().map(|path| Baseline::hold(path, &mut report));
    let baseline = baseline.transpose().map_err(|fault| hidden(fault.into(), key.as_ref()))?;
    let mut known = Baseline::of(&report).keeping(baseline.as_ref(), &report);
    if let Some(key) = &key {
        let pseudonyms = Pseudonyms::new(&graph, key);
        pseudonyms.apply(&mut report);
        // An earlier baseline may name those whom this one must not.
        known.hide(&pseudonyms);
    }
    let exit = arguments.write(&report, terminal)?;
    if let Some(path) = &arguments.write_baseline {
        output::whole(path, |out| known.write(out))?;
    }
    Ok(exit)
}

/// Rules, what is wished of the verdict, the graph, and what the rules were asked of what the graph
/// doesn't have any more.
type Prepared = (RuleSet, Wishes, Graph, Vec<Tally>);

impl Arguments {
    fn prepare(&self, key: Option<&Key>, terminal: Terminal) -> Result<Prepared, Faults> {
        let (imports, paths) = (&self.imports, &self.inventory);
        let prepared = prepare(&self.rules, imports, paths, self.as_of, key, terminal);
        prepared.map(|(rules, wishes, graph)| (rules, wishes, graph, Vec::new()))
    }

    /// The same for a large inventory, of which only a part is kept. None where all of it is needed,
    /// and where something is wrong: whoever reads it whole says what.
    fn sift(
        &self,
        judging: &Judging,
        exceptions: &[Exception],
        terminal: Terminal,
    ) -> Result<Option<Prepared>, Faults> {
        let Depth::Candidates(audit) = judging.depth else { return Ok(None) };
        if self.imports.import || self.imports.choice.only_with_import().is_err() {
            return Ok(None);
        }
        let Some(passes) = Passes::of(&self.inventory) else { return Ok(None) };
        let Ok((rules, wishes)) = self.rules.load() else { return Ok(None) };
        let (as_of, run_at) = (judging.as_of, judging.run_at);
        let terms = sieve::Terms { rules: &rules, as_of, run_at, audit, exceptions };
        let Some(Sifted { graph, tallies, selection }) = sift(passes, &terms)? else {
            return Ok(None);
        };
        tell(&selection, &rules, terminal);
        Ok(Some((rules, wishes, graph, tallies)))
    }

    fn write<F: Findings>(&self, report: &Report<F>, terminal: Terminal) -> Result<Exit, Faults> {
        self.outputs.write(report, self.statistics, terminal)?;
        Ok(if report.fails() && !self.exit_zero {
            Exit::Violations
        } else if report.incomplete.is_empty() {
            Exit::Clean
        } else {
            Exit::Incomplete
        })
    }

    /// The files that are read besides the inventory.
    fn also_read(&self) -> Vec<PathBuf> {
        let exceptions = self.exceptions.exceptions.iter();
        let exceptions = exceptions.flat_map(|path| exceptions::files_of(path).unwrap_or_default());
        exceptions.chain(self.pseudonyms.key.clone()).chain(self.rules.read()).collect()
    }
}

/// Reads rules and inventory, and links. With a key, nobody is named where something is said of it.
pub(super) fn prepare(
    rules: &RuleArguments,
    imports: &Imports,
    paths: &[PathBuf],
    as_of: Option<Instant>,
    key: Option<&Key>,
    terminal: Terminal,
) -> Result<(RuleSet, Wishes, Graph), Faults> {
    let linked = read(rules, imports, paths, terminal).and_then(|read| {
        let Read { rules, wishes, loaded, told } = read;
        let now = as_of.unwrap_or(loaded.inventory.generated_at);
        Ok((rules, wishes, loaded.link(now)?, told))
    });
    let (rules, wishes, graph, told) = linked.map_err(|faults| hidden(faults, key))?;
    if let Some(told) = told {
        let pseudonyms = key.map(|key| Pseudonyms::new(&graph, key));
        super::import::tell(&told, pseudonyms.as_ref(), terminal);
    }
    Ok((rules, wishes, graph))
}

/// Faults of an input, whose values nobody may see who may not see people.
pub(super) fn hidden(faults: Faults, key: Option<&Key>) -> Faults {
    if key.is_some() { faults.map(Fault::without_values) } else { faults }
}

/// What was read.
pub(super) struct Read {
    pub rules: RuleSet,
    pub wishes: Wishes,
    pub loaded: Loaded,
    /// What came of exports.
    pub told: Option<ImportReport>,
}

/// Reads rules and inventory. The faults of both are shown together.
pub(super) fn read(
    rules: &RuleArguments,
    imports: &Imports,
    paths: &[PathBuf],
    terminal: Terminal,
) -> Result<Read, Faults> {
    let (rules, loaded) = (rules.load(), imports.load(rules, paths));
    let ((rules, wishes), (loaded, told)) = match (rules, loaded) {
        (Ok(rules), Ok(loaded)) => (rules, loaded),
        (Err(mut faults), Err(others)) => {
            faults.merge(others);
            return Err(faults);
        }
        (Err(faults), _) | (_, Err(faults)) => return Err(faults),
    };
    tell(&loaded.selection, &rules, terminal);
    Ok(Read { rules, wishes, loaded, told })
}

/// Tells what is not looked at.
fn tell(selection: &Selection, rules: &RuleSet, terminal: Terminal) {
    for path in &selection.ignored {
        terminal.note(&format!(
            "ignored: {} (not .json or .jsonl, or a link that leads out)",
            name_of(path)
        ));
    }
    for rule in rules.rules.iter().filter(|rule| rule.enabled && rule.envs.is_empty()) {
        terminal.note(&format!("never asked: {} (its action is not asked yet)", rule.id));
    }
}
