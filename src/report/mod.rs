//! Report: one result, many formats. A writer sees the [`Report`] and nothing else.

use std::io::{self, Write};

use model::Report;

mod json;
pub mod model;
pub mod output;
mod sarif;
mod text;

/// A format that a report can be written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// For people, in a terminal.
    Text,
    /// The whole report in one JSON document, one rule or finding a line.
    Json,
    /// The same in JSON Lines: a header, then one rule or finding a line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

/// How the text for people looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether it has colors.
    pub color: bool,
    /// How many columns it may take.
    pub width: usize,
    /// Whether only the verdict is said.
    pub quiet: bool,
    /// Whether it ends with what each rule was asked and what was missing.
    pub statistics: bool,
}

impl Format {
    /// Writes a report.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(self, report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Text => text::write(report, style, out),
            Self::Json => json::document(report, out),
            Self::Jsonl => json::lines(report, out),
            Self::Sarif => sarif::write(report, out),
        }
    }
}
