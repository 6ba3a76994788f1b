//! What the wrappers of an export say of its pages.

use std::collections::BTreeMap;

/// What wrappers say, by where they are, numbers replaced by `*`: pages of one list are one place.
pub type Pages = BTreeMap<String, Page>;

/// What the wrappers at one place say.
#[derive(Clone, Default, Debug)]
pub struct Page {
    /// How many rows they hold.
    pub rows: u64,
    /// Whether the last of them that says anything says that there is another one.
    pub next: bool,
    /// Whether they say anything: of a wrapper that is read piece by piece, most pieces don't.
    pub said: bool,
    /// How many rows there are, if one says so.
    pub total: Option<u64>,
    /// At which rows of the list they begin, and how many of them do.
    pub starts: BTreeMap<u64, u64>,
}

impl Page {
    /// Takes in whether a wrapper says that there is another page.
    pub fn says(&mut self, next: bool) {
        (self.next, self.said) = (next, true);
    }

    /// Adds what a later part of the export says.
    pub fn then(&mut self, later: &Self) {
        self.rows += later.rows;
        self.total = self.total.max(later.total);
        later.starts.iter().for_each(|(start, n)| *self.starts.entry(*start).or_default() += n);
        if later.said {
            self.says(later.next);
        }
    }
}
