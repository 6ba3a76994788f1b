//! Membership: which groups an account is in, directly or through others. Groups may contain each
//! other in circles.

use std::collections::{BTreeMap, VecDeque};

use crate::inventory::vocabulary::AccountStatus;
use crate::inventory::{Kind, Row};

use super::{Graph, Node};

impl Graph {
    /// Finds the groups of each account, and the holders of each group.
    pub(super) fn join_groups(&mut self) {
        let mut seen = Seen::new(self.groups.len());
        let mut holders = Vec::new();
        for (row, facts) in (0..).zip(&mut self.accounts) {
            let account = self.inventory.accounts.get(row);
            if facts.parents.is_empty() {
                continue;
            }
            let groups = &self.groups;
            let parents =
                |row: Row| groups.get(row as usize).map_or(&[][..], |facts| &facts.parents);
            facts.groups = closure(&facts.parents, parents, &mut seen).into();
            if account.status != AccountStatus::Deleted
                && let Some(identity) = facts.identity.known()
            {
                holders.extend(facts.groups.iter().map(|group| (*group, identity, row)));
            }
        }
        // Of several accounts the first by id: the order of the records must not matter.
        let id = |account: Row| self.inventory.id(Kind::Account, account);
        holders.sort_unstable_by(|a: &(Row, Node, Row), b| {
            (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| id(a.2).cmp(id(b.2)))
        });
        holders.dedup_by_key(|(group, identity, _)| (*group, *identity));
        for (group, identity, account) in holders {
            if let Some(facts) = self.groups.get_mut(group as usize) {
                facts.holders.push((identity, account));
            }
        }
    }

    /// The groups that a group is in, directly or through others.
    pub fn groups_of_group(&self, row: Row) -> Vec<Row> {
        let mut seen = Seen::new(self.groups.len());
        closure(&self.group(row).parents, |row| &self.group(row).parents, &mut seen)
    }

    /// The way from an account up to a group, the group last; empty if there is none.
    pub fn way_to_group(&self, account: Row, group: Row) -> Vec<Row> {
        let mut came_from: BTreeMap<Row, Option<Row>> = BTreeMap::new();
        let mut queue = VecDeque::new();
        // By id: of several ways of one length the same is shown, whatever the order of records.
        let sorted = |parents: &[Row]| {
            let mut parents = parents.to_vec();
            parents.sort_unstable_by_key(|row| self.inventory.id(Kind::Group, *row));
            parents
        };
        for parent in sorted(&self.account(account).parents) {
            came_from.insert(parent, None);
            queue.push_back(parent);
        }
        while let Some(at) = queue.pop_front() {
            if at == group {
                break;
            }
            for parent in sorted(&self.group(at).parents) {
                came_from.entry(parent).or_insert_with(|| {
                    queue.push_back(parent);
                    Some(at)
                });
            }
        }
        let mut way = Vec::new();
        let mut at = came_from.contains_key(&group).then_some(group);
        while let Some(row) = at {
            way.push(row);
            at = came_from.get(&row).copied().flatten();
        }
        way.reverse();
        way
    }
}

/// Which groups have been reached, without clearing the marks between walks.
struct Seen {
    marks: Vec<u32>,
    walk: u32,
}

impl Seen {
    fn new(groups: usize) -> Self {
        Self { marks: vec![0; groups], walk: 0 }
    }

    fn is_new(&mut self, row: Row) -> bool {
        let walk = self.walk;
        self.marks.get_mut(row as usize).is_some_and(|mark| std::mem::replace(mark, walk) != walk)
    }
}

/// Everything that can be reached, nearest first.
fn closure<'a>(first: &[Row], parents: impl Fn(Row) -> &'a [Row], seen: &mut Seen) -> Vec<Row> {
    seen.walk += 1;
    let mut reached: Vec<Row> = first.iter().copied().filter(|row| seen.is_new(*row)).collect();
    let mut next = 0;
    while let Some(row) = reached.get(next).copied() {
        reached.extend(parents(row).iter().copied().filter(|row| seen.is_new(*row)));
        next += 1;
    }
    reached
}
