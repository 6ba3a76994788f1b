//! The control catalogue: what the ids in rules and reports stand for.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::fault::{Faults, Text};
use crate::settings::{self, Section};

/// A control of a published framework.
#[derive(Clone, Debug, Serialize)]
pub struct Control {
    /// Its canonical id.
    pub id: String,
    /// The framework it is from.
    pub framework: String,
    /// The framework's version.
    pub version: String,
    /// Its title.
    pub title: String,
    /// What it asks, in our own words.
    pub paraphrase: String,
    /// Other spellings of the id that rules may use.
    pub aliases: Vec<String>,
    /// What became of the id, where it is an alias or was moved.
    pub relation: Vec<String>,
    /// Where the text is published.
    pub published: String,
    /// The terms of that text, where they matter.
    pub license: Option<String>,
}

impl Control {
    /// The framework and its version.
    pub fn edition(&self) -> String {
        match self.version.as_str() {
            "unversioned" => self.framework.clone(),
            version => format!("{} {version}", self.framework),
        }
    }
}

/// All controls, by id.
#[derive(Clone, Debug, Default)]
pub struct Controls(pub BTreeMap<String, Control>);

impl Controls {
    /// A control by its id or another spelling of it.
    pub fn find(&self, id: &str) -> Option<&Control> {
        let alias =
            || self.0.values().find(|control| control.aliases.iter().any(|alias| alias == id));
        self.0.get(id).or_else(alias)
    }

    /// Adds those of a `controls.toml`; one of the same id is replaced.
    pub fn read(&mut self, source: Text<'_>, faults: &mut Faults) {
        let document = match settings::parse(source) {
            Ok(document) => document,
            Err(fault) => return faults.push(fault),
        };
        let mut root = Section::new(source, document.get_ref());
        let Some(list) = root.get("control") else { return root.finish(faults) };
        let Some(list) = list.get_ref().as_array() else {
            let fault = root.fault(
                list.span(),
                "`control` is a list of tables",
                "write [[control]] before each",
            );
            return faults.push(fault);
        };
        for value in list {
            let Some(mut section) = root.as_table("control", value, faults) else { continue };
            let mut text = |section: &mut Section<'_>, key| {
                section.required(key, value.span(), faults).unwrap_or_default().to_owned()
            };
            let mut control = Control {
                id: text(&mut section, "id"),
                framework: text(&mut section, "framework"),
                version: text(&mut section, "version"),
                title: text(&mut section, "title"),
                paraphrase: text(&mut section, "paraphrase"),
                published: text(&mut section, "published"),
                aliases: Vec::new(),
                relation: Vec::new(),
                license: None,
            };
            let aliases = section.strings("aliases", faults);
            control.aliases = aliases.into_iter().map(|(text, _)| text.to_owned()).collect();
            let relation = section.strings("relation", faults);
            control.relation = relation.into_iter().map(|(text, _)| text.to_owned()).collect();
            control.license = section.string("license", faults).map(|(text, _)| text.to_owned());
            section.finish(faults);
            self.0.insert(control.id.clone(), control);
        }
        root.finish(faults);
    }
}
