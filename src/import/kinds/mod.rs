//! The importers: one a file, each declared in one place, [`ALL`].

use super::row::{Keys, Refusal, Row};
use super::sink::Sink;

pub mod anthropic;
pub mod aws_access_keys;
pub mod aws_authorization_details;
pub mod aws_credential_report;
pub mod baton;
pub mod entra;
pub mod gcp;
pub mod github;
pub mod gitlab;
pub mod hr_csv;
pub mod kubernetes;
pub mod links;
mod nulls;
pub mod okta;
pub mod openai;
pub mod sailpoint;
pub mod scim;
pub mod snowflake;
mod spelling;
pub mod vault;

/// All importers, in the order in which they are documented. Where the content of a file fits
/// two of them, the one that fits more of its rows is taken.
pub const ALL: &[&Importer] = &[
    &hr_csv::IMPORTER,
    &aws_credential_report::IMPORTER,
    &aws_authorization_details::IMPORTER,
    &aws_access_keys::IMPORTER,
    &entra::IMPORTER,
    &okta::IMPORTER,
    &github::IMPORTER,
    &gcp::IMPORTER,
    &baton::IMPORTER,
    &scim::IMPORTER,
    &kubernetes::IMPORTER,
    &gitlab::IMPORTER,
    &vault::IMPORTER,
    &snowflake::IMPORTER,
    &sailpoint::IMPORTER,
    &anthropic::IMPORTER,
    &openai::IMPORTER,
    &links::IMPORTER,
];

/// How the exports of one vendor become records.
pub struct Importer {
    /// What it is called on the command line.
    pub kind: &'static str,
    /// What it reads.
    pub title: &'static str,
    /// With which command or where a user gets the export.
    pub how: &'static str,
    /// What can't be known from it.
    pub unknown: &'static str,
    /// What only exports of this vendor hold: it decides where rows fit several importers.
    pub marks: &'static [&'static str],
    /// The shapes that rows of other vendors have, too. They tell nothing of whose a file is, unless
    /// it holds a mark, or rows of another shape.
    pub weak: &'static [&'static str],
    /// The shapes that its rows have; the first that fits a row reads it.
    pub shapes: &'static [Shape],
    /// Whether the whole export is looked through before its first row is read, as one row doesn't
    /// say enough: which column is which, whether a date begins with the day.
    pub survey: bool,
}

/// A kind of row.
pub struct Shape {
    /// What such a row is.
    pub name: &'static str,
    /// Whether a row is one. Only keys that every such row has, and as few others as possible.
    pub is: fn(&Keys<'_>) -> bool,
    /// Makes records of it.
    pub read: fn(&Row<'_>, &mut Sink<'_>) -> Result<(), Refusal>,
}

/// What an importer made out before the first row.
pub type Plan = Option<hr_csv::Plan>;

/// The importer of that name.
pub fn called(kind: &str) -> Option<&'static Importer> {
    ALL.iter().copied().find(|importer| importer.kind == kind)
}

impl Importer {
    /// The shape that a row has.
    pub fn shape(&self, keys: &Keys<'_>) -> Option<&'static Shape> {
        self.shapes.iter().find(|shape| (shape.is)(keys))
    }
}
