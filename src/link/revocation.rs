//! What an offboarding should have ended, and what of it is still live.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::inventory::record::Task;
use crate::inventory::vocabulary::{
    AccountStatus, CredentialKind, RevocationAction, TaskStatus, Vocabulary,
};
use crate::inventory::{Kind, Row};
use crate::time::Instant;

use super::Graph;
use super::node::{Node, NodeKind};

/// A task of an offboarding, or the lack of one for a system that it concerns.
pub struct Revocation {
    /// The offboarding.
    pub offboarding: Row,
    /// The number of the task; none where it is missing.
    pub task: Option<usize>,
    /// `OFFBOARDING/SYSTEM/ACTION`, `.../n` for the n-th of the same; without a task
    /// `OFFBOARDING/SYSTEM`.
    pub id: String,
    /// The system, where the inventory knows it.
    pub system: Option<Row>,
    /// What it should have ended and is live: accounts, credentials, entitlements, groups.
    pub still_live: Vec<Node>,
    /// Whether any of it is privileged.
    pub privileged: bool,
    /// When any of it was last seen; without any, when the inventory was made.
    pub observed_at: Instant,
}

/// What a subject has, on whichever system.
#[derive(Default)]
struct Holdings {
    accounts: Vec<Row>,
    credentials: Vec<Row>,
    entitlements: Vec<Row>,
}

/// One thing of a subject on a system.
struct Held {
    node: Node,
    system: Row,
    live: bool,
    privileged: bool,
    seen_at: Instant,
    /// The action that ends it.
    ended_by: RevocationAction,
}

impl Graph {
    /// The task behind a revocation, if it has one.
    pub fn task(&self, revocation: &Revocation) -> Option<&Task> {
        let offboarding = self.inventory.offboardings.get(revocation.offboarding);
        offboarding.tasks.0.get(revocation.task?)
    }

    /// Lists the tasks of all offboardings and what each should have ended.
    pub(super) fn derive_revocations(&mut self) {
        let holdings = self.holdings_of_subjects();
        let mut all = Vec::new();
        for row in self.inventory.offboardings.all() {
            let first = Row::try_from(all.len()).unwrap_or(Row::MAX);
            let held = self.offboarding(row).subject.known();
            let held = held.and_then(|subject| Some(self.held(subject, holdings.get(&subject)?)));
            self.revocations_of(row, &held.unwrap_or_default(), &mut all);
            let end = Row::try_from(all.len()).unwrap_or(Row::MAX);
            if let Some(facts) = self.offboardings.get_mut(row as usize) {
                facts.revocations = first..end;
            }
        }
        self.revocations = all;
    }

    fn holdings_of_subjects(&self) -> FxHashMap<Node, Holdings> {
        let mut holdings: FxHashMap<Node, Holdings> = self
            .offboardings
            .iter()
            .filter_map(|facts| Some((facts.subject.known()?, Holdings::default())))
            .collect();
        if holdings.is_empty() {
            return holdings;
        }
        let mut add = |holder: Option<Node>, row: Row, list: fn(&mut Holdings) -> &mut Vec<Row>| {
            if let Some(holdings) = holder.and_then(|node| holdings.get_mut(&node)) {
                list(holdings).push(row);
            }
        };
        for (row, facts) in (0..).zip(&self.accounts) {
            add(facts.identity.known(), row, |held| &mut held.accounts);
        }
        for (row, facts) in (0..).zip(&self.credentials) {
            add(facts.holder.known(), row, |held| &mut held.credentials);
        }
        for (row, facts) in (0..).zip(&self.entitlements) {
            add(facts.holder.known(), row, |held| &mut held.entitlements);
        }
        holdings
    }

