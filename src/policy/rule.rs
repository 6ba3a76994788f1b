//! A rule: one Cedar `forbid`, and its annotations, which are the only place of its metadata.

use std::collections::BTreeMap;
use std::ops::Range;

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, pst};
use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::annotation::{self, Accountable, Since, Template};
use super::controls::Controls;
use super::lint;
use super::schema::{Env, Types};
use crate::fault::{self, Fault, Faults, Text};

/// How bad a violation is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, schemars::JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Untidy.
    Low,
    /// Weakens a control.
    Medium,
    /// A control does not work.
    High,
    /// Somebody can get in who must not.
    Critical,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

/// A rule, checked against the schema.
pub struct Rule {
    /// Its id, which is its file's stem.
    pub id: String,
    /// What is wrong where it fires.
    pub title: String,
    /// How bad that is.
    pub severity: Severity,
    /// How bad it is where the thing is privileged.
    pub severity_privileged: Option<Severity>,
    /// Ids in the control catalogue.
    pub controls: Vec<String>,
    /// The fact from which a violation runs.
    pub since: Option<Since>,
    /// The fact at which it ended, where it did.
    pub until: Option<Since>,
    /// The parameter after which it is overdue.
    pub limit: Option<Template>,
    /// The same where the thing is privileged.
    pub limit_privileged: Option<Template>,
    /// The parameters that its condition and its limits read.
    pub parameters: Vec<String>,
    /// Who has to act.
    pub accountable: Accountable,
    /// What is wrong, with the facts.
    pub message: Template,
    /// What to do.
    pub remediation: String,
    /// Why the rule is there: the comment that leads its file.
    pub rationale: String,
    /// Whether an exception can waive it.
    pub waivable: bool,
    /// `bundled`, or the path of its file.
    pub origin: String,
    /// The theme: the name of its folder.
    pub theme: String,
    /// The digest of its file.
    pub sha256: String,
    /// Its file.
    pub text: String,
    /// Whether it is judged.
    pub enabled: bool,
    /// What it can be asked.
    pub envs: Vec<Env>,
    /// Its conditions.
    pub clauses: Vec<pst::Clause>,
    /// For Cedar; its id is the rule's.
    pub policy: Policy,
}

const REQUIRED: [&str; 7] =
    ["id", "title", "severity", "controls", "accountable", "message", "remediation"];
const OPTIONAL: [&str; 6] =
    ["severity_privileged", "since", "until", "limit", "limit_privileged", "waivable"];

/// A rule's file.
pub struct Source<'a> {
    /// Its path, as shown.
    pub file: Text<'a>,
    /// Its name without the extension.
    pub stem: &'a str,
    /// The name of its folder.
    pub theme: &'a str,
    /// `bundled`, or its path.
    pub origin: &'a str,
}

/// The faults of a Cedar error, each at its place.
fn cedar_faults(error: &dyn Diagnostic, file: Text<'_>, faults: &mut Faults) {
    let span = error.labels().and_then(|mut labels| labels.next());
    let span = span.map_or(0..1, |label| label.offset()..label.offset() + label.len().max(1));
    let help = error.help().map_or("mend the policy at the mark".into(), |help| help.to_string());
    let place = file.excerpt(span, &[], String::new());
    faults.push(Fault::new(error.to_string(), help).at(place));
}

