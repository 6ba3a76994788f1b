//! Chance and time: numbers that look random and are the same everywhere, and instants as text.

use std::fmt;

/// [`super::AS_OF`] in seconds since 1970.
pub const NOW: u64 = 1_785_542_400;
/// In seconds.
pub const DAY: u64 = 86_400;

/// `SplitMix64`: small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below that one.
    pub fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(((self.next() >> 32) * u64::from(bound)) >> 32).unwrap_or(0)
    }
}

/// An instant in seconds since 1970, as RFC 3339.
pub struct At(pub u64);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Years from 2000 on are of 1461 days in fours until 2100. A year is counted from March,
        // so that the leap day is its last.
        const MARCH_2000: u64 = 11_017;
        let (days, second) = ((self.0 / DAY) - MARCH_2000, self.0 % DAY);
        let (fours, day) = (days / 1461, days % 1461);
        let year = (day / 365).min(3);
        let day = day - year * 365;
        let month = (5 * day + 2) / 153;
        let (year, day) = (2000 + fours * 4 + year, day - (153 * month + 2) / 5 + 1);
        let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
        let (hour, minute) = (second / 3600, second / 60 % 60);
        write!(f, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
    }
}
