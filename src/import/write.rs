//! The inventory: a document, or lines, of the contract.

use std::io;

use super::report::Report;
use super::store::Whole;
use crate::inventory::Kind;
use crate::inventory::draft::Draft;
use crate::inventory::record::Source;
use crate::temporary::TemporaryFile;
use crate::time::Instant;

/// Puts records and sources together in a temporary file, and counts them.
///
/// # Errors
/// Temporary files that can't be read or written.
pub fn write(
    records: Whole,
    report: &mut Report,
    generated_at: Instant,
) -> io::Result<TemporaryFile> {
    let sources = report.sources.iter().map(|source| {
        Draft::<Source>::new(&source.path)
            .kind(source.kind)
            .exported_at(source.exported_at)
            .rows(source.written + source.merged)
            .expected_rows(source.read + source.missing + source.contradicting)
            .truncated(source.truncated)
            .finish()
    });
    let sources: Vec<Vec<u8>> = sources.collect();
    for kind in Kind::ALL {
        report.records.insert(kind.plural(), records.count(*kind));
    }
    report.records.insert(Kind::Source.plural(), sources.len() as u64);
    records.assemble(generated_at, &sources)
}
