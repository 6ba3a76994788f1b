//! `nhi-policy check`: the main job.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::outputs::Outputs;
use super::{Exit, RuleArguments, Terminal};
use crate::ask::Depth;
use crate::ask::audit::Audit;
use crate::ask::condition::Setting;
use crate::baseline::Baseline;
use crate::config::Wishes;
use crate::exceptions::{self, Exception};
use crate::fault::{Fault, Faults};
use crate::import::store::Form;
use crate::import::{Imported, import};
use crate::judge::{self, Terms};
use crate::link::Graph;
use crate::link::question::SUBJECTS;
use crate::load::{self, Loaded, files::name_of};
use crate::policy::{RuleSet, Severity};
use crate::pseudonym::{Key, Pseudonyms};
use crate::report::model::Report;
use crate::report::output;
use crate::time::Instant;

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
    /// Reads inventories, or makes one.
    fn load(
        &self,
        rules: &RuleArguments,
        paths: &[PathBuf],
        terminal: Terminal,
    ) -> Result<Loaded, Faults> {
        if !self.import {
            self.choice.only_with_import()?;
            return load::load(paths);
        }
        let config = super::configuration(rules.config.as_deref(), rules.isolated)?;
        let settings = self.choice.settings(config.as_ref())?;
        let folder = std::env::temp_dir();
        let Imported { inventory, report } =
            import(paths, &settings, Form::Document, &folder, Instant::wall_clock())?;
        super::import::tell(&report, terminal);
        let contents = load::files::read(inventory.path())?;
        let names: Vec<String> = paths.iter().map(|path| name_of(path)).collect();
        let name = format!("{} (imported)", names.join(", "));
        let mut loaded = load::from_texts(std::iter::once((name, contents.text, contents.sha256)))?;
        loaded.inventory.imported = true;
        Ok(loaded)
    }
}

