//! Reading exports: part by part, side by side, in their order.

use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::batch::Batch;
use super::context::{Context, Learned};
use super::convert::{Converted, Converter};
use super::files::{self, Form};
use super::part::{self, Part, Reader};
use super::report::{Origin, Refused, Report, SourceReport};
use super::store::{self, Store};
use super::table::Table;
use super::{Imported, Source, frame, row, secrets, write, yaml};
use crate::fault::{Fault, Faults, quote};
use crate::inventory::Kind;
use crate::load::files::name_of;
use crate::time::Instant;

/// How many lines of a table are read together.
pub(super) const LINES: usize = 256;
/// How many parts of an export are in memory at a time, for each thread.
const PARTS: usize = 8;

/// The exports while they are read.
pub struct Reading {
    sources: Vec<Source>,
    context: Context,
    store: Store,
    /// Rows that wait for others: source, place and row, a line of JSON each.
    held: BufWriter<std::fs::File>,
    secrets: Faults,
}

fn disk(error: &io::Error) -> Fault {
    let kind = io::Error::from(error.kind());
    Fault::new(
        format!("temporary files can't be written beside the inventory: {kind}"),
        "check the folder, its permissions and the room on its disk",
    )
}

impl Reading {
    /// Begins; temporary files are in that folder.
    ///
    /// # Errors
    /// Files that can't be made.
    pub fn new(sources: Vec<Source>, form: store::Form, folder: &Path) -> Result<Self, Faults> {
        let store = Store::new(form, folder).map_err(|error| disk(&error))?;
        let held = tempfile::tempfile_in(folder).map_err(|error| disk(&error))?;
        let (context, secrets) = (Context::new(form), Faults::default());
        Ok(Self { sources, context, store, held: BufWriter::new(held), secrets })
    }

    /// Reads one export.
    ///
    /// # Errors
    /// A file that can't be read.
    pub fn source(&mut self, number: usize) -> Result<(), Fault> {
        if let Some(source) = self.sources.get_mut(number).filter(|source| source.importer.survey) {
            super::survey::survey(source)?;
        }
        let Some(source) = self.sources.get(number) else { return Ok(()) };
        let (path, form, setting) =
            (source.path.clone(), source.form, source.export.setting.clone());
        let name = source.export.id.clone();
        let mut learned = Vec::new();
        match form {
            Form::Json { .. } => {
                let mut frames = frame::Frames::new(files::open(&path, &setting)?);
                let mut pointer = String::new();
                self.parts(number, None, &mut learned, |_| {
                    let mut text = Vec::new();
                    let pieces = frames.pieces(&name, &mut pointer, &mut text)?;
                    Ok((!pieces.is_empty()).then_some(Part::Pieces(text, pieces)))
                })?;
            }
            Form::Table => {
                let mut table = Table::new(files::open(&path, &setting)?, &name)?;
                let header = table.header.clone();
                self.parts(number, Some(&header), &mut learned, |used| {
                    let mut lines = match used {
                        Some(Part::Lines(lines)) => lines,
                        _ => Vec::new(),
                    };
                    let count = table.lines(&mut lines, LINES)?;
                    Ok((count > 0).then_some(Part::Lines(lines)))
                })?;
                // Which of two columns was read would be chance.
                let columns = self.sources.get(number).map(|source| &source.batch.columns);
                let used = |(heading, ..): &&(String, usize)| {
                    columns.is_some_and(|columns| columns.is_asked(heading))
                };
                if let Some(twice) = header.twice.iter().find(used) {
                    return Err(table.given_twice(twice));
                }
            }
            Form::Yaml => {
                let mut documents = yaml::Documents::new(files::open(&path, &setting)?, &name);
                self.parts(number, None, &mut learned, |_| {
                    Ok(documents.next()?.map(|(line, json)| Part::Document(line, json)))
                })?;
            }
        }
        // While an export is read, what it says is not yet known: so the order of its rows doesn't
        // matter, nor how many threads there are.
        learned.into_iter().for_each(|learned| self.context.learn(learned));
        self.unread(number);
        if self.sources.get(number).is_some_and(|source| source.importer.kind == "hr-csv") {
            self.context.people.are_of_hr();
        }
        self.links(number);
        Ok(())
    }

