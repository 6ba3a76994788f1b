//! The facts of each row: where its references lead, and what follows from its own and its
//! neighbours' fields as of now.

use rustc_hash::FxHashMap;

use crate::fault::Faults;
use crate::inventory::record::{Credential, Person, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, CredentialExpiry, CredentialStatus, EntitlementStatus, OffboardingKind,
    PersonStatus, WorkloadEnvironment, WorkloadStatus,
};
use crate::inventory::{Kind, Row};
use crate::time::Instant;

use super::node::{Dangling, Link, Node, NodeKind};
use super::resolve::Resolver;
use super::{
    AccountFacts, CredentialFacts, EntitlementFacts, Graph, GroupFacts, OffboardingFacts,
    PersonFacts, SystemFacts, TeamFacts, WorkloadFacts,
};

/// Whether a person has left: a rehire has not.
fn has_ended(person: &Person, now: Instant) -> bool {
    let back = |ended| person.started_at.is_some_and(|start| start > ended && start <= now);
    person.status == PersonStatus::Terminated
        || person.ended_at.is_some_and(|ended| ended <= now && !back(ended))
}

fn is_gone(workload: &Workload, now: Instant) -> bool {
    workload.status == WorkloadStatus::Retired || workload.retired_at.is_some_and(|at| at <= now)
}

impl Credential {
    /// Whether and how it expires; an end date alone means that it is fixed.
    pub fn expiry(&self) -> CredentialExpiry {
        self.expiry.unwrap_or(match self.expires_at {
            Some(_) => CredentialExpiry::Fixed,
            None => CredentialExpiry::Unknown,
        })
    }

    /// When its secret was made: the later of its making and its last rotation.
    pub fn secret_since(&self) -> Option<Instant> {
        self.last_rotated_at.max(self.created_at)
    }

    fn is_live(&self, now: Instant) -> bool {
        let expired = self.expiry() == CredentialExpiry::Fixed
            && self.expires_at.is_some_and(|at| at <= now);
        matches!(self.status, CredentialStatus::Active | CredentialStatus::Unknown) && !expired
    }
}

/// Whether an offboarding of that kind takes all access away.
pub(super) fn ends_access(kind: OffboardingKind) -> bool {
    !matches!(kind, OffboardingKind::RoleChange | OffboardingKind::PolicyViolation)
}

impl Graph {
    /// Resolves the references of all records.
    pub(super) fn resolve(&mut self) -> Result<(), Faults> {
        let inventory = &self.inventory;
        let now = self.now;
        let mut to = Resolver::new(inventory);
        let mut records = vec![0u32; inventory.sources.rows.len()];
        let mut from = |dangling: &mut Dangling, source, to: &Resolver<'_>| {
            if let Link::To(row) = dangling.note(Dangling::SOURCE, to.plain(source, Kind::Source)) {
                records.get_mut(row as usize).into_iter().for_each(|count| *count += 1);
            }
        };

