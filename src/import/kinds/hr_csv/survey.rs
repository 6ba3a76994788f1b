//! What one row of an HR export doesn't say: which column is which, whether its dates begin with
//! the day, and whether it names managers by the numbers that it gives to people.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::headings::Field;
use super::hints::{Hint, hint};
use super::{Plan, dates, id_of};
use crate::fault::quote;
use crate::import::row::Row;
use crate::import::setting::Setting;

const DATES: [Field; 4] =
    [Field::StartedAt, Field::EndedAt, Field::ContractEndsAt, Field::RoleChangedAt];

/// What has been seen so far.
#[derive(Debug, Default)]
pub struct Survey {
    headings: Vec<String>,
    plan: Plan,
    day_first: Option<String>,
    month_first: Option<String>,
    either: Option<String>,
    ids: FxHashSet<String>,
    managers: FxHashSet<String>,
    named_otherwise: bool,
    twice: Option<String>,
}

impl Survey {
    /// Looks at a row.
    pub fn see(&mut self, row: &Row<'_>, setting: &Setting) {
        let names = row.keys().names();
        if self.headings.is_empty() {
            let known = |name: &&str| {
                Field::of(name).is_some() || setting.columns.values().any(|own| own == name)
            };
            let twice = names.iter().enumerate().find(|(at, name)| {
                known(name) && names.iter().take(*at).any(|other| other == *name)
            });
            self.twice = twice.map(|(_, name)| (*name).to_owned());
        }
        let new: Vec<&str> = names
            .into_iter()
            .filter(|name| !self.headings.iter().any(|known| known == name))
            .collect();
        if !new.is_empty() {
            self.headings.extend(new.into_iter().map(str::to_owned));
            self.plan.columns = columns(&self.headings, setting);
            self.plan.hints = hints(&self.headings, setting);
        }
        for column in DATES.iter().filter_map(|field| self.plan.columns.get(field)).flatten() {
            let Some(text) = row.text(column) else { continue };
            let Some((first, second, _)) = dates::strokes(text) else { continue };
            let place = || Some(format!("`{column}` has {}", quote(text)));
            match (first > 12, second > 12) {
                (true, false) => self.day_first = self.day_first.take().or_else(place),
                (false, true) => self.month_first = self.month_first.take().or_else(place),
                (false, false) if first != second => {
                    self.either = self.either.take().or_else(place);
                }
                _ => {}
            }
        }
        self.ids.extend(id_of(&self.plan, row));
        match self.plan.text(row, Field::Manager) {
            Some(manager) if manager.contains('@') => self.named_otherwise = true,
            Some(manager) => {
                self.managers.insert(manager.to_owned());
            }
            None => {}
        }
    }

    /// A heading that is given twice, though what is below it is read.
    pub fn twice(&self) -> Option<&str> {
        self.twice.as_deref()
    }

    /// Makes the plan.
    ///
    /// # Errors
    /// A message and what to do, where the export can be read in two ways.
    pub fn plan(mut self, setting: &Setting) -> Result<(Plan, Vec<String>, bool), String> {
        let mut notes = Vec::new();
        for (field, column) in &setting.columns {
            let missing = !column.is_empty() && !self.headings.iter().any(|own| own == column);
            if missing && !self.headings.is_empty() {
                let near = crate::fault::suggest(column, self.headings.iter().map(String::as_str));
                return Err(format!("there is no column {} for `{field}`\n{near}", quote(column)));
            }
        }
        self.plan.day_first = match (setting.day_first, &self.day_first, &self.month_first) {
            (Some(day_first), ..) => day_first,
            (None, Some(day), Some(month)) => {
                return Err(format!(
                    "its dates begin now with the day, now with the month: {day}, {month}\nexport them as 2026-12-31, or say `date_order` in [[import]]"
                ));
            }
            (None, Some(_), None) => true,
            (None, None, Some(_)) => false,
            (None, None, None) => match &self.either {
                None => false,
                Some(place) => {
                    return Err(format!(
                        "no date says whether it begins with the day or the month: {place}\nsay `date_order = \"day-first\"` or `\"month-first\"` in [[import]]"
                    ));
                }
            },
        };
        let known = self.managers.iter().any(|manager| self.ids.contains(manager));
        self.plan.managers = known || self.named_otherwise || self.managers.is_empty();
        if !self.plan.managers {
            notes.push("managers are not read: none is called by a number that the export gives to a person".into());
        }
        let known = Field::ALL.iter().filter_map(|(field, name, _)| {
            Some(format!("{name} = {}", self.plan.columns.get(field)?.join(", ")))
        });
        notes.push(format!("columns: {}", known.collect::<Vec<_>>().join("; ")));
        let tells = self.plan.columns.contains_key(&Field::Status)
            || self.plan.columns.contains_key(&Field::EndedAt);
        Ok((self.plan, notes, tells))
    }
}

/// Which columns hold what: what the user says, or else the usual headings.
fn columns(headings: &[String], setting: &Setting) -> BTreeMap<Field, Vec<String>> {
    let mut found: BTreeMap<Field, Vec<(usize, String)>> = BTreeMap::new();
    for heading in headings {
        if let Some((field, rank)) = Field::of(heading) {
            found.entry(field).or_default().push((rank, heading.clone()));
        }
    }
    let mut columns = BTreeMap::new();
    for (field, mut headings) in found {
        headings.sort();
        columns.insert(field, headings.into_iter().map(|(_, heading)| heading).collect());
    }
    for (name, column) in &setting.columns {
        match Field::called(name) {
            // An empty name says that there is none.
            Some(field) if column.is_empty() => {
                columns.remove(&field);
            }
            Some(field) => {
                columns.insert(field, vec![column.clone()]);
            }
            None => {}
        }
    }
    columns
}

/// The columns that could say who has left, unless the user says which ones do.
fn hints(headings: &[String], setting: &Setting) -> Vec<(String, Hint)> {
    let decided = |hint: Hint| setting.columns.contains_key(hint.field());
    let named = |heading: &String| setting.columns.values().any(|own| own == heading);
    let hints = headings.iter().filter(|heading| !named(heading));
    hints
        .filter_map(|heading| Some((heading.clone(), hint(heading)?)))
        .filter(|(_, hint)| !decided(*hint))
        .collect()
}
