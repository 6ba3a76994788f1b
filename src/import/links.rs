//! What came of linking accounts: each account is counted once, whatever rows name it, for the
//! export that names it first.

use std::collections::BTreeMap;

use super::batch::Entry;
use super::people::{AMBIGUOUS, Linked, NOBODYS, Step, UNLINKED};
use crate::inventory::Kind;

/// How many accounts are listed of each step at which two people fit.
const LISTED: usize = 5;

/// How many accounts of each source were linked in which way.
#[derive(Default, Debug)]
pub struct Links {
    counts: BTreeMap<(u32, u8), u64>,
    /// The first accounts that two people fit.
    ambiguous: BTreeMap<(u32, u8), Vec<Entry>>,
}

/// The accounts of one source.
#[derive(Default, Debug)]
pub struct Linking {
    /// Those that were linked, by step.
    pub linked: BTreeMap<&'static str, u64>,
    /// Those that two people fit, by step: how many, and the first of them.
    pub ambiguous: BTreeMap<&'static str, (u64, Vec<Entry>)>,
    /// Those that nobody was found for.
    pub unlinked: u64,
}

impl Links {
    /// Counts an account by all that rows say of it: of several ways, the strongest.
    pub fn see(&mut self, same: &[Entry]) {
        let accounts = same.iter().filter(|entry| entry.kind == Kind::Account && entry.link != 0);
        let Some(best) = accounts.min_by_key(|entry| (entry.link, entry.start)) else { return };
        let key = (best.source, best.link);
        *self.counts.entry(key).or_default() += 1;
        if (AMBIGUOUS..UNLINKED).contains(&best.link) {
            self.list(key, [*best]);
        }
    }

    /// Adds what another part of the index says.
    pub fn add(&mut self, other: Self) {
        other.counts.into_iter().for_each(|(key, n)| *self.counts.entry(key).or_default() += n);
        other.ambiguous.into_iter().for_each(|(key, entries)| self.list(key, entries));
    }

    fn list(&mut self, key: (u32, u8), entries: impl IntoIterator<Item = Entry>) {
        let list = self.ambiguous.entry(key).or_default();
        list.extend(entries);
        list.sort_by_key(|entry| entry.start);
        list.truncate(LISTED);
    }

    /// What it says of one source.
    pub fn of(&self, source: u32) -> Linking {
        let mut linking = Linking::default();
        for ((_, code), count) in self.counts.range((source, 0)..=(source, u8::MAX)) {
            let step = Step::ALL
                .into_iter()
                .find(|step| *code == *step as u8 || *code == Linked::Ambiguous(*step).code());
            match (step, *code) {
                (Some(step), AMBIGUOUS..UNLINKED) => {
                    let listed = self.ambiguous.get(&(source, *code)).cloned();
                    linking.ambiguous.insert(step.name(), (*count, listed.unwrap_or_default()));
                }
                (Some(step), _) => {
                    linking.linked.insert(step.name(), *count);
                }
                (None, NOBODYS) => {
                    linking.linked.insert("links: nobody's", *count);
                }
                _ => linking.unlinked += count,
            }
        }
        linking
    }
}
