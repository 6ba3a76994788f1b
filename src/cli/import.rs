//! `nhi-policy import`: one inventory of many exports.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, Terminal, print, wrapped};
use crate::config::Config;
use crate::fault::{Fault, Faults, quote};
use crate::import::kinds::{self, Importer};
use crate::import::report::Report;
use crate::import::setting::{Setting, Settings};
use crate::import::store::Form;
use crate::import::{Imported, import};
use crate::load::files::name_of;
use crate::pseudonym::Pseudonyms;
use crate::report::output::{named, whole};
use crate::temporary::TemporaryFile;
use crate::time::Instant;

#[derive(Args)]
pub(super) struct Arguments {
    /// Exports, and folders of them; what each is, is told by its content.
    #[arg(required_unless_present = "kinds")]
    exports: Vec<PathBuf>,
    /// The inventory; JSON Lines where its name ends in .jsonl. By default standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the conversion report to a file, as JSON.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    choice: Choice,
    /// The configuration; by default the nearest nhi-policy.toml, from the working directory up.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ignore configuration files.
    #[arg(long, conflicts_with = "config")]
    isolated: bool,
    /// List the kinds of exports, how to get each, and what can't be known from it.
    #[arg(long, conflicts_with_all = ["output", "report"])]
    kinds: bool,
    /// List them as a table in Markdown.
    #[arg(long, requires = "kinds")]
    markdown: bool,
}

/// What exports are, where their content can't say.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Choice {
    /// What a file is, or all files of a folder are. Repeatable.
    #[arg(long = "kind", value_name = "KIND=PATH")]
    kind: Vec<Given>,
    /// Pass over files that are no known export.
    #[arg(long)]
    skip_unknown: bool,
}

#[derive(Clone, Debug)]
struct Given {
    importer: &'static str,
    path: PathBuf,
}

impl std::str::FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = || kinds::ALL.iter().map(|importer| importer.kind).collect::<Vec<_>>().join(", ");
        let (kind, path) = text
            .split_once('=')
            .ok_or_else(|| format!("write KIND=PATH, with a kind of: {}", all()))?;
        let importer = kinds::called(kind).ok_or_else(|| format!("the kinds are: {}", all()))?;
        Ok(Self { importer: importer.kind, path: path.into() })
    }
}

impl Choice {
    /// What is said of exports is said in vain where there are none.
    pub(super) fn only_with_import(&self) -> Result<(), Faults> {
        if self.kind.is_empty() && !self.skip_unknown {
            return Ok(());
        }
        Err(Fault::new(
            "--kind and --skip-unknown are about exports",
            "add --import, or leave them out",
        )
        .into())
    }

