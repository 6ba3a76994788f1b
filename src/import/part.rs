//! Parts of an export, which are read side by side.

use super::context::{Context, Export};
use super::convert::{Converted, Converter};
use super::files::{self, Form};
use super::kinds::Importer;
use super::value::Value;
use super::{frame, row, secrets};
use crate::fault::{Fault, Text, quote};

/// A part of an export that is in memory.
pub(super) enum Part {
    /// JSON values.
    Pieces(Vec<u8>, Vec<frame::Piece>),
    /// Lines of a table.
    Lines(Vec<(u64, csv::StringRecord)>),
    /// A YAML document.
    Document(u64, String),
}

/// Who reads an export.
pub(super) type Reader<'s> = (&'static Importer, &'s Export);

/// What comes of some rows that have waited for others, by source.
pub(super) fn waited(
    lines: &[String],
    readers: &[Reader<'_>],
    context: &Context,
) -> Vec<(usize, Converted)> {
    let parsed: Vec<(usize, String, String)> =
        lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let sources = parsed.chunk_by(|a, b| a.0 == b.0).filter_map(|same| {
        let (number, ..) = same.first()?;
        let (importer, export) = readers.get(*number)?;
        let from = u32::try_from(*number).unwrap_or(u32::MAX);
        let mut converter = Converter::new(importer, context, export, from, true);
        for (_, place, row) in same {
            if let Ok(value) = serde_json::from_str::<Value<'_>>(row) {
                converter.held(&value, place.clone());
            }
        }
        Some((*number, converter.finish()))
    });
    sources.collect()
}

/// Reads a value.
///
/// # Errors
/// What is no JSON.
pub(super) fn parse<'t>(
    text: &'t [u8],
    piece: &frame::Piece,
    name: &str,
) -> Result<Value<'t>, Fault> {
    let bytes = text.get(piece.text.clone()).unwrap_or(&[]);
    serde_json::from_slice(bytes).map_err(|error| {
        let line = piece.line + error.line().saturating_sub(1) as u64;
        let column = if error.line() <= 1 {
            piece.column + error.column().saturating_sub(1)
        } else {
            error.column()
        };
        let shown = String::from_utf8_lossy(bytes).into_owned();
        let at = shown
            .lines()
            .take(error.line().saturating_sub(1))
            .map(|line| line.len() + 1)
            .sum::<usize>();
        let at = at + error.column().saturating_sub(1);
        let place =
            Text { name, text: &shown }.excerpt(at..at + 1, &[], String::new()).moved(line, column);
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or("it is no JSON");
        Fault::new(format!("{}: {message}", quote(name)), "this is no JSON: export it again")
            .at(place)
    })
}

/// Reads a part of an export.
///
/// # Errors
/// What is no JSON.
pub(super) fn convert(
    converter: &mut Converter<'_>,
    part: &Part,
    name: &str,
    form: Form,
    header: Option<&row::Header>,
) -> Result<(), Fault> {
    match part {
        Part::Pieces(text, pieces) => {
            for piece in pieces {
                let value = parse(text, piece, name)?;
                let label = files::label(name, form, piece.line);
                files::piece(converter, &value, piece, &label);
            }
        }
        Part::Lines(lines) => {
            let none = row::Header::default();
            let header = header.unwrap_or(&none);
            let heading = header.names.iter().collect();
            let mut all = lines.iter().map(|(_, line)| line).chain([&heading]);
            if converter.is_of_cells() && !all.any(secrets::hinted_line) {
                converter.is_clean();
            }
            for (line, record) in lines {
                converter.line(header, record, [name, ":", &line.to_string()].concat());
            }
        }
        Part::Document(line, json) => {
            let label = files::label(name, form, *line);
            converter.begins((*line, *line));
            if let Ok(value) = serde_json::from_str(json) {
                // One of several, or the only one: it is a row, or holds some, or is refused.
                converter.value(&value, &label, "", true);
            }
        }
    }
    Ok(())
}
