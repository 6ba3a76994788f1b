//! The thresholds of the rules: `context.sla.<name>`.

use std::collections::BTreeMap;

use toml::de::DeValue;

use crate::fault::{self, Faults, Text};
use crate::settings::{self, Section};
use crate::time::Span;

/// Where a threshold is from that nobody has set.
pub const DEFAULT_ORIGIN: &str = "default";

/// A threshold.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// What it means, in words.
    pub meaning: String,
    /// The value where nobody sets another; none for a parameter that is off unless it is set.
    pub default: Option<Span>,
    /// The value in force.
    pub value: Option<Span>,
    /// Where that is from: `default`, or the path of a configuration or a rule pack.
    pub origin: String,
}

/// All thresholds, by name.
#[derive(Clone, Debug, Default)]
pub struct Parameters(pub BTreeMap<String, Parameter>);

impl Parameters {
    /// Adds those of a `parameters.toml`; one of the same name is replaced.
    pub fn read(&mut self, source: Text<'_>, origin: &str, faults: &mut Faults) {
        let document = match settings::parse(source) {
            Ok(document) => document,
            Err(fault) => return faults.push(fault),
        };
        let root = Section::new(source, document.get_ref());
        for (key, value) in root.entries() {
            let name = key.get_ref().as_ref();
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if !is_name {
                let quoted = fault::quote(name);
                faults.push(root.fault(
                    key.span(),
                    format!("{quoted} can't be the name of a parameter"),
                    "use lowercase letters, digits and underscores",
                ));
                continue;
            }
            let (meaning, default) = if let DeValue::String(_) = value.get_ref() {
                // The short form: a default without a meaning.
                let text = root.as_string(name, value, faults);
                (
                    String::new(),
                    text.and_then(|(text, span)| duration(&root, name, text, span, faults)),
                )
            } else {
                let Some(mut section) = root.as_table(name, value, faults) else { continue };
                let meaning = section.string("meaning", faults).map_or("", |(text, _)| text);
                let default = section.string("default", faults);
                let default =
                    default.and_then(|(text, span)| duration(&section, name, text, span, faults));
                section.finish(faults);
                (meaning.to_owned(), default)
            };
            self.0.insert(
                name.to_owned(),
                Parameter { meaning, default, value: default, origin: origin.to_owned() },
            );
        }
    }

    /// Sets the value of a parameter from the user's `name = "90d"`.
    pub fn set(&mut self, section: &Section<'_>, origin: &str, faults: &mut Faults) {
        for (key, value) in section.entries() {
            let name = key.get_ref().as_ref();
            let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
            if !self.0.contains_key(name) {
                let help = fault::suggest(name, names);
                faults.push(section.fault(
                    key.span(),
                    format!("unknown parameter {}", fault::quote(name)),
                    help,
                ));
                continue;
            }
            let text = section.as_string(name, value, faults);
            let value = text.and_then(|(text, span)| duration(section, name, text, span, faults));
            if let (Some(value), Some(parameter)) = (value, self.0.get_mut(name)) {
                parameter.value = Some(value);
                origin.clone_into(&mut parameter.origin);
            }
        }
    }

    /// The value in force.
    pub fn value(&self, name: &str) -> Option<Span> {
        self.0.get(name)?.value
    }
}

fn duration(
    section: &Section<'_>,
    name: &str,
    text: &str,
    span: std::ops::Range<usize>,
    faults: &mut Faults,
) -> Option<Span> {
    let said = match Span::parse(text) {
        Ok(value) if value.0 >= 0 => return Some(value),
        Ok(_) => format!("`{name}` is negative\nwrite a duration of 0h or more"),
        Err(said) => format!("`{name}`: {said}"),
    };
    let (message, help) = said.split_once('\n').unwrap_or((&said, ""));
    faults.push(section.fault(span, message, help));
    None
}
