//! Rule cases: small inventories that a rule must fire on, or stay silent on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::ask::Depth;
use crate::ask::audit::Audit;
use crate::ask::condition::Setting;
use crate::exceptions;
use crate::fault::{self, Fault, Faults, Text};
use crate::json;
use crate::judge::{self, Terms};
use crate::link::Action;
use crate::load;
use crate::policy::pack::PackFile;
use crate::policy::{Rule, RuleSet, Severity};
use crate::report::findings::Findings;
use crate::report::model::{Finding, Status};
use crate::time::{Instant, Span};

/// The cases of one rule: `<rule>.cases.json`, beside `<rule>.cedar`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// The instant as of which all cases are judged, unless they say otherwise.
    pub as_of: Option<Instant>,
    /// The cases.
    pub cases: Vec<RuleCase>,
}

/// One case.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleCase {
    /// What it shows, in words.
    pub name: String,
    /// What kind of case it is.
    pub shows: Shows,
    /// The instant as of which it is judged.
    pub as_of: Option<Instant>,
    /// When the check runs; default `as_of`.
    pub run_at: Option<Instant>,
    /// Values of parameters, such as `"leaver_grace": "24h"`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// An inventory; `version` and `generated_at` may be left out.
    pub inventory: Map<String, Value>,
    /// Exceptions, for rules about these: other rules are then judged too.
    #[serde(default)]
    #[schemars(with = "Vec<exceptions::Written>")]
    pub exceptions: Vec<Value>,
    /// All findings of the rule; empty where it must stay silent.
    pub expect: Vec<Expected>,
}

/// What a case shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// A plain violation.
    Fires,
    /// A good state that looks like one.
    Silent,
    /// A fact is missing.
    Missing,
    /// At a limit, or just past it.
    Boundary,
}

/// A finding that a case expects.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// `Type::id`; not compared where it is left out.
    pub principal: Option<String>,
    /// `Type::id`
    pub resource: String,
    /// How bad.
    pub severity: Severity,
    /// Default: violation.
    #[serde(default)]
    pub status: ExpectedStatus,
    /// Compared where it is given; null means that it isn't known.
    #[serde(default)]
    pub since: ExpectedSince,
    /// Compared where it is given.
    pub overdue_days: Option<i64>,
    /// Compared where it is given.
    pub message: Option<String>,
}

/// What a finding is expected to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedStatus {
    /// The rule forbids it.
    #[default]
    Violation,
    /// The rule can't be judged.
    Indeterminate,
}

/// Since when a violation is expected to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, JsonSchema)]
#[schemars(untagged)]
pub enum ExpectedSince {
    /// Not compared.
    #[default]
    #[schemars(skip)]
    Any,
    /// This instant; null where it isn't known.
    Given(Option<Instant>),
}

impl<'de> Deserialize<'de> for ExpectedSince {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::<Instant>::deserialize(from).map(Self::Given)
    }
}

/// What came of a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The rule.
    pub rule: String,
    /// The file.
    pub file: String,
    /// The case's name.
    pub name: String,
    /// What it shows.
    pub shows: Shows,
    /// Whether a finding is expected.
    pub fires: bool,
    /// What differs; empty where it passed.
    pub differences: Vec<String>,
}

/// Reads a file of cases.
///
/// # Errors
/// Where it isn't one.
pub fn read(file: &PackFile) -> Result<CaseFile, Fault> {
    let source = Text { name: &file.path, text: &file.text };
    json::read(source, 0, &file.text, "`nhi-policy schema rule-cases` shows the format")
}

/// Runs all cases of a file. Only its rule is judged; the rule set is as before afterwards.
///
/// # Errors
/// What is wrong with the file or the inventories in it.
pub fn run(file: &PackFile, rules: &mut RuleSet) -> Result<Vec<Outcome>, Faults> {
    let cases = read(file)?;
    let id = file.stem(".cases.json").unwrap_or_default().to_owned();
    let Some(number) = rules.rules.iter().position(|rule| rule.id == id) else {
        let near = fault::nearest(&id, rules.rules.iter().map(|rule| rule.id.as_str()));
        let help = near.map_or("put it beside its .cedar file".into(), |near| {
            format!("did you mean `{near}`?")
        });
        let quoted = fault::quote(&file.path);
        return Err(
            Fault::new(format!("{quoted} has cases of a rule that isn't there"), help).into()
        );
    };
    let enabled: Vec<bool> = rules.rules.iter().map(|rule| rule.enabled).collect();
    // Exceptions are about what other rules have found.
    let about = |rule: &Rule| rule.envs.iter().any(|env| env.action == Action::Waive);
    let all = rules.rules.get(number).is_some_and(about);
    for (at, rule) in rules.rules.iter_mut().enumerate() {
        rule.enabled = at == number || all && !about(rule);
    }
    let parameters = rules.parameters.clone();
    let mut outcomes = Vec::new();
    let mut faults = Faults::default();
    for case in &cases.cases {
        match one(&cases, case, file, &id, rules) {
            Ok(differences) => outcomes.push(Outcome {
                rule: id.clone(),
                file: file.path.clone(),
                name: case.name.clone(),
                shows: case.shows,
                fires: !case.expect.is_empty(),
                differences,
            }),
            Err(own) => faults.merge(own),
        }
        rules.parameters = parameters.clone();
    }
    for (rule, enabled) in rules.rules.iter_mut().zip(enabled) {
        rule.enabled = enabled;
    }
    faults.into_result().map(|()| outcomes)
}

