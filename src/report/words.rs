//! Texts of a report for formats whose consumers take only so much of one.

use std::cmp::Reverse;

use super::model::{FactValue, Finding, Mark, Report, Status, Thing, Verdict};
use crate::fault::printable;

/// A text without anything that steers or hides, in at most so many characters.
pub(crate) fn short(text: &str, most: usize) -> String {
    // A name can be a megabyte long: what is cut off isn't looked at.
    let beginning =
        text.char_indices().nth(most.saturating_add(1)).map_or(text.len(), |(at, _)| at);
    let shown = printable(text.get(..beginning).unwrap_or(""));
    match shown.char_indices().nth(most) {
        None => shown,
        Some(_) => shown.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// A thing in words: what it is, and its id.
pub(crate) fn thing(thing: &Thing) -> String {
    format!("{} {}", thing.kind, thing.id)
}

/// Why the report says less than everything; also where it doesn't say why.
pub(super) fn incomplete(report: &Report) -> Vec<String> {
    if report.incomplete.is_empty() && report.verdict == Verdict::Incomplete {
        return vec!["not everything could be judged".to_owned()];
    }
    report.incomplete.clone()
}

/// What is open, in the order in which it matters: new before known, what is violated before what
/// could not be judged, the worst first, and of those what is overdue longest.
pub(super) fn worst_first(report: &Report) -> Vec<&Finding> {
    let open = report.findings.iter().filter(|finding| finding.status != Status::Waived);
    let mut open: Vec<&Finding> = open.collect();
    open.sort_by_key(|finding| {
        let known = finding.mark == Some(Mark::Known);
        let judged = finding.status != Status::Indeterminate;
        (known, !judged, Reverse(finding.severity), Reverse(finding.overdue_days))
    });
    open
}

/// A fact with texts of at most so many characters.
pub(super) fn fact(value: &FactValue, most: usize) -> FactValue {
    let thing =
        |thing: &Thing| Thing { kind: short(&thing.kind, most), id: short(&thing.id, most) };
    match value {
        FactValue::Text(text) => FactValue::Text(short(text, most)),
        FactValue::Texts(texts) => {
            FactValue::Texts(texts.iter().map(|text| short(text, most)).collect())
        }
        FactValue::Thing(value) => FactValue::Thing(thing(value)),
        FactValue::Things(things) => FactValue::Things(things.iter().map(thing).collect()),
        FactValue::Missing(()) | FactValue::Bool(_) | FactValue::Number(_) => value.clone(),
    }
}

/// `1 finding`, `2 findings`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_a_short_one_is_whole() {
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("abcd", 3), "ab…");
        assert_eq!(short("\u{1b}", 6), "\\u{1b}");
        assert_eq!(short("\u{1b}", 5), "\\u{1…");
        assert_eq!(short(&"ü".repeat(1 << 20), 7).chars().count(), 7);
    }
}