/// Reads and checks a rule.
pub fn read(source: &Source<'_>, types: &Types, controls: &Controls, faults: &mut Faults) -> Option<Rule> {
    let file = source.file;
    let before = faults.count;
    let set: PolicySet = match file.text.parse() {
        Ok(set) => set,
        Err(errors) => {
            let errors: &cedar_policy::ParseErrors = &errors;
            errors.iter().for_each(|error| cedar_faults(error, file, faults));
            return None;
        }
    };
    let at = |span: Range<usize>| file.excerpt(span, &[], String::new());
    let (templates, policies) = (set.num_of_templates(), set.num_of_policies());
    let policy = set.policies().next().filter(|_| policies == 1 && templates == 0);
    let Some(policy) = policy.filter(|policy| policy.effect() == Effect::Forbid) else {
        let found = match (policies, templates, policy) {
            (1, 0, Some(_)) => "one `permit`".into(),
            (_, 0, _) => format!("{policies} policies"),
            _ => "a template".into(),
        };
        let help = "a rule is one `forbid` in a file of its own";
        faults.push(Fault::new(format!("expected exactly one `forbid`, found {found}"), help).at(at(0..1)));
        return None;
    };

    let checked = cedar_policy::Validator::new(types.schema.clone())
        .validate_with_level(&set, cedar_policy::ValidationMode::Strict, 2);
    for error in checked.validation_errors() {
        cedar_faults(error, file, faults);
    }
    for warning in checked.validation_warnings() {
        cedar_faults(warning, file, faults);
    }
    let Ok(pst::Policy::Static(tree)) = policy.to_pst() else {
        faults.push(Fault::new("the policy's syntax tree can't be read", "write it more plainly").at(at(0..1)));
        return None;
    };
    let envs: Vec<Env> = policy.get_valid_request_envs(&types.schema).filter_map(|env| Types::env(&env)).collect();
    let scope = lint::scope(tree.body(), types);
    let code = lint::code_only(file.text);
    for (message, span) in lint::lint(tree.body().clauses(), &scope, types, &code) {
        let (message, help) = message.split_once('\n').unwrap_or((&message, ""));
        faults.push(Fault::new(message, help).at(at(span)));
    }

    let annotations: BTreeMap<&str, &str> = policy.annotations().collect();
    let place = |name: &str| {
        let found = code.find(&format!("@{name}"));
        at(found.map_or(0..1, |start| start..start + 1 + name.len()))
    };
    let wrong = |name: &str, said: &str, faults: &mut Faults| {
        let (message, help) = said.split_once('\n').unwrap_or((said, ""));
        faults.push(Fault::new(format!("@{name}: {message}"), help).at(place(name)));
    };
    for name in annotations.keys() {
        if !REQUIRED.contains(name) && !OPTIONAL.contains(name) {
            let help = fault::suggest(name, REQUIRED.into_iter().chain(OPTIONAL));
            wrong(name, &format!("unknown annotation\n{help}"), faults);
        }
    }
    for name in REQUIRED {
        if annotations.get(name).is_none_or(|text| text.trim().is_empty()) {
            let message = format!("the rule has no @{name}");
            faults.push(Fault::new(message, format!("add @{name}(\"...\") before the forbid")).at(at(0..1)));
        }
    }
    let text = |name: &str| annotations.get(name).copied().unwrap_or_default();
    if !text("id").is_empty() && text("id") != source.stem {
        wrong("id", &format!("the id is not the name of the file\nname the file {}.cedar", fault::printable(text("id"))), faults);
    }
    let severity = |name: &str, faults: &mut Faults| {
        let word = annotations.get(name)?;
        let found = Severity::from_name(word);
        if found.is_none() {
            let help = fault::suggest(word, Severity::ALL.iter().map(|severity| severity.name()));
            wrong(name, &format!("unknown severity {}\n{help}", fault::quote(word)), faults);
        }
        found
    };
    let (plain, privileged) = (severity("severity", faults), severity("severity_privileged", faults));
    let ids: Vec<String> = text("controls").split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    for id in &ids {
        if !controls.0.contains_key(id) {
            let help = fault::suggest(id, controls.0.keys().map(String::as_str));
            wrong("controls", &format!("the catalogue has no control {}\n{help}", fault::quote(id)), faults);
        }
    }
    let waivable = match annotations.get("waivable") {
        None | Some(&"true") => true,
        Some(&"false") => false,
        Some(_) => {
            wrong("waivable", "it is neither true nor false\nwrite \"false\", or leave it out", faults);
            true
        }
    };
    macro_rules! checked {
        ($name:literal, $parse:expr, $check:expr) => {{
            let parsed = annotations.get($name).map(|text| {
                let parsed = $parse(text)?;
                $check(&parsed)?;
                Ok::<_, String>(parsed)
            });
            match parsed {
                Some(Err(said)) => {
                    wrong($name, &said, faults);
                    None
                }
                Some(Ok(parsed)) => Some(parsed),
                None => None,
            }
        }};
    }
    let envs_or_scope = if envs.is_empty() { &scope } else { &envs };
    let limit_of = |template: &Template| annotation::limits(template, types, envs_or_scope);
    let since = checked!("since", Since::parse, |since: &Since| since.check(types, envs_or_scope));
    let until = checked!("until", Since::parse, |until: &Since| until.check(types, envs_or_scope));
    let limit = checked!("limit", Template::parse, limit_of);
    let limit_privileged = checked!("limit_privileged", Template::parse, limit_of);
    let accountable = checked!("accountable", Accountable::parse, |one: &Accountable| one.check(types, envs_or_scope));
    let message = checked!("message", Template::parse, |one: &Template| one.check(types, envs_or_scope));
    if faults.count > before {
        return None;
    }

    let mut parameters = lint::parameters(tree.body().clauses());
    for template in limit.iter().chain(&limit_privileged) {
        parameters.extend(limit_of(template).unwrap_or_default());
    }
    parameters.sort_unstable();
    parameters.dedup();
    let rationale = file.text.lines().take_while(|line| line.starts_with("//"));
    let rationale: Vec<&str> = rationale.map(|line| line.trim_start_matches('/').trim()).collect();
    Some(Rule {
        id: text("id").to_owned(),
        title: text("title").to_owned(),
        severity: plain?,
        severity_privileged: privileged,
        controls: ids,
        since,
        until,
        limit,
        limit_privileged,
        parameters,
        accountable: accountable?,
        message: message?,
        remediation: text("remediation").to_owned(),
        rationale: rationale.join(" "),
        waivable,
        origin: source.origin.to_owned(),
        theme: source.theme.to_owned(),
        sha256: crate::load::files::hex(&Sha256::digest(file.text)),
        text: file.text.to_owned(),
        enabled: true,
        envs,
        clauses: tree.body().clauses().clone(),
        policy: policy.new_id(PolicyId::new(text("id"))),
    })
}
