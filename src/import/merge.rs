//! One record of what several rows say of it.
//!
//! A row that lists a thing counts more than one that only mentions it, and a newer export more
//! than an older one; lists are united, absent fields filled in. Where two rows contradict each
//! other, the conflict is reported, and what could be a violation is kept: the later use, the
//! status that gives access.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use serde_json::{Map, Value};

use super::people::Step;
use crate::inventory::Kind;

/// How much a row's word counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rank {
    /// Whether it lists the record.
    pub listed: bool,
    /// When it was exported, where the export or the user says so. The time of a file says little:
    /// copying changes it.
    pub newer: Option<i64>,
}

impl Rank {
    /// Whether it surely counts more than another one.
    fn beats(self, other: Self) -> bool {
        let newer = self.newer.zip(other.newer).is_some_and(|(own, other)| own > other);
        self.listed && !other.listed || self.listed == other.listed && newer
    }
}

/// What rows said differently: the kind and field, how often, and the first ids.
pub type Conflicts = BTreeMap<(&'static str, String), (u64, Vec<String>)>;

/// How many ids are listed of each conflict.
const LISTED: usize = 3;

/// The statuses that give access, first the one that gives most.
const ALIVE: [&str; 5] = ["enabled", "active", "unknown", "locked", "pending"];

/// What two rows can't differ in if they speak of the same thing at the same time.
const TELLING: [&str; 7] =
    ["status", "username", "identity", "employee_number", "kind", "system", "account"];

/// One record of many.
pub struct Merged {
    /// The record.
    pub record: Value,
    /// The numbers of the rows that contradict it, so that one of them is not in it.
    pub contradicting: Vec<usize>,
}

/// What puts a row's word before another's. What it says is read when its turn has come: a group of
/// everybody is mentioned by everybody.
pub struct Part {
    rank: Rank,
    started: String,
}

impl Part {
    /// That of a record.
    pub fn new(rank: Rank, record: &Value) -> Self {
        Self { rank, started: started(record).to_owned() }
    }
}

/// Merges what is said of one record, in the order of the rows.
///
/// # Errors
/// Those of reading what a row says.
pub fn merge<E>(
    kind: Kind,
    parts: &[Part],
    mut read: impl FnMut(usize) -> Result<Value, E>,
    conflicts: &mut Conflicts,
) -> Result<Merged, E> {
    let mut order: Vec<(usize, &Part)> = parts.iter().enumerate().collect();
    // Of HR, the row of the later employment; of equal ones, the first.
    order.sort_by(|(_, a), (_, b)| b.rank.cmp(&a.rank).then_with(|| b.started.cmp(&a.started)));
    let newest = order.first().map_or("", |(_, part)| &part.started);
    let mut merging = Merging::default();
    let mut contradicting = Vec::new();
    for (at, Part { rank, started }) in order {
        let said = read(at)?;
        // Only of two first days can one be the earlier.
        let earlier = kind == Kind::Person
            && !started.is_empty()
            && started.as_str() < newest
            && merging.is_same_human(&said);
        let differs = merging.add(&said, *rank, earlier);
        let id = said.get("id").and_then(Value::as_str).unwrap_or_default();
        for field in &differs {
            let (count, ids) = conflicts.entry((kind.singular(), field.clone())).or_default();
            *count += 1;
            if ids.len() < LISTED {
                ids.push(id.to_owned());
            }
        }
        let telling = |field: &String| {
            TELLING.contains(&field.as_str()) || kind == Kind::Person && field == "name"
        };
        if differs.iter().any(telling) {
            contradicting.push(at);
        }
    }
    Ok(Merged { record: merging.finish(kind), contradicting })
}

#[derive(Default)]
struct Merging {
    members: Map<String, Value>,
    ranks: BTreeMap<String, Rank>,
    /// What is in each list, so that a group of a million is not searched a million times.
    listed: BTreeMap<String, FxHashSet<String>>,
    places: Vec<String>,
}

impl Merging {
    /// Adds what a row says; the fields in which it contradicts what is known.
    fn add(&mut self, said: &Value, rank: Rank, earlier: bool) -> Vec<String> {
        let mut differs = Vec::new();
        let (known_link, own_link) = (link_of(self.members.get("tags")), link_of(said.get("tags")));
        // Two steps; what isn't linked by one is a workload's, and contradicts a person.
        let both = known_link.max(own_link) < Step::ALL.len();
        let linked_better = both && own_link < known_link;
        for (field, value) in said.as_object().into_iter().flatten() {
            let Some(known) = self.members.get_mut(field) else {
                self.members.insert(field.clone(), value.clone());
                self.ranks.insert(field.clone(), rank);
                continue;
            };
            match (field.as_str(), known, value) {
                ("source", ..) => {}
                ("source_ref", _, Value::String(place)) if self.places.len() < LISTED => {
                    self.places.push(place.clone());
                }
                ("source_ref", ..) => {}
                (_, known, value) if known == value => {}
                // Whose an account is, the stronger step says, as within one row.
                ("identity", known, value) if linked_better => *known = value.clone(),
                ("identity", ..) if both && known_link < own_link => {}
                (_, Value::Array(known), Value::Array(more)) => {
                    let seen = self
                        .listed
                        .entry(field.clone())
                        .or_insert_with(|| known.iter().map(Value::to_string).collect());
                    known.extend(more.iter().filter(|item| seen.insert(item.to_string())).cloned());
                }
                ("tags", Value::Object(known), Value::Object(more)) => {
                    let known_rank = self.ranks.get(field).copied().unwrap_or(rank);
                    let both = known_rank.listed && rank.listed;
                    let stronger = known_rank.beats(rank) || earlier;
                    let differing = unite_tags(known, more);
                    differs.extend(differing.filter(|_| both && !stronger));
                }
                (_, known, value) => {
                    let known_rank = self.ranks.get(field).copied().unwrap_or(rank);
                    let stronger = known_rank.beats(rank) || earlier;
                    let agrees = unite(field, known, value, stronger);
                    if !agrees && known_rank.listed && rank.listed {
                        differs.push(field.clone());
                    }
                }
            }
        }
        let tags = self.members.get_mut("tags").and_then(Value::as_object_mut);
        if let (Some(tags), true) = (tags, linked_better)
            && let Some(step) = said.pointer("/tags/linked_by")
        {
            tags.insert("linked_by".into(), step.clone());
        }
        differs
    }

    /// Whether what is known of a person has the name or an address of this row: two HR systems can
    /// give two people one number.
    fn is_same_human(&self, said: &Value) -> bool {
        let name = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_lowercase);
        let emails =
            |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let known = emails(self.members.get("emails"));
        let shared = emails(said.get("emails")).iter().any(|email| known.contains(email));
        shared
            || name(self.members.get("name")) == name(said.get("name"))
                && name(said.get("name")).is_some()
    }

    fn finish(self, kind: Kind) -> Value {
        let mut members = self.members;
        // Which other rows it is from.
        if has_tags(kind) && !self.places.is_empty() {
            let tags = members.entry("tags").or_insert_with(|| Value::Object(Map::new()));
            if let Some(tags) = tags.as_object_mut() {
                tags.insert("also_in".into(), self.places.join(", ").into());
            }
        }
        Value::Object(members)
    }
}