    /// Reads an export part by part: some at a time, side by side, and in their order. What is done
    /// with is filled again: fresh memory costs as much as reading does.
    fn parts(
        &mut self,
        number: usize,
        header: Option<&row::Header>,
        learned: &mut Vec<Learned>,
        mut next: impl FnMut(Option<Part>) -> Result<Option<Part>, Fault> + Send,
    ) -> Result<(), Fault> {
        let together = rayon::current_num_threads() * PARTS;
        let mut read = |parts: &mut Vec<Part>, used: &mut Vec<Part>| -> Result<(), Fault> {
            while parts.len() < together {
                let Some(part) = next(used.pop())? else { break };
                parts.push(part);
            }
            Ok(())
        };
        let (mut parts, mut done) = (Vec::new(), Vec::new());
        let (mut used, mut room) = (Vec::new(), Vec::new());
        read(&mut parts, &mut used)?;
        while !parts.is_empty() || !done.is_empty() {
            let Some(Source { importer, export, form, .. }) = self.sources.get(number) else {
                return Ok(());
            };
            let (context, from) = (&self.context, u32::try_from(number).unwrap_or(u32::MAX));
            let (store, mut following) = (&mut self.store, Vec::new());
            let rooms: Vec<Batch> = parts.iter().map(|_| room.pop().unwrap_or_default()).collect();
            // While some parts are converted, those before them are written and those after read.
            let convert = || {
                let converted = parts.par_iter().zip(rooms).map(|(part, room)| {
                    let converter = Converter::new(importer, context, export, from, false);
                    let mut converter = converter.filling(room);
                    part::convert(&mut converter, part, &export.id, *form, header)
                        .map(|()| converter.finish())
                });
                converted.collect::<Vec<Result<Converted, Fault>>>()
            };
            let write_and_read = || {
                done.iter_mut()
                    .try_for_each(|converted: &mut Converted| store.add(&converted.batch))
                    .map_err(|error| disk(&error))?;
                if parts.is_empty() { Ok(()) } else { read(&mut following, &mut used) }
            };
            let (converted, rest) = rayon::join(convert, write_and_read);
            rest?;
            for converted in std::mem::take(&mut done) {
                room.push(self.take(number, converted, learned)?.emptied());
            }
            done = converted.into_iter().collect::<Result<_, Fault>>()?;
            used.append(&mut parts);
            parts = following;
        }
        Ok(())
    }

    /// Keeps what was made of a part, but for its records, which it gives back.
    fn take(
        &mut self,
        number: usize,
        converted: Converted,
        learned: &mut Vec<Learned>,
    ) -> Result<Batch, Fault> {
        let Converted { mut batch, pages, exported_at, held, members } = converted;
        let mut whose = batch.links.iter().filter_map(|(_, _, to, _)| to.as_deref());
        self.context.hinted |= whose.any(secrets::hinted_value);
        for (place, row) in held {
            let line = serde_json::json!([number, place, row]);
            writeln!(self.held, "{line}").map_err(|error| disk(&error))?;
        }
        for secret in std::mem::take(&mut batch.secrets) {
            self.secrets.push(Fault::new(
                format!("what looks like {secret} would be written"),
                "take it out of the export, and have it changed: whoever reads the export knows it",
            ));
        }
        learned.push(std::mem::take(&mut batch.learned));
        let Some(source) = self.sources.get_mut(number) else { return Ok(batch) };
        source.heard.then(pages);
        if let (Some(at), true) = (exported_at, source.origin != Origin::Configuration) {
            source.export.exported_at = if source.origin == Origin::Export {
                source.export.exported_at.max(at)
            } else {
                at
            };
            source.origin = Origin::Export;
        }
        source.members.then(members);
        source.batch.counts.merge(std::mem::take(&mut batch.counts));
        source.batch.columns.merge(&batch.columns);
        source.batch.links.append(&mut batch.links);
        Ok(batch)
    }

    /// Counts the members of objects that were read piece by piece and that hold no rows.
    fn unread(&mut self, number: usize) {
        let Some(source) = self.sources.get_mut(number) else { return };
        source.pages = std::mem::take(&mut source.heard).finish();
        let members = std::mem::take(&mut source.members);
        let (counts, opened) = (&mut source.batch.counts, members.is_any());
        for (why, (count, places)) in members.refused() {
            counts.read += count;
            super::batch::refuse(&mut counts.refused, why, count, places);
        }
        // What is opened is too long to be an empty page.
        if opened && counts.read + counts.later == 0 {
            counts.read += 1;
            let why = format!("no {} row is in it", source.importer.kind);
            counts.refuse(why, source.export.id.clone());
        }
    }

    /// Takes the user's links, before the first account is read.
    fn links(&mut self, number: usize) {
        let Some(source) = self.sources.get_mut(number) else { return };
        for (system, account, to, place) in std::mem::take(&mut source.batch.links) {
            if let Err(other) = self.context.links.add(&system, &account, to.as_deref(), &place) {
                source.batch.counts.merged -= 1;
                source
                    .batch
                    .counts
                    .refuse(format!("{other} links the same account to somebody else"), place);
            }
        }
    }

