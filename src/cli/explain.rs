//! `nhi-policy explain`: what a rule is for, or why a finding was made.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Clause, Expr};
use clap::Args;

use super::{Exit, RuleArguments, Terminal, check, print, wrapped};
use crate::ask::Depth;
use crate::ask::compile::Target;
use crate::ask::condition::{Condition, Setting, Stop};
use crate::cases;
use crate::fault::{self, Fault, Faults, printable};
use crate::judge;
use crate::judge::evidence::{Case, distinct};
use crate::link::Question;
use crate::policy::schema::{Env, Types};
use crate::policy::{Rule, RuleSet};
use crate::pseudonym::{Names, Pseudonyms};
use crate::report::findings::Findings;
use crate::report::model::{FactValue, Finding, Thing};
use crate::time::Instant;

#[derive(Args)]
pub(super) struct Arguments {
    /// A rule's id; or, with an inventory, a finding's id or its beginning.
    #[arg(value_name = "RULE|FINDING_ID")]
    what: String,
    /// The inventory that the finding is about, as it was checked.
    inventory: Vec<PathBuf>,
    /// The instant as of which the finding was made, if the check was given one.
    #[arg(long, value_name = "TIME", value_parser = check::instant)]
    as_of: Option<Instant>,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    imports: check::Imports,
    #[command(flatten)]
    exceptions: check::Exceptions,
    #[command(flatten)]
    pseudonyms: check::Pseudonymize,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    if arguments.inventory.is_empty() {
        let (mut rules, _) = arguments.rules.load()?;
        let Some(number) = rules.rules.iter().position(|rule| rule.id == arguments.what) else {
            return Err(no_rule(&arguments.what, &rules).into());
        };
        let example = example(&mut rules, &arguments.what);
        let Some(rule) = rules.rules.get(number) else { return Ok(Exit::NotJudged) };
        print(|out| explain_rule(rule, &rules, example.as_deref(), terminal, out))?;
        return Ok(Exit::Clean);
    }
    let key = arguments.pseudonyms.key()?;
    let exceptions = arguments.exceptions.read();
    let exceptions = exceptions.map_err(|faults| check::hidden(faults, key.as_ref()))?;
    let (rules, wishes, mut graph) = check::prepare(
        &arguments.rules,
        &arguments.imports,
        &arguments.inventory,
        arguments.as_of,
        key.as_ref(),
        terminal,
    )?;
    let setting = Setting {
        now: graph.now,
        run_at: arguments.as_of.unwrap_or_else(Instant::wall_clock),
        parameters: &rules.parameters,
    };
    let judged = judge::find(&mut graph, &rules, setting, Depth::default(), &exceptions, &|_| {})?;
    let hits: Vec<(usize, Question)> =
        judged.kept.iter().map(|kept| (kept.hit.rule, kept.hit.question)).collect();
    let terms =
        judge::Terms { fail_on: wishes.fail_on, expect: wishes.expect, as_of_origin: "--as-of" };
    let report = judge::judge(&graph, &rules, judged, setting, &terms);
    let report = Findings::held(&report);
    let found: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.id.starts_with(&arguments.what.to_lowercase()))
        .collect();
    let &[finding] = found.as_slice() else {
        let quoted = fault::quote(&arguments.what);
        let said = match found.len() {
            0 => format!("no finding of this inventory has the id {quoted}"),
            many => format!("{many} findings have ids that begin with {quoted}"),
        };
        let help =
            "take the id from a report of the same inventory, with the same --as-of and rules";
        return Err(Fault::new(said, help).into());
    };
    let is_it = |(rule, question): &&(usize, Question)| {
        let case = Case { graph: &graph, question: *question, setting };
        rules.rules.get(*rule).is_some_and(|rule| rule.id == finding.rule)
            && case.thing(question.resource) == finding.resource
            && case.thing(question.principal) == finding.principal
    };
    let question = hits.iter().find(is_it).map(|(_, question)| *question);
    let rule = rules.find(&finding.rule);
    if let (Some(question), Some(rule)) = (question, rule) {
        let pseudonyms = key.map(|key| Pseudonyms::new(&graph, &key));
        let mut finding = finding.clone();
        if let Some(pseudonyms) = &pseudonyms {
            pseudonyms.finding(&mut finding);
        }
        let case = Case { graph: &graph, question, setting };
        let names = Names(pseudonyms.as_ref());
        print(|out| explain_finding(&finding, rule, case, names, &rules.types, terminal, out))?;
    }
    Ok(Exit::Clean)
}

