//! From references to rows.

use crate::fault::{Fault, Faults};
use crate::inventory::field::{
    ACCOUNT, GROUP, List, PERSON, Ref, TEAM, UNPREFIXED, WORKLOAD, split_prefix,
};
use crate::inventory::{Inventory, Kind, Place, Row};

use super::node::{Dangling, Link, Node, NodeKind};

/// Resolves references, and collects those that could mean two things.
pub struct Resolver<'a> {
    /// Where references are looked up.
    pub inventory: &'a Inventory,
    /// How many records name each source.
    pub source_records: Vec<u32>,
    /// References that have to say the kind that they mean.
    pub faults: Faults,
}

const KINDS: [(u8, NodeKind, Kind, &str); 5] = [
    (PERSON, NodeKind::Person, Kind::Person, "person"),
    (WORKLOAD, NodeKind::Workload, Kind::Workload, "workload"),
    (TEAM, NodeKind::Team, Kind::Team, "team"),
    (ACCOUNT, NodeKind::Account, Kind::Account, "account"),
    (GROUP, NodeKind::Group, Kind::Group, "group"),
];

impl<'a> Resolver<'a> {
    /// A resolver for that inventory.
    pub fn new(inventory: &'a Inventory) -> Self {
        let source_records = vec![0; inventory.sources.rows.len()];
        Self { inventory, source_records, faults: Faults::default() }
    }

    /// Adds what another one has counted and found.
    pub fn add(&mut self, other: Self) {
        for (count, more) in self.source_records.iter_mut().zip(other.source_records) {
            *count += more;
        }
        self.faults.merge(other.faults);
    }

    /// Where a reference leads. `field` and `place` are for the fault if it isn't clear.
    pub fn node<const KINDS_OF_FIELD: u8>(
        &mut self,
        reference: Option<Ref<KINDS_OF_FIELD>>,
        field: &str,
        place: Place,
    ) -> Link<Node> {
        let Some(Ref(word)) = reference else { return Link::Absent };
        let words = &self.inventory.words;
        let (kinds, id) = match split_prefix(words.text(word)) {
            None => (KINDS_OF_FIELD, Some(word)),
            Some((kind, id)) => (kind, words.find(id)),
        };
        let Some(id) = id else { return Link::Unknown };
        let known = KINDS.iter().filter(|(bit, ..)| kinds & bit != 0);
        let mut known = known.filter_map(|(_, node, kind, name)| {
            Some((Node::new(*node, self.inventory.find(*kind, id)?), *name))
        });
        let Some((node, name)) = known.next() else { return Link::Unknown };
        if let Some((_, other)) = known.next() {
            let id = words.text(id);
            let quoted = crate::fault::quote(id);
            let file = self.inventory.files.get(place.file as usize);
            let file = file.map_or("-", |file| file.path.as_str());
            let at = format!("{file}:{}:{}", place.line, place.column);
            let help = crate::fault::printable(&format!("write `{name}:{id}` or `{other}:{id}`"));
            self.faults.push(
                Fault::new(
                    format!("`{field}` of the record at {at} names {quoted}, which is both a {name} and a {other}"),
                    help,
                )
                .in_record(place, field),
            );
        }
        Link::To(node)
    }

    /// The same for a field that names one kind, which has a prefix.
    pub fn row<const KINDS_OF_FIELD: u8>(
        &mut self,
        reference: Option<Ref<KINDS_OF_FIELD>>,
        place: Place,
    ) -> Link<Row> {
        match self.node(reference, "", place) {
            Link::Absent => Link::Absent,
            Link::Unknown => Link::Unknown,
            Link::To(node) => Link::To(node.row),
        }
    }

    /// The same for a field that names a kind without a prefix.
    pub fn plain(&self, reference: Option<Ref<UNPREFIXED>>, kind: Kind) -> Link<Row> {
        let Some(Ref(word)) = reference else { return Link::Absent };
        self.inventory.find(kind, word).map_or(Link::Unknown, Link::To)
    }

    /// Counts a record for the source that it names.
    pub fn source(&mut self, source: Option<Ref<UNPREFIXED>>, dangling: &mut Dangling) {
        let link = match source {
            // The only source may be the inventory itself, which no record can name.
            Some(_) if self.inventory.is_own_source => Link::Unknown,
            source => self.plain(source, Kind::Source),
        };
        let source = dangling.note(Dangling::SOURCE, link).known();
        let count = source.and_then(|row| self.source_records.get_mut(row as usize));
        count.into_iter().for_each(|count| *count += 1);
    }

    /// The known targets of a list, each once, in row order; and whether one is unknown.
    pub fn list<const KINDS_OF_FIELD: u8>(
        &mut self,
        list: &List<Ref<KINDS_OF_FIELD>>,
        field: &str,
        place: Place,
    ) -> (Box<[Node]>, bool) {
        let mut unknown = false;
        let mut nodes: Vec<Node> = Vec::new();
        for reference in &list.0 {
            match self.node(Some(*reference), field, place) {
                Link::To(node) => nodes.push(node),
                Link::Absent | Link::Unknown => unknown = true,
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        (nodes.into(), unknown)
    }
}