/// How early the step counts that has linked an account; behind all of them, none.
fn link_of(tags: Option<&Value>) -> usize {
    let step = tags.and_then(|tags| tags.get("linked_by")).and_then(Value::as_str);
    let at = step.and_then(|step| Step::ALL.iter().position(|known| known.name() == step));
    at.unwrap_or(Step::ALL.len())
}

/// The first day of a person's employment; of other records, nothing.
fn started(value: &Value) -> &str {
    value.get("started_at").and_then(Value::as_str).unwrap_or_default()
}

/// The kinds whose records carry free facts.
fn has_tags(kind: Kind) -> bool {
    !matches!(kind, Kind::Source | Kind::Team | Kind::Group | Kind::Offboarding)
}

/// Adds tags to those that are known; gives the names of those that say something else. How an
/// account was linked isn't what a row says.
fn unite_tags<'t>(
    known: &'t mut Map<String, Value>,
    more: &'t Map<String, Value>,
) -> impl Iterator<Item = String> + 't {
    more.iter().filter_map(|(name, value)| {
        let kept = known.entry(name.clone()).or_insert_with(|| value.clone());
        (kept != value && name != "linked_by").then(|| format!("tags.{name}"))
    })
}

/// Puts two values of a field together; says whether they don't contradict each other. `stronger`
/// if the known one counts more.
fn unite(field: &str, known: &mut Value, value: &Value, stronger: bool) -> bool {
    match (known, value) {
        (Value::Bool(known), Value::Bool(value)) if field == "privileged" => {
            *known |= value;
            true
        }
        (Value::String(known), Value::String(value)) => text(field, known, value, stronger),
        _ => false,
    }
}

fn text(field: &str, known: &mut String, value: &str, stronger: bool) -> bool {
    let take = |known: &mut String, other: bool| {
        if other {
            value.clone_into(known);
        }
        true
    };
    // Times are in UTC and of one form: their order is that of their texts, but for milliseconds.
    let later = |a: &str, b: &str| a.trim_end_matches('Z') > b.trim_end_matches('Z');
    match field {
        "last_login_at"
        | "interactive_login_at"
        | "last_used_at"
        | "exposed_at"
        | "last_rotated_at"
        | "last_reviewed_at" => {
            let newer = later(value, known);
            take(known, newer)
        }
        "created_at" | "granted_at" => {
            let older = later(known, value);
            take(known, older)
        }
        "last_used_state" => {
            // One who saw a use knows more than one who saw none.
            let rank = |word: &str| {
                ["known", "never", "not_tracked"]
                    .iter()
                    .position(|known| *known == word)
                    .unwrap_or(3)
            };
            let better = rank(value) < rank(known);
            take(known, better)
        }
        // Login names are the same in any case.
        "username" if known.eq_ignore_ascii_case(value) => true,
        _ if value == "unknown" => true,
        _ if known == "unknown" => take(known, true),
        // A leaver who counts as there would be passed over.
        "status" if !stronger && value == "terminated" => {
            take(known, true);
            false
        }
        "status" if !stronger && known == "terminated" => false,
        "status" if !stronger => {
            let rank =
                |word: &str| ALIVE.iter().position(|alive| *alive == word).unwrap_or(ALIVE.len());
            let more = rank(value) < rank(known);
            take(known, more);
            false
        }
        _ => stronger,
    }
}

#[cfg(test)]
mod tests;
