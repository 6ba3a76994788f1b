//! The files of a pack that follow from the report alone, so that a reader can make them again.

use std::io::{self, Write};

use clap::ValueEnum;

use super::table::Table;
use crate::report::model::{ExceptionResult, Report};
use crate::report::{Format, Style};

/// The report that the others are made from.
pub const JSON: &str = "reports/report.json";
/// The register of exceptions.
pub const EXCEPTIONS: &str = "exceptions/register.json";

/// Formats for the screen of a pipeline, and one that says what another says, line by line.
const LEFT_OUT: [&str; 3] = ["github", "gitlab", "jsonl"];

const STYLE: Style = Style { color: false, width: 100, quiet: false, statistics: true };

/// Writes a part of a report.
type Write1 = fn(&Report, &mut dyn Write) -> io::Result<()>;

enum How {
    Format(Format),
    With(Write1),
}

/// A file that follows from a report.
pub struct Part<'r> {
    /// Its name in the pack.
    pub name: String,
    report: &'r Report,
    how: How,
}

impl Part<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.how {
            How::Format(format) => format.write(self.report, STYLE, out),
            How::With(write) => write(self.report, out),
        }
    }
}

/// All of them.
pub fn parts(report: &Report) -> Vec<Part<'_>> {
    let formats = Format::value_variants().iter().filter_map(|format| {
        let value = format.to_possible_value()?;
        let name = value.get_name();
        let name = (!LEFT_OUT.contains(&name)).then(|| format!("reports/{}", file_of(name)))?;
        Some(Part { name, report, how: How::Format(*format) })
    });
    let own: [(&str, Write1); 2] =
        [(EXCEPTIONS, register), ("exceptions/register.csv", register_table)];
    let own = own.map(|(name, write)| Part { name: name.into(), report, how: How::With(write) });
    formats.chain(own).collect()
}

/// The name of the file of a format.
fn file_of(format: &str) -> String {
    let ending = match format {
        "text" => "txt",
        "markdown" => "md",
        "junit" => "junit.xml",
        "ocsf" => "ocsf.jsonl",
        "oscal" => "oscal.json",
        other => other,
    };
    format!("report.{ending}")
}

fn register(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    crate::json::write::pretty(&mut *out, &report.exceptions)?;
    out.write_all(b"\n")
}

fn register_table(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(
        out,
        &[
            "id",
            "state",
            "rule",
            "principal_type",
            "principal_id",
            "resource_type",
            "resource_id",
            "kind",
            "reason",
            "approved_by",
            "approved_at",
            "expires_at",
            "ticket",
            "compensating_control",
            "refused_by",
            "why",
            "matched",
            "waived",
            "renewals",
            "file",
            "line",
        ],
    )?;
    for exception in &report.exceptions {
        let ExceptionResult { principal, resource, location, .. } = exception;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (kind, id) =
            principal.as_ref().map_or(("", ""), |thing| (thing.kind.as_str(), thing.id.as_str()));
        table.row(&[
            exception.id.clone(),
            exception.state.name().into(),
            exception.rule.clone(),
            kind.into(),
            id.into(),
            resource.kind.clone(),
            resource.id.clone(),
            text(&exception.kind),
            text(&exception.reason),
            text(&exception.approved_by),
            text(&exception.approved_at),
            text(&exception.expires_at),
            text(&exception.ticket),
            text(&exception.compensating_control),
            exception.refused_by.join(" "),
            exception.why.join(" "),
            exception.matched.to_string(),
            exception.waived.to_string(),
            exception.renewals.to_string(),
            location.file.clone(),
            location.line.to_string(),
        ])?;
    }
    table.finish().map(|_| ())
}
