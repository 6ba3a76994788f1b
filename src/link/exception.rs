//! Exceptions as things of the graph, so that a rule can be asked whether one may be honoured.
//!
//! They are put there after the first findings are known: what an exception fits, and who gains by
//! it, follows from these.

use super::node::Node;
use crate::inventory::vocabulary::ExceptionKind;
use crate::report::model::Location;
use crate::time::Instant;

/// An exception, for one rule.
#[derive(Clone, Debug)]
pub struct ExceptionFacts {
    /// Its id.
    pub id: String,
    /// The rule that it is for.
    pub rule: String,
    /// What kind it says that it is.
    pub kind: Option<ExceptionKind>,
    /// Why it was asked for.
    pub reason: Option<String>,
    /// The ticket about it.
    pub ticket: Option<String>,
    /// What protects in the meantime.
    pub compensating_control: Option<String>,
    /// Who approved it: a person, or nobody whom the inventory knows.
    pub approver: Node,
    /// When.
    pub approved_at: Option<Instant>,
    /// Until when it holds.
    pub expires_at: Option<Instant>,
    /// Whether the rule lets exceptions waive it.
    pub waivable: bool,
    /// Whether a finding that it fits is worse than what was approved.
    pub severity_risen: bool,
    /// The people who gain by it: holders and owners of what it is for.
    pub beneficiaries: Box<[Node]>,
    /// How many findings it fits.
    pub matched: usize,
    /// Where it stands.
    pub location: Location,
}
