//! Credentials and entitlements that are looked at as they pass.
//!
//! Nothing refers to them, so that a graph of everything else can be made first. Then some of them
//! at a time are in its tables, and in the end those that can have a finding.

use super::derive::Made;
use super::resolve::Resolver;
use super::rows::passing;
use super::{Graph, Node, NodeKind};
use crate::fault::Faults;
use crate::inventory::Row;
use crate::time::Instant;

impl Graph {
    /// Resolves the references of the credentials and entitlements that are here now. Gives how many
    /// of them name each source.
    ///
    /// # Errors
    /// References that could mean two things.
    pub fn resolve_passing(&mut self) -> Result<Vec<u32>, Faults> {
        let mut to = Resolver::new(&self.inventory);
        (self.credentials, self.entitlements) =
            passing(&mut to, &self.accounts, &self.groups, self.now);
        let (faults, records) = (to.faults, to.source_records);
        faults.into_result()?;
        self.derive_environments();
        Ok(records)
    }

    /// Forgets the credentials and entitlements that are here.
    pub fn clear_passing(&mut self) {
        self.inventory.clear_passing();
        self.credentials.clear();
        self.entitlements.clear();
    }

    /// Takes in that of all there were, so many were of the kinds that pass, and so many of them
    /// name each source; those that matter are here again and resolved.
    pub fn complete(&mut self, passed: [usize; 2], sources: &[u32]) {
        for (count, more) in self.source_records.iter_mut().zip(sources) {
            *count = count.saturating_add(*more);
        }
        if self.inventory.is_own_source {
            let all = u32::try_from(passed.iter().sum::<usize>()).unwrap_or(u32::MAX);
            let own = self.source_records.first_mut();
            own.into_iter().for_each(|count| *count = count.saturating_add(all));
        }
        self.inventory.passed = Some(passed);
        self.derive_revocations();
    }

    /// What makes a credential one that replaces others, or is replaced.
    pub fn made(&self, row: Row) -> Option<Made> {
        let (facts, credential) = (self.credential(row), self.inventory.credentials.get(row));
        let holder = facts.holder.known()?;
        Some(Made {
            holder_kind: holder.kind,
            kind: credential.kind,
            holder: holder.row,
            system: facts.system.get()?,
            at: credential.created_at?,
            live: facts.live,
            row,
        })
    }

    /// Notes when credentials were replaced.
    pub fn supersede(&mut self, superseded: impl IntoIterator<Item = (Row, Instant)>) {
        for (row, at) in superseded {
            let facts = self.credentials.get_mut(row as usize);
            facts.into_iter().for_each(|facts| facts.supersede(at));
        }
    }

    /// Whose credentials and entitlements an offboarding should have ended.
    pub fn subjects(&self) -> impl Iterator<Item = Node> {
        self.offboardings.iter().filter_map(|facts| facts.subject.known())
    }

    /// Who holds a credential or an entitlement.
    pub fn holder(&self, about: Node) -> Option<Node> {
        match about.kind {
            NodeKind::Credential => self.credential(about.row).holder.known(),
            NodeKind::Entitlement => self.entitlement(about.row).holder.known(),
            _ => None,
        }
    }
}
