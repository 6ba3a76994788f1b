//! GitHub Flavored Markdown of plain text, and tables of it.
//!
//! Whatever is in a name, it is neither markup nor HTML, links to nothing, and calls nobody. What
//! Markdown itself can't switch off, such as `@name`, `#12` and addresses, which are found after it
//! was rendered, is parted by a space of no width.

use std::io::{self, Write};

use super::words::short;

/// A space of no width.
const APART: &str = "&#8203;";

/// Plain text of at most so many characters, for a cell or the rest of a line.
pub(crate) fn plain(text: &str, most: usize) -> String {
    let shown = short(text, most);
    let shown = shown.trim();
    let mut out = String::with_capacity(shown.len());
    // What begins a list or a line below a heading.
    let digits = shown.len() - shown.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    for (at, c) in shown.char_indices() {
        let rest = shown.get(at..).unwrap_or("");
        let begins = |what: &str| {
            rest.get(..what.len()).is_some_and(|start| start.eq_ignore_ascii_case(what))
        };
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '\\' | '`' | '$' => out.push_str(&entity(c)),
            '-' | '+' | '=' if at == 0 => out.push_str(&entity(c)),
            '.' | ')' if at == digits && at > 0 && ends_word(rest) => out.push_str(&entity(c)),
            '*' | '_' | '[' | ']' | '~' => out.extend(['\\', c]),
            '@' | '#' => out.extend([c.to_string().as_str(), APART]),
            ':' if begins("://") => out.extend([":", APART]),
            '.' if ends_with(&out, "www") => out.extend([APART, "."]),
            '-' if ends_with(&out, "gh") => out.extend(["-", APART]),
            _ => out.push(c),
        }
    }
    out
}

fn ends_with(text: &str, end: &str) -> bool {
    let start = text.len().checked_sub(end.len());
    start.and_then(|start| text.get(start..)).is_some_and(|last| last.eq_ignore_ascii_case(end))
}

/// Whether a blank follows the first character, or nothing.
fn ends_word(text: &str) -> bool {
    text.chars().nth(1).is_none_or(char::is_whitespace)
}

fn entity(c: char) -> String {
    format!("&#{};", u32::from(c))
}

/// The same as code, in which nothing is parted: it can be copied.
pub(crate) fn code(text: &str, most: usize) -> String {
    let shown = short(text, most);
    // Each of these ends code, or a cell, in one renderer or another.
    if shown.contains(['`', '|', '\\', '<', '>'])
        || shown.trim().len() < shown.len()
        || shown.is_empty()
    {
        return plain(text, most);
    }
    format!("`{shown}`")
}

/// A heading.
pub(crate) fn heading(title: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "\n### {title}\n\n")
}

/// A table of the first `most` rows, and how many more there are. Columns whose title ends in a
/// colon hold numbers.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl ExactSizeIterator<Item = [String; N]>,
    most: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let more = rows.len().saturating_sub(most);
    let titles = head.map(|title| title.trim_end_matches(':'));
    let marks = head.map(|title| if title.ends_with(':') { "---:" } else { "---" });
    writeln!(out, "| {} |\n| {} |", titles.join(" | "), marks.join(" | "))?;
    for row in rows.take(most) {
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    left_out(more, out)
}

/// Says how many more there are.
pub(crate) fn left_out(more: usize, out: &mut dyn Write) -> io::Result<()> {
    if more > 0 { write!(out, "\nand {more} more\n") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_or_calls_anyone() {
        for (text, said) in [
            ("@ada and #12", "@&#8203;ada and #&#8203;12"),
            ("GH-12 www.x.y", "GH-&#8203;12 www&#8203;.x.y"),
            ("HTTPS://x", "HTTPS:&#8203;//x"),
            ("a@b.com", "a@&#8203;b.com"),
            ("[a](b) ![c]", "\\[a\\](b) !\\[c\\]"),
            ("<script>&lt;", "&lt;script&gt;&amp;lt;"),
            ("a|b\\|`c`", "a&#124;b&#92;&#124;&#96;c&#96;"),
            ("$x$ *y* ~~z~~", "&#36;x&#36; \\*y\\* \\~\\~z\\~\\~"),
            ("- a", "&#45; a"),
            ("1. a", "1&#46; a"),
            ("1.5 a-b", "1.5 a-b"),
            ("\n# a", "&#92;u{a}#&#8203; a"),
        ] {
            assert_eq!(plain(text, 100), said);
        }
    }

    #[test]
    fn code_is_used_where_nothing_ends_it() {
        assert_eq!(code("@ada #1 *", 100), "`@ada #1 *`");
        for text in ["a`b", "a|b", "a\\b", " a", "a\nb", ""] {
            assert_eq!(code(text, 100), plain(text, 100));
        }
    }
}
