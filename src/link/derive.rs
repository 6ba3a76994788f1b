//! The facts that follow from other rows, once their references are resolved: what is privileged,
//! who was offboarded, which credential replaces which.

use rayon::prelude::*;

use crate::inventory::Row;
use crate::inventory::record::Credential;
use crate::inventory::vocabulary::{CredentialKind, OffboardingKind, WorkloadEnvironment};
use crate::time::Instant;

use super::node::{Node, NodeKind};
use super::{CredentialFacts, Graph};

/// Credentials that can replace each other: one holder, kind and system.
type Holding = (Node, CredentialKind, Row);

/// Whether an offboarding of that kind takes all access away.
pub(super) fn ends_access(kind: OffboardingKind) -> bool {
    !matches!(kind, OffboardingKind::RoleChange | OffboardingKind::PolicyViolation)
}

impl Graph {
    /// Derives what needs the resolved references of other rows.
    pub(super) fn derive(&mut self) {
        let inventory = &self.inventory;
        for (facts, account) in self.accounts.iter_mut().zip(&inventory.accounts.rows) {
            let privileged = |row: &Row| inventory.groups.get(*row).privileged == Some(true);
            facts.privileged =
                account.privileged == Some(true) || facts.groups.iter().any(privileged);
        }
        for (facts, entitlement) in self.entitlements.iter().zip(&inventory.entitlements.rows) {
            if facts.live && entitlement.privileged == Some(true) {
                let account = facts.account.and_then(|row| self.accounts.get_mut(row as usize));
                account.into_iter().for_each(|account| account.privileged = true);
                if let Some(Node { kind: NodeKind::Workload, row }) = facts.holder.known() {
                    self.workloads
                        .get_mut(row as usize)
                        .into_iter()
                        .for_each(|facts| facts.privileged = true);
                }
            }
        }
        for facts in &self.accounts {
            match facts.identity.known() {
                Some(Node { kind: NodeKind::Person, row }) => {
                    self.people
                        .get_mut(row as usize)
                        .into_iter()
                        .for_each(|facts| facts.accounts += 1);
                }
                Some(Node { kind: NodeKind::Workload, row }) if facts.live && facts.privileged => {
                    self.workloads
                        .get_mut(row as usize)
                        .into_iter()
                        .for_each(|facts| facts.privileged = true);
                }
                _ => {}
            }
        }
        for (facts, offboarding) in self.offboardings.iter_mut().zip(&inventory.offboardings.rows) {
            let subject = match facts.subject.known() {
                Some(Node { kind: NodeKind::Person, row }) => Some(row),
                _ => None,
            };
            let since = offboarding.effective_at;
            let started = subject.and_then(|row| inventory.people.get(row).started_at);
            let back = started.is_some_and(|start| start > since && start <= self.now);
            facts.ends_access = ends_access(offboarding.kind) && since <= self.now && !back;
            if ends_access(offboarding.kind)
                && let Some(row) = subject
            {
                self.people
                    .get_mut(row as usize)
                    .into_iter()
                    .for_each(|facts| facts.offboardings += 1);
            }
        }
        self.derive_credentials();
    }

    fn derive_credentials(&mut self) {
        let inventory = &self.inventory;
        let (accounts, credentials) = (&self.accounts, &inventory.credentials.rows);
        self.credentials.par_iter_mut().for_each(|facts| {
            let account = facts.account.and_then(|row| accounts.get(row as usize));
            facts.privileged = account.is_some_and(|account| account.privileged);
            let environment = |node: &Node| inventory.workloads.get(node.row).environment.0;
            let known = [
                WorkloadEnvironment::Prod,
                WorkloadEnvironment::Staging,
                WorkloadEnvironment::Dev,
                WorkloadEnvironment::Test,
            ];
            let used = known
                .iter()
                .filter(|known| facts.used_by.iter().any(|node| environment(node) == **known));
            facts.environments = u8::try_from(used.count()).unwrap_or(u8::MAX);
        });
        let holding = |(row, (facts, credential)): (Row, (&CredentialFacts, &Credential))| {
            let holding = (facts.holder.known()?, credential.kind, facts.system?);
            Some((holding, credential.created_at?, facts.live, row))
        };
        let all = (0..).zip(self.credentials.iter().zip(credentials));
        let mut all: Vec<(Holding, Instant, bool, Row)> = all.filter_map(holding).collect();
        all.par_sort_unstable();
        // From the newest to the oldest of each holding: the oldest live one that is newer.
        for same in all.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            let mut newer = None;
            for made in same.chunk_by(|a, b| a.1 == b.1).rev() {
                for (.., row) in made {
                    let facts = self.credentials.get_mut(*row as usize);
                    facts.into_iter().for_each(|facts| facts.superseded_at = newer);
                }
                let live = made.iter().find(|(_, _, live, _)| *live);
                newer = live.map(|(_, at, ..)| *at).or(newer);
            }
        }
    }
}
