//! Report: one result, many formats. A writer sees the [`Report`] and nothing else.

use std::io::{self, Write};

use findings::Findings;
use model::Report;

mod csv;
pub mod findings;
pub(crate) mod gfm;
mod github;
mod gitlab;
mod html;
pub(crate) mod json;
mod junit;
mod markdown;
pub mod model;
mod ocsf;
mod oscal;
mod outcome;
pub mod output;
#[cfg(test)]
pub(crate) mod sample;
mod sarif;
pub mod saved;
pub(crate) mod text;
pub(crate) mod words;

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
    /// Test results in XML, for CI: a suite for each rule, a test for each finding.
    Junit,
    /// OCSF Compliance Findings in JSON Lines, for SIEMs.
    Ocsf,
    /// OSCAL assessment results in JSON, for auditors' tools.
    Oscal,
    /// One page for a browser that needs nothing else.
    Html,
    /// CSV, one finding a line.
    Csv,
    /// Markdown, for the summary of a CI job.
    Markdown,
    /// Workflow commands of GitHub Actions, which annotate files.
    Github,
    /// Code quality of GitLab.
    Gitlab,
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
    pub fn write<F: Findings>(
        self,
        report: &Report<F>,
        style: Style,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self {
            Self::Text => text::write(report, style, out),
            Self::Json => json::document(report, out),
            Self::Jsonl => json::lines(report, out),
            Self::Sarif => sarif::write(report, out),
            Self::Junit => junit::write(&F::held(report), out),
            Self::Ocsf => ocsf::write(&F::held(report), out),
            Self::Oscal => oscal::write(&F::held(report), out),
            Self::Html => html::write(&F::held(report), out),
            Self::Csv => csv::write(&F::held(report), out),
            Self::Markdown => markdown::write(&F::held(report), out),
            Self::Github => github::write(&F::held(report), out),
            Self::Gitlab => gitlab::write(&F::held(report), out),
        }
    }

    /// Whether it goes through the findings without holding them all.
    pub fn streams(self) -> bool {
        matches!(self, Self::Text | Self::Json | Self::Jsonl | Self::Sarif)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        for report in [sample::everything(), sample::with_text_everywhere("\u{202e}<x>")] {
            let mut written = Vec::new();
            json::document(&report, &mut written).unwrap();
            let read: Report = serde_json::from_slice(&written).unwrap();
            let mut again = Vec::new();
            json::document(&read, &mut again).unwrap();
            assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(written).unwrap());
        }
    }
}
