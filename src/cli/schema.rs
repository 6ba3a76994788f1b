//! `nhi-policy schema`: the published formats.

use clap::{Args, ValueEnum};

use super::{Exit, print};
use crate::baseline::Baseline;
use crate::cases::CaseFile;
use crate::config;
use crate::diff::model::Diff;
use crate::exceptions;
use crate::fault::Faults;
use crate::import;
use crate::inventory;
use crate::pack::Manifest;
use crate::policy::schema;
use crate::report::model::Report;

#[derive(Args)]
pub(super) struct Arguments {
    /// Which format.
    of: Which,
}

/// A format with a schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Which {
    /// JSON Schema of an inventory document.
    Inventory,
    /// JSON Schema of one line of an inventory in JSON Lines.
    InventoryLine,
    /// JSON Schema of `--format json`.
    Report,
    /// JSON Schema of `nhi-policy diff --format json`.
    Diff,
    /// JSON Schema of nhi-policy.toml.
    Config,
    /// JSON Schema of `nhi-policy import --report`.
    ImportReport,
    /// JSON Schema of a file of exceptions.
    Exceptions,
    /// JSON Schema of a baseline.
    Baseline,
    /// JSON Schema of the manifest of an evidence pack.
    PackManifest,
    /// The Cedar schema that rules are written against.
    Cedar,
    /// JSON Schema of a rule's cases.
    RuleCases,
}

impl Which {
    /// The text of the schema.
    pub fn text(self) -> String {
        let schema = match self {
            Self::Inventory => schemars::schema_for!(inventory::Document),
            Self::InventoryLine => schemars::schema_for!(inventory::Line),
            Self::Report => schemars::schema_for!(Report),
            Self::Diff => schemars::schema_for!(Diff),
            Self::Config => schemars::schema_for!(config::Document),
            Self::RuleCases => schemars::schema_for!(CaseFile),
            Self::ImportReport => schemars::schema_for!(import::report::Report),
            Self::Exceptions => schemars::schema_for!(exceptions::Document),
            Self::Baseline => schemars::schema_for!(Baseline),
            Self::PackManifest => schemars::schema_for!(Manifest),
            Self::Cedar => return schema::PUBLISHED.to_owned(),
        };
        let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        text.push('\n');
        text
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Faults> {
    let text = arguments.of.text();
    print(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Clean)
}
