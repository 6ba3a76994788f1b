//! `nhi-policy rules`: the rules, and the controls that they are mapped to.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use serde_json::json;

mod plan;

use super::{Exit, RuleArguments, Terminal, print};
use crate::fault::{self, Fault, Faults, printable};
use crate::policy::controls::Control;
use crate::policy::{Rule, RuleSet};

#[derive(Args)]
pub(super) struct Arguments {
    /// How they are listed.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Listing,
    /// Only those that are mapped to this control, such as PR.AC-4.
    #[arg(long, value_name = "ID")]
    control: Option<String>,
    /// List the controls instead, with what became of their ids.
    #[arg(long, conflicts_with = "control")]
    controls: bool,
    /// Say instead how each rule compiles for each kind of question: `exact`, or `maybe` and the
    /// expressions that only Cedar can tell. `maybe` is slower, not less sure.
    #[arg(long, conflicts_with = "controls")]
    plan: bool,
    #[command(flatten)]
    rules: RuleArguments,
}

/// A form of the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Listing {
    /// A table for a terminal.
    Text,
    /// One JSON array.
    Json,
    /// A table for a document.
    Markdown,
}

/// The truth about the two ids that every finding carries.
pub const ABOUT_IDS: &str = "\
Every finding carries NHI-03 and PR.AC-4, because lifecycle guidance cites controls by these ids. \
OWASP's published list of 2025 calls improper offboarding NHI1:2025 (its NHI3:2025 is about \
vulnerable third-party NHIs), and NHI-03 is the number that NHIMG uses, so a bundled rule names \
the published id that fits it as well. PR.AC-4 is CSF 1.1; CSF 2.0 withdrew it and moved it to \
PR.AA-05, so a bundled rule names both.";

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    let (rules, _) = arguments.rules.load()?;
    if arguments.controls {
        print(|out| controls(&rules, arguments.format, terminal, out))?;
        return Ok(Exit::Clean);
    }
    let control = arguments.control.as_ref().map(|id| (id, rules.controls.find(id)));
    if let Some((id, None)) = control {
        let help = fault::suggest(id, rules.controls.0.keys().map(String::as_str));
        return Err(
            Fault::new(format!("the catalogue has no control {}", fault::quote(id)), help).into()
        );
    }
    let wanted = |rule: &&Rule| {
        control.is_none_or(|(_, one)| one.is_some_and(|one| rule.controls.contains(&one.id)))
    };
    let mut listed: Vec<&Rule> = rules.rules.iter().filter(wanted).collect();
    listed.sort_by(|a, b| (&a.theme, &a.id).cmp(&(&b.theme, &b.id)));
    if arguments.plan {
        print(|out| plan::write(&listed, &rules, arguments.format, out))?;
        return Ok(Exit::Clean);
    }
    print(|out| match arguments.format {
        Listing::Text => table(&listed, out),
        Listing::Json => {
            let list: Vec<_> = listed.iter().map(|rule| as_json(rule)).collect();
            crate::json::write::pretty(&mut *out, &list)?;
            writeln!(out)
        }
        Listing::Markdown => out.write_all(markdown(&listed).as_bytes()),
    })?;
    Ok(Exit::Clean)
}

/// `high`, or `medium / high` where privileged things are worse.
fn severity(rule: &Rule) -> String {
    match rule.severity_privileged {
        Some(privileged) if privileged != rule.severity => {
            format!("{} / {}", rule.severity.name(), privileged.name())
        }
        _ => rule.severity.name().to_owned(),
    }
}

fn table(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.id.chars().count()).max().unwrap_or(0);
    let mut theme = None;
    for rule in rules {
        if theme.replace(rule.theme.as_str()) != Some(&rule.theme) {
            let gap = if theme.is_some()
                && *rule.theme != *rules.first().map_or("", |first| &first.theme)
            {
                "\n"
            } else {
                ""
            };
            writeln!(out, "{gap}{}", printable(&rule.theme))?;
        }
        let off = if rule.enabled { "" } else { " (off)" };
        let (id, title) = (printable(&rule.id), printable(&rule.title));
        writeln!(out, "  {id:width$}  {:15}  {title}{off}", severity(rule))?;
    }
    let on = rules.iter().filter(|rule| rule.enabled).count();
    let s = if rules.len() == 1 { "" } else { "s" };
    writeln!(out, "\n{} rule{s}, {on} on. `nhi-policy explain RULE` says more.", rules.len())
}

fn as_json(rule: &Rule) -> serde_json::Value {
    json!({
        "id": rule.id,
        "theme": rule.theme,
        "title": rule.title,
        "severity": rule.severity,
        "severity_privileged": rule.severity_privileged,
        "controls": rule.controls,
        "parameters": rule.parameters,
        "waivable": rule.waivable,
        "enabled": rule.enabled,
        "origin": rule.origin,
        "sha256": rule.sha256,
        "rationale": rule.rationale,
        "remediation": rule.remediation,
    })
}

/// The table of the README.
fn markdown(rules: &[&Rule]) -> String {
    let mut text =
        String::from("| rule | severity | fires when | parameters |\n|---|---|---|---|\n");
    let cell = |text: &str| printable(text).replace('|', "\\|");
    for rule in rules {
        let parameters: Vec<String> =
            rule.parameters.iter().map(|name| format!("`{name}`")).collect();
        let (id, title) = (cell(&rule.id), cell(&rule.title));
        text += &format!("| `{id}` | {} | {title} | {} |\n", severity(rule), parameters.join(", "));
    }
    text
}

fn controls(
    rules: &RuleSet,
    listing: Listing,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let count = |id: &str| {
        rules.rules.iter().filter(|rule| rule.controls.iter().any(|own| own == id)).count()
    };
    let all: Vec<&Control> = rules.controls.0.values().collect();
    match listing {
        Listing::Json => {
            let list = all.iter().map(|control| {
                let mut value = serde_json::to_value(control)?;
                if let serde_json::Value::Object(map) = &mut value {
                    map.insert("rules".into(), json!(count(&control.id)));
                }
                Ok(value)
            });
            let list: Vec<_> = list.collect::<io::Result<_>>()?;
            crate::json::write::pretty(&mut *out, &list)?;
            writeln!(out)
        }
        Listing::Markdown => {
            writeln!(
                out,
                "| control | framework | title | rules | what became of the id |\n|---|---|---|---|---|"
            )?;
            for control in all {
                let framework = control.edition();
                let relation = control.relation.join("; ");
                writeln!(
                    out,
                    "| {} | {framework} | {} | {} | {relation} |",
                    control.id,
                    control.title,
                    count(&control.id)
                )?;
            }
            Ok(())
        }
        Listing::Text => {
            let mut framework = None;
            let mut sorted = all;
            sorted.sort_by(|a, b| (&a.framework, &a.version).cmp(&(&b.framework, &b.version)));
            for control in sorted {
                if framework.replace((&control.framework, &control.version))
                    != Some((&control.framework, &control.version))
                {
                    writeln!(out, "{}", printable(&control.edition()))?;
                }
                let rules = count(&control.id);
                writeln!(
                    out,
                    "  {:20}  {rules:3} rules  {}",
                    printable(&control.id),
                    printable(&control.title)
                )?;
                for relation in &control.relation {
                    writeln!(out, "  {:20}             {}", "", printable(relation))?;
                }
            }
            writeln!(out)?;
            super::wrapped(ABOUT_IDS, "", terminal.width, out)
        }
    }
}
