//! Which files there are to import, and what each of them is: by its content, never by its name.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use encoding_rs_io::DecodeReaderBytesBuilder;
use walkdir::WalkDir;

use super::convert::Converter;
use super::frame::{Frames, unreadable};
use super::kinds::{self, Importer};
use super::setting::Setting;
use super::table::Table;
use super::value::Value;
use super::votes::{LINES, Votes};
use crate::fault::{Fault, Faults, quote};
use crate::load::files::name_of;

/// How a file's text is formed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// JSON: a document, or several values one after the other.
    Json {
        /// Whether there are several values.
        lines: bool,
    },
    /// Lines of cells.
    Table,
    /// YAML documents.
    Yaml,
}

/// Finds the files behind the paths: of a folder all that is visible, in path order, but for links
/// that lead out of it.
///
/// # Errors
/// Paths that can't be read, and paths behind which there is nothing.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Faults> {
    let (mut files, mut faults) = (Vec::new(), Faults::default());
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let before = (files.len(), faults.count);
                walk(path, &mut files, &mut faults);
                if before == (files.len(), faults.count) {
                    faults.push(Fault::new(
                        format!("there is nothing in {}", quote(&name_of(path))),
                        "name a folder that holds exports",
                    ));
                }
            }
            Ok(metadata) if metadata.is_file() => files.push(path.clone()),
            Ok(_) => faults.push(no_file(path)),
            Err(error) => faults.push(unreadable(&name_of(path), &error)),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    faults.into_result().map(|()| files)
}

fn no_file(path: &Path) -> Fault {
    Fault::new(
        format!("{} is no regular file", quote(&name_of(path))),
        "save it as a file first: an export is read more than once",
    )
}

fn walk(root: &Path, files: &mut Vec<PathBuf>, faults: &mut Faults) {
    let real = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
    let entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.depth() == 0 || visible(entry.file_name())) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            // It says what the exports are.
            Ok(entry) if entry.file_name() == crate::config::FILE => {}
            Ok(entry) if !entry.file_type().is_file() => faults.push(no_file(entry.path())),
            Ok(entry)
                if fs::canonicalize(entry.path()).is_ok_and(|path| path.starts_with(&real)) =>
            {
                files.push(entry.path().to_owned());
            }
            Ok(entry) => faults.push(Fault::new(
                format!("{} leads out of the folder", quote(&name_of(entry.path()))),
                "name the file itself, or take the link away",
            )),
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                faults.push(unreadable(&name_of(&path), &io::Error::from(error)));
            }
        }
    }
}

/// Opens a file as UTF-8, whatever its encoding: by its byte order mark, or by what the user says.
///
/// # Errors
/// A file that can't be read.
pub fn open(path: &Path, setting: &Setting) -> Result<impl Read + use<>, Fault> {
    let file = File::open(path).map_err(|error| unreadable(&name_of(path), &error))?;
    let mut builder = DecodeReaderBytesBuilder::new();
    builder.encoding(setting.encoding).utf8_passthru(true).strip_bom(true).bom_override(true);
    Ok(builder.build(file))
}

/// How much is looked at to tell what a file is.
const LOOK: usize = 8 << 20;
/// How many values of known rows are.
const ROWS: usize = 5000;

/// What a file is.
pub struct Recognised {
    /// How its text is formed.
    pub form: Form,
    /// Who reads it; nobody where no row has a shape that is known.
    pub importer: Option<&'static Importer>,
}

/// Tells what a file is.
///
/// # Errors
/// A file that can't be read, or is no text, or is empty.
pub fn recognise(path: &Path, setting: &Setting, skip_unknown: bool) -> Result<Recognised, Fault> {
    let name = name_of(path);
    let mut start = Vec::new();
    let read = open(path, setting)?.take(1 << 16).read_to_end(&mut start);
    read.map_err(|error| unreadable(&name, &error))?;
    let form = match form(&start) {
        Ok(form) => form,
        // Pictures and archives may be passed over; an export that is empty may not.
        Err(_) if skip_unknown && !start.is_empty() && !is_inventory(&start) => {
            return Ok(Recognised { form: Form::Table, importer: None });
        }
        Err((message, help)) => {
            return Err(Fault::new(format!("{}: {message}", quote(&name)), help));
        }
    };
    let given = setting.kind.and_then(kinds::called);
    let (form, found) = match form {
        Form::Json { .. } => json(path, setting, &name, Votes::new(&start))?,
        Form::Table => {
            let (found, rows) = table(path, setting, &name, Votes::new(&start))?;
            // A line that says why there is no export looks like a heading.
            if !rows && found.is_none() && given.is_some() {
                return Err(Fault::new(
                    format!("{}: it has no rows, and no heading that is known", quote(&name)),
                    "look at what it says: an answer that was refused is no export",
                ));
            }
            (Form::Table, found)
        }
        Form::Yaml => (Form::Yaml, yaml(path, setting, &name, Votes::new(&start))?),
    };
    Ok(Recognised { form, importer: given.or(found) })
}

