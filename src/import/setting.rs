//! What the user says of an export: on the command line, or in `[[import]]` of the configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;
use schemars::JsonSchema;
use time::UtcOffset;

use super::kinds::{self, hr_csv};
use crate::fault::{self, Faults};
use crate::inventory::vocabulary::{PersonStatus, Vocabulary};
use crate::settings::Section;
use crate::time::Instant;

/// What there is to say of an export, where its content can't.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "ImportSetting")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct Document {
    /// The file, or a folder of files, relative to the configuration.
    path: String,
    /// Its kind, as `nhi-policy import --kinds` lists them.
    #[schemars(default)]
    kind: Option<String>,
    /// The id of the system that it is of: two exports of one kind may be of two systems.
    #[schemars(default)]
    system: Option<String>,
    /// Whether the accounts of a directory are people too, as there is no HR export.
    #[schemars(default)]
    people: bool,
    /// When it was made, RFC 3339.
    #[schemars(default)]
    exported_at: Option<Instant>,
    /// HR: the columns, by what they hold, such as `ended_at = "Last day"`.
    #[schemars(default)]
    columns: BTreeMap<String, String>,
    /// HR: what its words of status mean, such as `"On garden duty" = "leave"`.
    #[schemars(default)]
    statuses: BTreeMap<String, PersonStatus>,
    /// HR: `day-first` or `month-first`, where no date of the export tells.
    #[schemars(default)]
    date_order: Option<String>,
    /// HR: the offset at which days begin and end, such as `+02:00`; by default UTC.
    #[schemars(default)]
    utc_offset: Option<String>,
    /// The encoding of its text, such as `windows-1252`; by default UTF-8, or what its mark says.
    #[schemars(default)]
    encoding: Option<String>,
}

/// What the user says of an export.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its kind, where its content can't say.
    pub kind: Option<&'static str>,
    /// The id of the system that it is of: two exports of one kind are of two systems.
    pub system: Option<String>,
    /// Whether its accounts are people too: a directory where there is no HR export.
    pub people: bool,
    /// When it was made.
    pub exported_at: Option<Instant>,
    /// The columns of an HR export, by what they hold.
    pub columns: BTreeMap<String, String>,
    /// What an HR export's words of status mean.
    pub statuses: BTreeMap<String, PersonStatus>,
    /// Whether its dates begin with the day.
    pub day_first: Option<bool>,
    /// The offset at which its days begin and end.
    pub offset: UtcOffset,
    /// The encoding of its text, where it isn't UTF-8.
    pub encoding: Option<&'static Encoding>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            kind: None,
            system: None,
            people: false,
            exported_at: None,
            columns: BTreeMap::new(),
            statuses: BTreeMap::new(),
            day_first: None,
            offset: UtcOffset::UTC,
            encoding: None,
        }
    }
}

/// What the user says of all exports.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// By path: of a file, or of a folder that it is in. The first that fits counts.
    pub files: Vec<(PathBuf, Setting)>,
    /// Whether files of no known kind are passed over.
    pub skip_unknown: bool,
    /// Of exports that are imported again: what they were before they were copied here.
    pub copies: BTreeMap<PathBuf, Copied>,
}

/// What a copy of an export can't say of itself.
#[derive(Clone, Debug)]
pub struct Copied {
    /// How it was called.
    pub name: String,
    /// The time of the file, where the export doesn't say when it was made.
    pub modified: Option<Instant>,
}

impl Settings {
    /// What is said of one file.
    pub fn of(&self, path: &Path) -> Setting {
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let path = real(path);
        let found = self.files.iter().find(|(prefix, _)| path.starts_with(real(prefix)));
        found.map(|(_, setting)| setting.clone()).unwrap_or_default()
    }
}

