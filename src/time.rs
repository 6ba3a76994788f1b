//! Instants and durations in whole milliseconds, as Cedar's `datetime` and `duration` have them.

use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroI64;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, in the years 0000 to 9999.
///
/// `Option<Instant>` takes eight bytes, of which a large inventory has many.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instant(NonZeroI64);

/// The milliseconds of year 0000 and of the end of year 9999, so that no difference overflows.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The Julian day of 1970-01-01.
const UNIX_EPOCH_JULIAN: i32 = 2_440_588;

/// No instant in range has this number, so it stands for zero.
const ZERO: NonZeroI64 = NonZeroI64::MIN;

impl Instant {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(ZERO);

    /// The instant of so many milliseconds since 1970, if its year is one of 0000 to 9999.
    pub fn from_millis(millis: i64) -> Option<Self> {
        (FIRST..=LAST).contains(&millis).then(|| Self(NonZeroI64::new(millis).unwrap_or(ZERO)))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        if self.0 == ZERO { 0 } else { self.0.get() }
    }

    /// Reads an RFC 3339 time with an offset; what is finer than a millisecond is cut off.
    ///
    /// # Errors
    /// A sentence that says what is wrong, and a second line that says what to do.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(plain) = Self::plain(text) {
            return Ok(plain);
        }
        let advice = "write an RFC 3339 time with an offset, such as 2026-03-01T12:00:00Z";
        let year = text.bytes().take_while(u8::is_ascii_digit).count();
        if year > 4 || text.starts_with(['+', '-']) {
            let text = crate::fault::quote(text);
            return Err(format!("{text} is outside the years 0000 to 9999\n{advice}"));
        }
        // The library accepts any character between date and time.
        let separated = matches!(text.as_bytes().get(10), Some(b'T' | b't'));
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| separated);
        let Some(parsed) = parsed else {
            let quoted = crate::fault::quote(text);
            return Err(format!("{quoted} is not a time{}\n{advice}", hint(text)));
        };
        let millis = parsed.unix_timestamp_nanos().div_euclid(1_000_000);
        i64::try_from(millis).ok().and_then(Self::from_millis).ok_or_else(|| {
            let text = crate::fault::quote(text);
            format!("{text} is outside the years 0000 to 9999 of UTC\n{advice}")
        })
    }

    /// Reads the spelling that nearly all times have, `2026-03-01T12:00:00Z`; others are left to
    /// the library.
    fn plain(text: &str) -> Option<Self> {
        let text: &[u8; 20] = text.as_bytes().try_into().ok()?;
        let two = |at: usize| {
            let digit = |at: usize| text.get(at).map(|digit| digit.wrapping_sub(b'0'));
            let (tens, ones) = (digit(at)?, digit(at + 1)?);
            (tens < 10 && ones < 10).then(|| tens * 10 + ones)
        };
        let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
        if marks.iter().any(|(at, mark)| text.get(*at) != Some(mark)) {
            return None;
        }
        let year = i32::from(two(0)?) * 100 + i32::from(two(2)?);
        let month = time::Month::try_from(two(5)?).ok()?;
        let date = time::Date::from_calendar_date(year, month, two(8)?).ok()?;
        let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = i64::from(date.to_julian_day() - UNIX_EPOCH_JULIAN);
        let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        Self::from_millis(days * DAY + seconds * 1000)
    }

    /// The wall clock: read once, where the command line is.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn wall_clock() -> Self {
        let now = OffsetDateTime::from(std::time::SystemTime::now()).unix_timestamp_nanos();
        i64::try_from(now / 1_000_000).ok().and_then(Self::from_millis).unwrap_or(Self(ZERO))
    }

    /// The time of a file.
    pub fn of_file(time: std::time::SystemTime) -> Option<Self> {
        let nanos = OffsetDateTime::from(time).unix_timestamp_nanos();
        i64::try_from(nanos.div_euclid(1_000_000)).ok().and_then(Self::from_millis)
    }

    /// How long ago `earlier` was at this instant.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.millis() - earlier.millis())
    }

    /// Adds the text that [`fmt::Display`] writes: there are hundreds of millions of them.
    pub fn write(self, to: &mut Vec<u8>) {
        // Writing to memory can't fail.
        let _ = self.write_to(to);
    }

    /// RFC 3339 in UTC; milliseconds are written only where there are any.
    fn write_to(self, out: &mut impl Write) -> io::Result<()> {
        let (days, rest) = (self.millis().div_euclid(DAY), self.millis().rem_euclid(DAY));
        let julian = i32::try_from(days).unwrap_or(0) + UNIX_EPOCH_JULIAN;
        let date = time::Date::from_julian_day(julian).map_err(io::Error::other)?;
        let (year, month, day) = date.to_calendar_date();
        let two = |number: u32| {
            let digits = u8::try_from(number).unwrap_or(0);
            [b'0' + digits / 10, b'0' + digits % 10]
        };
        let (year, rest) = (year.unsigned_abs(), u32::try_from(rest).unwrap_or(0));
        let ([a, b], [c, d]) = (two(year / 100), two(year % 100));
        let ([m1, m2], [d1, d2]) = (two(u8::from(month).into()), two(day.into()));
        let ([h1, h2], [n1, n2]) = (two(rest / 3_600_000), two(rest / 60_000 % 60));
        let [s1, s2] = two(rest / 1000 % 60);
        // In one go: each addition to a text asks whether there is room.
        out.write_all(&[
            a, b, c, d, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2,
        ])?;
        let millis = rest % 1000;
        if millis > 0 {
            let [tens, ones] = two(millis % 100);
            out.write_all(&[b'.', two(millis / 100)[1], tens, ones])?;
        }
        out.write_all(b"Z")
    }

    /// The day in UTC, as `2026-03-01`.
    pub fn date(self) -> String {
        let mut text = self.to_string();
        text.truncate(10);
        text
    }
}