    /// Reads the rows that have waited for others.
    ///
    /// # Errors
    /// Temporary files that can't be read.
    pub fn held(&mut self) -> Result<(), Faults> {
        self.held.flush().map_err(|error| disk(&error))?;
        let file = self.held.get_ref().try_clone().map_err(|error| disk(&error))?;
        let mut lines = BufReader::new(file);
        lines.rewind().map_err(|error| disk(&error))?;
        let mut rows = lines.lines().peekable();
        let together = rayon::current_num_threads() * PARTS;
        while rows.peek().is_some() {
            let mut parts = Vec::new();
            while parts.len() < together && rows.peek().is_some() {
                let some: io::Result<Vec<String>> = rows.by_ref().take(LINES).collect();
                parts.push(some.map_err(|error| disk(&error))?);
            }
            let readers: Vec<Reader<'_>> =
                self.sources.iter().map(|source| (source.importer, &source.export)).collect();
            let context = &self.context;
            let converted: Vec<Vec<(usize, Converted)>> =
                parts.par_iter().map(|lines| part::waited(lines, &readers, context)).collect();
            for (number, converted) in converted.into_iter().flatten() {
                self.store.add(&converted.batch).map_err(|error| disk(&error))?;
                self.take(number, converted, &mut Vec::new())?;
            }
        }
        Ok(())
    }

    /// Merges, counts, and says what came of it.
    ///
    /// # Errors
    /// Secrets, counts that don't add up, a disk that is full.
    pub fn finish(self, run_at: Instant, skipped: &[PathBuf]) -> Result<Imported, Faults> {
        let mut found = self.secrets;
        found.extend(self.sources.iter().filter_map(named_secret));
        found.into_result()?;
        let times: Vec<Option<i64>> = self
            .sources
            .iter()
            .map(|Source { origin, export, .. }| {
                (*origin != Origin::FileTime).then(|| export.exported_at.millis())
            })
            .collect();
        let newer = |source: u32| times.get(source as usize).copied().flatten();
        let mut records = self.store.finish(times.len(), &newer).map_err(|error| disk(&error))?;
        let mut report = Report::new(records.merged.conflicts.clone());
        report.unused_links = self.context.links.unused().into_iter().map(str::to_owned).collect();
        report.people = self.context.people.len() as u64;
        report.skipped = skipped.iter().map(|path| secrets::concealed(name_of(path))).collect();
        let merged = std::mem::take(&mut records.merged);
        let mut sources = self.sources;
        super::survey::pages_of_one_list(&mut sources, &merged.repeated);
        let rows = merged.rows.iter().zip(&merged.contradicting);
        for ((source, (merged_rows, contradicting)), number) in
            sources.into_iter().zip(rows).zip(0..)
        {
            let mut counts = source.batch.counts;
            counts.written = counts.written.saturating_sub(*merged_rows);
            counts.merged += merged_rows;
            if counts.read != counts.written + counts.merged + counts.refusals() {
                return Err(Fault::new(
                    format!(
                        "the rows of {} don't add up: {} read, {} written, {} merged, {} refused",
                        quote(&source.export.id),
                        counts.read,
                        counts.written,
                        counts.merged,
                        counts.refusals()
                    ),
                    "this is a fault of nhi-policy: please report it, with the kind of the export",
                )
                .into());
            }
            let mut own = SourceReport::of(
                source.export,
                source.origin,
                counts,
                &source.batch.columns,
                &source.pages,
            );
            own.notes.splice(0..0, source.notes);
            own.is_part(source.incomplete, *contradicting);
            let linking = merged.links.of(number);
            (own.linked, own.unlinked) = (linking.linked, linking.unlinked);
            for (why, (count, listed)) in linking.ambiguous {
                let places: io::Result<_> =
                    listed.into_iter().map(|entry| records.id_of(entry)).collect();
                let places = places.map_err(|error| disk(&error))?;
                own.ambiguous.push(Refused { why: why.into(), count, places });
            }
            report.sources.push(own);
        }
        let generated_at = report.generated_at(run_at);
        let inventory =
            write::write(records, &mut report, generated_at).map_err(|error| disk(&error))?;
        Ok(Imported { inventory, report })
    }
}

/// A secret in the name of a file: where every row was refused, nothing else holds it.
fn named_secret(source: &Source) -> Option<Fault> {
    let json = serde_json::json!({ "path": source.export.id, "source_ref": source.export.id });
    let secret = secrets::find(json.to_string().as_bytes(), Kind::Source)?;
    let help = "rename the file or its folder, and have it changed: whoever sees the name knows it";
    Some(Fault::new(format!("what looks like {secret} would be written"), help))
}
