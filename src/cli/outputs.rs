//! Where a command writes reports to, and in which formats.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Terminal, print};
use crate::fault::{Fault, Faults, quote};
use crate::load::files::name_of;
use crate::report::findings::Findings;
use crate::report::model::Report;
use crate::report::output::{self, Destination};
use crate::report::{Format, Style};

#[derive(Args)]
pub(super) struct Outputs {
    /// What is written to standard output [default: text]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Writes a report to a file, whole or not at all. Repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=FILE")]
    output: Vec<Destination>,
}

impl Outputs {
    /// Two reports in one file, or a report in place of what is read, are mistakes; so is any other
    /// file that is written.
    pub(super) fn apart_from(
        &self,
        read: impl FnOnce() -> Vec<PathBuf>,
        what: &str,
        also: &[&PathBuf],
    ) -> Result<(), Faults> {
        let real = |path: &PathBuf| {
            // A report that isn't there yet stands in a folder that is.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = std::fs::canonicalize(folder.unwrap_or(Path::new(".")));
            let new = || Some(folder.ok()?.join(path.file_name()?));
            std::fs::canonicalize(path).ok().or_else(new).unwrap_or_else(|| path.clone())
        };
        let read: Vec<PathBuf> = read().iter().map(real).collect();
        let mut faults = Faults::default();
        let outputs: Vec<&PathBuf> =
            self.output.iter().map(|output| &output.path).chain(also.iter().copied()).collect();
        for (at, output) in outputs.iter().enumerate() {
            let name = quote(&name_of(output));
            let path = real(output);
            if read.contains(&path) {
                faults.push(Fault::new(
                    format!("the report {name} would replace {what}"),
                    "write it elsewhere",
                ));
            }
            let earlier = outputs.iter().take(at).any(|other| real(other) == path);
            if earlier && (path.is_file() || !path.exists()) {
                faults.push(Fault::new(
                    format!("two reports can't both be {name}"),
                    "give each a file of its own",
                ));
            }
        }
        faults.into_result()
    }

    /// Writes the files, then standard output.
    pub(super) fn write<F: Findings>(
        &self,
        report: &Report<F>,
        statistics: bool,
        terminal: Terminal,
    ) -> Result<(), Faults> {
        let formats = self.output.iter().map(|output| output.format);
        if formats.chain(self.format).all(Format::streams) {
            self.write_all(report, statistics, terminal)
        } else {
            // Held once for all formats.
            self.write_all(F::held(report).as_ref(), statistics, terminal)
        }
    }

    fn write_all<F: Findings>(
        &self,
        report: &Report<F>,
        statistics: bool,
        terminal: Terminal,
    ) -> Result<(), Faults> {
        let style = Style { color: false, width: 100, quiet: terminal.quiet, statistics };
        for Destination { format, path } in &self.output {
            output::whole(path, |out| format.write(report, style, out))?;
        }
        let style = Style { color: terminal.color, width: terminal.width, ..style };
        let format = self.format.unwrap_or(Format::Text);
        print(|out| format.write(report, style, out))?;
        terminal.warn(&report.incomplete);
        Ok(())
    }
}
