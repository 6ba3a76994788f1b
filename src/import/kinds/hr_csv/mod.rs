//! People, from the export of any HR system: a table with headings, or Workday's report in JSON.
//!
//! There is no common format, so the columns are known by their usual headings, or by the user's
//! map. Days have no time of day: employment begins with the start of its first day and ends with
//! the end of its last one, at the offset that the user gives. Words of status are free text.
//!
//! What isn't known is never taken for somebody who is there: of several columns that say whether
//! somebody has left, the one that ends access counts.

use std::collections::BTreeMap;

use super::{Importer, Shape};
use crate::import::people::Known;
use crate::import::row::{Keys, Refusal, Row, refuse};
use crate::import::setting::Setting;
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::Person;
use crate::time::Instant;

mod dates;
mod headings;
mod hints;
mod standing;
pub mod survey;
mod words;

use headings::{Field, plain};
use hints::Hint;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "hr-csv",
    title: "people from any HR system: CSV with headings, or Workday's report in JSON",
    how: "the HR system's report of all workers, those who left included, as CSV",
    unknown: "accounts and access; the time of day of a termination; often the end of a contract",
    marks: &[],
    weak: &[],
    shapes: &[Shape { name: "worker", is: |row| is_worker(row), read: worker }],
    survey: true,
};

/// Whether a row is one of people of HR: it says who, and something that only HR says.
pub fn is_worker(row: &Keys<'_>) -> bool {
    // A tool that manages things lists whom it gives them to.
    if row.any(&["permissions", "assets_count"]) {
        return false;
    }
    let names = row.names();
    let fields = names.iter().filter_map(|name| Some((Field::of(name)?.0, *name)));
    let fields: Vec<(Field, &str)> = fields.collect();
    let has = |field| fields.iter().any(|(own, _)| *own == field);
    // Everything has an `id`: it is a person's beside a name and a first day.
    let number =
        fields.iter().any(|(own, name)| *own == Field::EmployeeNumber && plain(name) != "id");
    let named = has(Field::Name) || has(Field::FirstName) || has(Field::Email);
    let dates = has(Field::StartedAt) || has(Field::EndedAt);
    let account = row.is_line() && (has(Field::Email) || has(Field::UserName));
    // Directories say `active` of accounts, too.
    let status = fields
        .iter()
        .any(|(own, name)| *own == Field::Status && (row.is_line() || plain(name) != "active"));
    number && (dates || status || has(Field::Employment) || has(Field::Department))
        || account && dates
        || has(Field::EmployeeNumber) && named && has(Field::StartedAt)
}

/// What was made out before the first row.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The columns of each field, in the order in which they count.
    columns: BTreeMap<Field, Vec<String>>,
    /// The columns that nobody reads, but whose names could say who has left.
    hints: Vec<(String, Hint)>,
    /// Whether dates begin with the day.
    day_first: bool,
    /// Whether managers are named by what the export knows people by.
    managers: bool,
}

impl Plan {
    fn texts<'a>(&self, row: &Row<'a>, field: Field) -> Vec<&'a str> {
        let columns = self.columns.get(&field).map(Vec::as_slice).unwrap_or_default();
        columns
            .iter()
            .filter_map(|column| row.text(column))
            .filter(|text| !words::is_nothing(text))
            .collect()
    }

    fn text<'a>(&self, row: &Row<'a>, field: Field) -> Option<&'a str> {
        self.texts(row, field).first().copied()
    }

    /// The latest of the dates of a field: a rehire has two first days. Of last days, the earliest:
    /// nobody works on behind one, and what is planned for later changes nothing of it.
    fn day(
        &self,
        row: &Row<'_>,
        field: Field,
        later: i64,
        setting: &Setting,
    ) -> Result<Option<Instant>, Refusal> {
        let mut days = Vec::new();
        for column in self.columns.get(&field).map(Vec::as_slice).unwrap_or_default() {
            let day = dates::read(row, column, self.day_first)?;
            days.extend(day.and_then(|day| day.instant(later, setting.offset)));
        }
        let days = days.into_iter();
        Ok(if field == Field::EndedAt { days.min() } else { days.max() })
    }
}

