//! Link: from records that name each other to a graph, and from the graph to its edges.
//!
//! In comes an inventory, out comes a [`Graph`]: every reference resolved, the facts derived that
//! Cedar can't derive, and the list of questions, one for each edge.

use thin_vec::ThinVec;

use crate::fault::Faults;
use crate::inventory::record::Source;
use crate::inventory::{Inventory, Kind, Place, Row, field};
use crate::time::Instant;

mod credential;
mod derive;
mod exception;
mod fact;
pub mod facts;
mod groups;
mod lookup;
pub mod node;
mod owner;
mod passing;
pub mod path;
pub mod question;
mod resolve;
mod revocation;
mod rows;

pub use credential::CredentialFacts;
pub use derive::{Made, superseded};
pub use exception::ExceptionFacts;
pub use node::{Dangling, Link, Node, NodeKind, OptionalRow};
pub use question::{Action, Question};
pub use revocation::Revocation;

/// What is derived of a person.
#[derive(Default)]
pub struct PersonFacts {
    /// Whether they have left.
    pub ended: bool,
    /// How many accounts they have, of any status.
    pub accounts: u32,
    /// How many offboardings that end access name them.
    pub offboardings: u32,
    /// Whom they report to.
    pub manager: OptionalRow,
    /// The teams that list them.
    pub teams: ThinVec<Row>,
    /// Fields that name something unknown.
    pub dangling: Dangling,
}

/// What is derived of a team.
#[derive(Default)]
pub struct TeamFacts {
    /// How many of its members have not left.
    pub active_members: u32,
    /// Fields that name something unknown.
    pub dangling: Dangling,
}

/// What is derived of a system.
#[derive(Default)]
pub struct SystemFacts {
    /// Who answers for it.
    pub owner: Link<Node>,
    /// Fields that name something unknown.
    pub dangling: Dangling,
}

/// What is derived of a workload.
#[derive(Default)]
pub struct WorkloadFacts {
    /// Who answers for it.
    pub owner: Link<Node>,
    /// On whose behalf it acts.
    pub acts_for: Link<Row>,
    /// Whether it is retired.
    pub gone: bool,
    /// Whether it holds a live privileged account or entitlement.
    pub privileged: bool,
    /// Fields that name something unknown.
    pub dangling: Dangling,
}

/// What is derived of a group.
#[derive(Default)]
pub struct GroupFacts {
    /// The system it is in.
    pub system: OptionalRow,
    /// The groups that list it, in row order.
    pub parents: ThinVec<Row>,
    /// Who is in it by an account that isn't deleted, directly or through other groups, and the
    /// first such account.
    pub holders: Vec<(Node, Row)>,
    /// Fields that name something unknown.
    pub dangling: Dangling,
}

/// What is derived of an account.
#[derive(Default)]
pub struct AccountFacts {
    /// The system it is on.
    pub system: OptionalRow,
    /// Who it belongs to.
    pub identity: Link<Node>,
    /// Who answers for it.
    pub owner: Link<Node>,
    /// Whether it may let somebody in.
    pub live: bool,
    /// By itself, by a live entitlement or by a group.
    pub privileged: bool,
    /// The groups that list it, in row order.
    pub parents: ThinVec<Row>,
    /// The groups it is in, directly first, then through others.
    pub groups: ThinVec<Row>,
    /// Fields that name something unknown.
    pub dangling: Dangling,
}

/// What is derived of an entitlement.
#[derive(Default)]
pub struct EntitlementFacts {
    /// The account that has it.
    pub account: OptionalRow,
    /// The group that has it.
    pub group: OptionalRow,
    /// The first of its own, its account's and its group's that is known.
    pub system: OptionalRow,
    /// Its account's identity.
    pub holder: Link<Node>,
    /// Who granted it.
    pub granted_by: OptionalRow,
    /// Who reviewed it last.
    pub reviewed_by: OptionalRow,
    /// Whether it may give access.
    pub live: bool,
    /// Fields that name something unknown.
    pub dangling: Dangling,
}

/// What is derived of an offboarding.
#[derive(Default)]
pub struct OffboardingFacts {
    /// Who or what left.
    pub subject: Link<Node>,
    /// Whether it ends all access of its subject, now.
    pub ends_access: bool,
    /// Its tasks and the lack of them, in [`Graph::revocations`].
    pub revocations: std::ops::Range<Row>,
    /// Fields that name something unknown.
    pub dangling: Dangling,
}

