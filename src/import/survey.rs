//! What one row, or one file, doesn't say by itself.

use std::collections::BTreeMap;

use super::convert::each_row;
use super::files::{self, Form};
use super::reading::{LINES, parse};
use super::table::Table;
use super::{Source, frame, kinds, row};
use crate::fault::{Fault, quote};
use crate::load::files::name_of;

/// Looks through an export whose columns have to be made out.
///
/// # Errors
/// A file that can't be read, or that can be read in two ways.
pub fn survey(source: &mut Source) -> Result<(), Fault> {
    let name = name_of(&source.path);
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
        source.pages.entry(String::from("leavers")).or_default().next = true;
    }
    Ok(())
}

/// Several files can hold the pages of one list: where they hold as many rows together as the vendor
/// counts, none is missing. As many to the row: more would be several lists of one length.
pub fn pages_of_one_list(sources: &mut [Source]) {
    let mut read: BTreeMap<(String, String, u64), u64> = BTreeMap::new();
    let key = |source: &Source, place: &str, total: u64| {
        let of = source.export.setting.system.clone().unwrap_or_else(|| source.export.kind.into());
        (of, place.to_owned(), total)
    };
    for source in sources.iter() {
        for (place, page) in &source.pages {
            if let Some(total) = page.total {
                *read.entry(key(source, place, total)).or_default() += page.rows;
            }
        }
    }
    for source in sources {
        let mut pages = std::mem::take(&mut source.pages);
        for (place, page) in &mut pages {
            let whole = page.total.is_some_and(|total| {
                read.get(&key(source, place, total)).is_some_and(|rows| *rows == total)
            });
            if whole {
                page.total = Some(page.rows);
            }
        }
        source.pages = pages;
    }
}
