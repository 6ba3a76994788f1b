//! Days as people write them.

use time::{Date, UtcOffset};

use crate::fault::quote;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::when;
use crate::time::Instant;

/// A day, or an instant where the cell has a time and an offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Day {
    /// A day without a time of day.
    Whole(Date),
    /// An instant.
    At(Instant),
}

impl Day {
    /// Whether it stands for no date: the end of time (9999, 2999, Oracle's 4712) or its beginning.
    pub fn is_none(self) -> bool {
        let year = match self {
            Self::Whole(day) => day.year(),
            Self::At(at) => at.date().get(..4).and_then(|year| year.parse().ok()).unwrap_or(0),
        };
        year >= 2900 || year <= 1900
    }

    /// Its beginning; so many days later, of that day.
    pub fn instant(self, later: i64, offset: UtcOffset) -> Option<Instant> {
        match self {
            Self::Whole(day) => when::start_of(day, later, offset),
            Self::At(instant) => Some(instant),
        }
    }
}

/// Reads the date of a column; nothing where it is empty or a date that means none.
pub fn read(row: &Row<'_>, column: &str, day_first: bool) -> Result<Option<Day>, Refusal> {
    let Some(text) = row.text(column) else { return Ok(None) };
    if super::words::is_nothing(text)
        || text.eq_ignore_ascii_case("present")
        || text.starts_with("0000")
    {
        row.replaced(column, text);
        return Ok(None);
    }
    let Some(day) = day(text, day_first) else {
        return refuse(format!("`{column}` is not a date: {}", quote(text)));
    };
    if day.is_none() {
        row.replaced(column, text);
        return Ok(None);
    }
    Ok(Some(day))
}

/// The three numbers of a date that is written with strokes or hyphens, the year last.
pub fn strokes(text: &str) -> Option<(u8, u8, i32)> {
    let text = text.split([' ', 'T']).next()?;
    let mut parts = text.split(['/', '-']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || first.len() > 2 || second.len() > 2 {
        return None;
    }
    Some((first.parse().ok()?, second.parse().ok()?, full_year(year)?))
}

/// Two digits are of this century up to 68, as POSIX has it: who was hired before 1969 has retired.
fn full_year(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    match text.len() {
        2 if year <= 68 => Some(2000 + year),
        2 => Some(1900 + year),
        4 => Some(year),
        _ => None,
    }
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads a day in any of the ways that people write one.
pub fn day(text: &str, day_first: bool) -> Option<Day> {
    // A spreadsheet may write its number of a day with a decimal.
    let text = text.strip_suffix(".0").filter(|text| text.len() == 5).unwrap_or(text);
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        // `20261231` is a whole day, too.
        return when::read(text).and_then(|at| when::date(&at.date())).map(Day::Whole);
    }
    // `2019/03/01`
    let year_first = (text.as_bytes().get(4) == Some(&b'/')).then(|| text.replace('/', "-"));
    let text = year_first.as_deref().unwrap_or(text);
    if let Some((first, second, year)) = strokes(text) {
        let (day, month) = if day_first { (first, second) } else { (second, first) };
        return when::day_of(year, month, day).map(Day::Whole);
    }
    let plain = text.split([' ', 'T']).next().unwrap_or(text);
    // XML gives a day an offset: `2026-06-30-07:00`, `2026-06-30Z`.
    let plain = match plain.as_bytes().get(10..) {
        Some([b'Z'] | [b'+' | b'-', _, _, b':', _, _]) => plain.get(..10).unwrap_or(plain),
        _ => plain,
    };
    if let Some(day) = when::date(plain) {
        // `2026-05-31T00:00:00` is a day that a database has given a time.
        let clock = text.get(plain.len()..).unwrap_or("").trim_start_matches([' ', 'T']);
        let midnight = clock.starts_with(['+', '-', 'Z'])
            || clock.chars().all(|c| matches!(c, '0' | ':' | '.'));
        return if midnight { Some(Day::Whole(day)) } else { when::read(text).map(Day::At) };
    }
    if let [day, month, year] = plain.split('.').collect::<Vec<_>>().as_slice() {
        return when::day_of(full_year(year)?, month.parse().ok()?, day.parse().ok()?)
            .map(Day::Whole);
    }
    if let (5, Ok(days @ 20_000..=60_000)) = (text.len(), text.parse::<i64>()) {
        // A spreadsheet counts days since 1899-12-30.
        return when::day_of(1899, 12, 30)?.checked_add(time::Duration::days(days)).map(Day::Whole);
    }
    let parts: Vec<&str> =
        text.split([' ', '-', ',', '/']).filter(|part| !part.is_empty()).collect();
    if let [a, b, year, ..] = parts.as_slice() {
        let month = |word: &str| {
            let short: String = word.chars().take(3).flat_map(char::to_lowercase).collect();
            MONTHS.iter().zip(1u8..).find(|(name, _)| **name == short).map(|(_, month)| month)
        };
        let (day, month) = match (month(a), month(b)) {
            (None, Some(month)) => (a, month),
            (Some(month), None) => (b, month),
            _ => return None,
        };
        return when::day_of(full_year(year)?, month, day.parse().ok()?).map(Day::Whole);
    }
    when::read(text).map(Day::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_they_are_written() {
        for (text, day_first, wanted) in [
            ("7/10/83", false, "1983-07-10"),
            ("7/10/1983", true, "1983-10-07"),
            ("1/5/26", false, "2026-01-05"),
            ("12/31/36", false, "2036-12-31"),
            ("31.12.2024", false, "2024-12-31"),
            ("2024-12-31", true, "2024-12-31"),
            ("2024-12-31 00:00:00", false, "2024-12-31"),
            ("31-Dec-24", false, "2024-12-31"),
            ("Dec 31, 2024", false, "2024-12-31"),
            ("31 December 2024", false, "2024-12-31"),
            ("20241231", false, "2024-12-31"),
            ("45657", false, "2024-12-31"),
            ("45657.0", false, "2024-12-31"),
            ("2024/12/31", false, "2024-12-31"),
            ("2024/12/31 00:00", true, "2024-12-31"),
            ("2024-12-31-07:00", false, "2024-12-31"),
            ("7/5/2011 0:00", false, "2011-07-05"),
            ("2024-12-31T23:30:00-05:00", false, "2025-01-01"),
        ] {
            let at = day(text, day_first).and_then(|day| day.instant(0, UtcOffset::UTC));
            assert_eq!(at.map(Instant::date).as_deref(), Some(wanted), "{text}");
        }
        // The last day belongs to the employment, however it is written.
        for text in ["20241231", "2024/12/31", "45657.0"] {
            let end = day(text, false).and_then(|day| day.instant(1, UtcOffset::UTC));
            assert_eq!(end.map(Instant::date).as_deref(), Some("2025-01-01"), "{text}");
        }
        for text in ["13/13/2024", "soon", "2024", "1/2", "30.2.2024"] {
            assert_eq!(day(text, false), None, "{text}");
        }
    }
}
