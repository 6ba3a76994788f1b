//! The report: what a check found, as every format writes it. These types are the contract of
//! `--format json`, and the published JSON Schema is made from them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::findings::Findings;
use crate::policy::Severity;

mod governed;

pub use governed::{
    BaselineResult, ExceptionResult, ExceptionState, KnownFinding, Mark, RevocationTimes, Times,
};

/// The version of this format.
pub const VERSION: &str = "1";

/// The result of a check.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Report")]
pub struct Report<F = Vec<Finding>> {
    /// The version of this format.
    pub version: Cow<'static, str>,
    /// What made it.
    pub tool: Tool,
    /// The instant as of which facts were judged.
    pub as_of: AsOf,
    /// When the check ran: exports are as fresh as they were then.
    pub run_at: String,
    /// The one answer.
    pub verdict: Verdict,
    /// The least severity that makes the verdict `fail`.
    pub fail_on: Severity,
    /// Why the inventory could not be judged completely; empty where it could.
    pub incomplete: Vec<String>,
    /// The files that were read.
    pub inventory: Vec<InventoryFile>,
    /// Where the inventory says that its records are from.
    pub sources: Vec<SourceSummary>,
    /// The ids of its systems, sorted; null in a report from before they were listed.
    pub systems: Option<Vec<String>>,
    /// How many records there are of each kind.
    pub population: BTreeMap<String, u64>,
    /// The rules as a whole.
    pub policies: Digest,
    /// The thresholds in force.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// What the controls are that rules name.
    pub controls: Vec<ControlSummary>,
    /// Every rule, those that are off too.
    pub rules: Vec<RuleResult>,
    /// Violations, counted.
    pub summary: Summary,
    /// The register of exceptions: each that was given, honoured or not.
    pub exceptions: Vec<ExceptionResult>,
    /// How long it took to end access, of all tasks of offboardings that are done.
    pub revocation: RevocationTimes,
    /// What the baseline was, and what of it is no longer found; null without one.
    pub baseline: Option<BaselineResult>,
    /// Sorted by severity, rule, resource, principal.
    pub findings: F,
}

impl<F: Findings> Report<F> {
    /// Whether a violation counts: at or above the threshold, and not known to a baseline.
    pub fn fails(&self) -> bool {
        self.findings.heads().any(|head| {
            head.status == Status::Violation && head.severity >= self.fail_on && !head.known
        })
    }
}

impl<F> Report<F> {
    /// The same report with its findings held in another way.
    #[must_use]
    pub fn with<G>(&self, findings: G) -> Report<G> {
        Report {
            version: self.version.clone(),
            tool: self.tool.clone(),
            as_of: self.as_of.clone(),
            run_at: self.run_at.clone(),
            verdict: self.verdict,
            fail_on: self.fail_on,
            incomplete: self.incomplete.clone(),
            inventory: self.inventory.clone(),
            sources: self.sources.clone(),
            systems: self.systems.clone(),
            population: self.population.clone(),
            policies: self.policies.clone(),
            parameters: self.parameters.clone(),
            controls: self.controls.clone(),
            rules: self.rules.clone(),
            summary: self.summary.clone(),
            exceptions: self.exceptions.clone(),
            revocation: self.revocation.clone(),
            baseline: self.baseline.clone(),
            findings,
        }
    }
}

/// What made a report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `nhi-policy`
    pub name: Cow<'static, str>,
    /// Its version.
    pub version: Cow<'static, str>,
}

/// The instant as of which facts were judged.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AsOf {
    /// RFC 3339, in UTC.
    pub value: String,
    /// `generated_at` of the inventory, or `--as-of`.
    pub origin: Cow<'static, str>,
}

/// The one answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Judged completely, and nothing at or above the threshold.
    Pass,
    /// There are violations at or above the threshold.
    Fail,
    /// None were found, but not everything could be judged.
    Incomplete,
}

impl Verdict {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Incomplete => "incomplete",
        }
    }
}

/// A file that was read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InventoryFile {
    /// As it was given; `-` is standard input.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its own `generated_at`.
    pub generated_at: String,
}

/// A source of an inventory.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSummary {
    /// Its id.
    pub id: String,
    /// What kind of export it is.
    pub kind: Option<String>,
    /// When it was exported, RFC 3339; null where that isn't known.
    pub exported_at: Option<String>,
    /// How many records name it.
    pub records: u64,
    /// How many rows it should have had.
    pub expected_rows: Option<u64>,
    /// Whether it was cut off.
    pub truncated: Option<bool>,
}

