//! What Cedar sees of each thing: the attributes of the schema, read from the rows.
//!
//! One table for each entity type; a test holds names, types and optionality to the schema. The
//! same table feeds the entities that Cedar gets, the predicates that skip questions, and the
//! facts in findings.

use std::fmt;

use crate::inventory::vocabulary::{TaskStatus, Vocabulary};
use crate::inventory::{Row, field};
use crate::time::Instant;

use super::Graph;
pub use super::fact::{Entry, Fact, REVOCATION_STATUS, Texts};
use super::node::{Dangling, Link, Node, NodeKind};

/// An attribute of an entity type.
pub struct Attribute {
    /// Its name in the schema.
    pub name: &'static str,
    /// For a derived one, the attributes that it follows from: evidence behind the evidence.
    pub from: &'static [&'static str],
    /// Its value for a row; `None` where the fact is missing.
    pub read: for<'g> fn(&'g Graph, Row) -> Option<Fact<'g>>,
    /// Whether the fact is there for a row.
    pub has: fn(&Graph, Row) -> bool,
}

impl Attribute {
    /// The attribute of that name, of a type.
    pub fn find(kind: NodeKind, name: &str) -> Option<&'static Self> {
        attributes(kind).iter().find(|attribute| attribute.name == name)
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The attributes of a type, in the order of the schema.
pub fn attributes(kind: NodeKind) -> &'static [Attribute] {
    match kind {
        NodeKind::Person => PERSON,
        NodeKind::Workload => WORKLOAD,
        NodeKind::Team => TEAM,
        NodeKind::Account => ACCOUNT,
        NodeKind::Credential => CREDENTIAL,
        NodeKind::Entitlement => ENTITLEMENT,
        NodeKind::System => SYSTEM,
        NodeKind::Group => GROUP,
        NodeKind::Offboarding => OFFBOARDING,
        NodeKind::Revocation => REVOCATION,
        NodeKind::Source => SOURCE,
        NodeKind::Exception => EXCEPTION,
        NodeKind::Nobody | NodeKind::Inventory => &[],
    }
}

/// From a field to a fact, if there is one.
trait IntoFact<'g> {
    fn fact(self, graph: &'g Graph) -> Option<Fact<'g>>;
}