/// By what a person is known everywhere: their number, or else their first address or login name.
fn id_of(plan: &Plan, row: &Row<'_>) -> Option<String> {
    let number = plan.text(row, Field::EmployeeNumber).map(str::to_owned);
    let email = || plan.text(row, Field::Email).and_then(|cell| addresses(cell).next());
    number.or_else(email).or_else(|| plan.text(row, Field::UserName).map(str::to_owned))
}

fn addresses(cell: &str) -> impl Iterator<Item = String> {
    // `Ann Lee <ann@corp.example>`, and several of them
    let apart = |c: char| c.is_whitespace() || ";,|<>()\"'".contains(c);
    let parts = cell.split(apart).map(|part| part.strip_prefix("mailto:").unwrap_or(part));
    parts.filter(|part| part.contains('@')).map(str::to_lowercase)
}

fn worker(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let export = out.export;
    let Some(plan) = &export.plan else {
        return refuse("its columns are unknown");
    };
    let setting = &export.setting;
    let Some(id) = id_of(plan, row) else {
        return refuse("it has no employee number, e-mail or user name");
    };
    // The sum below a report is nobody.
    if ["total", "grand total", "subtotal", "sum"].iter().any(|word| id.eq_ignore_ascii_case(word))
    {
        return refuse("it is a sum, not a person: take the line out of the export");
    }
    // Two HR systems can give two people one number.
    let within = |id: String| match &setting.system {
        Some(system) => format!("{system}:{id}"),
        None => id,
    };
    let id = within(id);
    let emails: Vec<String> =
        plan.texts(row, Field::Email).into_iter().flat_map(addresses).collect();
    let user_name = plan.text(row, Field::UserName);
    let started_at = plan.day(row, Field::StartedAt, 0, setting)?;
    let ended_at = plan.day(row, Field::EndedAt, 1, setting)?;
    let status = standing::status(plan, row, (started_at, ended_at), export)?;
    let draft = Draft::<Person>::new(&id)
        .status(status)
        .name(name(plan, row).as_deref())
        .emails(emails.iter().map(String::as_str).collect::<Vec<_>>())
        .employee_number(plan.text(row, Field::EmployeeNumber))
        .user_name(user_name)
        .employment(plan.text(row, Field::Employment).map(words::employment))
        .department(plan.text(row, Field::Department))
        .started_at(started_at)
        .ended_at(ended_at)
        .contract_ends_at(plan.day(row, Field::ContractEndsAt, 1, setting)?)
        .role_changed_at(plan.day(row, Field::RoleChangedAt, 0, setting)?);
    let manager = manager(plan, row, out)?;
    let draft = draft.manager(manager.as_deref().map(To::person));
    let known = Known {
        id,
        employee_number: plan.text(row, Field::EmployeeNumber).map(str::to_owned),
        emails,
        user_names: user_name.into_iter().map(str::to_owned).collect(),
    };
    out.person(draft, known)
}

fn name(plan: &Plan, row: &Row<'_>) -> Option<String> {
    let whole = plan.text(row, Field::Name).map(str::to_owned);
    let parts = || {
        let parts: Vec<&str> = [Field::FirstName, Field::LastName]
            .iter()
            .filter_map(|part| plan.text(row, *part))
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    whole.or_else(parts)
}

/// Managers are named by number, or by an address or a login name that a later row may have; never
/// by their name.
fn manager(plan: &Plan, row: &Row<'_>, out: &Sink<'_>) -> Result<Option<String>, Refusal> {
    let group = row.rows("Worker_s_Manager_group");
    let nested = group.first().and_then(|group| group.text("Manager_ID"));
    let Some(word) = nested.or_else(|| plan.text(row, Field::Manager).filter(|_| plan.managers))
    else {
        return Ok(None);
    };
    if nested.is_some() || !word.contains('@') {
        let system = out.export.setting.system.as_deref();
        return Ok(Some(system.map_or(word.to_owned(), |system| format!("{system}:{word}"))));
    }
    out.person_later(word).map(Some)
}

impl Field {
    /// What the user calls it in the configuration.
    pub fn all_names() -> impl Iterator<Item = &'static str> + Clone {
        Self::ALL.iter().map(|(_, name, _)| *name)
    }
}

pub use headings::Field as Column;
