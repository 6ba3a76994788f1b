//! What governs findings, and how it went: exceptions, baselines, times to revoke.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Location, Thing};
use crate::policy::Severity;

/// A finding against the baseline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The baseline doesn't know it, or knew it as less severe, or can't hide it.
    New,
    /// The baseline knows it: it doesn't fail the check.
    Known,
}

impl Mark {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known => "known",
        }
    }
}

/// A baseline and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineResult {
    /// Its file, as it was given.
    pub path: String,
    /// When the findings in it were judged.
    pub as_of: String,
    /// How many findings it knows that are still found.
    pub known: u64,
    /// How many open findings are new to it.
    pub new: u64,
    /// What it knows that is no longer found.
    pub resolved: Vec<KnownFinding>,
}

/// A finding in a baseline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownFinding {
    /// Its stable id.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// How bad it was.
    pub severity: Severity,
    /// Who or what had the relation.
    pub principal: Thing,
    /// To what.
    pub resource: Thing,
}

/// An exception as it was judged.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionResult {
    /// Its id; `ID#RULE` where it names several rules.
    pub id: String,
    /// The rule that it is for.
    pub rule: String,
    /// What it is for.
    pub resource: Thing,
    /// Of whom; null where it doesn't say.
    pub principal: Option<Thing>,
    /// `grace`, `quarantine`, `legal_hold` or `staged_revocation`; null for any other.
    pub kind: Option<String>,
    /// Why it was asked for.
    pub reason: Option<String>,
    /// The id of the person who approved it.
    pub approved_by: Option<String>,
    /// When, RFC 3339.
    pub approved_at: Option<String>,
    /// Until when it holds, RFC 3339, that instant excluded.
    pub expires_at: Option<String>,
    /// The ticket about it.
    pub ticket: Option<String>,
    /// What protects in the meantime.
    pub compensating_control: Option<String>,
    /// What became of it.
    pub state: ExceptionState,
    /// Why it is not honoured: the ids of the rules that forbid it.
    pub refused_by: Vec<String>,
    /// The same in sentences; where it is honoured, nothing.
    pub why: Vec<String>,
    /// How many findings it fits.
    pub matched: u64,
    /// How many findings it waives: of two exceptions for one finding, one waives it.
    pub waived: u64,
    /// How many earlier exceptions there are for the same rule, principal and resource.
    pub renewals: u64,
    /// Where it stands.
    pub location: Location,
}

/// What became of an exception.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionState {
    /// It is honoured.
    Active,
    /// Its time is over.
    Expired,
    /// A rule forbids it, or it could not be judged.
    Refused,
    /// It fits nothing that was found, and nothing else is wrong with it.
    Unused,
}

impl ExceptionState {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Unused => "unused",
        }
    }
}

/// How long it took from the instant at which access had to end to when it was ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationTimes {
    /// By the id of the system.
    pub by_system: BTreeMap<String, Times>,
    /// By the kind of offboarding.
    pub by_kind: BTreeMap<String, Times>,
}

/// Times to revoke, in hours; what was ended before its time took none.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// How many tasks are done.
    pub done: u64,
    /// How many are not, or don't say when they were, or are said to be and were seen live later.
    pub open: u64,
    /// Half of those that are done took no longer; null where none is.
    pub p50: Option<f64>,
    /// 95 of 100 took no longer.
    pub p95: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}
