//! SARIF 2.1.0.

use std::io::{self, Write};

use super::model::Report;

/// Writes it.
pub(super) fn write(_report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{{}}")
}