/// An instant on the command line.
pub(super) fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|said| said.replace('\n', "; "))
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
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
    let (rules, wishes, mut graph) = prepare(
        &arguments.rules,
        &arguments.imports,
        &arguments.inventory,
        arguments.as_of,
        terminal,
    )?;
    let wishes = Wishes { fail_on: arguments.fail_on.unwrap_or(wishes.fail_on), ..wishes };
    let exceptions = exceptions?;
    let key = arguments.pseudonyms.key()?;
    let mut report =
        report(&rules, &wishes, &mut graph, &exceptions, &arguments.judging(), terminal)?;
    let baseline = arguments.baseline.as_deref().map(|path| Baseline::hold(path, &mut report));
    let mut known = Baseline::of(&report).keeping(baseline.transpose()?.as_ref(), &report);
    if let Some(key) = &key {
        let pseudonyms = Pseudonyms::new(&graph, key);
        pseudonyms.apply(&mut report);
        // An earlier baseline may name those whom this one must not.
        known.findings.iter_mut().for_each(|known| pseudonyms.known(known));
    }
    arguments.outputs.write(&report, arguments.statistics, terminal)?;
    if let Some(path) = &arguments.write_baseline {
        output::whole(path, |out| known.write(out))?;
    }
    Ok(if report.fails() && !arguments.exit_zero {
        Exit::Violations
    } else if report.incomplete.is_empty() {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

impl Arguments {
    /// The files that are read besides the inventory.
    fn also_read(&self) -> Vec<PathBuf> {
        let exceptions = self.exceptions.exceptions.iter();
        let exceptions = exceptions.flat_map(|path| exceptions::files_of(path).unwrap_or_default());
        exceptions.chain(self.pseudonyms.key.clone()).chain(self.rules.config.clone()).collect()
    }
}

/// Reads rules and inventory, and links.
pub(super) fn prepare(
    rules: &RuleArguments,
    imports: &Imports,
    paths: &[PathBuf],
    as_of: Option<Instant>,
    terminal: Terminal,
) -> Result<(RuleSet, Wishes, Graph), Faults> {
    let (rules, wishes, loaded) = read(rules, imports, paths, terminal)?;
    let now = as_of.unwrap_or(loaded.inventory.generated_at);
    let graph = loaded.link(now)?;
    Ok((rules, wishes, graph))
}

/// Reads rules and inventory. The faults of both are shown together.
pub(super) fn read(
    rules: &RuleArguments,
    imports: &Imports,
    paths: &[PathBuf],
    terminal: Terminal,
) -> Result<(RuleSet, Wishes, Loaded), Faults> {
    let (rules, loaded) = (rules.load(), imports.load(rules, paths, terminal));
    let ((rules, wishes), loaded) = match (rules, loaded) {
        (Ok(rules), Ok(loaded)) => (rules, loaded),
        (Err(mut faults), Err(others)) => {
            faults.merge(others);
            return Err(faults);
        }
        (Err(faults), _) | (_, Err(faults)) => return Err(faults),
    };
    for path in &loaded.selection.ignored {
        terminal.note(&format!(
            "ignored: {} (not .json or .jsonl, or a link that leads out)",
            name_of(path)
        ));
    }
    for rule in rules.rules.iter().filter(|rule| rule.enabled && rule.envs.is_empty()) {
        terminal.note(&format!("never asked: {} (its action is not asked yet)", rule.id));
    }
    Ok((rules, wishes, loaded))
}

/// How to judge.
pub(super) struct Judging {
    /// `--as-of`
    pub as_of: Option<Instant>,
    /// When the check ran, where that isn't now or `as_of`.
    pub run_at: Option<Instant>,
    /// `--exhaustive`
    pub depth: Depth,
    /// `-j`
    pub jobs: Option<std::num::NonZeroUsize>,
}

impl Arguments {
    fn judging(&self) -> Judging {
        let audit = Audit(Some(self.audit));
        let depth = if self.exhaustive { Depth::Exhaustive } else { Depth::Candidates(audit) };
        Judging { as_of: self.as_of, run_at: None, depth, jobs: self.jobs }
    }
}

/// Asks and judges.
pub(super) fn report(
    rules: &RuleSet,
    wishes: &Wishes,
    graph: &mut Graph,
    exceptions: &[Exception],
    judging: &Judging,
    terminal: Terminal,
) -> Result<Report, Faults> {
    let Judging { as_of, run_at, depth, jobs } = *judging;
    let setting = Setting {
        now: graph.now,
        run_at: run_at.or(as_of).unwrap_or_else(Instant::wall_clock),
        parameters: &rules.parameters,
    };
    let terms = Terms {
        fail_on: wishes.fail_on,
        expect: wishes.expect.clone(),
        as_of_origin: if as_of.is_some() { "--as-of" } else { "generated_at" },
    };
    in_threads(jobs, || {
        let bar = Bar::new(graph, terminal);
        let judged = judge::find(graph, rules, setting, depth, exceptions, &|done| bar.at(done));
        bar.0.finish_and_clear();
        judged.answers.agreed(graph, rules)?;
        Ok(judge::judge(graph, rules, judged, setting, &terms))
    })?
}

/// How far the questions are.
struct Bar(ProgressBar);

impl Bar {
    fn new(graph: &Graph, terminal: Terminal) -> Self {
        let total = SUBJECTS.iter().map(|kind| u64::from(graph.population(*kind))).sum();
        // Draws nothing where standard error is not a terminal, and nothing for short work.
        let target = if terminal.quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(4)
        };
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) =
            ProgressStyle::with_template("asking about {pos} of {len} things [{bar:30}] {eta}")
        {
            bar.set_style(style);
        }
        if total > 100_000 {
            bar.set_draw_target(target);
            bar.enable_steady_tick(Duration::from_millis(500));
        }
        Self(bar)
    }

    fn at(&self, done: u64) {
        self.0.set_position(done);
    }
}

fn in_threads<T: Send>(
    jobs: Option<std::num::NonZeroUsize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, Faults> {
    // Evaluating a deeply nested condition takes stack.
    const STACK: usize = 16 << 20;
    const MOST: usize = 256;
    let threads = jobs.map_or(0, std::num::NonZeroUsize::get).min(MOST);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build();
    let pool = pool.map_err(|error| {
        Fault::new(format!("threads can't be started: {error}"), "ask for fewer with -j")
    })?;
    Ok(pool.install(work))
}
