//! What one row, or one file, doesn't say by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::convert::each_row;
use super::files::{self, Form};
use super::part::parse;
use super::reading::LINES;
use super::table::Table;
use super::{Source, frame, kinds, row};
use crate::fault::{Fault, quote};

/// Looks through an export whose columns have to be made out.
///
/// # Errors
/// A file that can't be read, or that can be read in two ways.
pub fn survey(source: &mut Source) -> Result<(), Fault> {
    let name = source.export.id.clone();
    let setting = source.export.setting.clone();
    let mut survey = kinds::hr_csv::survey::Survey::default();
    let columns = row::Columns::default();
    if source.form == Form::Table {
        let mut table = Table::new(files::open(&source.path, &setting)?, &name)?;
        let mut lines = Vec::new();
        while table.lines(&mut lines, LINES)? > 0 {
            for (_, record) in &lines {
                survey.see(
                    &row::Row::new(row::Cells::Line(&table.header, record), &columns),
                    &setting,
                );
            }
        }
        let twice = survey.twice().unwrap_or_default();
        if let Some(twice) = table.header.twice.iter().find(|(heading, _)| heading == twice) {
            return Err(table.given_twice(twice));
        }
    } else {
        let mut frames = frame::Frames::new(files::open(&source.path, &setting)?);
        let (mut pointer, mut text) = (String::new(), Vec::new());
        loop {
            let pieces = frames.pieces(&name, &mut pointer, &mut text)?;
            if pieces.is_empty() {
                break;
            }
            for piece in pieces {
                let value = parse(&text, &piece, &name)?;
                each_row(&value, source.importer, &mut |value| {
                    survey.see(&row::Row::new(row::Cells::Object(value), &columns), &setting);
                });
            }
        }
    }
    let planned = survey.plan(&setting);
    let (plan, notes, tells) = planned.map_err(|said| {
        let (message, help) = said.split_once('\n').unwrap_or((&said, "say it in [[import]]"));
        Fault::new(format!("{}: {message}", quote(&name)), help)
    })?;
    source.export.plan = Some(plan);
    source.notes = notes;
    if !tells && source.importer.kind == "hr-csv" {
        // A list without its leavers is a part of one.
        source.incomplete.push(
            "NO COLUMN SAYS WHO HAS LEFT: name it in [import.columns], as `ended_at` or `status`, or export it along with the leavers".into(),
        );
    }
    Ok(())
}

/// Rows that say word for word what another one says.
#[derive(Clone, Copy, Default, Debug)]
pub struct Repeated {
    /// What another row of the same source says.
    pub within: u64,
    /// What another source says.
    pub across: u64,
}

/// What the pages of one list hold together.
#[derive(Default)]
struct Together {
    rows: u64,
    starts: BTreeSet<u64>,
    /// Whether two of them begin at the same row.
    again: bool,
}

/// Counts the rows that pages hold, each once: a page that was fetched twice doesn't stand for the
/// one that is missing.
///
/// Several files can hold the pages of one list: where they hold as many rows together as the vendor
/// counts, none is missing. As many to the row: more would be several lists of one length. Pages
/// that begin at the same row are of several lists.
pub fn pages_of_one_list(sources: &mut [Source], repeated: &[Repeated]) {
    let mut read: BTreeMap<(String, String, u64), Together> = BTreeMap::new();
    let key = |source: &Source, place: &str, total: u64| {
        let of = source.export.setting.system.clone().unwrap_or_else(|| source.export.kind.into());
        (of, place.to_owned(), total)
    };
    for (source, repeated) in sources.iter_mut().zip(repeated) {
        let mut pages = std::mem::take(&mut source.pages);
        for (place, page) in pages.iter_mut().filter(|(_, page)| page.total.is_some()) {
            let times = page.starts.values().copied().max().unwrap_or(1).max(1);
            page.rows = (page.rows / times).min(page.rows.saturating_sub(repeated.within));
            let total = page.total.unwrap_or(0);
            let all = read.entry(key(source, place, total)).or_default();
            all.rows += page.rows.saturating_sub(repeated.across);
            for start in page.starts.keys() {
                all.again |= !all.starts.insert(*start);
            }
        }
        source.pages = pages;
    }
    for source in sources {
        let mut pages = std::mem::take(&mut source.pages);
        for (place, page) in &mut pages {
            let whole = page.total.is_some_and(|total| {
                let all = read.get(&key(source, place, total));
                all.is_some_and(|all| all.rows == total && !all.again)
            });
            if whole {
                page.total = Some(page.rows);
            }
        }
        source.pages = pages;
    }
}
