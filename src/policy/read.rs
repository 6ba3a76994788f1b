//! From a `.cedar` file to a rule: parsed, validated, linted, its annotations checked.

use std::collections::BTreeMap;
use std::ops::Range;

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, ValidationMode, pst};
use miette::Diagnostic;
use sha2::{Digest, Sha256};

use super::annotation::{self, Accountable, Path, Scope, Since, Template};
use super::controls::Controls;
use super::lint;
use super::rule::{Rule, Severity};
use super::schema::{Env, Types};
use crate::fault::{self, Fault, Faults, Text};

/// The annotations without which a rule is refused. The bundled rules have all that are for
/// readers too; a pack may leave those to defaults.
const REQUIRED: [&str; 2] = ["id", "severity"];
const OPTIONAL: [&str; 11] = [
    "title",
    "controls",
    "accountable",
    "message",
    "remediation",
    "severity_privileged",
    "since",
    "until",
    "limit",
    "limit_privileged",
    "waivable",
];

/// The ids that every finding carries, whatever its rule names besides.
const ALWAYS: [&str; 2] = ["NHI-03", "PR.AC-4"];

/// A rule's file.
pub struct Source<'a> {
    /// Its path, as shown, and its text.
    pub file: Text<'a>,
    /// Its name without the extension.
    pub stem: &'a str,
    /// The name of its folder.
    pub theme: &'a str,
    /// `bundled`, or its path.
    pub origin: &'a str,
}

/// Reads and checks a rule.
pub fn read(
    source: &Source<'_>,
    types: &Types,
    controls: &Controls,
    faults: &mut Faults,
) -> Option<Rule> {
    let mut own = Faults::default();
    let rule = parse(source.file, &mut own).and_then(|policy| {
        let tree = validate(&policy, source.file, types, &mut own)?;
        let reader = Reader::new(&policy, source.file, types, &tree);
        reader.rule(source, controls, &mut own)
    });
    let clean = own.count == 0;
    faults.merge(own);
    rule.filter(|_| clean)
}

/// How deep brackets may nest: the parser's stack is not endless.
const DEEPEST_BRACKET: usize = 200;

fn deepest_bracket(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in lint::code_only(text).bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The one policy of a file, which is a `forbid`.
fn parse(file: Text<'_>, faults: &mut Faults) -> Option<Policy> {
    if deepest_bracket(file.text) > DEEPEST_BRACKET {
        let help = "split the rule into several";
        let place = file.excerpt(0..1, &[], String::new());
        faults.push(Fault::new("the policy nests too deeply", help).at(place));
        return None;
    }
    let set: PolicySet = match file.text.parse() {
        Ok(set) => set,
        Err(errors) => {
            let errors: &cedar_policy::ParseErrors = &errors;
            errors.iter().for_each(|error| cedar_fault(error, file, faults));
            return None;
        }
    };
    let (templates, policies) = (set.num_of_templates(), set.num_of_policies());
    let policy = set.policies().next().filter(|_| policies == 1 && templates == 0);
    let forbid = policy.filter(|policy| policy.effect() == Effect::Forbid);
    if forbid.is_none() {
        let found = match (policies, templates, policy) {
            (1, 0, Some(_)) => "one `permit`".into(),
            (_, 0, _) => format!("{policies} policies"),
            _ => "a template".into(),
        };
        let help = "a rule is one `forbid` in a file of its own";
        let place = file.excerpt(0..1, &[], String::new());
        faults.push(
            Fault::new(format!("expected exactly one `forbid`, found {found}"), help).at(place),
        );
    }
    forbid.cloned()
}

/// Cedar's strict validation with warnings fatal, then the lint of our own; the syntax tree.
fn validate(
    policy: &Policy,
    file: Text<'_>,
    types: &Types,
    faults: &mut Faults,
) -> Option<pst::Template> {
    let stem = std::path::Path::new(file.name).file_stem().and_then(|stem| stem.to_str());
    let named = policy.new_id(PolicyId::new(stem.unwrap_or(file.name)));
    let set = PolicySet::from_policies([named]).ok()?;
    let checked = types.validator.validate_with_level(&set, ValidationMode::Strict, 2);
    checked.validation_errors().for_each(|error| cedar_fault(error, file, faults));
    checked.validation_warnings().for_each(|warning| cedar_fault(warning, file, faults));
    let Ok(pst::Policy::Static(tree)) = policy.to_pst() else {
        let place = file.excerpt(0..1, &[], String::new());
        faults.push(
            Fault::new("the policy's syntax tree can't be read", "write it more plainly").at(place),
        );
        return None;
    };
    let tree = tree.body().clone();
    if !checked.validation_passed() {
        // What Cedar refuses needs no second opinion.
        return Some(tree);
    }
    let (scope, code) = (lint::scope(&tree, types), lint::code_only(file.text));
    for (said, span) in lint::lint(tree.clauses(), &scope, types, &code) {
        faults.push(Fault::from_lines(&said).at(file.excerpt(span, &[], String::new())));
    }
    Some(tree)
}

/// A Cedar error at its place.
fn cedar_fault(error: &dyn Diagnostic, file: Text<'_>, faults: &mut Faults) {
    let span = error.labels().and_then(|mut labels| labels.next());
    let span = span.map_or(0..1, |label| label.offset()..label.offset() + label.len().max(1));
    let help = error.help().map_or("mend the policy at the mark".into(), |help| help.to_string());
    faults.push(Fault::new(error.to_string(), help).at(file.excerpt(span, &[], String::new())));
}

/// Reads the annotations of a policy.
struct Reader<'a> {
    policy: &'a Policy,
    file: Text<'a>,
    types: &'a Types,
    tree: &'a pst::Template,
    annotations: BTreeMap<&'a str, &'a str>,
    /// What the rule can be asked; where conditions exclude all, what its head covers.
    envs: Vec<Env>,
    code: String,
}