fn one(
    cases: &CaseFile,
    case: &RuleCase,
    file: &PackFile,
    id: &str,
    rules: &mut RuleSet,
) -> Result<Vec<String>, Faults> {
    let name = format!("{} (case `{}`)", file.path, case.name);
    let wrong =
        |message: String, help: &str| Faults::from(Fault::new(format!("{name}: {message}"), help));
    let Some(now) = case.as_of.or(cases.as_of) else {
        return Err(wrong("there is no `as_of`".into(), "say as of when the case is judged"));
    };
    for (key, text) in &case.parameters {
        let value = Span::parse(text).map_err(|said| wrong(said, "write a duration"))?;
        let parameter = rules.parameters.0.get_mut(key);
        let Some(parameter) = parameter else {
            return Err(wrong(
                format!("there is no parameter {}", fault::quote(key)),
                "parameters.toml declares them",
            ));
        };
        parameter.value = Some(value);
    }
    let mut inventory = case.inventory.clone();
    inventory.entry("version").or_insert_with(|| "1".into());
    inventory.entry("generated_at").or_insert_with(|| now.to_string().into());
    let text = Value::Object(inventory).to_string();
    let texts = std::iter::once((format!("{name}.json"), text, String::new()));
    let mut graph = load::from_texts(texts)?.link(now)?;
    let exceptions = serde_json::json!({ "version": "1", "exceptions": case.exceptions });
    let exceptions = exceptions.to_string();
    let mut faults = Faults::default();
    let exceptions = exceptions::of_text(Text { name: &name, text: &exceptions }, &mut faults);
    faults.into_result()?;
    let setting =
        Setting { now, run_at: case.run_at.unwrap_or(now), parameters: &rules.parameters };
    let terms = Terms { fail_on: Severity::Low, expect: BTreeMap::new(), as_of_origin: "case" };
    let mut findings = |depth| -> Result<Vec<Finding>, Faults> {
        let judged = judge::find(&mut graph, rules, setting, depth, &exceptions, &|_| {})?;
        let report = judge::judge(&graph, rules, judged, setting, &terms);
        let mut findings = Findings::held(&report).into_owned().findings;
        findings.retain(|finding| finding.rule == id);
        Ok(findings)
    };
    let found = findings(Depth::Candidates(Audit::NOTHING))?;
    let mut differences = compare(&case.expect, &found);
    // The questions that are skipped must be those that Cedar would permit.
    let all: Vec<String> =
        findings(Depth::Exhaustive)?.into_iter().map(|finding| finding.id).collect();
    if all != found.iter().map(|finding| finding.id.clone()).collect::<Vec<_>>() {
        differences.push(
            "asking Cedar every question gives other findings: this is a defect of nhi-policy"
                .into(),
        );
    }
    Ok(differences)
}

fn compare(expected: &[Expected], found: &[Finding]) -> Vec<String> {
    let mut differences = Vec::new();
    let mut left: Vec<&Finding> = found.iter().collect();
    for wanted in expected {
        let name = |thing: &crate::report::model::Thing| format!("{}::{}", thing.kind, thing.id);
        let at = left.iter().position(|finding| {
            name(&finding.resource) == wanted.resource
                && wanted
                    .principal
                    .as_ref()
                    .is_none_or(|principal| *principal == name(&finding.principal))
        });
        let Some(at) = at else {
            let principal = wanted.principal.as_deref().unwrap_or("anybody");
            differences.push(format!("expected, not found: {principal} -> {}", wanted.resource));
            continue;
        };
        let finding = left.remove(at);
        let mut differs = |what: &str, wanted: String, found: String| {
            if wanted != found {
                differences.push(format!(
                    "{what} of {}: expected {wanted}, found {found}",
                    name(&finding.resource)
                ));
            }
        };
        differs("severity", wanted.severity.name().into(), finding.severity.name().into());
        let status = match wanted.status {
            ExpectedStatus::Violation => Status::Violation,
            ExpectedStatus::Indeterminate => Status::Indeterminate,
        };
        differs("status", status.name().into(), finding.status.name().into());
        if let ExpectedSince::Given(since) = wanted.since {
            let text = |since: Option<String>| since.unwrap_or("null".into());
            differs(
                "since",
                text(since.map(|since| since.to_string())),
                text(finding.since.clone()),
            );
        }
        if let Some(days) = wanted.overdue_days {
            let found = finding.overdue_days.map_or("null".into(), |days| days.to_string());
            differs("overdue_days", days.to_string(), found);
        }
        if let Some(message) = &wanted.message {
            differs("message", fault::printable(message), fault::printable(&finding.message));
        }
    }
    for finding in left {
        let (principal, resource) = (&finding.principal, &finding.resource);
        differences.push(format!(
            "found, not expected: {}::{} -> {}::{} ({}): {}",
            principal.kind,
            principal.id,
            resource.kind,
            resource.id,
            finding.status.name(),
            finding.message
        ));
    }
    differences.iter().map(|difference| fault::printable(difference)).collect()
}
