//! The manifest: what is in a pack, what it was made of, and what came of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::population::Totals;
use crate::policy::Severity;
use crate::report::model::{AsOf, Digest, Report, Tool, Verdict};

/// The version of this format.
pub const VERSION: &str = "1";

/// The manifest of an evidence pack.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PackManifest")]
pub struct Manifest {
    /// The version of this format: `1`.
    pub version: String,
    /// What made it.
    pub tool: Tool,
    /// The instant as of which facts were judged.
    pub as_of: AsOf,
    /// When the check ran.
    pub run_at: String,
    /// The one answer.
    pub verdict: Verdict,
    /// Why the inventory could not be judged completely; empty where it could.
    pub incomplete: Vec<String>,
    /// Questions and answers, over all rules.
    pub counts: Counts,
    /// How it was asked for.
    pub options: Options,
    /// From how many the sample is drawn.
    pub leavers: Leavers,
    /// The rules as a whole.
    pub policies: Digest,
    /// SHA-256 of the public key (DER of its `SubjectPublicKeyInfo`) of who signed it; null where
    /// nobody did.
    pub signed_by: Option<String>,
    /// The id of the key of which the pseudonyms are made that stand for people; null where people
    /// are named.
    pub pseudonym_key: Option<String>,
    /// What was read, in that order.
    pub inputs: Vec<Input>,
    /// Every other file of the pack but the statement about this one, sorted by path.
    pub files: Vec<PackedFile>,
}

/// Questions and answers, counted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// How many questions were asked.
    pub asked: u64,
    /// How many of them are violations.
    pub violations: u64,
    /// How many would be, but for an exception.
    pub waived: u64,
    /// How many could not be judged.
    pub indeterminate: u64,
}

/// How a pack was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The least severity that makes the verdict `fail`.
    pub fail_on: Severity,
    /// How many records there had to be of each kind, at least.
    pub expect: BTreeMap<String, u64>,
    /// Whether every question was put to Cedar.
    pub exhaustive: bool,
    /// Whether the inputs are exports of which an inventory was made.
    pub imported: bool,
    /// How many leavers were asked for.
    pub sample: u64,
    /// What the draw depends on.
    pub seed: u64,
}

/// Who left, and how many of them are in the sample.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leavers {
    /// All.
    pub population: u64,
    /// Those that were drawn.
    pub sampled: u64,
}

/// What an input is.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A file of the inventory.
    Inventory,
    /// An export of which the inventory was made.
    Export,
    /// A file of exceptions.
    Exceptions,
    /// The configuration.
    Configuration,
    /// A file of a rule pack.
    Policies,
    /// The baseline.
    Baseline,
}

impl Role {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Export => "export",
            Self::Exceptions => "exceptions",
            Self::Configuration => "configuration",
            Self::Policies => "policies",
            Self::Baseline => "baseline",
        }
    }
}

/// A file that was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What it is.
    pub role: Role,
    /// As it was given; `-` is standard input.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// A file of the pack.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackedFile {
    /// Its path in the pack, with `/`.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// How many bytes it has.
    pub size: u64,
}

impl Manifest {
    /// The manifest of no files yet, which nobody signs.
    pub fn of(report: &Report, options: Options, leavers: Leavers) -> Self {
        Self {
            version: VERSION.into(),
            tool: report.tool.clone(),
            as_of: report.as_of.clone(),
            run_at: report.run_at.clone(),
            verdict: report.verdict,
            incomplete: report.incomplete.clone(),
            counts: Counts::of(report),
            options,
            leavers,
            policies: report.policies.clone(),
            signed_by: None,
            pseudonym_key: None,
            inputs: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Whether this version made it: another may write the same otherwise.
    pub fn is_of_this_version(&self) -> bool {
        self.tool.version == env!("CARGO_PKG_VERSION")
    }

    /// The inputs of a role.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(move |input| input.role == role)
    }

    /// As it is written.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to memory can't fail.
        let _ = crate::json::write::pretty(&mut bytes, self);
        bytes.push(b'\n');
        bytes
    }
}

impl Counts {
    /// Those of a report.
    pub fn of(report: &Report) -> Self {
        report.rules.iter().map(Totals::of).fold(Self::default(), |sum, rule| Self {
            asked: sum.asked + rule.asked,
            violations: sum.violations + rule.violations,
            waived: sum.waived + rule.waived,
            indeterminate: sum.indeterminate + rule.indeterminate,
        })
    }
}
