//! The user's own list of whose an account is: it decides before any other step.

use super::spelling::{self, Spelt};
use super::{Importer, Shape};
use crate::fault::quote;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::field::split_prefix;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "links",
    title: "your list of links: the columns `account` and `person`, and perhaps `system`",
    how: "write it: an account's id (with `system`, the vendor's own will do) or login name; a person's number, e-mail or user name, `workload:ID`, or `-` for nobody's",
    unknown: "nothing: it is your word",
    marks: &[],
    weak: &[],
    shapes: &[Shape {
        name: "link",
        is: |row| {
            // Columns of the user's own are theirs; what only vendors have makes it another table.
            let known = |name: &&str| OWN.iter().any(|own| own.eq_ignore_ascii_case(name));
            spelling::all(row, &["account", "person"]) && row.names().iter().all(known)
        },
        read: link,
    }],
    survey: false,
};

/// The columns that it may have, in any case.
const OWN: &[&str] =
    &["account", "person", "system", "note", "notes", "comment", "comments", "reason", "remark"];

fn link(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let row = Spelt(*row);
    let account = row.need("account")?;
    let person = row.need("person")?;
    let own = person.strip_prefix("person:").or(person.strip_prefix("workload:")).unwrap_or(person);
    if own.is_empty() || split_prefix(own).is_some() {
        return refuse(format!("it names nobody who can have an account: {}", quote(person)));
    }
    let system = row.text("system").unwrap_or_default();
    // What the user notes for themselves.
    for own in OWN {
        let _ = row.text(own);
    }
    out.given_link(system, account, (person != "-").then_some(person));
    Ok(())
}
