//! The facts that follow from other rows, once their references are resolved: what is privileged,
//! who was offboarded, which credential replaces which.

use std::hash::BuildHasher;

use rayon::prelude::*;
use rustc_hash::FxBuildHasher;

use crate::inventory::Row;
use crate::inventory::vocabulary::{CredentialKind, OffboardingKind, WorkloadEnvironment};
use crate::time::Instant;

use super::Graph;
use super::node::{Node, NodeKind};

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
                let account =
                    facts.account.get().and_then(|row| self.accounts.get_mut(row as usize));
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
        let accounts = &self.accounts;
        self.credentials.par_iter_mut().for_each(|facts| {
            let account = facts.account.get().and_then(|row| accounts.get(row as usize));
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
                .filter(|known| facts.used_by().iter().any(|node| environment(node) == **known));
            facts.environments = u8::try_from(used.count()).unwrap_or(u8::MAX);
        });
        // Of most holdings there is one. They are told apart by a digest first: four bytes of it
        // instead of all that makes a holding, for each of millions.
        let digest = |row: Row| {
            let holding = self.holding(row)?.0;
            Some((u32::try_from(FxBuildHasher.hash_one(holding) >> 32).ok()?, row))
        };
        let mut all: Vec<(u32, Row)> = inventory.credentials.all().filter_map(digest).collect();
        all.par_sort_unstable();
        let mut superseded = Vec::new();
        for alike in all.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
            let mut alike: Vec<(Holding, Instant, bool, Row)> = alike
                .iter()
                .filter_map(|(_, row)| {
                    let (holding, made_at) = self.holding(*row)?;
                    Some((holding, made_at, self.credential(*row).live, *row))
                })
                .collect();
            alike.sort_unstable();
            // From the newest to the oldest of each holding: the oldest live one that is newer.
            for same in alike.chunk_by(|a, b| a.0 == b.0) {
                let mut newer = None;
                for made in same.chunk_by(|a, b| a.1 == b.1).rev() {
                    superseded.extend(
                        newer
                            .into_iter()
                            .flat_map(|at| made.iter().map(move |(.., row)| (*row, at))),
                    );
                    let live = made.iter().find(|(_, _, live, _)| *live);
                    newer = live.map(|(_, at, ..)| *at).or(newer);
                }
            }
        }
        for (row, at) in superseded {
            let facts = self.credentials.get_mut(row as usize);
            facts.into_iter().for_each(|facts| facts.supersede(at));
        }
    }

    /// What a credential is one of, and when it was made, where both are known.
    fn holding(&self, row: Row) -> Option<(Holding, Instant)> {
        let (facts, credential) = (self.credential(row), self.inventory.credentials.get(row));
        let holding = (facts.holder.known()?, credential.kind, facts.system.get()?);
        Some((holding, credential.created_at?))
    }
}