/// The identity graph: an inventory and, row by row, what is derived of it.
pub struct Graph {
    /// The records.
    pub inventory: Inventory,
    /// The instant as of which facts are judged.
    pub now: Instant,
    /// Facts of the rows of each table.
    pub people: Vec<PersonFacts>,
    #[allow(missing_docs, reason = "as above")]
    pub teams: Vec<TeamFacts>,
    #[allow(missing_docs, reason = "as above")]
    pub systems: Vec<SystemFacts>,
    #[allow(missing_docs, reason = "as above")]
    pub workloads: Vec<WorkloadFacts>,
    #[allow(missing_docs, reason = "as above")]
    pub groups: Vec<GroupFacts>,
    #[allow(missing_docs, reason = "as above")]
    pub accounts: Vec<AccountFacts>,
    #[allow(missing_docs, reason = "as above")]
    pub credentials: Vec<CredentialFacts>,
    #[allow(missing_docs, reason = "as above")]
    pub entitlements: Vec<EntitlementFacts>,
    #[allow(missing_docs, reason = "as above")]
    pub offboardings: Vec<OffboardingFacts>,
    /// How many records name each source.
    pub source_records: Vec<u32>,
    /// The tasks of all offboardings, and one for each system that lacks one.
    pub revocations: Vec<Revocation>,
    /// The exceptions, once it is known what they are for.
    pub exceptions: Vec<ExceptionFacts>,
}

/// Links an inventory as of an instant.
///
/// # Errors
/// References that could mean two things.
pub fn link(mut inventory: Inventory, now: Instant) -> Result<Graph, Faults> {
    let is_own_source = inventory.sources.rows.is_empty();
    inventory.is_own_source = is_own_source;
    let mut graph = Graph {
        inventory,
        now,
        people: Vec::new(),
        teams: Vec::new(),
        systems: Vec::new(),
        workloads: Vec::new(),
        groups: Vec::new(),
        accounts: Vec::new(),
        credentials: Vec::new(),
        entitlements: Vec::new(),
        offboardings: Vec::new(),
        source_records: Vec::new(),
        revocations: Vec::new(),
        exceptions: Vec::new(),
    };
    graph.resolve()?;
    if is_own_source {
        stand_for_a_source(&mut graph.inventory);
        let records = Kind::ALL.iter().map(|kind| graph.inventory.count(*kind)).sum::<usize>() - 1;
        graph.source_records.push(u32::try_from(records).unwrap_or(u32::MAX));
    }
    graph.join_groups();
    graph.derive();
    graph.derive_revocations();
    Ok(graph)
}

/// An inventory without sources is itself one. Its oldest file says how fresh it is: a new file
/// beside an old one doesn't make the old one's records newer.
fn stand_for_a_source(inventory: &mut Inventory) {
    let oldest = inventory.files.iter().map(|file| file.generated_at).min();
    let source = Source {
        id: field::Id(inventory.words.intern("inventory")),
        kind: None,
        exported_at: Some(oldest.unwrap_or(inventory.generated_at)),
        expected_rows: None,
        rows: None,
        truncated: None,
        source: None,
        source_ref: None,
    };
    let place = Place { file: 0, index: None, line: 1, column: 1 };
    // The table is empty, so the id is free.
    let _ = inventory.add(source, place);
}

macro_rules! facts_of {
    ($($name:ident $table:ident $facts:ident),*) => {
        impl Graph {
            $(
                /// The derived facts of a row.
                #[expect(clippy::indexing_slicing, reason = "facts and rows are of equal number")]
                pub fn $name(&self, row: Row) -> &$facts {
                    &self.$table[row as usize]
                }
            )*
        }
    };
}

facts_of!(
    person people PersonFacts, team teams TeamFacts, system systems SystemFacts,
    workload workloads WorkloadFacts, group groups GroupFacts, account accounts AccountFacts,
    credential credentials CredentialFacts, entitlement entitlements EntitlementFacts,
    offboarding offboardings OffboardingFacts, revocation revocations Revocation,
    exception exceptions ExceptionFacts
);
