//! Whether somebody is still there, by all columns that say something of it.

use super::headings::Field;
use super::hints::Hint;
use super::{Plan, dates, words};
use crate::fault::quote;
use crate::import::context::Export;
use crate::import::row::{Refusal, Row, refuse};
use crate::inventory::vocabulary::PersonStatus;
use crate::time::Instant;

/// Of what several columns say, the first of these counts.
const ORDER: [PersonStatus; 5] = [
    PersonStatus::Terminated,
    PersonStatus::Unknown,
    PersonStatus::Prehire,
    PersonStatus::Leave,
    PersonStatus::Active,
];

/// The state of an employment that begins and ends then.
pub fn status(
    plan: &Plan,
    row: &Row<'_>,
    (started, ended): (Option<Instant>, Option<Instant>),
    export: &Export,
) -> Result<PersonStatus, Refusal> {
    let gone = ended.is_some_and(|end| end <= export.exported_at);
    let status = match said(plan, row, export)? {
        Some(status) => status,
        None if gone => PersonStatus::Terminated,
        None if !plan.columns.contains_key(&Field::EndedAt)
            && !plan.columns.contains_key(&Field::Status) =>
        {
            PersonStatus::Unknown
        }
        // A leaver could hide behind a word that is missing. Who has a last day is there until then.
        None if ended.is_none() && plan.columns.contains_key(&Field::Status) => {
            return refuse(
                "it has no status: what an empty one means has to be said in [import.statuses], as `\"\" = ...`",
            );
        }
        None if started.is_some_and(|start| start > export.exported_at) => PersonStatus::Prehire,
        None => PersonStatus::Active,
    };
    if !matches!(status, PersonStatus::Terminated | PersonStatus::Unknown) && !gone {
        hidden(plan, row, ended, export)?;
    }
    Ok(status)
}

/// What the columns of status say, if any of them says something.
fn said(plan: &Plan, row: &Row<'_>, export: &Export) -> Result<Option<PersonStatus>, Refusal> {
    let columns = plan.columns.get(&Field::Status).map(Vec::as_slice).unwrap_or_default();
    let mut said: Vec<PersonStatus> = Vec::new();
    let (mut unknown, mut form) = (None, None);
    for column in columns {
        let text = row.text(column).unwrap_or_default();
        match words::given(text, &export.setting) {
            Some(status) => said.push(status),
            None if words::is_nothing(text) => {}
            None => match words::status(text, column, &export.setting) {
                Some(status) => said.push(status),
                None if words::is_employment(text) => form = Some(text),
                None => unknown = Some(text),
            },
        }
    }
    let status = ORDER.into_iter().find(|status| said.contains(status));
    // How somebody is employed says nothing beside a column that says whether they are.
    let unclear = unknown.or(form.filter(|_| status.is_none()));
    match unclear.filter(|_| status != Some(PersonStatus::Terminated)) {
        // A leaver could hide behind a word that nobody knows.
        Some(text) => refuse(format!(
            "what its status {} means has to be said in [import.statuses]",
            quote(text)
        )),
        None => Ok(status),
    }
}

/// Refuses somebody of whom a column that nobody reads could say that they have left.
fn hidden(
    plan: &Plan,
    row: &Row<'_>,
    ended: Option<Instant>,
    export: &Export,
) -> Result<(), Refusal> {
    for (column, hint) in &plan.hints {
        let Some(text) = row.keys().text(column).map(str::trim) else { continue };
        let day = dates::day(text, plan.day_first).filter(|day| !day.is_none());
        let at = day.and_then(|day| day.instant(0, export.setting.offset));
        let earlier =
            at.is_some_and(|at| at <= export.exported_at && ended.is_none_or(|ended| at < ended));
        // Who leaves on a day that is known has a reason already, and is there until then.
        let known = *hint == Hint::Reason && ended.is_some();
        let says = !known && words::says_gone(text, *hint, &export.setting);
        if *hint == Hint::Ended && earlier || says {
            let field = hint.field();
            return refuse(format!(
                "its {} could say that they have left: say in [import.columns] which column is `{field}`, or `{field} = \"\"` if none is",
                quote(column)
            ));
        }
    }
    Ok(())
}