fn no_rule(id: &str, rules: &RuleSet) -> Fault {
    let quoted = fault::quote(id);
    let hex = id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex {
        return Fault::new(
            format!("{quoted} is no rule"),
            "to explain a finding, name its inventory too",
        );
    }
    let near = fault::nearest(id, rules.rules.iter().map(|rule| rule.id.as_str()));
    let help = near
        .map_or("`nhi-policy rules` lists them".into(), |near| format!("did you mean `{near}`?"));
    Fault::new(format!("there is no rule {quoted}"), help)
}

/// The inventory of the first case that fires.
fn example(rules: &mut RuleSet, id: &str) -> Option<String> {
    let name = format!("{id}.cases.json");
    let file = rules.cases.iter().find(|file| file.name() == name)?;
    let cases = cases::read(file).ok()?;
    let case = cases.cases.into_iter().find(|case| case.shows == cases::Shows::Fires)?;
    let mut text = format!("{}\n", case.name);
    for (kind, records) in &case.inventory {
        let records = records.as_array().map_or(&[][..], Vec::as_slice);
        for record in records {
            text += &format!("  {kind}: {record}\n");
        }
    }
    for expected in &case.expect {
        let principal = expected.principal.as_deref().unwrap_or("Inventory::inventory");
        text += &format!(
            "  fires: {principal} -> {} ({})\n",
            expected.resource,
            expected.severity.name()
        );
    }
    Some(text)
}

fn explain_rule(
    rule: &Rule,
    rules: &RuleSet,
    example: Option<&str>,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = terminal.width;
    writeln!(out, "{}: {}", printable(&rule.id), printable(&rule.title))?;
    let privileged = rule.severity_privileged.map_or(String::new(), |severity| {
        format!(", {} where the thing is privileged", severity.name())
    });
    let state = if rule.enabled { "on" } else { "off" };
    writeln!(
        out,
        "severity {}{privileged}; {state}; from {}\n",
        rule.severity.name(),
        printable(&rule.origin)
    )?;
    if !rule.rationale.is_empty() {
        wrapped(&rule.rationale, "", width, out)?;
    }
    if !rule.remediation.is_empty() {
        writeln!(out, "\nWhat to do")?;
        wrapped(&rule.remediation, "  ", width, out)?;
    }
    if !rule.parameters.is_empty() {
        writeln!(out, "\nParameters")?;
        for name in &rule.parameters {
            let Some(parameter) = rules.parameters.0.get(name) else { continue };
            let value = parameter.value.map_or("not set".into(), |value| value.to_string());
            wrapped(
                &format!("{name} = {value} ({}): {}", parameter.origin, parameter.meaning),
                "  ",
                width,
                out,
            )?;
        }
    }
    writeln!(out, "\nControls")?;
    for id in &rule.controls {
        let Some(control) = rules.controls.0.get(id) else { continue };
        let text = format!("{id} ({}): {}", control.edition(), control.title);
        wrapped(&text, "  ", width, out)?;
        for relation in &control.relation {
            wrapped(relation, "    ", width, out)?;
        }
    }
    writeln!(out, "\nAsked of")?;
    for env in &rule.envs {
        writeln!(out, "  {} {} {}", env.principal, env.action.name(), env.resource)?;
    }
    writeln!(out, "\nPolicy")?;
    let body = rule.text.lines().skip_while(|line| line.starts_with("//") || line.starts_with('@'));
    for line in body {
        writeln!(out, "  {}", printable(line))?;
    }
    if let Some(example) = example {
        writeln!(
            out,
            "\nAn example that fires: {}",
            example.lines().map(printable).collect::<Vec<_>>().join("\n")
        )?;
    }
    Ok(())
}