    /// Everything that a subject has on known systems.
    fn held(&self, subject: Node, holdings: &Holdings) -> Vec<Held> {
        let inventory = &self.inventory;
        let mut all = Vec::new();
        let mut groups: BTreeMap<Row, bool> = BTreeMap::new();
        for row in &holdings.accounts {
            let (account, facts) = (inventory.accounts.get(*row), self.account(*row));
            let member = account.status != AccountStatus::Deleted;
            for group in &facts.groups {
                *groups.entry(*group).or_default() |= member;
            }
            all.extend(facts.system.get().map(|system| Held {
                node: Node::new(NodeKind::Account, *row),
                system,
                live: facts.live,
                privileged: facts.privileged,
                seen_at: self.seen_at(account.source.map(|source| source.0)),
                ended_by: RevocationAction::DisableAccount,
            }));
        }
        for row in &holdings.credentials {
            let (credential, facts) = (inventory.credentials.get(*row), self.credential(*row));
            let session = credential.kind == CredentialKind::Session;
            all.extend(facts.system.get().map(|system| Held {
                node: Node::new(NodeKind::Credential, *row),
                system,
                live: facts.live,
                privileged: facts.privileged,
                seen_at: self.seen_at(credential.source.map(|source| source.0)),
                ended_by: if session {
                    RevocationAction::RevokeSession
                } else {
                    RevocationAction::RevokeToken
                },
            }));
        }
        for row in &holdings.entitlements {
            let (entitlement, facts) = (inventory.entitlements.get(*row), self.entitlement(*row));
            all.extend(facts.system.get().map(|system| Held {
                node: Node::new(NodeKind::Entitlement, *row),
                system,
                live: facts.live,
                privileged: entitlement.privileged == Some(true),
                seen_at: self.seen_at(entitlement.source.map(|source| source.0)),
                ended_by: RevocationAction::RemoveEntitlement,
            }));
        }
        for (row, live) in groups {
            let group = inventory.groups.get(row);
            all.extend(self.group(row).system.get().map(|system| Held {
                node: Node::new(NodeKind::Group, row),
                system,
                live,
                privileged: group.privileged == Some(true),
                seen_at: self.seen_at(group.source.map(|source| source.0)),
                ended_by: RevocationAction::RemoveEntitlement,
            }));
        }
        debug_assert!(matches!(subject.kind, NodeKind::Person | NodeKind::Workload));
        all
    }

    /// When a record of that source was seen: when the source was exported, or else when the
    /// inventory was made.
    fn seen_at(&self, source: Option<crate::inventory::words::Word>) -> Instant {
        let source = source.and_then(|id| self.inventory.find(Kind::Source, id));
        let exported = source.and_then(|row| self.inventory.sources.get(row).exported_at);
        exported.unwrap_or(self.inventory.generated_at)
    }

    fn revocations_of(&self, row: Row, held: &[Held], all: &mut Vec<Revocation>) {
        let inventory = &self.inventory;
        let offboarding = inventory.offboardings.get(row);
        let id = inventory.words.text(offboarding.id.0);
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        let mut covered = BTreeSet::new();
        for (number, task) in offboarding.tasks.0.iter().enumerate() {
            let system = inventory.find(Kind::System, task.system.0);
            if task.status != TaskStatus::Skipped && ends_access_there(task.action) {
                covered.extend(system);
            }
            let mut name =
                format!("{id}/{}/{}", inventory.words.text(task.system.0), task.action.name());
            let same = numbers.entry(name.clone()).or_default();
            *same += 1;
            if *same > 1 {
                name = format!("{name}/{same}");
            }
            let ended = |held: &&Held| {
                Some(held.system) == system
                    && (task.action == RevocationAction::Verify || task.action == held.ended_by)
            };
            all.push(self.revocation_from(
                row,
                Some(number),
                name,
                system,
                held.iter().filter(ended),
            ));
        }
        let concerned: BTreeSet<Row> = held.iter().map(|held| held.system).collect();
        for system in concerned.difference(&covered) {
            let name = format!("{id}/{}", inventory.id(Kind::System, *system));
            let here = held.iter().filter(|held| held.system == *system);
            all.push(self.revocation_from(row, None, name, Some(*system), here));
        }
    }

    fn revocation_from<'h>(
        &self,
        offboarding: Row,
        task: Option<usize>,
        id: String,
        system: Option<Row>,
        ended: impl Iterator<Item = &'h Held>,
    ) -> Revocation {
        let live: Vec<&Held> = ended.filter(|held| held.live).collect();
        Revocation {
            offboarding,
            task,
            id,
            system,
            privileged: live.iter().any(|held| held.privileged),
            observed_at: live
                .iter()
                .map(|held| held.seen_at)
                .max()
                .unwrap_or(self.inventory.generated_at),
            still_live: live.into_iter().map(|held| held.node).collect(),
        }
    }
}

/// Whether a task of that action, done, leaves the subject without access to the system.
fn ends_access_there(action: RevocationAction) -> bool {
    !matches!(action, RevocationAction::RotateSecret | RevocationAction::TransferOwner)
}
