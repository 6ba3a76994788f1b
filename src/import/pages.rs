//! What the wrappers of an export say of its pages.
//!
//! An answer is read in one piece or, where it is long, piece by piece. What is said of it is the
//! same: it is put together once all pieces are read.

use std::collections::BTreeMap;

use super::wrapper::wildcard;

/// What wrappers say, by where they are, numbers replaced by `*`, and by what they list: pages of
/// one list are one place.
pub type Pages = BTreeMap<String, Page>;

/// When something is said: the number of the piece, and which of the things that it says.
pub type When = (u64, u64);

/// What the wrappers at one place say.
#[derive(Clone, Default, Debug)]
pub struct Page {
    /// How many rows they hold.
    pub rows: u64,
    /// Whether the last of them says that there is another one.
    pub next: bool,
    /// When the last of them says so, or that there is none.
    pub said: Option<When>,
    /// How many rows there are, if one says so.
    pub total: Option<u64>,
    /// At which rows of the list they begin, and how many of them do.
    pub starts: BTreeMap<u64, u64>,
}

impl Page {
    /// Takes in whether a wrapper says that there is another page.
    pub fn says(&mut self, next: bool, at: When) {
        if self.said.is_none_or(|said| said <= at) {
            (self.next, self.said) = (next, Some(at));
        }
    }

    /// Adds what other pages of the list say.
    pub fn then(&mut self, other: &Self) {
        self.rows += other.rows;
        self.total = self.total.max(other.total);
        other.starts.iter().for_each(|(start, n)| *self.starts.entry(*start).or_default() += n);
        if let Some(at) = other.said {
            self.says(other.next, at);
        }
    }
}

/// What a wrapper without rows says: it is the answer's whose rows stand beside it.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Where it is.
    pub place: String,
    /// What it says.
    pub page: Page,
}

/// What has been heard of an object that is read piece by piece.
#[derive(Clone, Default, Debug)]
pub struct Opened {
    /// What it says itself; its rows are counted apart.
    pub page: Page,
    /// The rows of each of its members.
    pub rows: BTreeMap<String, u64>,
    /// What it says that it lists.
    pub context: Option<String>,
    /// The shape of its last row.
    pub shape: Option<(When, &'static str)>,
    /// What those of its members say that hold no rows.
    pub marks: Vec<Mark>,
}

impl Opened {
    fn then(&mut self, other: Self) {
        // It is one answer: what a part of it says holds for all of it.
        let next = self.page.next || other.page.next;
        self.page.then(&other.page);
        self.page.next = next;
        other.rows.into_iter().for_each(|(key, rows)| *self.rows.entry(key).or_default() += rows);
        self.context = self.context.take().or(other.context);
        self.shape = self.shape.max(other.shape);
        self.marks.extend(other.marks);
    }
}

/// What has been heard of pages so far.
#[derive(Clone, Default, Debug)]
pub struct Heard {
    /// By place and by what is listed, if that is known.
    lists: BTreeMap<(String, Option<String>), Page>,
    /// By the value of the text that they are in, and by where in it they are.
    opened: BTreeMap<(u64, String), Opened>,
}

impl Heard {
    /// Takes in what a page of a list says.
    pub fn page(&mut self, place: String, list: Option<String>, page: &Page) {
        self.lists.entry((place, list)).or_default().then(page);
    }

    /// What has been heard of an object that is read piece by piece.
    pub fn opened(&mut self, value: u64, pointer: &str) -> &mut Opened {
        self.opened.entry((value, pointer.to_owned())).or_default()
    }

    /// Adds what another part of the export says.
    pub fn then(&mut self, other: Self) {
        for ((place, list), page) in other.lists {
            self.page(place, list, &page);
        }
        for (of, opened) in other.opened {
            self.opened.entry(of).or_default().then(opened);
        }
    }

    /// Puts it together, once all is read.
    pub fn finish(mut self) -> Pages {
        // What an opened object within another one holds, the other one holds.
        let inner: Vec<_> = self.opened.iter().map(|(of, own)| (of.clone(), own.clone())).collect();
        for ((value, pointer), own) in inner {
            let rows: u64 = own.rows.values().sum();
            let ends = pointer.match_indices('/').map(|(at, _)| at);
            for at in ends {
                let (outer, key) = pointer.split_at(at);
                let Some(outer) = self.opened.get_mut(&(value, outer.to_owned())) else { continue };
                let key = key.split('/').nth(1).unwrap_or_default();
                if rows > 0 {
                    *outer.rows.entry(key.to_owned()).or_default() += rows;
                }
                outer.shape = outer.shape.max(own.shape);
            }
        }
        for ((_, pointer), own) in std::mem::take(&mut self.opened) {
            // Of two lists in one answer, it counts one.
            let rows = own.rows.values().copied().max().unwrap_or(0);
            let shape = own.shape.filter(|_| rows > 0).map(|(_, shape)| shape);
            let list = own.context.or_else(|| shape.map(str::to_owned));
            for Mark { place, page } in own.marks {
                self.page(place, list.clone(), &page);
            }
            self.page(wildcard(&pointer), list, &Page { rows, ..own.page });
        }
        // What doesn't say what it lists is a page of the only list at its place, unless that one's
        // pages say it.
        let (known, unknown): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.lists.into_iter().partition(|((_, list), _)| list.is_some());
        let mut lists: BTreeMap<String, Vec<(String, Page)>> = BTreeMap::new();
        for ((place, list), page) in known {
            lists.entry(place).or_default().push((list.unwrap_or_default(), page));
        }
        for ((place, _), page) in unknown {
            let own = lists.entry(place).or_default();
            match own.as_mut_slice() {
                [(list, only)] if !list.starts_with('#') => only.then(&page),
                _ => own.push((String::new(), page)),
            }
        }
        let named = |(place, lists): (String, Vec<(String, Page)>)| {
            lists.into_iter().map(move |(list, page)| (format!("{place} {list}"), page))
        };
        lists.into_iter().flat_map(named).collect()
    }
}
