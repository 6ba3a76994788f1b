//! The report for people.

use std::io::{self, Write};

use super::Style;
use super::model::Report;

/// Writes it.
pub(super) fn write(report: &Report, _style: Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{} {} {}", finding.severity.name(), finding.rule, finding.message)?;
    }
    writeln!(out, "{}", report.verdict.name())
}
