//! Exceptions as they are written: which rule, for what, why, until when, and who said so.
//!
//! Whether one is honoured is not decided here: that is a question to Cedar, like any other.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::fault::{self, Fault, Faults, Text, quote};
use crate::inventory::vocabulary::ExceptionKind;
use crate::json;
use crate::link::NodeKind;
use crate::load::files::{self, hex, name_of};
use crate::policy::Severity;
use crate::report::model::{Location, Thing};
use crate::time::Instant;

const HELP: &str = "`nhi-policy schema exceptions` shows the format";

/// A file of exceptions.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Exceptions")]
#[expect(dead_code, reason = "only its schema is used: each exception is read with its place")]
pub(crate) struct Document {
    /// The version of this format: `1`.
    version: String,
    /// The exceptions.
    exceptions: Vec<Written>,
}

/// An exception: for a rule and a resource, approved by somebody until some instant.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Exception")]
pub(crate) struct Written {
    /// Its id; by default a digest of what it says.
    id: Option<String>,
    /// The id of the rule, or a list of them.
    #[schemars(with = "OneOrMore")]
    rule: OneOrMore,
    /// What it is for, as findings name it.
    resource: Thing,
    /// Of whom, as findings name them. Needed where the rule asks of a holder, an owner or another
    /// that can be somebody else tomorrow.
    principal: Option<Thing>,
    /// Why there is one, which decides how long it may last.
    kind: Option<ExceptionKind>,
    /// Why it is asked for.
    reason: String,
    /// The id of the person in the inventory who approved it.
    approved_by: Option<String>,
    /// When, RFC 3339.
    approved_at: Option<Instant>,
    /// Until when it holds, RFC 3339; at that instant it has ended.
    expires_at: Option<Instant>,
    /// The ticket about it.
    ticket: Option<String>,
    /// What protects in the meantime.
    compensating_control: Option<String>,
    /// How bad the finding was that was approved: the exception is void where it has become worse.
    severity: Option<Severity>,
}

/// A text, or a list of texts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the schema; both forms are read as a list")]
enum Texts {
    One(String),
    More(Vec<String>),
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(with = "Texts")]
struct OneOrMore(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = OneOrMore;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the id of a rule, or a list of ids")
            }
            fn visit_str<E>(self, text: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![text.to_owned()]))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<OneOrMore, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(OneOrMore(texts))
            }
        }
        from.deserialize_any(Visitor)
    }
}

/// An exception for one rule.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Its id.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// What it is for.
    pub resource: Thing,
    /// Of whom.
    pub principal: Option<Thing>,
    /// What kind it says that it is.
    pub kind: Option<ExceptionKind>,
    /// Why it was asked for.
    pub reason: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When.
    pub approved_at: Option<Instant>,
    /// Until when it holds.
    pub expires_at: Option<Instant>,
    /// The ticket about it.
    pub ticket: Option<String>,
    /// What protects in the meantime.
    pub compensating_control: Option<String>,
    /// How bad the finding was that was approved.
    pub severity: Option<Severity>,
    /// Where it stands.
    pub location: Location,
}

/// Reads all exceptions behind some paths: files, and folders with their `*.json`.
///
/// # Errors
/// All faults of all files.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Exception>, Faults> {
    let (mut exceptions, mut faults) = (Vec::new(), Faults::default());
    for path in paths {
        for path in files_of(path)? {
            match files::read(&path) {
                Ok(contents) => {
                    let name = name_of(&path);
                    let source = Text { name: &name, text: &contents.text };
                    exceptions.extend(of_text(source, &mut faults));
                }
                Err(fault) => {
                    let empty = fault.message.ends_with(" is empty");
                    let help = if empty { Some(HELP.to_owned()) } else { fault.help };
                    faults.push(Fault { help, ..fault });
                }
            }
        }
    }
    let mut seen = std::collections::BTreeMap::new();
    for exception in &exceptions {
        if let Some(other) = seen.insert(&exception.id, &exception.location) {
            let Location { file, line, .. } = &exception.location;
            faults.push(Fault::new(
                format!(
                    "{}:{line}: this exception has the `id` of another, in {}:{}",
                    quote(file),
                    quote(&other.file),
                    other.line
                ),
                "give each an `id` of its own, or take one of them away",
            ));
        }
    }
    faults.into_result().map(|()| exceptions)
}