/// A digest.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

/// A threshold in force.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParameterValue {
    /// A duration such as `90d`; null where an optional one isn't set.
    pub value: Option<String>,
    /// `default`, or the file that sets it.
    pub origin: String,
}

/// A control that rules name.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlSummary {
    /// Its id.
    pub id: String,
    /// The framework and its version.
    pub framework: String,
    /// Its title.
    pub title: String,
    /// Aliases, and what became of the id.
    pub relation: Vec<String>,
}

/// What came of a rule.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleResult {
    /// Its id.
    pub id: String,
    /// What is wrong where it fires.
    pub title: String,
    /// How bad that is.
    pub severity: Severity,
    /// How bad it is where the thing is privileged, if that differs.
    pub severity_privileged: Option<Severity>,
    /// Control ids.
    pub controls: Vec<String>,
    /// The folder of its file: what it is about.
    pub theme: String,
    /// Whether an exception can waive it.
    pub waivable: bool,
    /// `bundled`, or the path of its file.
    pub origin: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Whether it was judged.
    pub enabled: bool,
    /// How many questions were in its scope.
    pub asked: u64,
    /// How many it forbids and no exception waives.
    pub violations: u64,
    /// How many it forbids and an exception waives.
    pub waived: u64,
    /// How many could not be judged.
    pub indeterminate: u64,
    /// How often an optional fact that its condition mentions was missing, by path.
    pub missing: BTreeMap<String, u64>,
    /// Why the rule is there.
    pub rationale: String,
    /// What to do.
    pub remediation: String,
}

/// Violations, counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// By severity.
    pub by_severity: BTreeMap<String, u64>,
    /// By control id.
    pub by_control: BTreeMap<String, u64>,
    /// By the id of the system that the resource is on.
    pub by_system: BTreeMap<String, u64>,
}

/// Whether a finding counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The rule forbids it.
    Violation,
    /// The rule forbids it, and an exception is honoured.
    Waived,
    /// The rule's condition could not be evaluated.
    Indeterminate,
}

impl Status {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Waived => "waived",
            Self::Indeterminate => "indeterminate",
        }
    }
}

/// A thing of the identity graph.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Thing {
    /// Its entity type in the Cedar schema; `Role` for one that is only a name, `Omitted` for the
    /// steps that a long path leaves out.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// Who has to act.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accountable {
    /// Its entity type in the Cedar schema; `Role` where nobody is known.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id; of a role, the role in words.
    pub id: String,
    /// How it is called.
    pub name: String,
}

/// Where the record of a finding stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// The file as it was given.
    pub file: String,
    /// A JSON pointer; in JSON Lines, within the line.
    pub pointer: String,
    /// Counts from one.
    pub line: u32,
    /// Counts characters, from one.
    pub column: u32,
}

/// The value of a fact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FactValue {
    /// Absent from the inventory.
    Missing(()),
    /// True or false.
    Bool(bool),
    /// A number.
    Number(i64),
    /// A string, a word of a vocabulary, a time or a duration.
    Text(String),
    /// A set of strings. It stands before a thing, which is also read from a list of two strings.
    Texts(Vec<String>),
    /// A set of things.
    Things(Vec<Thing>),
    /// A thing of the graph.
    Thing(Thing),
}

/// A violation, or what could not be judged.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Stable: a digest of rule, action, principal and resource.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// Whether it counts.
    pub status: Status,
    /// How bad it is.
    pub severity: Severity,
    /// The rule's title.
    pub title: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Who or what has the relation that is asked about.
    pub principal: Thing,
    /// How that one is called; null where there is no other name than the id.
    pub principal_name: Option<String>,
    /// Which relation.
    pub action: Cow<'static, str>,
    /// To what.
    pub resource: Thing,
    /// The id of the system that the resource is on, if it is on one.
    pub system: Option<String>,
    /// Where its record stands.
    pub location: Location,
    /// What the rule's condition read, by path, with what derived facts follow from.
    pub facts: BTreeMap<String, FactValue>,
    /// Since when, RFC 3339; null where that isn't known.
    pub since: Option<String>,
    /// Whole days past the rule's limit; null where `since` is.
    pub overdue_days: Option<i64>,
    /// Who has to act.
    pub accountable: Accountable,
    /// From the principal to the resource.
    pub path: Vec<Thing>,
    /// Control ids.
    pub controls: Vec<String>,
    /// The exception that waives it.
    pub exception: Option<String>,
    /// Whether the baseline knows it; null without a baseline.
    pub mark: Option<Mark>,
}
