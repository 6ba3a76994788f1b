//! What the rules ask of a record that is not written in it. All instants of the generated inventory
//! are written alike, so that comparing them as text is right, and quicker than parsing them.

use rustc_hash::FxHashSet;

use crate::records::{Account, Credential, Entitlement, Offboarding, Person, Text, Workload};

/// As of when the rules are asked.
pub const NOW: &str = "2026-08-01T00:00:00Z";

/// Whether something of that status may work.
fn may_work(status: &str) -> bool {
    matches!(status, "active" | "unknown")
}

/// How many there are of a list, each counted once.
pub fn distinct(ids: &[&str]) -> usize {
    ids.iter().collect::<FxHashSet<_>>().len()
}

impl Person<'_> {
    pub fn has_ended(&self) -> bool {
        let back = |ended| self.started_at.is_some_and(|start| start > ended && start <= NOW);
        self.status == "terminated"
            || self.ended_at.is_some_and(|ended| ended <= NOW && !back(ended))
    }
}

impl Workload<'_> {
    pub fn is_gone(&self) -> bool {
        self.status == "retired"
    }
}

impl Account<'_> {
    pub fn is_live(&self) -> bool {
        !matches!(self.status, "disabled" | "deleted")
    }
}

impl<'a> Credential<'a> {
    pub fn expiry(&self) -> &'a str {
        self.expiry.unwrap_or("fixed")
    }

    pub fn is_live(&self) -> bool {
        let expired = self.expires_at.is_some_and(|at| at <= NOW);
        may_work(self.status) && !(self.expiry() == "fixed" && expired)
    }

    /// Since when its secret is the same.
    pub fn secret_since(&self) -> Text<'a> {
        self.last_rotated_at.max(self.created_at)
    }
}

impl Entitlement<'_> {
    pub fn is_live(&self) -> bool {
        may_work(self.status)
    }
}

impl Offboarding<'_> {
    pub fn ends_access(&self) -> bool {
        !matches!(self.kind, "role_change" | "policy_violation")
    }
}
