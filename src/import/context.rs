//! What is known while an export is read: people, links, and what rows of other exports have said.

use rustc_hash::{FxHashMap, FxHashSet};
use twox_hash::XxHash3_64;

use super::people::{Known, Links, People, Step, Target};
use super::secrets;
use super::setting::Setting;
use super::store::Form;
use crate::time::Instant;

/// What rows have said that later rows of other files need; frozen while a file is read.
#[derive(Default, Debug)]
pub struct Context {
    /// Everyone whom HR knows.
    pub people: People,
    /// The user's links.
    pub links: Links,
    pub(super) names: FxHashMap<(&'static str, String), String>,
    /// What is called in two ways.
    pub(super) doubtful: FxHashSet<(&'static str, String)>,
    pub(super) holders: FxHashMap<u64, (Step, Target)>,
    /// Whether something of it may hold a secret.
    pub(super) hinted: bool,
    /// How the inventory is formed.
    pub(super) form: Form,
}

impl Context {
    /// An empty one, for an inventory of that form.
    pub fn new(form: Form) -> Self {
        Self { form, ..Self::default() }
    }

    /// Takes what a batch of rows has said.
    pub fn learn(&mut self, learned: Learned) {
        self.hinted |= !learned.clean;
        learned.people.iter().for_each(|known| self.people.add(known));
        for (key, name) in learned.names {
            if self.names.get(&key).is_some_and(|other| *other != name) {
                self.doubtful.insert(key.clone());
            }
            self.names.insert(key, name);
        }
        for (account, (step, holder)) in learned.holders {
            // As records are merged: the stronger step, and of equal ones the first.
            let known = self.holders.get(&account);
            if known.is_none_or(|(other, _)| step < *other) {
                self.holders.insert(account, (step, holder));
            }
        }
    }
}

/// What a batch of rows has said.
#[derive(Default, Debug)]
pub struct Learned {
    pub(super) people: Vec<Known>,
    pub(super) names: Vec<((&'static str, String), String)>,
    pub(super) holders: Vec<(u64, (Step, Target))>,
    /// Whether nothing of the rows, or of what is here, can hold a secret.
    pub(super) clean: bool,
}

impl Learned {
    /// Whether what other rows may write of it can't hold a secret.
    pub(super) fn is_clean(&self) -> bool {
        let people = self.people.iter().map(|known| &known.id);
        let holders = self.holders.iter().map(|(_, (_, to))| match to {
            Target::Person(id) | Target::Workload(id) => id,
        });
        let names = self.names.iter().flat_map(|((_, id), name)| [id, name]);
        !people.chain(holders).chain(names).any(|text| secrets::hinted_value(text))
    }
}

/// An export while it is read.
#[derive(Debug)]
pub struct Export {
    /// The id of its source: its path.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// When it was made.
    pub exported_at: Instant,
    /// What the user says of it.
    pub setting: Setting,
    /// What its importer made out before the first row, such as which column is which.
    pub plan: super::kinds::Plan,
}

/// A digest that is the same in every run.
pub fn digest(text: &str) -> u64 {
    XxHash3_64::oneshot(text.as_bytes())
}