macro_rules! into_fact {
    ($($type:ty: |$value:pat_param, $graph:pat_param| $fact:expr;)*) => {
        $(impl<'g> IntoFact<'g> for $type {
            #[inline]
            fn fact(self, graph: &'g Graph) -> Option<Fact<'g>> {
                let ($value, $graph) = (self, graph);
                Some($fact)
            }
        })*
    };
}

into_fact! {
    bool: |value, _| Fact::Bool(value);
    u8: |value, _| Fact::Long(value.into());
    u32: |value, _| Fact::Long(value.into());
    usize: |value, _| Fact::Long(i64::try_from(value).unwrap_or(i64::MAX));
    field::Count: |value, _| Fact::Long(value.0);
    Instant: |value, _| Fact::Time(value);
    Node: |value, _| Fact::Node(value);
    field::Text: |value, graph| Fact::Text(graph.inventory.words.text(value.0));
    Dangling: |value, _| Fact::Texts(Texts::Fields(value));
    &'g field::List<field::Text>: |value, _| Fact::Texts(Texts::List(value));
    &'g [Node]: |value, _| Fact::Nodes(value);
    &'g str: |value, _| Fact::Text(value);
}

impl<'g, T: IntoFact<'g>> IntoFact<'g> for Option<T> {
    #[inline]
    fn fact(self, graph: &'g Graph) -> Option<Fact<'g>> {
        self?.fact(graph)
    }
}

#[inline]
#[expect(clippy::unnecessary_wraps, reason = "it goes where optional facts go")]
fn word<'g, V: Vocabulary>(value: V) -> Option<Fact<'g>> {
    Some(Fact::Word(Entry { vocabulary: V::NUMBER, word: value.number() }))
}

/// A blank purpose says as little as none.
fn is_blank(fact: &Fact<'_>) -> bool {
    matches!(fact, Fact::Text(text) if text.trim().is_empty())
}

/// The target of a reference, if it is of that kind.
pub(super) fn only(kind: NodeKind, link: Link<Node>) -> Option<Node> {
    link.known().filter(|node| node.kind == kind)
}

impl<'g> IntoFact<'g> for Fact<'g> {
    #[inline]
    fn fact(self, _: &'g Graph) -> Option<Fact<'g>> {
        Some(self)
    }
}

/// `TABLE(graph, row, record = ..., derived = ...) { "name" ["from", ...] => value, ... }`
macro_rules! attributes {
    ($(
        $table:ident($g:ident, $row:ident, $r:ident = $record:expr, $d:ident = $derived:expr) {
            $( $name:literal $([$($from:literal),*])? => $value:expr ),* $(,)?
        }
    )*) => {
        $(static $table: &[Attribute] = &[$(
            Attribute {
                name: $name,
                from: &[$($($from),*)?],
                read: |$g, $row| {
                    let ($r, $d) = ($record, $derived);
                    let _ = ($r, $d);
                    IntoFact::fact($value, $g)
                },
                has: |$g, $row| {
                    let ($r, $d) = ($record, $derived);
                    let _ = ($r, $d);
                    IntoFact::fact($value, $g).is_some()
                },
            }
        ),*];)*
    };
}

attributes! {
    TEAM(g, row, r = g.inventory.teams.get(row), d = g.team(row)) {
        "name" => r.name,
        "active_members" => d.active_members,
        "dangling" => d.dangling,
    }

    SYSTEM(g, row, r = g.inventory.systems.get(row), d = g.system(row)) {
        "name" => r.name,
        "automated_revocation" => r.automated_revocation,
        "owner_person" => only(NodeKind::Person, d.owner),
        "owner_team" => only(NodeKind::Team, d.owner),
        "dangling" => d.dangling,
    }

    PERSON(g, row, r = g.inventory.people.get(row), d = g.person(row)) {
        "status" => word(r.status),
        "employment" => r.employment.and_then(word),
        "name" => r.name,
        "employee_number" => r.employee_number,
        "user_name" => r.user_name,
        "emails" => &r.emails,
        "manager" => d.manager.get().map(Node::person),
        "department" => r.department,
        "started_at" => r.started_at,
        "ended_at" => r.ended_at,
        "contract_ends_at" => r.contract_ends_at,
        "role_changed_at" => r.role_changed_at,
        "ended" ["status", "ended_at", "started_at"] => d.ended,
        "accounts" => d.accounts,
        "offboardings" => d.offboardings,
        "dangling" => d.dangling,
    }

    WORKLOAD(g, row, r = g.inventory.workloads.get(row), d = g.workload(row)) {
        "kind" => word(r.kind),
        "status" => word(r.status),
        "environment" => word(r.environment.0),
        "name" => r.name,
        "purpose" => r.purpose.fact(g).filter(|purpose| !is_blank(purpose)),
        "third_party" => r.third_party == Some(true),
        "vendor" => r.vendor,
        "owner_person" => only(NodeKind::Person, d.owner),
        "owner_team" => only(NodeKind::Team, d.owner),
        "owner_workload" => only(NodeKind::Workload, d.owner),
        "acts_for_person" => d.acts_for.known().map(Node::person),
        "created_at" => r.created_at,
        "last_used_at" => r.last_used_at,
        "retired_at" => r.retired_at,
        "last_reviewed_at" => r.last_reviewed_at,
        "gone" ["status", "retired_at"] => d.gone,
        "privileged" => d.privileged,
        "dangling" => d.dangling,
    }

    GROUP(g, row, r = g.inventory.groups.get(row), d = g.group(row)) {
        "name" => r.name,
        "system" => d.system.get().map(|row| Node::new(NodeKind::System, row)),
        "privileged" => r.privileged == Some(true),
        "dangling" => d.dangling,
    }

    ACCOUNT(g, row, r = g.inventory.accounts.get(row), d = g.account(row)) {
        "system" => d.system.get().map(|row| Node::new(NodeKind::System, row)),
        "status" => word(r.status),
        "type" => word(r.kind_of_account.0),
        "username" => r.username,
        "privileged" => d.privileged,
        "identity_person" => only(NodeKind::Person, d.identity),
        "identity_workload" => only(NodeKind::Workload, d.identity),
        "owner_person" => only(NodeKind::Person, d.owner),
        "owner_team" => only(NodeKind::Team, d.owner),
        "owner_workload" => only(NodeKind::Workload, d.owner),
        "created_at" => r.created_at,
        "last_login_at" => r.last_login_at,
        "interactive_login_at" => r.interactive_login_at,
        "expires_at" => r.expires_at,
        "live" ["status"] => d.live,
        "has_owner" ["owner_person", "owner_team", "owner_workload"] => d.owner.known().is_some(),
        "dangling" => d.dangling,
    }

    CREDENTIAL(g, row, r = g.inventory.credentials.get(row), d = g.credential(row)) {
        "kind" => word(r.kind),
        "status" => word(r.status),
        "system" => d.system.get().map(|row| Node::new(NodeKind::System, row)),
        "account" => d.account.get().map(|row| Node::new(NodeKind::Account, row)),
        "holder_person" => only(NodeKind::Person, d.holder),
        "holder_workload" => only(NodeKind::Workload, d.holder),
        "owner_person" => only(NodeKind::Person, d.owner),
        "owner_team" => only(NodeKind::Team, d.owner),
        "owner_workload" => only(NodeKind::Workload, d.owner),
        "created_by" => d.created_by.get().map(Node::person),
        "created_at" => r.created_at,
        "last_rotated_at" => r.last_rotated_at,
        "last_used_at" => r.last_used_at,
        "expires_at" => r.expires_at,
        "exposed_at" => r.exposed_at,
        "last_used_state" => word(r.last_used_state.0),
        "expiry" ["expires_at"] => word(r.expiry()),
        "managed_by" => word(r.managed_by.0),
        "storage" => word(r.storage.0),
        "known_to" => d.known_to(),
        "used_by" => d.used_by(),
        "scopes" => &r.scopes,
        "live" ["status", "expiry", "expires_at"] => d.live,
        "privileged" ["account"] => d.privileged,
        "secret_since" ["created_at", "last_rotated_at"] => r.secret_since(),
        "known_to_count" ["known_to"] => d.known_to().len(),
        "used_by_count" ["used_by"] => d.used_by().len(),
        "environments" ["used_by"] => d.environments,
        "superseded_at" ["created_at"] => d.superseded_at(),
        "dangling" => d.dangling,
    }

    ENTITLEMENT(g, row, r = g.inventory.entitlements.get(row), d = g.entitlement(row)) {
        "account" => d.account.get().map(|row| Node::new(NodeKind::Account, row)),
        "group" => d.group.get().map(|row| Node::new(NodeKind::Group, row)),
        "system" => d.system.get().map(|row| Node::new(NodeKind::System, row)),
        "role" => r.role,
        "status" => word(r.status),
        "resource" => r.resource,
        "privileged" => r.privileged == Some(true),
        "granted_at" => r.granted_at,
        "granted_by" => d.granted_by.get().map(Node::person),
        "expires_at" => r.expires_at,
        "last_reviewed_at" => r.last_reviewed_at,
        "reviewed_by" => d.reviewed_by.get().map(Node::person),
        "review_outcome" => r.review_outcome.and_then(word),
        "via" => &r.via,
        "live" ["status"] => d.live,
        "dangling" => d.dangling,
    }

    OFFBOARDING(g, row, r = g.inventory.offboardings.get(row), d = g.offboarding(row)) {
        "kind" => word(r.kind),
        "effective_at" => r.effective_at,
        "recorded_at" => r.recorded_at,
        "subject_person" => only(NodeKind::Person, d.subject),
        "subject_workload" => only(NodeKind::Workload, d.subject),
        "ends_access" ["kind", "effective_at"] => d.ends_access,
        "dangling" => d.dangling,
    }

    REVOCATION(g, row, r = g.revocation(row), t = g.task(g.revocation(row))) {
        "system" => r.system.map(|row| Node::new(NodeKind::System, row)),
        "action" => t.and_then(|task| word(task.action)),
        "status" => Fact::Word(Entry::of_revocation(t.map(|task| task.status))),
        "requested_at" => t.and_then(|task| task.requested_at),
        "completed_at" => t.and_then(|task| task.completed_at),
        "verified_at" => t.and_then(|task| task.verified_at),
        "escalated_at" => t.and_then(|task| task.escalated_at),
        "completed_by" => t.and_then(|task| task.completed_by),
        "verified_by" => t.and_then(|task| task.verified_by),
        "evidence" => t.and_then(|task| task.evidence),
        "still_live" => r.still_live.len(),
        "privileged" => r.privileged,
        "observed_at" => r.observed_at,
    }

    EXCEPTION(g, row, r = g.exception(row), d = ()) {
        "rule" => &*r.rule,
        "reason" => r.reason.as_deref(),
        "kind" => r.kind.and_then(word),
        "ticket" => r.ticket.as_deref(),
        "compensating_control" => r.compensating_control.as_deref(),
        "approved_at" => r.approved_at,
        "expires_at" => r.expires_at,
        "waivable" => r.waivable,
        "severity_risen" => r.severity_risen,
        "beneficiaries" => &*r.beneficiaries,
        "matched" => r.matched,
    }

    SOURCE(g, row, r = g.inventory.sources.get(row), d = g.source_records.get(row as usize)) {
        "kind" => r.kind,
        "exported_at" => r.exported_at,
        "expected_rows" => r.expected_rows,
        "rows" => r.rows,
        "truncated" => r.truncated,
        "records" => d.copied().unwrap_or_default(),
    }
}

/// The enumerated types of the schema that inventories know under another name, or not at all.
pub fn derived_vocabularies() -> [(&'static str, Vec<&'static str>); 3] {
    let tasks = TaskStatus::ALL.iter().map(|status| status.name());
    [
        (REVOCATION_STATUS, tasks.chain(["missing"]).collect()),
        (NodeKind::Nobody.name(), vec!["missing", "unknown"]),
        (NodeKind::Inventory.name(), vec!["inventory"]),
    ]
}
