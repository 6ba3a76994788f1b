//! How many results fit where the compressed file may have only so many bytes.
//!
//! To compress millions of results takes longer than to write them, so samples are: some of each part
//! of the results.

use std::io::{self, Write};
use std::ops::Range;

use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;

/// How many results one sample stands for.
const PART: usize = 1024;

/// How many it has. As many come before them, and aren't counted: in the file most of what results
/// say is known from those before. Where the file gets too large, so many are left at the least:
/// none at all would look as if there were nothing.
const SAMPLE: usize = 64;

/// How many bytes a text has when it is compressed.
pub(super) fn compressed(text: &[u8]) -> io::Result<usize> {
    compressed_after(&[], text)
}

/// How many bytes a text adds to another.
fn compressed_after(before: &[u8], text: &[u8]) -> io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(before)?;
    encoder.flush()?;
    let start = encoder.get_ref().len();
    encoder.write_all(text)?;
    Ok(encoder.finish()?.len() - start)
}

/// How many of the results, the first ones, have at most so many bytes.
pub(super) fn fitting(
    most: usize,
    count: usize,
    text_of: impl Fn(Range<usize>) -> io::Result<Vec<u8>> + Sync,
) -> io::Result<usize> {
    // A sample says no more than it can.
    let mut left = most - most / 20;
    let starts: Vec<usize> = (0..count).step_by(PART).collect();
    let size = |start: &usize| {
        let all = count.min(start + PART) - start;
        let sample = all.min(SAMPLE);
        let begin = (start + sample).min(start + all - sample);
        let (before, text) = (text_of(*start..begin)?, text_of(begin..begin + sample)?);
        Ok((compressed_after(&before, &text)?.saturating_mul(all).div_ceil(sample), all))
    };
    let mut fits = 0;
    for (size, all) in starts.par_iter().map(size).collect::<io::Result<Vec<_>>>()? {
        if size > left {
            fits += all.saturating_mul(left) / size;
            break;
        }
        left -= size;
        fits += all;
    }
    Ok(fits.max(SAMPLE).min(count))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// Results that are much alike, each with sixteen bytes that aren't.
    fn text(range: Range<usize>) -> Vec<u8> {
        let result = |number: usize| {
            let id = crate::load::files::hex(Sha256::digest(number.to_be_bytes()).get(..16)?);
            Some(format!(
                "{{\"rule\": \"one of them\", \"number\": {number}, \"id\": \"{id}\"}},\n"
            ))
        };
        range.filter_map(result).collect::<String>().into_bytes()
    }

    #[test]
    fn what_fits_has_the_size_that_is_wanted_and_little_less() {
        let of = |range| Ok(text(range));
        for most in [50_000, 400_000, 1_000_000] {
            let fits = fitting(most, 60_000, of).expect("memory takes it");
            let size = compressed(&text(0..fits)).expect("memory takes it");
            assert!(size <= most && size > most * 7 / 10, "{fits} have {size} of {most}");
        }
        let whole = compressed(&text(0..60_000)).expect("memory takes it");
        assert_eq!(fitting(whole * 2, 60_000, of).ok(), Some(60_000));
        assert_eq!(fitting(10, 60_000, of).ok(), Some(SAMPLE));
        assert_eq!((fitting(10, 3, of).ok(), fitting(10, 0, of).ok()), (Some(3), Some(0)));
        assert!(fitting(10, 1, |_| Err(io::Error::other("gone"))).is_err());
    }
}
