//! The facts that follow from other rows, once their references are resolved: what is privileged,
//! who was offboarded, which credential replaces which.

use rustc_hash::FxHashMap;

use crate::inventory::Row;
use crate::inventory::record::Credential;
use crate::inventory::vocabulary::{OffboardingKind, Vocabulary, WorkloadEnvironment};
use crate::time::Instant;

use super::node::{Node, NodeKind};
use super::{CredentialFacts, Graph};

/// Credentials that can replace each other: one holder, kind and system.
type Holding = (Node, &'static str, Row);

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
        let mut made: FxHashMap<Holding, Vec<Instant>> = FxHashMap::default();
        let holding = |facts: &CredentialFacts, credential: &Credential| -> Option<Holding> {
            Some((facts.holder.known()?, credential.kind.name(), facts.system?))
        };
        for (facts, credential) in self.credentials.iter_mut().zip(&inventory.credentials.rows) {
            let account = facts.account.and_then(|row| self.accounts.get(row as usize));
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
            if let (true, Some(key), Some(at)) =
                (facts.live, holding(facts, credential), credential.created_at)
            {
                made.entry(key).or_default().push(at);
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "each list is sorted by itself")]
        for list in made.values_mut() {
            list.sort_unstable();
        }
        for (facts, credential) in self.credentials.iter_mut().zip(&inventory.credentials.rows) {
            let Some(created) = credential.created_at else { continue };
            let later = holding(facts, credential).and_then(|key| {
                let list = made.get(&key)?;
                list.get(list.partition_point(|at| *at <= created)).copied()
            });
            facts.superseded_at = later;
        }
    }
}
