//! The findings of a report: all held, or made one by one when they are read.
//!
//! A check can have millions. What is kept of each is a few bytes, and a writer that goes through
//! them once never has more than some thousands as text.

use std::borrow::Cow;
use std::io::{self, Write};

use rayon::prelude::*;

use super::model::{Finding, Mark, Report, Status};
use crate::policy::Severity;

/// What can be said of a finding without making it.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it counts.
    pub status: Status,
    /// The id of the exception that waives it.
    pub exception: Option<&'a str>,
    /// Whether a baseline knows it.
    pub known: bool,
}

/// Findings in the order of the report, by their numbers.
pub trait Findings: Sync + Sized {
    /// How many there are.
    fn count(&self) -> usize;
    /// What one is about; none beyond the last.
    fn head(&self, number: usize) -> Option<Head<'_>>;
    /// How many days past its limit one is.
    fn overdue_days(&self, number: usize) -> Option<i64>;
    /// One of them whole.
    fn finding(&self, number: usize) -> Option<Cow<'_, Finding>>;
    /// A report with all of them held.
    fn held(report: &Report<Self>) -> Cow<'_, Report>;

    /// The heads of all.
    fn heads(&self) -> impl Iterator<Item = Head<'_>> {
        (0..self.count()).filter_map(|number| self.head(number))
    }
}

impl Findings for Vec<Finding> {
    fn count(&self) -> usize {
        self.len()
    }

    fn head(&self, number: usize) -> Option<Head<'_>> {
        let finding = self.get(number)?;
        Some(Head {
            rule: &finding.rule,
            severity: finding.severity,
            status: finding.status,
            exception: finding.exception.as_deref(),
            known: finding.mark == Some(Mark::Known),
        })
    }

    fn overdue_days(&self, number: usize) -> Option<i64> {
        self.get(number)?.overdue_days
    }

    fn finding(&self, number: usize) -> Option<Cow<'_, Finding>> {
        self.get(number).map(Cow::Borrowed)
    }

    fn held(report: &Report<Self>) -> Cow<'_, Report> {
        Cow::Borrowed(report)
    }
}

/// How many findings are in memory as text: written while as many more are made.
const WAVE: usize = 4_096;

/// How many one thread makes at a time.
const PART: usize = 128;

/// The texts of a wave. Their memory is used again for the one after the next.
type Texts = Vec<Vec<u8>>;

/// Writes some findings in their order, made and written as text by all threads.
///
/// # Errors
/// Those of the writing and of the output.
pub(super) fn each<F: Findings>(
    findings: &F,
    numbers: &[usize],
    out: &mut dyn Write,
    write: impl Fn(usize, &Finding, &mut Vec<u8>) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let part = |first: usize, numbers: &[usize], text: &mut Vec<u8>| {
        text.clear();
        for (at, number) in (first..).zip(numbers) {
            let finding = findings.finding(*number);
            let finding = finding.ok_or_else(|| io::Error::other("a finding is gone"))?;
            write(at, &finding, text)?;
        }
        Ok(())
    };
    let make = |wave: usize, numbers: &[usize], texts: &mut Texts| -> io::Result<()> {
        texts.resize_with(numbers.len().div_ceil(PART), Vec::new);
        let parts = texts.par_iter_mut().zip(numbers.par_chunks(PART)).enumerate();
        let first = |at| wave * WAVE + at * PART;
        parts.map(|(at, (text, numbers))| part(first(at), numbers, text)).collect()
    };
    let (mut ready, mut next) = (Texts::new(), Texts::new());
    let mut waves = numbers.chunks(WAVE).enumerate();
    let mut made = waves.next().map(|(wave, numbers)| make(wave, numbers, &mut ready));
    while let Some(outcome) = made.take() {
        outcome?;
        let numbers = waves.next();
        rayon::in_place_scope(|scope| {
            if let Some((wave, numbers)) = numbers {
                let (made, make, next) = (&mut made, &make, &mut next);
                scope.spawn(move |_| *made = Some(make(wave, numbers, next)));
            }
            ready.iter().try_for_each(|text| out.write_all(text))
        })?;
        std::mem::swap(&mut ready, &mut next);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::finding;

    #[test]
    fn findings_are_written_in_order_across_parts_and_waves() {
        let findings: Vec<Finding> = (0..7).map(|n| finding(n, 1, Severity::High)).collect();
        for count in [0, 1, PART, PART + 1, WAVE, 2 * WAVE + PART + 3] {
            let numbers: Vec<usize> = (0..count).map(|at| at % findings.len()).collect();
            let mut out = Vec::new();
            let write = |at: usize, finding: &Finding, text: &mut Vec<u8>| {
                writeln!(text, "{at} {}", finding.id)
            };
            each(&findings, &numbers, &mut out, write).expect("memory takes it");
            let line = |(at, number): (usize, &usize)| format!("{at} {}\n", findings[*number].id);
            let expected: String = numbers.iter().enumerate().map(line).collect();
            assert!(String::from_utf8(out) == Ok(expected), "{count}");
        }
        let gone = each(&findings, &[99], &mut Vec::new(), |_, _, _| Ok(()));
        assert!(gone.is_err(), "a finding that is not there is no finding less");
    }
}
