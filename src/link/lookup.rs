//! Looking things up: ids, names, tags, what is above them, and single facts.

use super::Graph;
use super::facts::{Fact, attributes, only};
use super::node::{Node, NodeKind};
use crate::inventory::Row;
use crate::inventory::words::Word;

impl Graph {
    /// The id of a thing, as reports and Cedar name it.
    pub fn id(&self, node: Node) -> &str {
        match node.kind {
            NodeKind::Nobody if node.row == 0 => "missing",
            NodeKind::Nobody => "unknown",
            NodeKind::Inventory => "inventory",
            NodeKind::Revocation => &self.revocation(node.row).id,
            NodeKind::Exception => &self.exception(node.row).id,
            kind => kind.record().map_or("", |kind| self.inventory.id(kind, node.row)),
        }
    }

    /// The thing of that type and id.
    pub fn find(&self, kind: NodeKind, id: &str) -> Option<Node> {
        let row = match kind {
            NodeKind::Nobody => ["missing", "unknown"].iter().position(|name| *name == id)?,
            NodeKind::Inventory => (id == "inventory").then_some(0)?,
            NodeKind::Revocation => self.revocations.iter().position(|one| one.id == id)?,
            NodeKind::Exception => self.exceptions.iter().position(|one| one.id == id)?,
            _ => self.inventory.find(kind.record()?, self.inventory.words.find(id)?)? as usize,
        };
        Some(Node::new(kind, Row::try_from(row).ok()?))
    }

    /// The free facts of a thing, sorted by name.
    pub fn tags(&self, node: Node) -> impl Iterator<Item = (&str, &str)> {
        let (inventory, row) = (&self.inventory, node.row);
        let tags: &[(Word, Word)] = match node.kind {
            NodeKind::System => &inventory.systems.get(row).tags.0,
            NodeKind::Person => &inventory.people.get(row).tags.0,
            NodeKind::Workload => &inventory.workloads.get(row).tags.0,
            NodeKind::Account => &inventory.accounts.get(row).tags.0,
            NodeKind::Credential => &inventory.credentials.get(row).tags.0,
            NodeKind::Entitlement => &inventory.entitlements.get(row).tags.0,
            _ => &[],
        };
        let text = |word: Word| inventory.words.text(word);
        tags.iter().map(move |(key, value)| (text(*key), text(*value)))
    }

    /// What Cedar's `in` sees above a thing: teams of people and workloads, groups of accounts and
    /// groups, directly or through others.
    pub fn ancestors(&self, node: Node) -> Vec<Node> {
        let nodes =
            |kind: NodeKind, rows: &[Row]| rows.iter().map(|row| Node::new(kind, *row)).collect();
        match node.kind {
            NodeKind::Person => nodes(NodeKind::Team, &self.person(node.row).teams),
            NodeKind::Workload => {
                only(NodeKind::Team, self.workload(node.row).owner).into_iter().collect()
            }
            NodeKind::Account => nodes(NodeKind::Group, &self.account(node.row).groups),
            NodeKind::Group => {
                // Of groups in a circle, each is above itself; Cedar wants that unsaid.
                let mut above = self.groups_of_group(node.row);
                above.retain(|row| *row != node.row);
                nodes(NodeKind::Group, &above)
            }
            _ => Vec::new(),
        }
    }

    /// An attribute of a thing by its name.
    pub fn fact(&self, node: Node, name: &str) -> Option<Fact<'_>> {
        let attribute = attributes(node.kind).iter().find(|attribute| attribute.name == name)?;
        (attribute.read)(self, node.row)
    }

    /// How a thing is called in a sentence: its name, or else its id.
    pub fn display_name(&self, node: Node) -> &str {
        let name = match node.kind {
            NodeKind::Account => self.fact(node, "username"),
            NodeKind::Credential | NodeKind::Entitlement | NodeKind::Offboarding => None,
            _ => self.fact(node, "name"),
        };
        match name {
            Some(Fact::Text(name)) if !name.trim().is_empty() => name,
            _ => self.id(node),
        }
    }
}
