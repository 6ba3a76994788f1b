//! The same pack made again: of the same inputs it has to be the same bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use super::manifest::{Input, Manifest, Role};
use super::open::{Pack, Problem};
use super::stage::Stage;
use crate::fault::{conceal, printable};

/// An input that somebody brings along to hold it against the manifest.
pub struct Brought {
    /// Where it is now.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// For each input of a role, in the order of the manifest, the number of the one that was brought:
/// wherever it stands now, it is known by its digest.
///
/// # Errors
/// What was packed and is not among them, and what is among them and was not packed.
pub fn inputs(
    manifest: &Manifest,
    role: Role,
    brought: &[Brought],
) -> Result<Vec<usize>, Vec<Problem>> {
    let mut by_digest: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, one) in brought.iter().enumerate().rev() {
        by_digest.entry(&one.sha256).or_default().push(number);
    }
    let packed: Vec<&Input> = manifest.of_role(role).collect();
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for input in &packed {
        if let Some(number) = by_digest.get_mut(input.sha256.as_str()).and_then(Vec::pop) {
            found.push(number);
            continue;
        }
        let said = format!(
            "the {} file that was packed (SHA-256 {}) is not among those named here",
            role.name(),
            input.sha256
        );
        problems.push(Problem::new(&input.path, said));
    }
    let mut left: Vec<usize> = by_digest.into_values().flatten().collect();
    left.sort_unstable();
    for one in left.into_iter().filter_map(|number| brought.get(number)) {
        let said =
            format!("this {} file (SHA-256 {}) is not what was packed", role.name(), one.sha256);
        problems.push(Problem::new(&one.path, said));
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// The first difference of each file of a pack from that which was made again, the report first.
///
/// # Errors
/// Those of reading.
pub fn compare(pack: &mut Pack, made: &Stage) -> io::Result<Vec<Problem>> {
    let mut names: Vec<String> = made.files().into_iter().map(|file| file.path).collect();
    names.sort_by_key(|name| (name != super::agree::REPORT, name.clone()));
    let mut problems = Vec::new();
    for name in names {
        if !pack.names.contains(&name) {
            problems.push(Problem::new(name, "judged again, it would be here"));
            continue;
        }
        let made = BufReader::new(File::open(made.path(&name))?);
        let packed = BufReader::new(pack.read(&name, u64::MAX)?);
        if let Some(said) = difference(packed, made)? {
            problems.push(Problem::new(name, said));
        }
    }
    Ok(problems)
}

/// A line around a place, with some of what is before, to know what it is about.
fn shown(line: &[u8], at: usize) -> String {
    let within = |byte: &u8| byte.is_ascii_alphanumeric();
    let start = at.saturating_sub(40);
    let word = line.get(..start).unwrap_or_default().iter().rev().take_while(|byte| within(byte));
    let part = line.get(start - word.count()..).unwrap_or_default();
    let text = String::from_utf8_lossy(part);
    let mut out = String::new();
    for run in text.trim_end().split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        // A digest is no secret, and its beginning is enough to tell it from another.
        match word.get(..12).filter(|_| is_digest(word)) {
            Some(begin) => out += &format!("{begin}…{}", run.get(word.len()..).unwrap_or_default()),
            None => out += run,
        }
    }
    conceal(&printable(&out.chars().take(100).collect::<String>()))
}

/// Whether a word is a SHA-256.
fn is_digest(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The first line in which two texts differ.
fn difference(mut packed: impl BufRead, mut made: impl BufRead) -> io::Result<Option<String>> {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for line in 1_u64.. {
        a.clear();
        b.clear();
        let ends = packed.read_until(b'\n', &mut a)? == 0;
        if made.read_until(b'\n', &mut b)? == 0 && ends {
            return Ok(None);
        }
        if a != b {
            let at = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
            return Ok(Some(format!(
                "judged again it is another, from line {line} on: packed `{}`, made `{}`",
                shown(&a, at),
                shown(&b, at)
            )));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_told() {
        let told = |a: &str, b: &str| difference(a.as_bytes(), b.as_bytes()).unwrap();
        assert_eq!(told("a\nb\n", "a\nb\n"), None);
        assert_eq!(told("", ""), None);
        for (a, b) in [("a\nb\n", "a\nc\n"), ("a\n", "a\nb\n"), ("a\nb", "a\n"), ("a\nb\n", "a\nb")]
        {
            assert!(told(a, b).unwrap().contains("line 2"), "{a:?} {b:?}");
        }
        let digests = ["a", "b"].map(|digit| format!("\"sha256\": \"{}\"\n", digit.repeat(64)));
        let said = told(&digests[0], &digests[1]).unwrap();
        assert!(said.contains(&"a".repeat(12)) && said.contains(&"b".repeat(12)), "{said}");
        assert!(!told("k-4f5e6d7c8b9a0f1e2d3c4b5a\n", "x").unwrap().contains("4f5e6d7c8b9a"));
    }
}
