//! A rule: one Cedar `forbid`, and its annotations, which are the only place of its metadata.

use cedar_policy::{Policy, pst};
use serde::{Deserialize, Serialize};

use super::annotation::{Accountable, Since, Template};
use super::schema::Env;

/// How bad a violation is.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Debug,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Untidy.
    Low,
    /// Weakens a control.
    Medium,
    /// A control does not work.
    High,
    /// Somebody can get in who must not.
    Critical,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

/// A rule, checked against the schema.
pub struct Rule {
    /// Its id, which is its file's stem.
    pub id: String,
    /// What is wrong where it fires.
    pub title: String,
    /// How bad that is.
    pub severity: Severity,
    /// How bad it is where the thing is privileged.
    pub severity_privileged: Option<Severity>,
    /// Ids in the control catalogue.
    pub controls: Vec<String>,
    /// The fact from which a violation runs.
    pub since: Option<Since>,
    /// The fact at which it ended, where it did.
    pub until: Option<Since>,
    /// The parameter after which it is overdue.
    pub limit: Option<Template>,
    /// The same where the thing is privileged.
    pub limit_privileged: Option<Template>,
    /// The parameters that its condition and its limits read.
    pub parameters: Vec<String>,
    /// Who has to act.
    pub accountable: Accountable,
    /// What is wrong, with the facts.
    pub message: Template,
    /// What to do.
    pub remediation: String,
    /// Why the rule is there: the comment that leads its file.
    pub rationale: String,
    /// Whether an exception can waive it.
    pub waivable: bool,
    /// `bundled`, or the path of its file.
    pub origin: String,
    /// The theme: the name of its folder.
    pub theme: String,
    /// The digest of its file.
    pub sha256: String,
    /// Its file.
    pub text: String,
    /// Whether it is judged.
    pub enabled: bool,
    /// What it can be asked.
    pub envs: Vec<Env>,
    /// Its conditions.
    pub clauses: Vec<pst::Clause>,
    /// For Cedar; its id is the rule's.
    pub policy: Policy,
}
