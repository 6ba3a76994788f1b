//! Every edge of the graph is a question: may this principal still have this relation to that
//! resource?

use crate::inventory::Row;

use super::Graph;
use super::node::{Link, Node, NodeKind};

macro_rules! actions {
    ($($name:ident $text:literal),* $(,)?) => {
        /// What is asked; an action in the Cedar schema.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[allow(missing_docs, reason = "the schema says what they ask")]
        pub enum Action { $($name),* }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in the Cedar schema.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

actions!(
    Keep "keep", Hold "hold", Own "own", Know "know", Use "use", Approve "approve",
    Delegate "delegate", Close "close", Attest "attest", Waive "waive",
);

impl Action {
    /// Whether it is judged as of when the check runs: exports age and exceptions end, whatever
    /// instant the facts are of.
    pub fn is_about_the_run(self) -> bool {
        matches!(self, Self::Attest | Self::Waive)
    }
}

/// An edge of the graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Question {
    /// What is asked.
    pub action: Action,
    /// Of whom.
    pub principal: Node,
    /// About what.
    pub resource: Node,
}

/// The kinds of thing that questions are about, in the order in which they are asked. Exceptions
/// are asked about after all others.
pub const SUBJECTS: [NodeKind; 11] = [
    NodeKind::Source,
    NodeKind::System,
    NodeKind::Person,
    NodeKind::Team,
    NodeKind::Workload,
    NodeKind::Group,
    NodeKind::Account,
    NodeKind::Credential,
    NodeKind::Entitlement,
    NodeKind::Offboarding,
    NodeKind::Revocation,
];

impl Graph {
    /// How many things there are of a kind.
    pub fn population(&self, kind: NodeKind) -> Row {
        let count = match kind.record() {
            Some(record) => self.inventory.count(record),
            None if kind == NodeKind::Revocation => self.revocations.len(),
            None if kind == NodeKind::Exception => self.exceptions.len(),
            None => 0,
        };
        Row::try_from(count).unwrap_or(Row::MAX)
    }

    /// Asks all questions about one thing.
    pub fn questions(&self, about: Node, mut ask: impl FnMut(Question)) {
        let Node { kind, row } = about;
        let mut ask = |action, principal, resource| ask(Question { action, principal, resource });
        match kind {
            NodeKind::Source => return ask(Action::Attest, about, Node::INVENTORY),
            NodeKind::Revocation => {
                let offboarding =
                    Node::new(NodeKind::Offboarding, self.revocation(row).offboarding);
                return ask(Action::Close, offboarding, about);
            }
            NodeKind::Exception => {
                return ask(Action::Waive, self.exception(row).approver, about);
            }
            NodeKind::Nobody | NodeKind::Inventory => return,
            _ => ask(Action::Keep, Node::INVENTORY, about),
        }
        match kind {
            NodeKind::System => ask(Action::Own, self.system(row).owner.or_nobody(), about),
            NodeKind::Workload => {
                let facts = self.workload(row);
                ask(Action::Own, facts.owner.or_nobody(), about);
                match facts.acts_for {
                    Link::Absent => {}
                    Link::Unknown => ask(Action::Delegate, Node::UNKNOWN, about),
                    Link::To(person) => ask(Action::Delegate, Node::person(person), about),
                }
            }
            NodeKind::Group => {
                let holders = &self.group(row).holders;
                holders.iter().for_each(|(holder, _)| ask(Action::Hold, *holder, about));
            }
            NodeKind::Account => {
                ask(Action::Hold, self.account(row).identity.or_nobody(), about);
                self.owner_of_account(row)
                    .into_iter()
                    .for_each(|owner| ask(Action::Own, owner, about));
            }
            NodeKind::Credential => {
                let facts = self.credential(row);
                ask(Action::Hold, facts.holder.or_nobody(), about);
                self.owner_of_credential(row)
                    .into_iter()
                    .for_each(|owner| ask(Action::Own, owner, about));
                facts.known_to().iter().for_each(|person| ask(Action::Know, *person, about));
                facts.used_by().iter().for_each(|workload| ask(Action::Use, *workload, about));
            }
            NodeKind::Entitlement => {
                let facts = self.entitlement(row);
                let by_account = self.inventory.entitlements.get(row).account.is_some();
                // A group's entitlement is held by its members, who are asked about the group.
                if by_account {
                    ask(Action::Hold, facts.holder.or_nobody(), about);
                }
                let granted = facts.granted_by.get();
                let reviewed = facts.reviewed_by.get().filter(|person| granted != Some(*person));
                for person in granted.into_iter().chain(reviewed) {
                    ask(Action::Approve, Node::person(person), about);
                }
            }
            _ => {}
        }
    }
}