/// Whether it is what an import writes: its accounts would be taken for those of a vendor.
fn is_inventory(start: &[u8]) -> bool {
    let plain = start.iter().copied().filter(|b| !b.is_ascii_whitespace()).take(40);
    let plain: Vec<u8> = plain.collect();
    [&br#"{"version":"1","generated_at":"#[..], br#"{"inventory":{"version":"#]
        .iter()
        .any(|heading| plain.starts_with(heading))
}

fn form(start: &[u8]) -> Result<Form, (&'static str, &'static str)> {
    match start {
        [0x1f, 0x8b, ..] => return Err(("it is compressed", "unpack it with gunzip")),
        [b'P', b'K', 3, 4, ..] => {
            return Err((
                "it is a ZIP archive or a spreadsheet",
                "unpack it, or save the sheet as CSV",
            ));
        }
        _ if is_inventory(start) => {
            return Err((
                "it is an inventory, not an export",
                "check it as it is, or name only the exports",
            ));
        }
        _ if start.contains(&0) => return Err(("it is no text", "export it as JSON, CSV or YAML")),
        _ => {}
    }
    let text = String::from_utf8_lossy(start);
    let first = text.trim_start().chars().next();
    let lines = || text.lines().map(str::trim_end);
    // `key:` or `- key:`, with a space or nothing behind the colon
    let is_key = |line: &str| {
        let line = line.trim_start_matches("- ");
        line.split_once(':').is_some_and(|(key, rest)| {
            let word =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '"');
            !key.is_empty() && key.chars().all(word) && (rest.is_empty() || rest.starts_with(' '))
        })
    };
    let content = |line: &&str| !line.trim().is_empty() && !line.starts_with(['#', '%']);
    let yaml = lines().find(content).is_some_and(|line| line.starts_with("---") || is_key(line));
    match first {
        None => Err(("it is empty", "export it again")),
        // JSON documents with the marks of YAML between them
        Some('{' | '[') if lines().any(|line| line == "---") => Ok(Form::Yaml),
        Some('{' | '[') => Ok(Form::Json { lines: false }),
        Some(_) if yaml => Ok(Form::Yaml),
        Some(_) => Ok(Form::Table),
    }
}

fn json(
    path: &Path,
    setting: &Setting,
    name: &str,
    mut votes: Votes,
) -> Result<(Form, Option<&'static Importer>), Fault> {
    let mut frames = Frames::new(open(path, setting)?);
    let (mut pointer, mut text) = (String::new(), Vec::new());
    let (mut looked, mut values, mut broken) = (0, 0, None);
    while looked < LOOK && votes.most() < ROWS {
        let pieces = frames.pieces(name, &mut pointer, &mut text)?;
        if pieces.is_empty() {
            break;
        }
        looked += text.len();
        for piece in pieces {
            // An array is opened: its first element stands for it.
            values += usize::from(matches!(piece.pointer.as_str(), "" | "/0"));
            let bytes = text.get(piece.text.clone()).unwrap_or(&[]);
            // What can't be parsed is said when the file is read, if anybody reads it.
            if let Ok(value) = serde_json::from_slice(bytes) {
                votes.add(&value);
            } else if broken.is_none() {
                broken = super::part::parse(&text, &piece, name).err();
            }
        }
    }
    // Nobody can say that a broken file is no export.
    if let (Some(fault), None) = (broken, votes.winner()) {
        return Err(fault);
    }
    Ok((Form::Json { lines: values > 1 }, votes.winner()))
}

fn table(
    path: &Path,
    setting: &Setting,
    name: &str,
    mut votes: Votes,
) -> Result<(Option<&'static Importer>, bool), Fault> {
    let mut table = Table::new(open(path, setting)?, name)?;
    let mut lines = Vec::new();
    let rows = table.lines(&mut lines, LINES)? > 0;
    if !rows {
        lines.push((2, csv::StringRecord::new()));
    }
    for (known, importer) in votes.known.iter_mut().zip(kinds::ALL) {
        known.lines(&table.header, &lines, importer);
    }
    Ok((votes.winner(), rows))
}

fn yaml(
    path: &Path,
    setting: &Setting,
    name: &str,
    mut votes: Votes,
) -> Result<Option<&'static Importer>, Fault> {
    let mut documents = super::yaml::Documents::new(open(path, setting)?, name);
    let mut looked = 0;
    while let Some((_, json)) = documents.next()? {
        looked += json.len();
        if let Ok(value) = serde_json::from_str(&json) {
            votes.add(&value);
        }
        if looked > LOOK || votes.most() > ROWS {
            break;
        }
    }
    Ok(votes.winner())
}

/// A row's place in a file of several values: the line of its value.
pub fn label(name: &str, form: Form, line: u64) -> String {
    match form {
        Form::Json { lines: true } | Form::Yaml => format!("{name}:{line}"),
        _ => name.to_owned(),
    }
}

/// Reads the value of a piece; a member of an opened wrapper is heard, too.
pub fn piece(
    converter: &mut Converter<'_>,
    value: &Value<'_>,
    piece: &super::frame::Piece,
    label: &str,
) {
    let parent = piece.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    converter.begins(piece.number);
    let before = converter.rows();
    if let Some(key) = &piece.key {
        converter.says(parent, key, value);
        converter.member(key, value, label, &piece.pointer);
        converter.rows_of(Some((parent, key)), converter.rows() - before);
        return;
    }
    // What stands alone is a row or holds some: it was taken for an export.
    let element = piece.element || piece.pointer.is_empty();
    converter.value(value, label, &piece.pointer, element);
    // The elements of an array are rows of the object that the array is in.
    let wrapper = parent.rsplit_once('/').filter(|_| piece.element);
    // Nobody calls a list by a number: that is an array within another one.
    let wrapper = wrapper.filter(|(_, key)| !key.bytes().all(|b| b.is_ascii_digit()));
    converter.rows_of(wrapper, converter.rows() - before);
}