impl<'a> Reader<'a> {
    fn new(policy: &'a Policy, file: Text<'a>, types: &'a Types, tree: &'a pst::Template) -> Self {
        let valid = policy.get_valid_request_envs(types.schema());
        let mut envs: Vec<Env> = valid.filter_map(|env| Types::env(&env)).collect();
        if envs.is_empty() {
            envs = lint::scope(tree, types);
        }
        let annotations = policy.annotations().collect();
        Self { policy, file, types, tree, annotations, envs, code: lint::code_only(file.text) }
    }

    fn rule(&self, source: &Source<'_>, controls: &Controls, faults: &mut Faults) -> Option<Rule> {
        self.names(source, faults);
        let guarded = |path: &Path| self.is_guarded(path);
        let scope = Scope { types: self.types, envs: &self.envs, guarded: &guarded };
        let severity = self.severity("severity", faults);
        let severity_privileged = self.severity("severity_privileged", faults);
        let since = self.parsed("since", Since::parse, |one: &Since| one.check(&scope), faults);
        let until = self.parsed("until", Since::parse, |one: &Since| one.check(&scope), faults);
        let check = |one: &Template| annotation::limits(one, &scope).map(|_| ());
        let limit = self.parsed("limit", Template::parse, check, faults);
        let limit_privileged = self.parsed("limit_privileged", Template::parse, check, faults);
        let check = |one: &Accountable| one.check(&scope);
        let accountable =
            self.parsed("accountable", Accountable::parse, check, faults).unwrap_or_default();
        let check = |one: &Template| one.check(&scope);
        let message = self.parsed("message", Template::parse, check, faults);
        let title = Some(self.text("title")).filter(|title| !title.trim().is_empty());
        let title = title.unwrap_or(self.text("id")).to_owned();
        let message = message.unwrap_or_else(|| Template::about_the_resource(&title));
        let controls = self.controls(controls, faults);
        let waivable = self.waivable(faults);

        let mut parameters = lint::parameters(self.tree.clauses());
        for template in limit.iter().chain(&limit_privileged) {
            parameters.extend(annotation::limits(template, &scope).unwrap_or_default());
        }
        parameters.sort_unstable();
        parameters.dedup();
        Some(Rule {
            id: self.text("id").to_owned(),
            title,
            severity: severity?,
            severity_privileged,
            controls,
            since,
            until,
            limit,
            limit_privileged,
            parameters,
            accountable,
            message,
            remediation: self.text("remediation").to_owned(),
            rationale: rationale(self.file.text),
            waivable,
            origin: source.origin.to_owned(),
            theme: source.theme.to_owned(),
            sha256: crate::load::files::hex(&Sha256::digest(self.file.text)),
            text: self.file.text.to_owned(),
            enabled: true,
            envs: self.envs.clone(),
            clauses: self.tree.clauses().clone(),
            policy: self.policy.new_id(PolicyId::new(self.text("id"))),
        })
    }

