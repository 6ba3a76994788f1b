//! `nhi-policy rules --plan`: how rules compile.

use std::io::{self, Write};

use serde_json::json;

use super::Listing;
use crate::ask::plan::{self, Compiled};
use crate::fault::printable;
use crate::policy::{Rule, RuleSet};

/// How much is shown of an expression.
const SHOWN: usize = 100;

/// Writes for each rule and kind of question whether it compiled exactly, and what didn't.
pub(super) fn write(
    listed: &[&Rule],
    rules: &RuleSet,
    listing: Listing,
    out: &mut dyn Write,
) -> io::Result<()> {
    let plans: Vec<(&Rule, Vec<Compiled>)> =
        listed.iter().map(|rule| (*rule, plan::of(rule, rules))).collect();
    match listing {
        Listing::Json => {
            let list: Vec<_> = plans.iter().map(|(rule, plan)| as_json(rule, plan)).collect();
            crate::json::write::pretty(&mut *out, &list)?;
            writeln!(out)
        }
        Listing::Text => text(&plans, out),
        Listing::Markdown => {
            writeln!(out, "| rule | asked | compiled | left to Cedar |\n|---|---|---|---|")?;
            let cell = |text: &str| text.replace('|', "\\|");
            for (rule, one) in
                plans.iter().flat_map(|(rule, plan)| plan.iter().map(move |one| (rule, one)))
            {
                let maybe: Vec<String> = one
                    .maybe
                    .iter()
                    .map(|expression| format!("`{}`", shortened(expression)))
                    .collect();
                writeln!(
                    out,
                    "| `{}` | {} | {} | {} |",
                    cell(&printable(&rule.id)),
                    asked(one),
                    word(one),
                    cell(&maybe.join(", "))
                )?;
            }
            Ok(())
        }
    }
}

fn text(plans: &[(&Rule, Vec<Compiled>)], out: &mut dyn Write) -> io::Result<()> {
    for (rule, plan) in plans {
        writeln!(out, "{}", printable(&rule.id))?;
        for one in plan {
            writeln!(out, "  {:6} {}", word(one), asked(one))?;
            for expression in &one.maybe {
                writeln!(out, "           {}", shortened(expression))?;
            }
        }
        if plan.is_empty() {
            writeln!(out, "  never asked")?;
        }
    }
    let all = plans.iter().map(|(_, plan)| plan.len()).sum::<usize>();
    let exact = plans.iter().flat_map(|(_, plan)| plan).filter(|one| one.maybe.is_empty()).count();
    writeln!(
        out,
        "\n{} rules in {all} kinds of question: {exact} exact, {} left to Cedar where it matters.",
        plans.len(),
        all - exact
    )
}

fn as_json(rule: &Rule, plan: &[Compiled]) -> serde_json::Value {
    let environments: Vec<_> = plan
        .iter()
        .map(|one| {
            json!({
                "principal": one.env.principal.name(),
                "action": one.env.action.name(),
                "resource": one.env.resource.name(),
                "exact": one.maybe.is_empty(),
                "maybe": one.maybe.iter().map(|one| shortened(one)).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "id": rule.id, "environments": environments })
}

fn asked(one: &Compiled) -> String {
    format!("{} {} {}", one.env.principal, one.env.action.name(), one.env.resource)
}

fn word(one: &Compiled) -> &'static str {
    if one.maybe.is_empty() { "exact" } else { "maybe" }
}

/// An expression in one line of bearable length.
fn shortened(expression: &str) -> String {
    let line = printable(&expression.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().count() <= SHOWN {
        return line;
    }
    line.chars().take(SHOWN - 3).chain("...".chars()).collect()
}
