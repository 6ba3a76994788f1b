//! What an answer says of itself beside its rows: of further pages, and when it was made.

use std::borrow::Cow;

use super::Converter;
use crate::import::pages::When;
use crate::import::value::Value;
use crate::import::when;
use crate::import::wrapper::{context, names_next, start_of, total};

impl Converter<'_> {
    /// Says which value of the text is read, and which piece of it.
    pub fn begins(&mut self, (value, piece): (u64, u64)) {
        self.at = (value, piece, 0);
        self.shape = None;
    }

    pub(super) fn now(&mut self) -> When {
        self.at.2 += 1;
        (self.at.1, self.at.2)
    }

    /// Notes what a member of a wrapper that is read piece by piece says of further pages.
    pub fn says(&mut self, wrapper: &str, key: &str, value: &Value<'_>) {
        let at = self.now();
        let total = total(&[(Cow::Borrowed(key), value)]);
        let opened = self.pages.opened(self.at.0, wrapper);
        let page = &mut opened.page;
        page.next |= names_next(key, value);
        page.said = page.said.max(Some(at));
        page.total = page.total.max(total);
        if let Some(start) = start_of(key, value) {
            *page.starts.entry(start).or_default() += 1;
        }
        opened.context = opened.context.take().or_else(|| context(key, value));
        self.dated(key, value);
    }

    /// Counts the rows of a piece for the member of the wrapper that it is of, if it is of one, and
    /// gives it what wrappers in the piece say.
    pub fn rows_of(&mut self, wrapper: Option<(&str, &str)>, rows: u64) {
        let (at, marks) = (self.now(), std::mem::take(&mut self.marks));
        let Some((wrapper, key)) = wrapper else {
            marks.into_iter().for_each(|mark| self.pages.page(mark.place, None, &mark.page));
            return;
        };
        let value = self.at.0;
        // Whatever is opened is in an opened object, as the whole is.
        self.pages.opened(value, "").page.said.get_or_insert(at);
        let opened = self.pages.opened(value, wrapper);
        opened.page.said = opened.page.said.max(Some(at));
        opened.marks.extend(marks);
        if rows > 0 {
            *opened.rows.entry(key.to_owned()).or_default() += rows;
        }
        opened.shape = opened.shape.max(self.shape.map(|shape| (at, shape)));
    }

    /// Notes when the export was made, where it says so.
    pub(super) fn dated(&mut self, key: &str, value: &Value<'_>) {
        if matches!(key, "GeneratedTime" | "generated_at" | "date" | "exported_at")
            && let Some(at) = value.text().and_then(when::read)
        {
            self.exported_at = self.exported_at.max(Some(at));
        }
    }
}
