//! The facts of each row by itself: where its references lead, and what follows from its own fields
//! as of now.

use std::ops::Range;

use rayon::prelude::*;

use crate::fault::Faults;
use crate::inventory::record::{Credential, Person, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, CredentialExpiry, CredentialStatus, EntitlementStatus, PersonStatus,
    WorkloadKind, WorkloadStatus,
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
        let expired =
            self.expiry() == CredentialExpiry::Fixed && self.expires_at.is_some_and(|at| at <= now);
        matches!(self.status, CredentialStatus::Active | CredentialStatus::Unknown) && !expired
    }
}

impl EntitlementStatus {
    /// Whether it may give access.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Unknown)
    }
}

impl Graph {
    /// Resolves the references of all records.
    pub(super) fn resolve(&mut self) -> Result<(), Faults> {
        let (inventory, now) = (&self.inventory, self.now);
        let mut to = Resolver::new(inventory);
        self.people = each(&mut to, inventory.people.all(), |to, row| person(to, row, now));
        let teams = inventory.teams.all();
        self.teams = teams.map(|row| team(&mut to, row, &mut self.people)).collect();
        self.systems = each(&mut to, inventory.systems.all(), system);
        let workloads = inventory.workloads.all();
        self.workloads = each(&mut to, workloads, |to, row| workload(to, row, now));
        self.accounts = each(&mut to, inventory.accounts.all(), account);
        self.groups.resize_with(inventory.groups.rows.len(), GroupFacts::default);
        for row in inventory.groups.all() {
            group(&mut to, row, &mut self.groups, &mut self.accounts);
        }
        (self.credentials, self.entitlements) = passing(&mut to, &self.accounts, &self.groups, now);
        self.offboardings = each(&mut to, inventory.offboardings.all(), offboarding);
        let (faults, records) = (to.faults, to.source_records);
        self.source_records = records;
        faults.into_result()
    }
}

/// The facts of the credentials and entitlements, to which nothing refers.
pub(super) fn passing(
    to: &mut Resolver<'_>,
    accounts: &[AccountFacts],
    groups: &[GroupFacts],
    now: Instant,
) -> (Vec<CredentialFacts>, Vec<EntitlementFacts>) {
    let inventory = to.inventory;
    let credentials = inventory.credentials.all();
    let credentials = each(to, credentials, |to, row| credential(to, row, now, accounts));
    let entitlements = inventory.entitlements.all();
    let entitlements = each(to, entitlements, |to, row| entitlement(to, row, accounts, groups));
    (credentials, entitlements)
}

/// How many rows one thread resolves at a time, and how many such parts wait to be put together.
const PART: u32 = 8_192;
const WAVE: usize = 16;