    fn text(&self, name: &str) -> &'a str {
        self.annotations.get(name).copied().unwrap_or_default()
    }

    /// Says what is wrong with an annotation, at its place.
    fn wrong(&self, name: &str, said: &str, faults: &mut Faults) {
        let start = self.code.find(&format!("@{name}"));
        let span: Range<usize> = start.map_or(0..1, |start| start..start + 1 + name.len());
        let (message, help) = said.split_once('\n').unwrap_or((said, ""));
        let place = self.file.excerpt(span, &[], String::new());
        faults.push(Fault::new(format!("@{name}: {message}"), help).at(place));
    }

    /// Which annotations there are, and that the id is the file's name.
    fn names(&self, source: &Source<'_>, faults: &mut Faults) {
        for name in self.annotations.keys() {
            if !REQUIRED.contains(name) && !OPTIONAL.contains(name) {
                let help = fault::suggest(name, REQUIRED.into_iter().chain(OPTIONAL));
                self.wrong(name, &format!("unknown annotation\n{help}"), faults);
            }
        }
        for name in REQUIRED.iter().filter(|name| self.text(name).trim().is_empty()) {
            let help = format!("add @{name}(\"...\") before the forbid");
            let place = self.file.excerpt(0..1, &[], String::new());
            faults.push(Fault::new(format!("the rule has no @{name}"), help).at(place));
        }
        let id = self.text("id");
        if !id.is_empty() && id != source.stem {
            let help = format!("name the file {}.cedar", fault::printable(id));
            self.wrong("id", &format!("the id is not the name of the file\n{help}"), faults);
        }
    }

    fn severity(&self, name: &str, faults: &mut Faults) -> Option<Severity> {
        let word = self.annotations.get(name)?;
        let found = Severity::from_name(word);
        if found.is_none() {
            let help = fault::suggest(word, Severity::ALL.iter().map(|severity| severity.name()));
            self.wrong(name, &format!("unknown severity {}\n{help}", fault::quote(word)), faults);
        }
        found
    }

    fn controls(&self, catalogue: &Controls, faults: &mut Faults) -> Vec<String> {
        let ids = self.text("controls").split(',').map(str::trim).filter(|id| !id.is_empty());
        let mut known: Vec<String> = ALWAYS.iter().map(|id| (*id).to_owned()).collect();
        for id in ids {
            match catalogue.find(id) {
                Some(control) if !known.contains(&control.id) => known.push(control.id.clone()),
                Some(_) => {}
                None => {
                    let help = fault::suggest(id, catalogue.0.keys().map(String::as_str));
                    let said = format!("the catalogue has no control {}\n{help}", fault::quote(id));
                    self.wrong("controls", &said, faults);
                }
            }
        }
        known
    }

    fn waivable(&self, faults: &mut Faults) -> bool {
        match self.annotations.get("waivable") {
            None | Some(&"true") => true,
            Some(&"false") => false,
            Some(_) => {
                let said = "it is neither true nor false\nwrite \"false\", or leave it out";
                self.wrong("waivable", said, faults);
                true
            }
        }
    }

    /// Whether the conditions make sure of a fact: then the policy is still valid with one more
    /// that reads it.
    fn is_guarded(&self, path: &Path) -> bool {
        let text = self.file.text.trim_end();
        let Some(head) = self.code.trim_end().rfind(';').and_then(|end| text.get(..end)) else {
            return false;
        };
        let path = path.text();
        let Ok(policy) = Policy::parse(None, format!("{head} when {{ {path} == {path} }};")) else {
            return false;
        };
        PolicySet::from_policies([policy]).is_ok_and(|set| {
            self.types
                .validator
                .validate_with_level(&set, ValidationMode::Strict, 3)
                .validation_passed()
        })
    }

    /// An annotation in its language, held against the schema.
    fn parsed<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, String>,
        check: impl Fn(&T) -> Result<(), String>,
        faults: &mut Faults,
    ) -> Option<T> {
        let parsed = parse(self.annotations.get(name)?).and_then(|one| check(&one).map(|()| one));
        parsed.map_err(|said| self.wrong(name, &said, faults)).ok()
    }
}

/// The comment that leads the file, as one paragraph.
fn rationale(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with("//"));
    let lines: Vec<&str> = lines.map(|line| line.trim_start_matches('/').trim()).collect();
    lines.join(" ")
}
