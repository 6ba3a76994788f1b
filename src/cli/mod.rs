//! The command line: what can be asked for, and what each command answers with.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ColorChoice, CommandFactory, Parser, Subcommand};
use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::config::{Config, Wishes};
use crate::fault::{Fault, Faults, printable};
use crate::policy::{Packs, RuleSet};

pub use schema::Which;

mod check;
mod diff;
mod exceptions;
mod explain;
mod import;
mod init;
mod outputs;
mod pack;
mod report;
mod rules;
mod schema;
mod test;
mod threads;
mod verify;

/// Checks an entitlement inventory against lifecycle rules written as Cedar policies.
///
/// Access is granted fast and removed late. nhi-policy takes an inventory of who and what holds
/// which access, asks of every edge of that identity graph whether it may still be so, and reports
/// each violation with its evidence, its place, who has to act, and its controls.
#[derive(Parser)]
#[command(version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Whether to use colors.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    /// Say no more than the verdict, and errors.
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Check an inventory.
    Check(check::Arguments),
    /// Write a saved report in other formats; nothing is judged again.
    Report(report::Arguments),
    /// Compare two saved reports: what is new, resolved, back, or unknown.
    Diff(diff::Arguments),
    /// Make one inventory of exports.
    Import(import::Arguments),
    /// List the rules, or the controls that they are mapped to.
    Rules(rules::Arguments),
    /// Explain a rule, or why a finding was made.
    Explain(explain::Arguments),
    /// List exceptions and say of each whether it is honoured, and why not.
    Exceptions(exceptions::Arguments),
    /// Write the evidence of a check, for auditors: a folder or an archive.
    Pack(pack::Arguments),
    /// Tell whether an evidence pack is as it was made.
    Verify(verify::Arguments),
    /// Run the cases of rules.
    Test(test::Arguments),
    /// Print the schema of a format.
    Schema(schema::Arguments),
    /// Write a configuration, an example rule with cases, and a CI workflow.
    Init(init::Arguments),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// Which rules are judged.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RuleArguments {
    /// A folder of rules that are added, or replace bundled ones of the same id. Repeatable.
    #[arg(long, value_name = "DIR")]
    policies: Vec<PathBuf>,
    /// Leave the bundled rules out.
    #[arg(long)]
    no_bundled: bool,
    /// The configuration; by default the nearest nhi-policy.toml, from the working directory up.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ignore configuration files.
    #[arg(long, conflicts_with = "config")]
    isolated: bool,
}

impl RuleArguments {
    /// Reads configuration and rules.
    fn load(&self) -> Result<(RuleSet, Wishes), Faults> {
        let (mut rules, config) = self.as_written()?;
        let wishes =
            config.map_or_else(|| Ok(Wishes::default()), |config| config.apply(&mut rules))?;
        Ok((rules, wishes))
    }

    /// The files that are read for them: the configuration, and those of the packs.
    fn read(&self) -> Vec<PathBuf> {
        let config = configuration(self.config.as_deref(), self.isolated).ok().flatten();
        let named = config.as_ref().and_then(|config| config.packs().ok());
        let dirs = named.map_or_else(Vec::new, |(dirs, ..)| dirs);
        let dirs = dirs.iter().chain(&self.policies);
        let files =
            dirs.flat_map(|dir| crate::policy::pack::from_disk(dir, &mut Faults::default()));
        config
            .iter()
            .map(|config| config.path.clone())
            .chain(files.map(|file| file.path.into()))
            .collect()
    }

    /// Reads the rules without what the configuration changes of them.
    fn as_written(&self) -> Result<(RuleSet, Option<Config>), Faults> {
        let config = configuration(self.config.as_deref(), self.isolated)?;
        let mut packs = Packs { no_bundled: self.no_bundled, dirs: Vec::new() };
        let mut wrong = Faults::default();
        if let Some(config) = &config {
            let (dirs, bundled, faults) = config.packs()?;
            (packs.dirs, wrong) = (dirs, faults);
            packs.no_bundled |= !bundled;
        }
        packs.dirs.extend(self.policies.iter().cloned());
        match RuleSet::load(&packs) {
            Ok(rules) => Ok((rules, config)),
            Err(faults) => {
                wrong.merge(faults);
                Err(wrong)
            }
        }
    }
}

/// The configuration that is named, or else the nearest one.
fn configuration(named: Option<&Path>, isolated: bool) -> Result<Option<Config>, Faults> {
    Ok(match (named, isolated) {
        (Some(path), _) => Some(Config::read(path)?),
        (None, true) => None,
        (None, false) => {
            let here = std::env::current_dir().map_err(|error| {
                Fault::new(
                    format!("the working directory can't be read: {error}"),
                    "run from a folder that exists",
                )
            })?;
            Config::discover(&here)?.map(|config| config.relative_to(&here))
        }
    })
}