/// The facts of rows that don't depend on each other, by all threads; faults stay in their order.
fn each<T: Send>(
    to: &mut Resolver<'_>,
    rows: Range<Row>,
    facts: impl Fn(&mut Resolver<'_>, Row) -> T + Sync,
) -> Vec<T> {
    let inventory = to.inventory;
    let starts: Vec<Row> = rows.clone().step_by(PART as usize).collect();
    let mut all = Vec::with_capacity(rows.len());
    for wave in starts.chunks(WAVE) {
        let part = |start: &Row| {
            let mut own = Resolver::new(inventory);
            let part = *start..rows.end.min(start.saturating_add(PART));
            let facts: Vec<T> = part.map(|row| facts(&mut own, row)).collect();
            (facts, own)
        };
        let parts: Vec<_> = wave.par_iter().map(part).collect();
        for (facts, own) in parts {
            all.extend(facts);
            to.add(own);
        }
    }
    all
}

fn person(to: &mut Resolver<'_>, row: Row, now: Instant) -> PersonFacts {
    let (person, place) = (to.inventory.people.get(row), to.inventory.people.place(row));
    let mut facts = PersonFacts { ended: has_ended(person, now), ..Default::default() };
    let manager = to.row(person.manager, place);
    facts.manager = facts.dangling.note(Dangling::MANAGER, manager).known().into();
    to.source(person.source, &mut facts.dangling);
    facts
}

fn team(to: &mut Resolver<'_>, row: Row, people: &mut [PersonFacts]) -> TeamFacts {
    let (team, place) = (to.inventory.teams.get(row), to.inventory.teams.place(row));
    let mut facts = TeamFacts::default();
    let (members, unknown) = to.list(&team.members, "members", place);
    facts.dangling.note_if(Dangling::MEMBERS, unknown);
    for member in &members {
        if let Some(person) = people.get_mut(member.row as usize) {
            facts.active_members += u32::from(!person.ended);
            person.teams.push(row);
        }
    }
    to.source(team.source, &mut facts.dangling);
    facts
}

fn system(to: &mut Resolver<'_>, row: Row) -> SystemFacts {
    let (system, place) = (to.inventory.systems.get(row), to.inventory.systems.place(row));
    let owner = to.node(system.owner, "owner", place);
    let mut facts = SystemFacts { owner, ..Default::default() };
    to.source(system.source, &mut facts.dangling);
    facts
}

fn workload(to: &mut Resolver<'_>, row: Row, now: Instant) -> WorkloadFacts {
    let (workload, place) = (to.inventory.workloads.get(row), to.inventory.workloads.place(row));
    let mut facts = WorkloadFacts {
        owner: to.node(workload.owner, "owner", place),
        acts_for: to.row(workload.acts_for, place),
        gone: is_gone(workload, now),
        ..Default::default()
    };
    // An agent that acts for somebody unknown is asked about by `delegate`.
    let agent = workload.kind == WorkloadKind::AiAgent;
    facts.dangling.note_if(Dangling::ACTS_FOR, facts.acts_for.is_unknown() && !agent);
    to.source(workload.source, &mut facts.dangling);
    facts
}

fn account(to: &mut Resolver<'_>, row: Row) -> AccountFacts {
    let (account, place) = (to.inventory.accounts.get(row), to.inventory.accounts.place(row));
    let mut facts = AccountFacts {
        identity: to.node(account.identity, "identity", place),
        owner: to.node(account.owner, "owner", place),
        live: !matches!(account.status, AccountStatus::Disabled | AccountStatus::Deleted),
        ..Default::default()
    };
    let system = to.plain(Some(account.system), Kind::System);
    facts.system = facts.dangling.note(Dangling::SYSTEM, system).known().into();
    to.source(account.source, &mut facts.dangling);
    facts
}

/// A group's members learn that they are in it.
fn group(
    to: &mut Resolver<'_>,
    row: Row,
    groups: &mut [GroupFacts],
    accounts: &mut [AccountFacts],
) {
    let (group, place) = (to.inventory.groups.get(row), to.inventory.groups.place(row));
    let (members, unknown) = to.list(&group.members, "members", place);
    for member in &members {
        let at = member.row as usize;
        let parents = if member.kind == NodeKind::Account {
            accounts.get_mut(at).map(|facts| &mut facts.parents)
        } else {
            groups.get_mut(at).map(|facts| &mut facts.parents)
        };
        parents.into_iter().for_each(|parents| parents.push(row));
    }
    let Some(facts) = groups.get_mut(row as usize) else { return };
    facts.dangling.note_if(Dangling::MEMBERS, unknown);
    let system = to.plain(group.system, Kind::System);
    facts.system = facts.dangling.note(Dangling::SYSTEM, system).known().into();
    to.source(group.source, &mut facts.dangling);
}

fn credential(
    to: &mut Resolver<'_>,
    row: Row,
    now: Instant,
    accounts: &[AccountFacts],
) -> CredentialFacts {
    let (credential, place) =
        (to.inventory.credentials.get(row), to.inventory.credentials.place(row));
    let mut facts = CredentialFacts::default();
    let dangling = &mut facts.dangling;
    let system = dangling.note(Dangling::SYSTEM, to.plain(credential.system, Kind::System));
    let account = dangling.note(Dangling::ACCOUNT, to.row(credential.account, place));
    let identity = to.node(credential.identity, "identity", place);
    let identity = dangling.note(Dangling::IDENTITY, identity);
    let created_by = dangling.note(Dangling::CREATED_BY, to.row(credential.created_by, place));
    let (known_to, unknown) = to.list(&credential.known_to, "known_to", place);
    dangling.note_if(Dangling::KNOWN_TO, unknown);
    let (used_by, unknown) = to.list(&credential.used_by, "used_by", place);
    dangling.note_if(Dangling::USED_BY, unknown);
    to.source(credential.source, dangling);
    facts.share(known_to, used_by);
    facts.live = credential.is_live(now);
    facts.account = account.known().into();
    facts.owner = to.node(credential.owner, "owner", place);
    facts.created_by = created_by.known().into();
    let by_account = account.known().and_then(|row| accounts.get(row as usize));
    facts.system = system.known().or_else(|| by_account?.system.get()).into();
    let inherited = by_account.map_or(Link::Absent, |facts| facts.identity);
    facts.holder = first_known(identity, inherited);
    facts
}

fn entitlement(
    to: &mut Resolver<'_>,
    row: Row,
    accounts: &[AccountFacts],
    groups: &[GroupFacts],
) -> EntitlementFacts {
    let (entitlement, place) =
        (to.inventory.entitlements.get(row), to.inventory.entitlements.place(row));
    let mut dangling = Dangling::default();
    let account = dangling.note(Dangling::ACCOUNT, to.row(entitlement.account, place)).known();
    let group = dangling.note(Dangling::GROUP, to.row(entitlement.group, place)).known();
    let system = dangling.note(Dangling::SYSTEM, to.plain(entitlement.system, Kind::System));
    let granted_by = dangling.note(Dangling::GRANTED_BY, to.row(entitlement.granted_by, place));
    let reviewed_by = dangling.note(Dangling::REVIEWED_BY, to.row(entitlement.reviewed_by, place));
    to.source(entitlement.source, &mut dangling);
    let by_account = account.and_then(|row| accounts.get(row as usize));
    let by_group = group.and_then(|row| groups.get(row as usize));
    EntitlementFacts {
        account: account.into(),
        group: group.into(),
        system: system
            .known()
            .or_else(|| by_account?.system.get())
            .or_else(|| by_group?.system.get())
            .into(),
        holder: by_account.map_or(Link::Absent, |facts| facts.identity),
        granted_by: granted_by.known().into(),
        reviewed_by: reviewed_by.known().into(),
        live: entitlement.status.is_live(),
        dangling,
    }
}

fn offboarding(to: &mut Resolver<'_>, row: Row) -> OffboardingFacts {
    let (offboarding, place) =
        (to.inventory.offboardings.get(row), to.inventory.offboardings.place(row));
    let mut facts = OffboardingFacts::default();
    let subject = to.node(Some(offboarding.subject), "subject", place);
    facts.subject = facts.dangling.note(Dangling::SUBJECT, subject);
    let mut tasks = offboarding.tasks.0.iter();
    let unknown = tasks.any(|task| to.plain(Some(task.system), Kind::System).is_unknown());
    facts.dangling.note_if(Dangling::TASKS, unknown);
    to.source(offboarding.source, &mut facts.dangling);
    facts
}

/// The first of a thing's own identity and its account's that is known.
fn first_known(own: Link<Node>, inherited: Link<Node>) -> Link<Node> {
    match (own, inherited) {
        (Link::To(node), _) | (_, Link::To(node)) => Link::To(node),
        (Link::Unknown, _) | (_, Link::Unknown) => Link::Unknown,
        _ => Link::Absent,
    }
}