/// The files behind a path: itself, or the `*.json` of a folder.
///
/// # Errors
/// A folder that can't be read, or has none.
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>, Fault> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
    let entries = WalkDir::new(path)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || visible(entry.file_name()));
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| {
            let path = quote(&name_of(path));
            Fault::new(
                format!("the exceptions in {path} can't be read: {error}"),
                "check the path and its permissions",
            )
        })?;
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|ext| ext == "json")
        {
            found.push(entry.into_path());
        }
    }
    if found.is_empty() {
        let message = format!("there are no exceptions in {}", quote(&name_of(path)));
        return Err(Fault::new(message, "name a .json file, or a folder that has some"));
    }
    Ok(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    exceptions: Vec<Box<RawValue>>,
}

/// Reads the exceptions of a text.
pub fn of_text(source: Text<'_>, faults: &mut Faults) -> Vec<Exception> {
    let start = source.text.len() - source.text.trim_start().len();
    if !source.text.get(start..).is_some_and(|text| text.starts_with('{')) {
        let place = source.excerpt(start..start + 1, &[], String::new());
        let said = "this is no file of exceptions: it doesn't begin with `{`";
        let help = "write {\"version\": \"1\", \"exceptions\": [...]}";
        faults.push(Fault::new(said, format!("{help}; {HELP}")).at(place));
        return Vec::new();
    }
    let file: File = match json::read(source, 0, source.text, HELP) {
        Ok(file) => file,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    if file.version != "1" {
        let message = format!("{}: unknown version {}", quote(source.name), quote(&file.version));
        faults.push(Fault::new(message, "write \"version\": \"1\""));
    }
    let mut exceptions = Vec::new();
    let mut from = 0;
    for (number, raw) in file.exceptions.iter().enumerate() {
        // The text of a raw value is that of the file, so it is found where it stands.
        let rest = source.text.get(from..).unwrap_or("");
        let start = from + rest.find(raw.get()).unwrap_or(0);
        from = start + raw.get().len();
        match json::read::<Written>(source, start, raw.get(), HELP) {
            Ok(written) => match written.check() {
                Ok(()) => exceptions.extend(written.each(source, start, number)),
                Err(fault) => {
                    faults.push(fault.at(source.excerpt(start..start + 1, &[], String::new())));
                }
            },
            Err(fault) => faults.push(fault),
        }
    }
    exceptions
}

impl Written {
    fn check(&self) -> Result<(), Fault> {
        let blank = |name: &str| {
            Err(Fault::new(
                format!("`{name}` of this exception is empty"),
                "an exception says what it is for, and why",
            ))
        };
        if self.rule.0.is_empty() || self.rule.0.iter().any(|rule| rule.trim().is_empty()) {
            return blank("rule");
        }
        let distinct: std::collections::BTreeSet<&String> = self.rule.0.iter().collect();
        if distinct.len() < self.rule.0.len() {
            return Err(Fault::new("this exception names a rule twice", "name each rule once"));
        }
        if self.reason.trim().is_empty() {
            return blank("reason");
        }
        if self.id.as_ref().is_some_and(|id| id.trim().is_empty()) {
            return blank("id");
        }
        for thing in std::iter::once(&self.resource).chain(&self.principal) {
            if thing.id.is_empty() {
                return blank("id");
            }
            if NodeKind::from_name(&thing.kind).is_none() {
                let names = NodeKind::ALL.iter().map(|kind| kind.name());
                return Err(Fault::new(
                    format!("there is no type {}", quote(&thing.kind)),
                    fault::suggest(&thing.kind, names),
                ));
            }
        }
        Ok(())
    }

    /// One exception for each rule that it names.
    fn each(self, source: Text<'_>, start: usize, number: usize) -> Vec<Exception> {
        let place = source.excerpt(start..start + 1, &[], String::new());
        let location = Location {
            file: source.name.to_owned(),
            pointer: format!("/exceptions/{number}"),
            line: u32::try_from(place.line).unwrap_or(u32::MAX),
            column: u32::try_from(place.column).unwrap_or(u32::MAX),
        };
        let digest = || {
            let said = serde_json::to_vec(&self).unwrap_or_default();
            format!("ex-{}", hex(&Sha256::digest(said)).chars().take(12).collect::<String>())
        };
        let id = self.id.clone().unwrap_or_else(digest);
        let several = self.rule.0.len() > 1;
        let one = |rule: &String| Exception {
            id: if several { format!("{id}#{rule}") } else { id.clone() },
            rule: rule.clone(),
            resource: self.resource.clone(),
            principal: self.principal.clone(),
            kind: self.kind,
            reason: self.reason.clone(),
            approved_by: self.approved_by.clone(),
            approved_at: self.approved_at,
            expires_at: self.expires_at,
            ticket: self.ticket.clone(),
            compensating_control: self.compensating_control.clone(),
            severity: self.severity,
            location: location.clone(),
        };
        self.rule.0.iter().map(one).collect()
    }
}