/// How a run ends; the same for every format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Judged, complete, nothing at or above the threshold.
    Clean = 0,
    /// Violations at or above the threshold.
    Violations = 1,
    /// Bad input, policy, configuration, usage or output.
    NotJudged = 2,
    /// Judged, but not completely.
    Incomplete = 3,
}

/// What commands need of the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// Whether standard output takes colors.
    color: bool,
    /// Whether standard error takes colors.
    color_stderr: bool,
    /// Columns.
    width: usize,
    /// `--quiet`
    quiet: bool,
}

impl Terminal {
    fn new(choice: ColorChoice, quiet: bool) -> Self {
        let wanted = |terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let size = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            color: wanted(io::stdout().is_terminal()),
            color_stderr: wanted(io::stderr().is_terminal()),
            width: columns.or(size.filter(|_| io::stdout().is_terminal())).unwrap_or(80),
            quiet,
        }
    }

    /// Where only the verdict is said, says why it is not certain.
    fn warn(self, reasons: &[String]) {
        for reason in reasons.iter().filter(|_| self.quiet) {
            let _ = writeln!(io::stderr(), "incomplete: {}", printable(reason));
        }
    }

    /// Says something that is not a result.
    fn note(self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{}", printable(text));
        }
    }
}

/// Writes to standard output. A reader that has seen enough is not an error.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Faults> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Fault::new(
            format!("standard output can't be written: {error}"),
            "check where it leads",
        )
        .into()),
        Err(_) => {
            // What is still buffered has nowhere to go.
            std::mem::forget(out);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Exit {
        threads::set_up();
        let terminal = Terminal::new(self.color, self.quiet);
        let outcome = match self.command {
            Command::Check(arguments) => check::run(&arguments, terminal),
            Command::Report(arguments) => report::run(&arguments, terminal),
            Command::Diff(arguments) => diff::run(&arguments, terminal),
            Command::Import(arguments) => import::run(&arguments, terminal),
            Command::Rules(arguments) => rules::run(&arguments, terminal),
            Command::Explain(arguments) => explain::run(&arguments, terminal),
            Command::Exceptions(arguments) => exceptions::run(&arguments, terminal),
            Command::Pack(arguments) => pack::run(&arguments, terminal),
            Command::Verify(arguments) => verify::run(&arguments, terminal),
            Command::Test(arguments) => test::run(&arguments, terminal),
            Command::Schema(arguments) => schema::run(&arguments),
            Command::Init(arguments) => init::run(&arguments, terminal),
            Command::Completions { shell } => print(|out| {
                // The generator can't report errors, so it writes to memory.
                let mut script = Vec::new();
                clap_complete::generate(
                    shell,
                    &mut Cli::command(),
                    env!("CARGO_PKG_NAME"),
                    &mut script,
                );
                out.write_all(&script)
            })
            .map(|()| Exit::Clean),
            Command::Man => print(manual).map(|()| Exit::Clean),
        };
        outcome.unwrap_or_else(|faults| {
            show(&faults, terminal);
            Exit::NotJudged
        })
    }
}

/// Writes a text in lines of at most so many columns, each after the same indent.
pub(crate) fn wrapped(
    text: &str,
    indent: &str,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = width.clamp(60, 100);
    let mut line = String::from(indent);
    for word in printable(text).split_whitespace() {
        let full = line.chars().count() + 1 + word.chars().count() > width;
        if full && line.len() > indent.len() {
            writeln!(out, "{line}")?;
            indent.clone_into(&mut line);
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{line}")
}

/// The manual: the page of the program, then those of its commands.
fn manual(out: &mut dyn Write) -> io::Result<()> {
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(out)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        clap_mangen::Man::new(sub.clone()).render(out)?;
    }
    Ok(())
}

/// Shows faults on standard error: the first hundred, then a count.
fn show(faults: &Faults, terminal: Terminal) {
    let theme = if terminal.color_stderr {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    // In a log, a line that is broken can't be searched for.
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(terminal.width.clamp(60, 160))
        .with_wrap_lines(io::stderr().is_terminal())
        .without_cause_chain()
        .with_links(false);
    let mut err = io::BufWriter::new(io::stderr().lock());
    for fault in faults.shown() {
        let mut text = String::new();
        if handler.render_report(&mut text, fault).is_err() {
            text = format!("error: {fault}\n");
        }
        let _ = writeln!(err, "{}", text.trim_end());
    }
    let shown = faults.shown().len();
    let more = if faults.count > shown {
        format!(" ({} are not shown)", faults.count - shown)
    } else {
        String::new()
    };
    let s = if faults.count == 1 { "" } else { "s" };
    let _ = writeln!(err, "\nerror: {} fault{s}{more}", faults.count);
}
