//! What became of findings between two reports. These types are the contract of `diff --format json`,
//! and the published JSON Schema is made from them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::Severity;
use crate::report::model::{AsOf, ParameterValue, Status, Thing, Times, Tool, Verdict};

/// The version of this format.
pub const VERSION: &str = "1";

/// What changed from one report to a later one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diff {
    /// The version of this format.
    pub version: Cow<'static, str>,
    /// What made it.
    pub tool: Tool,
    /// The earlier report.
    pub old: Side,
    /// The later report.
    pub new: Side,
    /// Why the two may not be comparable, or say less than they seem to.
    pub warnings: Vec<String>,
    /// How many findings there are of each change; those that are unchanged are only counted.
    pub counts: Counts,
    /// How many records there are of each kind.
    pub population: BTreeMap<String, Count>,
    /// How long it took to end access, by the id of the system.
    pub revocation_by_system: BTreeMap<String, TimesPair>,
    /// The same by the kind of offboarding.
    pub revocation_by_kind: BTreeMap<String, TimesPair>,
    /// The rules that aren't the same in both.
    pub rules: Vec<RuleDifference>,
    /// The thresholds that aren't the same in both; null where one isn't known there.
    pub parameters: BTreeMap<String, ParameterPair>,
    /// Every finding that isn't the same in both, sorted by change, severity, rule and resource.
    pub findings: Vec<Entry>,
}

/// One of the two reports.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Its file, as it was given.
    pub path: String,
    /// As of when it was judged.
    pub as_of: AsOf,
    /// When it was judged.
    pub run_at: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// The least severity that fails it.
    pub fail_on: Severity,
    /// Why it is incomplete.
    pub incomplete: Vec<String>,
    /// The digest of its rules.
    pub policies_sha256: String,
    /// How many violations it has, by severity.
    pub violations: BTreeMap<String, u64>,
}

/// What became of a finding.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A violation again: it was waived, or a baseline had seen it resolved.
    Resurrected,
    /// The earlier report doesn't have it.
    New,
    /// Both have it, and another status.
    Status,
    /// Both have it, and another severity.
    Severity,
    /// The later report could not have found it: whether it is resolved is unknown.
    NotSeen,
    /// The later report doesn't have it, but its rule has changed or was asked of fewer things:
    /// whether it is resolved is not certain.
    Unclear,
    /// The later report, which is complete, doesn't have it.
    Resolved,
}

impl Change {
    /// All of them, in the order in which they matter.
    pub const ALL: [Self; 7] = [
        Self::Resurrected,
        Self::New,
        Self::Status,
        Self::Severity,
        Self::NotSeen,
        Self::Unclear,
        Self::Resolved,
    ];
}

/// How many findings there are of each change.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Violations again.
    pub resurrected: u64,
    /// Not in the earlier report.
    pub new: u64,
    /// With another status.
    pub status: u64,
    /// With another severity, and the same status.
    pub severity: u64,
    /// Whether they are resolved is unknown.
    pub not_seen: u64,
    /// Whether they are resolved is not certain.
    pub unclear: u64,
    /// No longer found.
    pub resolved: u64,
    /// The same in both.
    pub unchanged: u64,
}

impl Counts {
    /// Those of a change.
    pub fn of(&mut self, change: Change) -> &mut u64 {
        match change {
            Change::Resurrected => &mut self.resurrected,
            Change::New => &mut self.new,
            Change::Status => &mut self.status,
            Change::Severity => &mut self.severity,
            Change::NotSeen => &mut self.not_seen,
            Change::Unclear => &mut self.unclear,
            Change::Resolved => &mut self.resolved,
        }
    }
}

/// A finding that isn't the same in both.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What became of it.
    pub change: Change,
    /// Its stable id.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// How it was; null where the earlier report doesn't have it.
    pub old: Option<State>,
    /// How it is; null where the later report doesn't have it.
    pub new: Option<State>,
    /// Why the change is not what it seems, or not certain; empty where it is.
    pub why: Vec<String>,
    /// What is wrong, in the words of the later report that has it.
    pub message: String,
    /// Who or what has the relation.
    pub principal: Thing,
    /// Which relation.
    pub action: String,
    /// To what.
    pub resource: Thing,
    /// The id of the system that the resource is on.
    pub system: Option<String>,
}

/// How a finding stands in a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Whether it counts.
    pub status: Status,
    /// How bad it is.
    pub severity: Severity,
    /// The exception that waives it.
    pub exception: Option<String>,
}

/// A number in both reports.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// In the earlier one.
    pub old: u64,
    /// In the later one.
    pub new: u64,
}

/// Times to revoke in both reports; null where there is none.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimesPair {
    /// In the earlier one.
    pub old: Option<Times>,
    /// In the later one.
    pub new: Option<Times>,
}

/// A threshold in both reports; null where it isn't known.
#[derive(Clone, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParameterPair {
    /// In the earlier one.
    pub old: Option<ParameterValue>,
    /// In the later one.
    pub new: Option<ParameterValue>,
}

/// A rule that isn't the same in both reports.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDifference {
    /// Its id.
    pub id: String,
    /// What is different.
    pub changes: Vec<RuleChange>,
    /// How it was; null where it was not there.
    pub old: Option<RuleState>,
    /// How it is; null where it is gone.
    pub new: Option<RuleState>,
}

/// A rule in a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleState {
    /// SHA-256 of its file.
    pub sha256: String,
    /// Whether it was judged.
    pub enabled: bool,
    /// How bad it is where it fires.
    pub severity: Severity,
    /// How many questions were in its scope.
    pub asked: u64,
}

/// What is different about a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleChange {
    /// It is only in the later report.
    Added,
    /// It is only in the earlier report.
    Removed,
    /// Its file has other bytes.
    Changed,
    /// It is on now.
    TurnedOn,
    /// It is off now.
    TurnedOff,
    /// Its severity is another one.
    Severity,
    /// It was asked of fewer things.
    AskedFewer,
}

impl RuleChange {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::TurnedOn => "turned on",
            Self::TurnedOff => "turned off",
            Self::Severity => "another severity",
            Self::AskedFewer => "asked of fewer things",
        }
    }
}
