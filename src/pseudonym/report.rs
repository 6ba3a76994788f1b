//! Tokens in a report, wherever a person can stand there.

use super::{Names, Pseudonyms};
use crate::link::NodeKind;
use crate::policy::pack::BUNDLED_ORIGIN;
use crate::policy::parameters::DEFAULT_ORIGIN;
use crate::report::model::{
    Accountable, ExceptionResult, FactValue, Finding, KnownFinding, Location, Report, Thing,
};

impl Pseudonyms {
    /// Puts tokens in a whole report.
    pub fn apply(&self, report: &mut Report) {
        let put = |text: &mut String| *text = self.text(text);
        report.incomplete.iter_mut().for_each(put);
        report.inventory.iter_mut().for_each(|file| put(&mut file.path));
        for source in &mut report.sources {
            put(&mut source.id);
            source.kind.iter_mut().for_each(put);
        }
        let origin = |origin: &mut String| *origin = self.origin(origin);
        report.parameters.values_mut().for_each(|parameter| origin(&mut parameter.origin));
        for rule in &mut report.rules {
            rule.theme = Names(Some(self)).theme(&rule.origin, &rule.theme).into_owned();
            origin(&mut rule.origin);
        }
        report.exceptions.iter_mut().for_each(|exception| self.exception(exception));
        report.findings.iter_mut().for_each(|finding| self.finding(finding));
        if let Some(baseline) = &mut report.baseline {
            put(&mut baseline.path);
            baseline.resolved.iter_mut().for_each(|known| self.known(known));
        }
    }

    /// Puts tokens in a finding of a baseline.
    pub fn known(&self, known: &mut KnownFinding) {
        self.thing(&mut known.principal);
        self.thing(&mut known.resource);
    }

    /// Where a rule or a threshold is from. Whoever is called as no file is doesn't change that.
    pub fn origin(&self, origin: &str) -> String {
        if [BUNDLED_ORIGIN, DEFAULT_ORIGIN].contains(&origin) {
            return origin.to_owned();
        }
        self.text(origin)
    }

    /// Puts tokens in a finding.
    pub fn finding(&self, finding: &mut Finding) {
        let Finding {
            message,
            principal,
            principal_name,
            resource,
            location,
            facts,
            accountable,
            path,
            exception,
            ..
        } = finding;
        *message = self.text(message);
        self.thing(principal);
        principal_name.iter_mut().for_each(|name| *name = self.text(name));
        self.thing(resource);
        self.location(location);
        facts.values_mut().for_each(|value| self.fact(value));
        let Accountable { kind, id, name } = accountable;
        // A role is nobody's name.
        if kind != "Role" {
            *id = self.text(id);
            *name = self.text(name);
        }
        path.iter_mut().for_each(|thing| self.thing(thing));
        exception.iter_mut().for_each(|id| *id = self.text(id));
    }

    fn thing(&self, thing: &mut Thing) {
        if thing.kind != NodeKind::System.name() {
            let hidden = self.text(&thing.id);
            // Whoever isn't known is somebody all the same.
            let is_left = thing.kind == NodeKind::Person.name() && hidden == thing.id;
            thing.id = if is_left { self.stranger(hidden) } else { hidden };
        }
    }

    fn location(&self, location: &mut Location) {
        location.file = self.text(&location.file);
        location.pointer = self.text(&location.pointer);
    }

    /// Puts tokens in the value of a fact.
    pub fn fact(&self, value: &mut FactValue) {
        match value {
            FactValue::Missing(()) | FactValue::Bool(_) | FactValue::Number(_) => {}
            FactValue::Text(text) => *text = self.text(text),
            FactValue::Thing(thing) => self.thing(thing),
            FactValue::Texts(texts) => texts.iter_mut().for_each(|text| *text = self.text(text)),
            FactValue::Things(things) => things.iter_mut().for_each(|thing| self.thing(thing)),
        }
    }

    /// The register too.
    pub fn exception(&self, exception: &mut ExceptionResult) {
        let ExceptionResult {
            id,
            rule,
            resource,
            principal,
            reason,
            approved_by,
            ticket,
            compensating_control,
            why,
            location,
            ..
        } = exception;
        *id = self.text(id);
        self.thing(resource);
        principal.iter_mut().for_each(|thing| self.thing(thing));
        // Whoever isn't known has a name all the same.
        if let Some(by) = approved_by {
            let known = self.text(by);
            *by = if known == *by { self.key.token('N', by) } else { known };
        }
        *rule = self.text(rule);
        let texts = [reason, ticket, compensating_control];
        texts.into_iter().flatten().chain(why).for_each(|text| *text = self.text(text));
        self.location(location);
    }
}
