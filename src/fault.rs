//! What is wrong with an input: a sentence, the exact place, and what to do about it.
//!
//! Faults of an input are collected and shown together. A fault carries an excerpt of its source
//! instead of the source: inventories are large, their lines can be millions of characters long,
//! their text may hold terminal escapes, and a mistyped field may hold a secret.

use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

mod conceal;

pub use conceal::conceal;

/// How many faults are shown before the rest is only counted.
pub const SHOWN: usize = 100;

/// How many names are listed where none is near.
const LISTED: usize = 30;

/// Characters shown on either side of a label.
const MARGIN: usize = 60;

/// Replaces what could steer a terminal or hide text: control characters and bidirectional marks.
/// And what a CI runner takes for a command where it begins a word, as wrapping can make it begin
/// a line: `::`, and `##` anywhere.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or("");
        let word = out.chars().next_back().is_none_or(char::is_whitespace);
        if rest.starts_with("##") || word && rest.starts_with("::") {
            out.extend(c.escape_unicode());
            continue;
        }
        if is_hostile(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// What could steer a terminal or hide text.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}' | '\u{061c}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A value of the user's in backticks, printable, and cut where it is long.
pub fn quote(text: &str) -> String {
    let short: String = text.chars().take(120).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", conceal(&printable(&short)))
}

/// A sentence without what stands in backticks.
fn withheld(said: &str) -> String {
    let parts = said.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 1 { "`…`" } else { part });
    parts.collect()
}

/// The nearest of some names, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let lower = plain(word);
    let names: Vec<&str> = names.into_iter().collect();
    // The beginning of one name alone is meant more surely than a name that is spelt alike.
    let mut begun = names.iter().filter(|name| lower.len() > 2 && plain(name).starts_with(&lower));
    if let (Some(name), None) = (begun.next(), begun.next()) {
        return Some(name);
    }
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &plain(name)), name))
        .filter(|(distance, name)| *distance <= (name.len().max(lower.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `did you mean ...`, or else the list of what there is.
pub fn suggest<'a>(word: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    nearest(word, names.clone()).map_or_else(
        || {
            let mut all: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
            let more = all.len().saturating_sub(LISTED);
            all.truncate(LISTED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("use one of {}{more}", all.join(", "))
        },
        |name| format!("did you mean `{name}`?"),
    )
}

/// A text that faults can point into.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// The file's name as the user gave it.
    pub name: &'a str,
    /// The whole text.
    pub text: &'a str,
}

/// One line of a source around a place, as it may be shown.
#[derive(Debug, Clone)]
pub struct Excerpt {
    name: String,
    /// One-based; the column counts characters.
    pub line: usize,
    /// One-based; counts characters.
    pub column: usize,
    text: String,
    label: Range<usize>,
    said: String,
}

impl Text<'_> {
    /// Cuts the line of `span` out of the text; of `masked` places nothing is shown.
    pub fn excerpt(&self, span: Range<usize>, masked: &[Range<usize>], said: String) -> Excerpt {
        let floor = |at: usize| {
            let at = at.min(self.text.len());
            (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
        };
        let (start, end) = (floor(span.start), floor(span.end));
        let before = self.text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text.get(start..).and_then(|rest| rest.find('\n'));
        let line_end = line_end.map_or(self.text.len(), |at| start + at);
        let end = end.clamp(start, line_end.max(start));

        let from = (line_start..start).rev().filter(|at| self.text.is_char_boundary(*at));
        let from = from.take(MARGIN).last().unwrap_or(start);
        let stop = (end..=line_end).filter(|at| self.text.is_char_boundary(*at));
        let stop = stop.take(MARGIN + 1).last().unwrap_or(end);
        let show = |range: Range<usize>| {
            let mut out = String::new();
            for (at, c) in self.text.get(range.clone()).unwrap_or("").char_indices() {
                let at = at + range.start;
                match masked.iter().find(|mask| mask.contains(&at)) {
                    Some(mask) if mask.start == at || at == range.start => out.push('…'),
                    Some(_) => {}
                    None if is_hostile(c) && c != '\r' && c != '\t' => {
                        out.extend(c.escape_unicode());
                    }
                    None if c == '\r' => {}
                    None => out.push(if c == '\t' { ' ' } else { c }),
                }
            }
            conceal(&out)
        };
        let mut text = String::from(if from > line_start { "…" } else { "" });
        text += &show(from..start);
        let label_start = text.len();
        let labelled: String = show(start..end);
        // A label over a long value says no more than one over its beginning.
        text.extend(labelled.chars().take(2 * MARGIN));
        let label = label_start..text.len();
        text += &show(end..stop);
        text += if stop < line_end { "…" } else { "" };
        Excerpt {
            name: printable(self.name),
            line: before.matches('\n').count() + 1,
            column: self.text.get(line_start..start).unwrap_or("").chars().count() + 1,
            text,
            label,
            said,
        }
    }
}

impl Excerpt {
    /// The same where its text is only a part of the file: the line and column in the file.
    #[must_use]
    pub fn moved(self, line: u64, column: usize) -> Self {
        Self { line: usize::try_from(line).unwrap_or(usize::MAX), column, ..self }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without context the reader wants the place of a label, with context the text around it.
        let (span, column) = if before == 0 {
            (*span, self.column - 1)
        } else {
            (SourceSpan::from(0..self.text.len()), 0)
        };
        let range = span.offset()..span.offset() + span.len();
        let data = self.text.get(range).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data.as_bytes(),
            span,
            self.line - 1,
            column,
            1,
        )))
    }
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, Default)]
pub struct Fault {
    /// One line, lowercase, the user's values in backticks.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The place, where there is one.
    pub place: Option<Excerpt>,
    /// The other place that this is about: the first of two duplicates.
    pub other: Option<Box<Fault>>,
    /// The record and the field, where the text isn't at hand.
    pub record: Option<(crate::inventory::Place, String)>,
}