impl PartialOrd for Instant {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Instant {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.millis().cmp(&other.millis())
    }
}

fn hint(text: &str) -> &'static str {
    let date_only = text.len() == 10 && text.is_ascii();
    let local = text.len() >= 19
        && text.is_char_boundary(19)
        && OffsetDateTime::parse(&format!("{}Z", text.get(..19).unwrap_or("")), &Rfc3339).is_ok();
    let digits: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if digits.starts_with("0000-00-00T00:00:00") && (text.ends_with('Z') || text.contains('+')) {
        ": there is no such day, time or offset"
    } else if date_only {
        ": it has no time of day"
    } else if local
        && !text.contains(['Z', 'z'])
        && !text.get(19..).unwrap_or("").contains(['+', '-'])
    {
        ": it has no offset"
    } else {
        ""
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; "2026-03-01T12:00:00.000Z".len()];
        let mut rest = text.as_mut_slice();
        self.write_to(&mut rest).map_err(|_| fmt::Error)?;
        let left = rest.len();
        let written = text.get(..text.len() - left).unwrap_or_default();
        f.write_str(std::str::from_utf8(written).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A duration in milliseconds, written as Cedar writes it: `90d`, `1d12h`, `-5m`, `500ms`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span(pub i64);

const UNITS: [(&str, i64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Span {
    /// Reads a duration as Cedar's `duration()` does: units in falling order, each at most once.
    ///
    /// # Errors
    /// A sentence that says what is wrong, and a second line that says what to do.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            let quoted = crate::fault::quote(text);
            format!(
                "{quoted} is not a duration\nwrite days, hours, minutes, seconds or milliseconds: `90d`, `1d12h`, `30m`"
            )
        };
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut total: i64 = 0;
        let mut units = UNITS.iter();
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, tail) = tail.split_at(letters);
            let number: i64 = number.parse().map_err(|_| wrong())?;
            let (_, millis) = units.find(|(name, _)| *name == unit).ok_or_else(wrong)?;
            let part = number.checked_mul(*millis).ok_or_else(wrong)?;
            total = total.checked_add(part).ok_or_else(wrong)?;
            rest = tail;
        }
        Ok(Self(if negative { -total } else { total }))
    }

    /// Whole days, rounded down.
    pub fn days(self) -> i64 {
        self.0.div_euclid(86_400_000)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A whole number of days below a week reads better in hours: 24h, 72h.
        let hours = self.0 % 3_600_000 == 0 && self.0.abs() < 7 * 86_400_000;
        let mut rest = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if rest == 0 {
            return f.write_str("0h");
        }
        for (name, millis) in UNITS.iter().skip(usize::from(hours)) {
            let count = rest / millis.unsigned_abs();
            rest %= millis.unsigned_abs();
            if count > 0 {
                write!(f, "{count}{name}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_cut_to_the_millisecond_and_moved_to_utc() {
        let read = |text| Instant::parse(text).map(|instant| instant.to_string());
        assert_eq!(read("2026-03-01T12:00:00.1239+02:00"), Ok("2026-03-01T10:00:00.123Z".into()));
        assert_eq!(read("1969-12-31T23:59:59.9999Z"), Ok("1969-12-31T23:59:59.999Z".into()));
        assert_eq!(read("0000-01-01T00:00:00Z"), Ok("0000-01-01T00:00:00Z".into()));
        assert_eq!(Instant::parse("1970-01-01T00:00:00Z").map(Instant::millis), Ok(0));
    }

    #[test]
    fn the_plain_spelling_is_read_as_the_library_does() {
        let fields = [0, 1, 2, 9, 10, 11, 12, 13, 23, 24, 28, 29, 30, 31, 32, 59, 60, 61, 99];
        let (mut read, mut left) = (0, 0);
        for year in ["0000", "1900", "1969", "2000", "2024", "2026", "9999", "+026", "20 6"] {
            for month in [0, 1, 2, 4, 12, 13] {
                for (day, (hour, second)) in
                    fields.iter().flat_map(|day| fields.map(|other| (day, (other, other * 7 % 64))))
                {
                    let text = format!("{year}-{month:02}-{day:02}T{hour:02}:59:{second:02}Z");
                    let library = OffsetDateTime::parse(&text, &Rfc3339).ok();
                    let library = library.map(|at| at.unix_timestamp_nanos() / 1_000_000);
                    let plain = Instant::plain(&text).map(|at| i128::from(at.millis()));
                    assert!(plain.is_none() || plain == library, "{text}");
                    (read, left) =
                        (read + usize::from(plain.is_some()), left + usize::from(plain.is_none()));
                }
            }
        }
        assert!(read > 100 && left > 100, "{read} {left}");
    }

    #[test]
    fn what_is_not_a_time_is_refused_with_the_reason() {
        for (text, reason) in [
            ("2026-03-01", "no time of day"),
            ("2026-03-01T12:00:00", "no offset"),
            ("2026-03-01 12:00:00Z", "not a time"),
            ("2026-02-30T00:00:00Z", "not a time"),
            ("10000-01-01T00:00:00Z", "outside the years"),
            ("0000-01-01T00:00:00+01:00", "outside the years"),
            ("9999-12-31T23:59:59-01:00", "outside the years"),
            ("", "not a time"),
            ("yesterday", "not a time"),
        ] {
            let error = Instant::parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn an_absent_time_costs_nothing() {
        assert_eq!(size_of::<Option<Instant>>(), 8);
    }

    proptest! {
        #[test]
        fn a_printed_time_is_read_back(millis in FIRST..=LAST) {
            let instant = Instant::from_millis(millis).expect("in range");
            prop_assert_eq!(instant.millis(), millis);
            prop_assert_eq!(Instant::parse(&instant.to_string()), Ok(instant));
            let mut written = Vec::new();
            instant.write(&mut written);
            prop_assert_eq!(String::from_utf8(written), Ok(instant.to_string()));
        }

        #[test]
        fn a_printed_duration_is_read_back_and_cedar_agrees(millis in -1_000_000_000_000i64..1_000_000_000_000) {
            let text = Span(millis).to_string();
            prop_assert_eq!(Span::parse(&text), Ok(Span(millis)));
            let same = format!("duration(\"{text}\").toMilliseconds() == ({millis})");
            let same: cedar_policy::Expression = same.parse().expect("an expression");
            let uid: cedar_policy::EntityUid = "A::\"a\"".parse().expect("a name");
            let context = cedar_policy::Context::empty();
            let request = cedar_policy::Request::new(uid.clone(), uid.clone(), uid, context, None);
            let request = request.expect("a request without a schema");
            let answer = cedar_policy::eval_expression(&request, &cedar_policy::Entities::empty(), &same);
            prop_assert_eq!(answer.ok(), Some(cedar_policy::EvalResult::Bool(true)));
        }
    }
}