fn explain_finding(
    finding: &Finding,
    rule: &Rule,
    case: Case<'_>,
    names: Names<'_>,
    types: &Types,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = terminal.width;
    let place = &finding.location;
    writeln!(
        out,
        "{} {}: {}",
        finding.severity.name(),
        printable(&rule.id),
        printable(&rule.title)
    )?;
    wrapped(&finding.message, "", width, out)?;
    writeln!(
        out,
        "\nAt {}:{}:{} ({})",
        printable(&place.file),
        place.line,
        place.column,
        printable(&place.pointer)
    )?;
    let name = |thing: &Thing| format!("{}::{}", thing.kind, thing.id);
    let asked = format!(
        "Asked: may {} {} {}?",
        name(&finding.principal),
        finding.action,
        name(&finding.resource)
    );
    wrapped(&asked, "", width, out)?;
    if !finding.path.is_empty() {
        let path: Vec<String> = finding.path.iter().map(name).collect();
        wrapped(&format!("Path: {}", path.join(" -> ")), "", width, out)?;
    }
    if let Some(since) = &finding.since {
        let days = finding.overdue_days.unwrap_or(0);
        writeln!(out, "Since {since}, overdue for {days} days as of {}", case.setting.now)?;
    }
    if let Some(exception) = &finding.exception {
        wrapped(&format!("Waived by the exception {exception}"), "", width, out)?;
    }
    writeln!(out, "\nWhy: a rule forbids where every `when` is true and no `unless` is.")?;
    for clause in &rule.clauses {
        let (word, expr) = match clause {
            Clause::When(expr) => ("when", expr),
            Clause::Unless(expr) => ("unless", expr),
        };
        let value = clause_value(clause, case, types);
        writeln!(out, "\n{word} is {value}")?;
        for part in conjuncts(expr) {
            part_of(&part, case, names, types, width, out)?;
        }
    }
    writeln!(out, "\nWhat to do")?;
    wrapped(&rule.remediation, "  ", width, out)?;
    writeln!(out, "Accountable: {}", printable(&finding.accountable.name))?;
    wrapped(&format!("Controls: {}", finding.controls.join(", ")), "", width, out)?;
    writeln!(out, "Finding {}", finding.id)
}

/// One part of a condition: its text, its value, and what it read.
fn part_of(
    part: &Arc<Expr>,
    case: Case<'_>,
    names: Names<'_>,
    types: &Types,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let clause = Clause::When(part.clone());
    let text = clause.to_string();
    let text = text
        .trim()
        .strip_prefix("when {")
        .and_then(|text| text.strip_suffix('}'))
        .unwrap_or(&text)
        .trim();
    let value = clause_value(&clause, case, types);
    wrapped(&format!("[{value}] {text}"), "  ", width, out)?;
    for (_, reads) in compiled(&clause, case, types).trace(case.graph, case.question) {
        for (path, value) in distinct(&reads) {
            let own = (String::from(*path), case.shown(value.as_ref()));
            for (path, value) in case.sources(path).into_iter().chain([own]) {
                let value = shown(&names.fact(value));
                wrapped(&format!("{path} = {value}"), "        ", width, out)?;
            }
        }
    }
    Ok(())
}

fn compiled(clause: &Clause, case: Case<'_>, types: &Types) -> Condition {
    let Case { graph, question, setting } = case;
    let target = Target { types, graph: Some(graph), setting };
    Condition::compile(std::slice::from_ref(clause), Env::of(question), target)
}

fn clause_value(clause: &Clause, case: Case<'_>, types: &Types) -> &'static str {
    let condition = compiled(clause, case, types);
    let traced = condition.trace(case.graph, case.question);
    match traced.first() {
        Some((Ok(true), _)) => "true",
        Some((Ok(false), _)) => "false",
        Some((Err(Stop::Error), _)) => "an error",
        _ => "left to Cedar",
    }
}

/// The parts of `a && b && c`.
fn conjuncts(expr: &Arc<Expr>) -> Vec<Arc<Expr>> {
    let mut parts = Vec::new();
    let mut open = vec![expr.clone()];
    while let Some(expr) = open.pop() {
        if let Expr::BinaryOp { op: BinaryOp::And, left, right } = &*expr {
            open.push(right.clone());
            open.push(left.clone());
        } else {
            parts.push(expr);
        }
    }
    parts
}

fn shown(value: &FactValue) -> String {
    let name = |thing: &Thing| format!("{}::{}", thing.kind, thing.id);
    match value {
        FactValue::Missing(()) => "missing".into(),
        FactValue::Bool(value) => value.to_string(),
        FactValue::Number(value) => value.to_string(),
        FactValue::Text(text) => text.clone(),
        FactValue::Thing(thing) => name(thing),
        FactValue::Texts(texts) => format!("[{}]", texts.join(", ")),
        FactValue::Things(things) => {
            format!("[{}]", things.iter().map(name).collect::<Vec<_>>().join(", "))
        }
    }
}
