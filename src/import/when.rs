//! The times of exports: many spellings, and words and dates that mean that there is none.

use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use crate::time::Instant;

/// What an export means by the words that it puts where a time could be.
pub type Sentinels = &'static [(&'static str, Moment)];

/// What an export says of a point in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// When.
    At(Instant),
    /// That it never happened, or never will.
    Never,
    /// That nobody keeps track.
    NotTracked,
    /// Nothing.
    Absent,
}

impl Moment {
    /// When, where that is known.
    pub fn at(self) -> Option<Instant> {
        match self {
            Moment::At(instant) => Some(instant),
            _ => None,
        }
    }
}

/// Reads a time in any of the spellings that are the same in every country: RFC 3339 with `T` or a
/// space, with any number of decimals, without an offset (UTC), or a date alone (its first
/// instant); seconds or milliseconds since 1970; RFC 2822.
pub fn read(text: &str) -> Option<Instant> {
    let text = text.trim();
    let bytes = text.as_bytes();
    match bytes {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..] => iso(text),
        [b'0'..=b'9' | b'-', ..]
            if bytes.iter().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-')) =>
        {
            epoch(text)
        }
        _ => instant_of(OffsetDateTime::parse(text, &Rfc2822).ok()?),
    }
}

fn instant_of(time: OffsetDateTime) -> Option<Instant> {
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000))
        .ok()
        .and_then(Instant::from_millis)
}

/// `2016-05-16T18:13:11`, and a `Z` or `+00:00`: most times of most exports.
fn plain(bytes: &[u8]) -> Option<Instant> {
    let (clock, zone) = bytes.split_at_checked(19)?;
    let [a, b, c, d, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] = clock
    else {
        return None;
    };
    if !matches!(zone, b"Z" | b"+00:00") {
        return None;
    }
    let number = |digits: &[&u8]| {
        digits.iter().try_fold(0i32, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i32::from(**digit - b'0'))
        })
    };
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let month = u8::try_from(number(&[m1, m2])?).ok()?;
    let day = day_of(number(&[a, b, c, d])?, month, u8::try_from(number(&[d1, d2])?).ok()?)?;
    let days = i64::from(day.to_julian_day()) - 2_440_588;
    Instant::from_millis(days * 86_400_000 + i64::from(hour * 3600 + minute * 60 + second) * 1000)
}

fn iso(text: &str) -> Option<Instant> {
    if let Some(at) = plain(text.as_bytes()) {
        return Some(at);
    }
    if let Some(day) = date(text) {
        return instant_of(day.midnight().assume_utc());
    }
    // `2019-12-18 19:10:08+00:00`, `2026-08-03T15:28:07.377+0000`, `2026-08-03 15:28:07 UTC`
    let mut plain = text.replacen(' ', "T", 1);
    for zone in [" UTC", " GMT", " Z"] {
        if let Some(front) = plain.strip_suffix(zone) {
            plain = format!("{front}Z");
        }
    }
    let plain = plain.replace(' ', "");
    let clock = plain.get(10..)?;
    let with_offset = match clock.rfind(['+', '-']) {
        _ if clock.ends_with(['Z', 'z']) => plain.clone(),
        Some(at) => {
            let (front, offset) = plain.split_at(10 + at);
            match offset.len() {
                3 => format!("{front}{offset}:00"),
                5 => format!("{front}{}:{}", offset.get(..3)?, offset.get(3..)?),
                _ => plain.clone(),
            }
        }
        None => format!("{plain}Z"),
    };
    // `2026-08-03T15:28Z`
    let with_seconds = match with_offset.get(10..)?.matches(':').count() {
        1 | 2 if with_offset.as_bytes().get(16).is_some_and(|b| *b != b':') => {
            let (front, back) = with_offset.split_at_checked(16)?;
            format!("{front}:00{back}")
        }
        _ => with_offset,
    };
    instant_of(OffsetDateTime::parse(&with_seconds, &Rfc3339).ok()?)
}

/// Seconds since 1970, or milliseconds where seconds would be a time after the year 5000.
fn epoch(text: &str) -> Option<Instant> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() == 8 && decimals.is_empty() {
        // 20210617 is a day; as a number of seconds it would be one of 1970.
        let day = day_of(
            whole.get(..4)?.parse().ok()?,
            whole.get(4..6)?.parse().ok()?,
            whole.get(6..)?.parse().ok()?,
        );
        return instant_of(day?.midnight().assume_utc());
    }
    let whole: i64 = whole.parse().ok()?;
    if whole.abs() >= 100_000_000_000 {
        return Instant::from_millis(whole);
    }
    if whole.abs() < 100_000_000 {
        // Before 1973 there were no exports: this is some other number.
        return None;
    }
    let thousandths: String = decimals.chars().chain("000".chars()).take(3).collect();
    let thousandths: i64 = thousandths.parse().ok()?;
    Instant::from_millis(whole.checked_mul(1000)?.checked_add(thousandths)?)
}

/// A date alone, as ISO writes it.
pub fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || day.len() > 2 {
        return None;
    }
    day_of(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// A day of the calendar.
pub fn day_of(year: i32, month: u8, day: u8) -> Option<Date> {
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

/// The first instant of a day at an offset; so many days later, of that day.
pub fn start_of(day: Date, later: i64, offset: UtcOffset) -> Option<Instant> {
    let day = day.checked_add(time::Duration::days(later))?;
    instant_of(PrimitiveDateTime::new(day, Time::MIDNIGHT).assume_offset(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_exports_is_read() {
        for (text, wanted) in [
            ("2016-05-16T18:13:11+00:00", "2016-05-16T18:13:11Z"),
            ("2019-12-18 19:10:08+00:00", "2019-12-18T19:10:08Z"),
            ("2026-08-03T15:28:07.377+0000", "2026-08-03T15:28:07.377Z"),
            ("2018-05-19T11:35:54.466476215-04:00", "2018-05-19T15:35:54.466Z"),
            ("2021-06-17T16:41:33.1234567Z", "2021-06-17T16:41:33.123Z"),
            ("2021-06-17", "2021-06-17T00:00:00Z"),
            ("2021-06-17T16:41:33", "2021-06-17T16:41:33Z"),
            ("2021-06-17T16:41Z", "2021-06-17T16:41:00Z"),
            ("2021-06-17 16:41", "2021-06-17T16:41:00Z"),
            ("2021-06-17 16:41:33 UTC", "2021-06-17T16:41:33Z"),
            ("2021-06-17 16:41:33 -0700", "2021-06-17T23:41:33Z"),
            ("2021-06-17 16:41:33.250 -07", "2021-06-17T23:41:33.250Z"),
            ("1523979354", "2018-04-17T15:35:54Z"),
            ("1785771633.789", "2026-08-03T15:40:33.789Z"),
            ("1785771633.7", "2026-08-03T15:40:33.700Z"),
            ("1785771633789", "2026-08-03T15:40:33.789Z"),
            ("20210617", "2021-06-17T00:00:00Z"),
            ("Wed, 31 Mar 2021 13:42:41 GMT", "2021-03-31T13:42:41Z"),
        ] {
            assert_eq!(read(text).map(|at| at.to_string()).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "",
            "N/A",
            "7/10/83",
            "2021-02-30",
            "yesterday",
            "2021-06-17T25:00:00Z",
            "-",
            "0",
            "12",
            "20219917",
        ] {
            assert_eq!(read(text).map(|at| at.to_string()), None, "{text}");
        }
    }
}
