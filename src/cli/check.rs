//! `nhi-policy check`: the main job.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::outputs::Outputs;
use super::{Exit, RuleArguments, Terminal};
use crate::ask::condition::Setting;
use crate::ask::{Answers, Depth, ask};
use crate::config::Wishes;
use crate::fault::{Fault, Faults};
use crate::import::store::Form;
use crate::import::{Imported, import};
use crate::judge::{Terms, judge};
use crate::link::Graph;
use crate::link::question::SUBJECTS;
use crate::load::{self, Loaded, files::name_of};
use crate::policy::{RuleSet, Severity};
use crate::report::model::{Report, Verdict};
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
    /// End the text with what every rule was asked and which facts were missing.
    #[arg(long)]
    statistics: bool,
    /// How many threads to use [default: one for each core]
    #[arg(short = 'j', long = "jobs", value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
}

/// Whether the paths are inventories, or exports that become one.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Imports {
    /// The paths are exports: make one inventory of them first, as `nhi-policy import` does.
    /// Findings then name the place in the export.
    #[arg(long)]
    import: bool,
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
    arguments.outputs.apart_from(|| read().unwrap_or_default(), "the inventory")?;
    let (rules, wishes, graph) = prepare(
        &arguments.rules,
        &arguments.imports,
        &arguments.inventory,
        arguments.as_of,
        terminal,
    )?;
    let depth = if arguments.exhaustive { Depth::Exhaustive } else { Depth::Candidates };
    let wishes = Wishes { fail_on: arguments.fail_on.unwrap_or(wishes.fail_on), ..wishes };
    let report = report(&rules, &wishes, &graph, arguments.as_of, depth, arguments.jobs, terminal)?;
    arguments.outputs.write(&report, arguments.statistics, terminal)?;
    Ok(match report.verdict {
        Verdict::Pass => Exit::Clean,
        Verdict::Fail if arguments.exit_zero && report.incomplete.is_empty() => Exit::Clean,
        Verdict::Fail if arguments.exit_zero => Exit::Incomplete,
        Verdict::Fail => Exit::Violations,
        Verdict::Incomplete => Exit::Incomplete,
    })
}

/// Reads rules and inventory, and links. The faults of both are shown together.
pub(super) fn prepare(
    rules: &RuleArguments,
    imports: &Imports,
    paths: &[PathBuf],
    as_of: Option<Instant>,
    terminal: Terminal,
) -> Result<(RuleSet, Wishes, Graph), Faults> {
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
    let now = as_of.unwrap_or(loaded.inventory.generated_at);
    let graph = loaded.link(now)?;
    Ok((rules, wishes, graph))
}

/// Asks and judges.
pub(super) fn report(
    rules: &RuleSet,
    wishes: &Wishes,
    graph: &Graph,
    as_of: Option<Instant>,
    depth: Depth,
    jobs: Option<std::num::NonZeroUsize>,
    terminal: Terminal,
) -> Result<Report, Faults> {
    let setting = Setting {
        now: graph.now,
        run_at: as_of.unwrap_or_else(Instant::wall_clock),
        parameters: &rules.parameters,
    };
    let terms = Terms {
        fail_on: wishes.fail_on,
        expect: wishes.expect.clone(),
        as_of_origin: if as_of.is_some() { "--as-of" } else { "generated_at" },
    };
    let answers = in_threads(jobs, || asked(graph, rules, setting, depth, terminal))?;
    Ok(judge(graph, rules, &answers, setting, &terms))
}

fn asked(
    graph: &Graph,
    rules: &RuleSet,
    setting: Setting<'_>,
    depth: Depth,
    terminal: Terminal,
) -> Answers {
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
    let long = total > 100_000;
    if long {
        bar.set_draw_target(target);
        bar.enable_steady_tick(Duration::from_millis(500));
    }
    let answers = ask(graph, rules, setting, depth, &|done| bar.set_position(done));
    bar.finish_and_clear();
    answers
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
