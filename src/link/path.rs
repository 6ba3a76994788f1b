//! How a principal comes to a resource: person -> account -> group -> role.

use crate::inventory::Row;

use super::Graph;
use super::node::{Node, NodeKind};
use super::question::{Action, Question};

/// One step of a path: a thing of the graph, or a role, which is only a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A thing.
    Node(Node),
    /// The role of an entitlement.
    Role(String),
    /// So many steps that are left out of a path that nobody could read.
    Omitted(usize),
}

impl Graph {
    /// The steps from the principal to the resource. Empty where there is nothing between them to
    /// explain.
    pub fn path(&self, question: Question) -> Vec<Step> {
        let Question { action, principal, resource } = question;
        let mut steps: Vec<Step> = Vec::new();
        if !matches!(principal.kind, NodeKind::Nobody | NodeKind::Inventory) {
            steps.push(Step::Node(principal));
        }
        match (action, resource.kind) {
            (Action::Hold, NodeKind::Group) => {
                let Some((account, way)) = self.way_of(principal, resource.row) else {
                    return Vec::new();
                };
                steps.push(Step::Node(Node::new(NodeKind::Account, account)));
                let groups = way.into_iter().map(|row| Step::Node(Node::new(NodeKind::Group, row)));
                steps.extend(groups);
            }
            (Action::Close, _) => {
                let facts = self.offboarding(principal.row);
                steps.extend(facts.subject.known().map(Step::Node));
                let mut live = self.revocation(resource.row).still_live.clone();
                live.sort_unstable_by(|a, b| (a.kind, self.id(*a)).cmp(&(b.kind, self.id(*b))));
                steps.extend(live.into_iter().map(Step::Node));
            }
            (_, NodeKind::Credential) => {
                let facts = self.credential(resource.row);
                let account = facts.account.get().filter(|_| action != Action::Know);
                steps.extend(account.map(|row| Step::Node(Node::new(NodeKind::Account, row))));
                steps.push(Step::Node(resource));
            }
            (_, NodeKind::Entitlement) => {
                let facts = self.entitlement(resource.row);
                let account = facts.account.get().map(|row| Node::new(NodeKind::Account, row));
                let group = facts.group.get().map(|row| Node::new(NodeKind::Group, row));
                steps.extend(account.or(group).map(Step::Node));
                steps.push(Step::Node(resource));
                let entitlement = self.inventory.entitlements.get(resource.row);
                steps.push(Step::Role(self.inventory.words.text(entitlement.role.0).to_owned()));
            }
            _ => steps.push(Step::Node(resource)),
        }
        if steps.len() > 1 { shortened(steps) } else { Vec::new() }
    }

    /// The first account of an identity by which it is in a group, and the groups between.
    fn way_of(&self, identity: Node, group: Row) -> Option<(Row, Vec<Row>)> {
        let mut holders = self.group(group).holders.iter();
        let (_, account) = holders.find(|(holder, _)| *holder == identity)?;
        Some((*account, self.way_to_group(*account, group)))
    }
}

/// How many steps of a path are kept at either end.
const KEPT: usize = 10;

/// Groups in a long chain would make paths that fill the memory before anybody reads them.
fn shortened(mut steps: Vec<Step>) -> Vec<Step> {
    let omitted = steps.len().saturating_sub(2 * KEPT);
    if omitted > 1 {
        steps.splice(KEPT..KEPT + omitted, [Step::Omitted(omitted)]);
    }
    steps
}