    /// What is said here, and then in the configuration.
    pub(super) fn settings(&self, config: Option<&Config>) -> Result<Settings, Faults> {
        let configured = config.map_or_else(|| Ok(Vec::new()), Config::imports)?;
        let mut files: Vec<(PathBuf, Setting)> = Vec::new();
        let skip_unknown = self.skip_unknown;
        let said = Settings { files: configured, skip_unknown, ..Settings::default() };
        for Given { importer, path } in &self.kind {
            // The kind is from here, all else from the configuration.
            files.push((path.clone(), Setting { kind: Some(importer), ..said.of(path) }));
        }
        files.extend(said.files.iter().cloned());
        Ok(Settings { files, ..said })
    }
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    if arguments.kinds {
        if arguments.markdown {
            print(table)?;
            return Ok(Exit::Clean);
        }
        print(|out| {
            kinds::ALL.iter().try_for_each(|importer| describe(importer, terminal.width, out))
        })?;
        return Ok(Exit::Clean);
    }
    let config = super::configuration(arguments.config.as_deref(), arguments.isolated)?;
    let settings = arguments.choice.settings(config.as_ref())?;
    outputs(arguments)?;
    // A device or a pipe has no folder where a file could wait for its name.
    let file = arguments.output.as_deref().filter(|path| !path.exists() || path.is_file());
    let lines = arguments
        .output
        .as_deref()
        .is_some_and(|path| path.extension().is_some_and(|end| end == "jsonl"));
    let form = if lines { Form::Lines } else { Form::Document };
    let temporary = std::env::temp_dir();
    let folder = file.map_or(temporary.as_path(), folder_of);
    let imported = import(&arguments.exports, &settings, form, folder, Instant::wall_clock())?;
    let Imported { inventory, report } = imported;
    match (file, &arguments.output) {
        (Some(path), _) => named(inventory, path)?,
        (None, Some(path)) => whole(path, |out| copy(&inventory, out))?,
        (None, None) => print(|out| copy(&inventory, out))?,
    }
    if let Some(path) = &arguments.report {
        whole(path, |out| {
            crate::json::write::pretty(&mut *out, &report)?;
            writeln!(out)
        })?;
    }
    tell(&report, None, terminal);
    Ok(Exit::Clean)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn copy(file: &TemporaryFile, out: &mut dyn Write) -> io::Result<()> {
    io::copy(&mut file.reopen()?, out).map(|_| ())
}

/// Says on standard error what came of the exports, with pseudonyms where people have some.
pub(super) fn tell(report: &Report, pseudonyms: Option<&Pseudonyms>, terminal: Terminal) {
    if terminal.quiet {
        return;
    }
    let mut text = Vec::new();
    let _ = report.text(&mut text);
    if let Some(pseudonyms) = pseudonyms {
        text = pseudonyms.text(&String::from_utf8_lossy(&text)).into_bytes();
    }
    let _ = io::stderr().lock().write_all(&text);
}

/// An inventory in place of an export is a mistake, as is one in place of the report.
fn outputs(arguments: &Arguments) -> Result<(), Faults> {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let exports = crate::import::files::find(&arguments.exports)?;
    let mut faults = Faults::default();
    for path in arguments.output.iter().chain(&arguments.report) {
        let folder = folder_of(path);
        if !folder.is_dir() {
            faults.push(Fault::new(
                format!("{} can't be written: there is no such folder", quote(&name_of(path))),
                "make the folder first",
            ));
        }
        // It would be among the exports the next time.
        let within = |export: &PathBuf| {
            let inside =
                real(export).zip(real(folder)).is_some_and(|(all, own)| own.starts_with(all));
            export.is_dir() && inside
        };
        if !path.exists() && arguments.exports.iter().any(within) {
            faults.push(Fault::new(
                format!("{} would stand among the exports", quote(&name_of(path))),
                "write it to another folder",
            ));
        }
    }
    for path in arguments.output.iter().chain(&arguments.report) {
        let same = |other: &PathBuf| real(path).is_some() && real(path) == real(other);
        if exports.iter().any(same) {
            faults.push(Fault::new(
                format!("{} would replace an export, or be read as one", quote(&name_of(path))),
                "write it elsewhere",
            ));
        }
    }
    if arguments.output.is_some() && arguments.output == arguments.report {
        faults.push(Fault::new(
            "inventory and report can't both be one file",
            "give each a file of its own",
        ));
    }
    faults.into_result()
}

fn table(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| kind | reads | get it with | can't be known from it |\n|---|---|---|---|")?;
    for Importer { kind, title, how, unknown, .. } in kinds::ALL {
        let cell = |text: &str| text.replace('|', "\\|");
        writeln!(out, "| `{kind}` | {} | {} | {} |", cell(title), cell(how), cell(unknown))?;
    }
    Ok(())
}

fn describe(importer: &Importer, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", importer.kind)?;
    for (title, text) in
        [("reads", importer.title), ("get it", importer.how), ("unknown", importer.unknown)]
    {
        wrapped(&format!("{title}: {text}"), "  ", width, out)?;
    }
    Ok(())
}
