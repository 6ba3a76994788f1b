//! Instants in Cedar's terms. It takes microseconds to make one, and many dates come again.

use std::sync::{PoisonError, RwLock};

use cedar_policy::RestrictedExpression;
use rustc_hash::FxHashMap;

use crate::time::Instant;

type Table = FxHashMap<Instant, RestrictedExpression>;

/// Where dates are all different, the table would only grow.
const MOST: usize = 1 << 15;

/// The instants that have been made, for all threads.
#[derive(Default)]
pub(super) struct Times(RwLock<Table>);

/// The instants of some entities that are made together.
pub(super) struct Own<'t> {
    known: &'t Table,
    new: Table,
}

impl Times {
    /// Does something with instants.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Own<'_>) -> T) -> T {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut own = Own { known: &known, new: Table::default() };
        let done = work(&mut own);
        let new = own.new;
        let is_full = known.len() >= MOST;
        drop(known);
        // Nobody waits for the others: what is left out comes again.
        if !(is_full || new.is_empty())
            && let Ok(mut known) = self.0.try_write()
        {
            known.extend(new);
        }
        done
    }
}

impl Own<'_> {
    /// An instant.
    pub(super) fn get(&mut self, at: Instant) -> RestrictedExpression {
        if let Some(known) = self.known.get(&at) {
            return known.clone();
        }
        self.new.entry(at).or_insert_with(|| time(at)).clone()
    }
}

/// An instant that is made.
pub(super) fn time(at: Instant) -> RestrictedExpression {
    let mut text = Vec::with_capacity(24);
    at.write(&mut text);
    RestrictedExpression::new_datetime(String::from_utf8_lossy(&text))
}
