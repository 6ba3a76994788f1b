//! Which records of people are of one human: HR's and a directory's, an employee's and a contractor's.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::inventory::Row;
use crate::link::facts::Fact;
use crate::link::{Graph, Node};
use crate::pseudonym::plainly;

/// What tells that two records are of one human: an employee number, an address or a user name.
type Key = (u8, String);

/// What more records have than one human has is a mailbox of many, or says nothing.
const MOST: usize = 16;

/// What stands where there is no number.
const NOTHING: [&str; 9] = ["-", "--", "0", "n/a", "na", "none", "null", "tbd", "unknown"];

/// The people, by what they are known by.
pub struct Humans<'g> {
    graph: &'g Graph,
    by_key: FxHashMap<Key, Vec<Row>>,
}

impl<'g> Humans<'g> {
    /// All of the inventory.
    pub fn new(graph: &'g Graph) -> Self {
        let mut by_key: FxHashMap<Key, Vec<Row>> = FxHashMap::default();
        for (row, _) in (0..).zip(&graph.people) {
            for key in keys(graph, row) {
                by_key.entry(key).or_default().push(row);
            }
        }
        by_key.retain(|_, rows| (2..=MOST).contains(&rows.len()));
        Self { graph, by_key }
    }

    /// Adds the other records of those people.
    pub fn complete(&self, people: &mut BTreeSet<Node>) {
        let mut open: Vec<Node> = people.iter().copied().collect();
        while let Some(person) = open.pop() {
            for key in keys(self.graph, person.row) {
                for row in self.by_key.get(&key).into_iter().flatten() {
                    let other = Node::person(*row);
                    if people.insert(other) {
                        open.push(other);
                    }
                }
            }
        }
    }
}

/// What a person is known by, however it is spelled.
fn keys(graph: &Graph, row: Row) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    for (kind, name) in (0..).zip(["employee_number", "emails", "user_name"]) {
        let mut add = |text: &str| {
            // Many a login name is an address.
            let kind = if text.contains('@') { 1 } else { kind };
            let folded = plainly(text).trim().to_lowercase();
            if !folded.is_empty() && !NOTHING.contains(&folded.as_str()) {
                keys.insert((kind, folded));
            }
        };
        match graph.fact(Node::person(row), name) {
            Some(Fact::Text(text)) => add(text),
            Some(Fact::Texts(texts)) => texts.distinct(graph).into_iter().for_each(add),
            _ => {}
        }
    }
    keys
}