        for row in inventory.people.all() {
            let (person, place) = (inventory.people.get(row), inventory.people.place(row));
            let mut facts = PersonFacts { ended: has_ended(person, now), ..Default::default() };
            let dangling = &mut facts.dangling;
            facts.manager = dangling.note(Dangling::MANAGER, to.row(person.manager, place)).known();
            from(dangling, person.source, &to);
            self.people.push(facts);
        }
        for row in inventory.teams.all() {
            let (team, place) = (inventory.teams.get(row), inventory.teams.place(row));
            let mut facts = TeamFacts::default();
            let (members, unknown) = to.list(&team.members, "members", place);
            facts.dangling.note_if(Dangling::MEMBERS, unknown);
            from(&mut facts.dangling, team.source, &to);
            for member in &members {
                if let Some(person) = self.people.get_mut(member.row as usize) {
                    facts.active_members += u32::from(!person.ended);
                    person.teams.push(row);
                }
            }
            self.teams.push(facts);
        }
        for row in inventory.systems.all() {
            let (system, place) = (inventory.systems.get(row), inventory.systems.place(row));
            let mut facts = SystemFacts { owner: to.node(system.owner, "owner", place), ..Default::default() };
            from(&mut facts.dangling, system.source, &to);
            self.systems.push(facts);
        }
        for row in inventory.workloads.all() {
            let (workload, place) = (inventory.workloads.get(row), inventory.workloads.place(row));
            let mut facts = WorkloadFacts {
                owner: to.node(workload.owner, "owner", place),
                acts_for: to.row(workload.acts_for, place),
                gone: is_gone(workload, now),
                ..Default::default()
            };
            // An agent that acts for somebody unknown is asked about by `delegate`.
            let agent = workload.kind == crate::inventory::vocabulary::WorkloadKind::AiAgent;
            facts.dangling.note_if(Dangling::ACTS_FOR, facts.acts_for.is_unknown() && !agent);
            from(&mut facts.dangling, workload.source, &to);
            self.workloads.push(facts);
        }
        self.accounts.resize_with(inventory.accounts.rows.len(), AccountFacts::default);
        self.groups.resize_with(inventory.groups.rows.len(), GroupFacts::default);
        for row in inventory.groups.all() {
            let (group, place) = (inventory.groups.get(row), inventory.groups.place(row));
            let (members, unknown) = to.list(&group.members, "members", place);
            for member in &members {
                let parents = match member.kind {
                    NodeKind::Account => self.accounts.get_mut(member.row as usize).map(|facts| &mut facts.parents),
                    _ => self.groups.get_mut(member.row as usize).map(|facts| &mut facts.parents),
                };
                parents.into_iter().for_each(|parents| parents.push(row));
            }
            let Some(facts) = self.groups.get_mut(row as usize) else { continue };
            facts.dangling.note_if(Dangling::MEMBERS, unknown);
            let system = to.plain(group.system, Kind::System);
            facts.system = facts.dangling.note(Dangling::SYSTEM, system).known();
            from(&mut facts.dangling, group.source, &to);
        }
        for (row, facts) in inventory.accounts.all().zip(&mut self.accounts) {
            let (account, place) = (inventory.accounts.get(row), inventory.accounts.place(row));
            let system = to.plain(Some(account.system), Kind::System);
            facts.system = facts.dangling.note(Dangling::SYSTEM, system).known();
            facts.identity = to.node(account.identity, "identity", place);
            facts.owner = to.node(account.owner, "owner", place);
            facts.live = !matches!(account.status, AccountStatus::Disabled | AccountStatus::Deleted);
            from(&mut facts.dangling, account.source, &to);
        }
        for row in inventory.credentials.all() {
            let (credential, place) = (inventory.credentials.get(row), inventory.credentials.place(row));
            let mut facts = CredentialFacts {
                owner: to.node(credential.owner, "owner", place),
                live: credential.is_live(now),
                ..Default::default()
            };
            let dangling = &mut facts.dangling;
            let system = dangling.note(Dangling::SYSTEM, to.plain(credential.system, Kind::System));
            facts.account = dangling.note(Dangling::ACCOUNT, to.row(credential.account, place)).known();
            let identity = to.node(credential.identity, "identity", place);
            let identity = dangling.note(Dangling::IDENTITY, identity);
            let created_by = to.row(credential.created_by, place);
            facts.created_by = dangling.note(Dangling::CREATED_BY, created_by).known();
            let (known_to, unknown) = to.list(&credential.known_to, "known_to", place);
            dangling.note_if(Dangling::KNOWN_TO, unknown);
            let (used_by, unknown) = to.list(&credential.used_by, "used_by", place);
            dangling.note_if(Dangling::USED_BY, unknown);
            from(dangling, credential.source, &to);
            (facts.known_to, facts.used_by) = (known_to, used_by);
            let account = facts.account.and_then(|row| self.accounts.get(row as usize));
            facts.system = system.known().or_else(|| account?.system);
            facts.holder = first_known(identity, account.map_or(Link::Absent, |facts| facts.identity));
            self.credentials.push(facts);
        }
        for row in inventory.entitlements.all() {
            let (entitlement, place) = (inventory.entitlements.get(row), inventory.entitlements.place(row));
            let live = matches!(entitlement.status, EntitlementStatus::Active | EntitlementStatus::Unknown);
            let mut facts = EntitlementFacts { live, ..Default::default() };
            let dangling = &mut facts.dangling;
            facts.account = dangling.note(Dangling::ACCOUNT, to.row(entitlement.account, place)).known();
            facts.group = dangling.note(Dangling::GROUP, to.row(entitlement.group, place)).known();
            let system = dangling.note(Dangling::SYSTEM, to.plain(entitlement.system, Kind::System));
            let granted_by = to.row(entitlement.granted_by, place);
            facts.granted_by = dangling.note(Dangling::GRANTED_BY, granted_by).known();
            let reviewed_by = to.row(entitlement.reviewed_by, place);
            facts.reviewed_by = dangling.note(Dangling::REVIEWED_BY, reviewed_by).known();
            from(dangling, entitlement.source, &to);
            let account = facts.account.and_then(|row| self.accounts.get(row as usize));
            let group = facts.group.and_then(|row| self.groups.get(row as usize));
            let by_account = account.and_then(|facts| facts.system);
            facts.system = system.known().or(by_account).or_else(|| group?.system);
            facts.holder = account.map_or(Link::Absent, |facts| facts.identity);
            self.entitlements.push(facts);
        }
        for row in inventory.offboardings.all() {
            let (offboarding, place) = (inventory.offboardings.get(row), inventory.offboardings.place(row));
            let mut facts = OffboardingFacts::default();
            let subject = to.node(Some(offboarding.subject), "subject", place);
            facts.subject = facts.dangling.note(Dangling::SUBJECT, subject);
            let known = |task: &crate::inventory::record::Task| to.plain(Some(task.system), Kind::System);
            let unknown = offboarding.tasks.0.iter().any(|task| known(task).is_unknown());
            facts.dangling.note_if(Dangling::TASKS, unknown);
            from(&mut facts.dangling, offboarding.source, &to);
            self.offboardings.push(facts);
        }
        let faults = to.faults;
        self.source_records = records;
        faults.into_result()
    }

    /// Derives what needs the resolved references of other rows.
    pub(super) fn derive(&mut self) {
        let inventory = &self.inventory;
        for (facts, account) in self.accounts.iter_mut().zip(&inventory.accounts.rows) {
            let privileged = |row: &Row| inventory.groups.get(*row).privileged == Some(true);
            facts.privileged = account.privileged == Some(true) || facts.groups.iter().any(privileged);
        }
        for (facts, entitlement) in self.entitlements.iter().zip(&inventory.entitlements.rows) {
            if facts.live && entitlement.privileged == Some(true) {
                let account = facts.account.and_then(|row| self.accounts.get_mut(row as usize));
                account.into_iter().for_each(|account| account.privileged = true);
                if let Some(Node { kind: NodeKind::Workload, row }) = facts.holder.known() {
                    self.workloads.get_mut(row as usize).into_iter().for_each(|facts| facts.privileged = true);
                }
            }
        }
        for facts in &self.accounts {
            match facts.identity.known() {
                Some(Node { kind: NodeKind::Person, row }) => {
                    self.people.get_mut(row as usize).into_iter().for_each(|facts| facts.accounts += 1);
                }
                Some(Node { kind: NodeKind::Workload, row }) if facts.live && facts.privileged => {
                    self.workloads.get_mut(row as usize).into_iter().for_each(|facts| facts.privileged = true);
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
            if ends_access(offboarding.kind) && let Some(row) = subject {
                self.people.get_mut(row as usize).into_iter().for_each(|facts| facts.offboardings += 1);
            }
        }
        self.derive_credentials();
    }

    fn derive_credentials(&mut self) {
        let inventory = &self.inventory;
        type Holding = (Node, &'static str, Row);
        let mut made: FxHashMap<Holding, Vec<Instant>> = FxHashMap::default();
        let holding = |facts: &CredentialFacts, credential: &Credential| -> Option<Holding> {
            use crate::inventory::vocabulary::Vocabulary;
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
            let used = known.iter().filter(|known| facts.used_by.iter().any(|node| environment(node) == **known));
            facts.environments = u8::try_from(used.count()).unwrap_or(u8::MAX);
            if let (true, Some(key), Some(at)) = (facts.live, holding(facts, credential), credential.created_at) {
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

fn first_known(own: Link<Node>, inherited: Link<Node>) -> Link<Node> {
    match (own, inherited) {
        (Link::To(node), _) | (_, Link::To(node)) => Link::To(node),
        (Link::Unknown, _) | (_, Link::Unknown) => Link::Unknown,
        _ => Link::Absent,
    }
}