impl Fault {
    /// A fault without a place in a text: a file that can't be read.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        let (message, help) = (printable(&message.into()), help.into());
        Self { message, help: Some(help), ..Self::default() }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Excerpt) -> Self {
        self.place = Some(place);
        self
    }

    /// Says in which record, for those who have its text.
    #[must_use]
    pub fn in_record(mut self, place: crate::inventory::Place, field: &str) -> Self {
        self.record = Some((place, field.to_owned()));
        self
    }

    /// The same without the values of an input: its place is told, not what stands there.
    #[must_use]
    pub fn without_values(mut self) -> Self {
        let Some(place) = self.place.take() else { return self };
        let text = String::from("(withheld)");
        let label = 0..text.len();
        self.place = Some(Excerpt { text, label, said: withheld(&place.said), ..place });
        self.message = withheld(&self.message);
        self.help = self.help.as_deref().map(withheld);
        self.other = self.other.map(|other| Box::new(other.without_values()));
        self
    }

    /// From a text whose first line is the message and whose second says what to do.
    pub fn from_lines(text: &str) -> Self {
        let (message, help) = text.split_once('\n').unwrap_or((text, ""));
        let help = (!help.is_empty()).then(|| help.to_owned());
        Self { message: message.to_owned(), help, ..Self::default() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl Diagnostic for Fault {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| place as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let said = (!place.said.is_empty()).then(|| place.said.clone());
        let label = LabeledSpan::new_primary_with_span(said, place.label.clone());
        Some(Box::new(std::iter::once(label)))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let other = self.other.as_deref()?;
        Some(Box::new(std::iter::once(other as &dyn Diagnostic)))
    }
}

/// All that is wrong with an input.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
    /// How many there were, shown or not.
    pub count: usize,
}

impl Faults {
    /// Adds one; past [`SHOWN`] they are only counted.
    pub fn push(&mut self, fault: Fault) {
        self.count += 1;
        if self.list.len() < SHOWN {
            self.list.push(fault);
        }
    }

    /// Adds those of another input.
    pub fn merge(&mut self, other: Self) {
        let hidden = other.count - other.list.len();
        self.extend(other.list);
        self.count += hidden;
    }

    /// The same faults, each changed.
    #[must_use]
    pub fn map(self, change: impl FnMut(Fault) -> Fault) -> Self {
        Self { list: self.list.into_iter().map(change).collect(), count: self.count }
    }

    /// Whether a further fault would still be shown: finding its place is then worth the time.
    pub fn has_room(&self) -> bool {
        self.list.len() < SHOWN
    }

    /// The faults that are shown.
    pub fn shown(&self) -> &[Fault] {
        &self.list
    }

    /// `Ok` if nothing was wrong.
    ///
    /// # Errors
    /// These faults, if there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.count == 0 { Ok(()) } else { Err(self) }
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self { list: vec![fault], count: 1 }
    }
}

impl Extend<Fault> for Faults {
    fn extend<T: IntoIterator<Item = Fault>>(&mut self, faults: T) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_shows_its_line_and_nothing_that_is_masked_or_steers_a_terminal() {
        let source =
            Text { name: "a.json", text: "{\n  \"x\": \"\u{1b}[31m\", \"secret\": \"hunter2\"}\n" };
        let at = source.text.find("\"secret\"").unwrap();
        let value = source.text.find("\"hunter2\"").unwrap();
        let excerpt =
            source.excerpt(at..at + 8, std::slice::from_ref(&(value..value + 9)), "unknown".into());
        assert_eq!((excerpt.line, excerpt.column), (2, 17));
        assert_eq!(&excerpt.text[excerpt.label.clone()], "\"secret\"");
        assert!(excerpt.text.contains("\\u{1b}[31m") && !excerpt.text.contains("hunter2"));
    }

    #[test]
    fn a_line_of_a_million_characters_is_cut_around_the_place() {
        let text = format!("{}here{}", "é".repeat(500_000), "x".repeat(500_000));
        let excerpt =
            Text { name: "-", text: &text }.excerpt(1_000_000..1_000_004, &[], String::new());
        assert_eq!(&excerpt.text[excerpt.label.clone()], "here");
        assert_eq!((excerpt.line, excerpt.column), (1, 500_001));
        assert!(excerpt.text.chars().count() < 200);
    }

    #[test]
    fn what_may_be_a_secret_is_not_quoted() {
        for secret in ["AKIAIOSFODNN7EXAMPLE", "AKIAABCDEFGHIJKLMNOP", "ghp_0123456789abcdefghij"] {
            assert!(!quote(secret).contains(&secret[4..]), "{secret}");
        }
        for plain in
            ["2026-03-01T12:00:00Z", "snowflake:svc-nightly-ledger-export", "disabledaccountlive"]
        {
            assert_eq!(quote(plain), format!("`{plain}`"));
        }
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("Active", ["active", "leave"]), Some("active"));
        assert_eq!(
            nearest("last_roated_at", ["last_rotated_at", "created_at"]),
            Some("last_rotated_at")
        );
        assert_eq!(nearest("xyz", ["active", "leave"]), None);
    }
}
