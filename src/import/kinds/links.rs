//! The user's own list of whose an account is: it decides before any other step.

use super::{Importer, Shape};
use crate::fault::quote;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::field::split_prefix;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "links",
    title: "your list of links: the columns `account` and `person`, and perhaps `system`",
    how: "write it: an account's id or login name; a person's number, e-mail or user name, `workload:ID`, or `-` for nobody's",
    unknown: "nothing: it is your word",
    marks: &[],
    shapes: &[Shape {
        name: "link",
        is: |row| {
            row.all(&["account", "person"])
                && row
                    .names()
                    .iter()
                    .all(|name| ["account", "person", "system", "note"].contains(name))
        },
        read: link,
    }],
    survey: false,
};

fn link(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let account = row.need("account")?;
    let person = row.need("person")?;
    let own = person.strip_prefix("person:").or(person.strip_prefix("workload:")).unwrap_or(person);
    if own.is_empty() || split_prefix(own).is_some() {
        return refuse(format!("it names nobody who can have an account: {}", quote(person)));
    }
    let system = row.text("system").unwrap_or_default();
    // What the user notes for themselves.
    row.text("note");
    out.given_link(system, account, (person != "-").then_some(person));
    Ok(())
}
