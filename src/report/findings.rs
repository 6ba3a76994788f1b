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
const WAVE: usize = 8_192;

/// How many one thread makes at a time.
const PART: usize = 256;

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
    let part = |(part, numbers): (usize, &[usize])| {
        let mut text = Vec::with_capacity(numbers.len() * 2048);
        for (at, number) in numbers.iter().enumerate() {
            let finding = findings.finding(*number);
            let finding = finding.ok_or_else(|| io::Error::other("a finding is gone"))?;
            write(part * PART + at, &finding, &mut text)?;
        }
        Ok(text)
    };
    let make = |wave: usize, numbers: &[usize]| -> io::Result<Vec<Vec<u8>>> {
        let parts = numbers.par_chunks(PART).enumerate();
        parts.map(|(at, numbers)| part((wave * WAVE / PART + at, numbers))).collect()
    };
    let mut waves = (0..).zip(numbers.chunks(WAVE));
    let mut ready = waves.next().map(|(wave, numbers)| make(wave, numbers));
    while let Some(texts) = ready.take() {
        let texts = texts?;
        let next = waves.next();
        rayon::in_place_scope(|scope| {
            if let Some((wave, numbers)) = next {
                let (ready, make) = (&mut ready, &make);
                scope.spawn(move |_| *ready = Some(make(wave, numbers)));
            }
            texts.iter().try_for_each(|text| out.write_all(text))
        })?;
    }
    Ok(())
}