/// Reads `[[import]]` of a configuration in that folder.
pub fn read(root: &mut Section<'_>, folder: &Path, faults: &mut Faults) -> Vec<(PathBuf, Setting)> {
    let tables = root.tables("import", faults).into_iter();
    let mut known: Vec<PathBuf> = Vec::new();
    tables
        .filter_map(|(mut table, span)| {
            let path = table.required("path", span.clone(), faults).map(|path| folder.join(path));
            if let Some(path) = &path {
                if known.contains(path) {
                    let name = fault::quote(&crate::load::files::name_of(path));
                    let message = format!("{name} has two blocks of [[import]]");
                    faults.push(table.fault(span, message, String::from("put them into one")));
                }
                known.push(path.clone());
            }
            let setting = one(&mut table, faults);
            table.finish(faults);
            Some((path?, setting))
        })
        .collect()
}

fn one(table: &mut Section<'_>, faults: &mut Faults) -> Setting {
    let mut setting = Setting::default();
    let kinds = kinds::ALL.iter().map(|importer| importer.kind);
    let kind = word(table, "kind", faults, kinds::called, || {
        format!("use one of {}", kinds.clone().collect::<Vec<_>>().join(", "))
    });
    setting.kind = kind.map(|importer| importer.kind);
    setting.system = table
        .string("system", faults)
        .map(|(system, _)| system.to_owned())
        .filter(|id| !id.is_empty());
    setting.people = table.bool("people", faults).unwrap_or(false);
    setting.exported_at = word(
        table,
        "exported_at",
        faults,
        |word| Instant::parse(word).ok(),
        || "write an RFC 3339 time with an offset".into(),
    );
    setting.day_first = word(
        table,
        "date_order",
        faults,
        |word| match word {
            "day-first" => Some(true),
            "month-first" => Some(false),
            _ => None,
        },
        || "write `day-first` or `month-first`".into(),
    );
    let offset =
        word(table, "utc_offset", faults, offset, || "write it as `+02:00` or `-05:00`".into());
    setting.offset = offset.unwrap_or(UtcOffset::UTC);
    setting.encoding = word(
        table,
        "encoding",
        faults,
        |word| Encoding::for_label(word.as_bytes()),
        || "write its usual name: `windows-1252`, `utf-16le`, `shift_jis`".into(),
    );
    if let Some(columns) = table.table("columns", faults) {
        for (key, value) in columns.entries() {
            let name = key.get_ref().as_ref();
            if hr_csv::Column::called(name).is_none() {
                let help = fault::suggest(name, hr_csv::Column::all_names());
                faults.push(columns.fault(
                    key.span(),
                    format!("there is no field {}", fault::quote(name)),
                    help,
                ));
            } else if let Some((column, _)) = columns.as_string(name, value, faults) {
                setting.columns.insert(name.to_owned(), column.to_owned());
            }
        }
    }
    if let Some(statuses) = table.table("statuses", faults) {
        for (key, value) in statuses.entries() {
            let Some((word, span)) = statuses.as_string(key.get_ref(), value, faults) else {
                continue;
            };
            if let Some(status) = PersonStatus::from_name(word) {
                setting.statuses.insert(key.get_ref().to_string(), status);
            } else {
                let help =
                    fault::suggest(word, PersonStatus::ALL.iter().map(|status| status.name()));
                faults.push(statuses.fault(
                    span,
                    format!("unknown status {}", fault::quote(word)),
                    help,
                ));
            }
        }
    }
    setting
}

fn word<T>(
    table: &mut Section<'_>,
    key: &'static str,
    faults: &mut Faults,
    read: impl Fn(&str) -> Option<T>,
    help: impl Fn() -> String,
) -> Option<T> {
    let (word, span) = table.string(key, faults)?;
    let found = read(word);
    if found.is_none() {
        faults.push(table.fault(span, format!("`{key}` can't be {}", fault::quote(word)), help()));
    }
    found
}

fn offset(text: &str) -> Option<UtcOffset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return (text == "Z").then_some(UtcOffset::UTC),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i8, i8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let valid = (0..=14).contains(&hours) && (0..=59).contains(&minutes);
    valid.then(|| UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok())?
}
