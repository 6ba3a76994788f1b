//! The facts that follow from other rows, once their references are resolved: what is privileged,
//! who was offboarded, which credential replaces which.

use std::hash::BuildHasher;

use rayon::prelude::*;
use rustc_hash::FxBuildHasher;

use crate::inventory::vocabulary::{CredentialKind, OffboardingKind, WorkloadEnvironment};
use crate::inventory::{Place, Row};
use crate::time::Instant;

use super::Graph;
use super::node::{Node, NodeKind};
use super::resolve::Resolver;

/// A credential among those that can replace it, or be replaced: of one holder, kind and system.
/// There is one for each of millions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "as in the record and its facts")]
pub struct Made {
    pub holder_kind: NodeKind,
    pub kind: CredentialKind,
    pub holder: Row,
    pub system: Row,
    pub at: Instant,
    pub live: bool,
    /// Its row, or its number among all.
    pub row: Row,
}

impl Made {
    fn holding(&self) -> (NodeKind, CredentialKind, Row, Row) {
        (self.holder_kind, self.kind, self.holder, self.system)
    }
}

/// Of credentials those that were replaced, and when the first live credential was made that
/// replaces each.
pub fn superseded(all: &mut [Made]) -> Vec<(Row, Instant)> {
    all.par_sort_unstable();
    let mut superseded = Vec::new();
    // From the newest to the oldest of each holding: the oldest live one that is newer.
    for same in all.chunk_by(|a, b| a.holding() == b.holding()) {
        let mut newer = None;
        for made in same.chunk_by(|a, b| a.at == b.at).rev() {
            superseded.extend(
                newer.into_iter().flat_map(|at| made.iter().map(move |made| (made.row, at))),
            );
            let live = made.iter().find(|made| made.live);
            newer = live.map(|made| made.at).or(newer);
        }
    }
    superseded
}

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
        for row in self.privileged_accounts() {
            let Some(account) = self.accounts.get_mut(row as usize) else { continue };
            account.privileged = true;
            if let Some(Node { kind: NodeKind::Workload, row }) = account.identity.known() {
                self.workloads
                    .get_mut(row as usize)
                    .into_iter()
                    .for_each(|facts| facts.privileged = true);
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
        self.derive_environments();
        self.derive_superseded();
    }

    /// The accounts that a live entitlement makes privileged.
    fn privileged_accounts(&self) -> Vec<Row> {
        let inventory = &self.inventory;
        let entitlements = self.entitlements.iter().zip(&inventory.entitlements.rows);
        let kept = entitlements
            .filter(|(facts, entitlement)| facts.live && entitlement.privileged == Some(true))
            .filter_map(|(facts, _)| facts.account.get());
        // Of entitlements that pass, this is what is known before they come.
        let mut to = Resolver::new(inventory);
        let nowhere = Place { file: 0, index: None, line: 1, column: 1 };
        let passing = inventory.privileged.iter();
        let passing = passing.filter_map(|account| to.row(Some(*account), nowhere).known());
        kept.chain(passing).collect()
    }

    /// Derives what accounts and workloads say of credentials.
    pub(super) fn derive_environments(&mut self) {
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
    }

    fn derive_superseded(&mut self) {
        // Of most holdings there is one. They are told apart by a digest first: four bytes of it
        // instead of all that makes a holding, for each of millions.
        let digest = |row: Row| {
            let holding = self.made(row)?.holding();
            Some((u32::try_from(FxBuildHasher.hash_one(holding) >> 32).ok()?, row))
        };
        let credentials = self.inventory.credentials.all();
        let mut all: Vec<(u32, Row)> = credentials.filter_map(digest).collect();
        all.par_sort_unstable();
        let several = all.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1);
        let mut several: Vec<Made> =
            several.flatten().filter_map(|(_, row)| self.made(*row)).collect();
        self.supersede(superseded(&mut several));
    }
}
