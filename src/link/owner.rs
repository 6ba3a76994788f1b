//! Who answers for a thing: its owner on record, or else the chain behind it.

use crate::inventory::Row;

use super::node::{Link, Node, NodeKind};
use super::{CredentialFacts, Graph};

impl Graph {
    /// The principal of the question who owns this: the explicit owner; nobody, where that is
    /// unknown or the whole chain is empty; none, where the chain has somebody.
    pub fn owner_of_account(&self, row: Row) -> Option<Node> {
        let facts = self.account(row);
        match facts.owner {
            Link::Absent => (!is_person(facts.identity)).then_some(Node::MISSING),
            owner => Some(owner.or_nobody()),
        }
    }

    /// The same for a credential. Its account's owner, a person who holds it and the owner of the
    /// workload that holds it stand in for its own.
    pub fn owner_of_credential(&self, row: Row) -> Option<Node> {
        let facts = self.credential(row);
        match facts.owner {
            Link::Absent => self.stand_in(facts).is_none().then_some(Node::MISSING),
            owner => Some(owner.or_nobody()),
        }
    }

    /// Who answers for a credential without an owner of its own.
    fn stand_in(&self, facts: &CredentialFacts) -> Option<Node> {
        let account = facts.account.get().map(|row| self.account(row));
        let holder = facts.holder.known();
        account.and_then(|account| account.owner.known()).or_else(|| match holder? {
            Node { kind: NodeKind::Workload, row } => self.workload(row).owner.known(),
            person => Some(person),
        })
    }

    /// Who has to answer for a thing: its owner on record or whoever stands in.
    pub fn accountable(&self, node: Node) -> Option<Node> {
        match node.kind {
            NodeKind::System => self.system(node.row).owner.known(),
            NodeKind::Workload => self.workload(node.row).owner.known(),
            NodeKind::Account => {
                let facts = self.account(node.row);
                let holder = facts.identity.known();
                facts.owner.known().or_else(|| match holder? {
                    Node { kind: NodeKind::Workload, row } => self.workload(row).owner.known(),
                    person => Some(person),
                })
            }
            NodeKind::Credential => {
                let facts = self.credential(node.row);
                facts.owner.known().or_else(|| self.stand_in(facts))
            }
            _ => None,
        }
    }
}

fn is_person(link: Link<Node>) -> bool {
    link.known().is_some_and(|node| node.kind == NodeKind::Person)
}
