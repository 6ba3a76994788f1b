//! `nhi-policy exceptions`: the register of exceptions, as a check judges them.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Exit, RuleArguments, Terminal, check, print, wrapped};
use crate::ask::Depth;
use crate::fault::{Fault, Faults, printable};
use crate::pseudonym::Pseudonyms;
use crate::report::model::{ExceptionResult, ExceptionState};
use crate::time::{Instant, Span};

/// What the command is not.
const STATUS: &str = "\
Exit status: 0 where the register was written, whatever is in it; 2 where it could not be judged.
`check --exceptions` is the gate: it fails on what is not honoured.";

#[derive(Args)]
#[command(after_help = STATUS)]
pub(super) struct Arguments {
    /// The inventory, as it is checked: what an exception fits depends on it.
    #[arg(required = true)]
    inventory: Vec<PathBuf>,
    #[command(flatten)]
    exceptions: check::Exceptions,
    /// List those that end within this time by themselves: days or hours, such as `30d`.
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = duration)]
    within: Span,
    /// What is written to standard output.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// The instant as of which everything is judged, RFC 3339; by default exceptions end by the
    /// wall clock.
    #[arg(long, value_name = "TIME", value_parser = check::instant)]
    as_of: Option<Instant>,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    imports: check::Imports,
    #[command(flatten)]
    pseudonyms: check::Pseudonymize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// A list of exceptions, as in the report.
    Json,
}

fn duration(text: &str) -> Result<Span, String> {
    Span::parse(text).map_err(|said| said.replace('\n', "; "))
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Faults> {
    if arguments.exceptions.is_empty() {
        return Err(Fault::new(
            "no exceptions are named",
            "name a file or a folder of them with --exceptions",
        )
        .into());
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
    let judging = check::Judging::now(arguments.as_of, Depth::default(), None);
    let mut report = judging.held(&rules, &wishes, &mut graph, &exceptions, terminal)?;
    if let Some(key) = &key {
        Pseudonyms::new(&graph, key).apply(&mut report);
    }
    let run_at = Instant::parse(&report.run_at).unwrap_or(graph.now);
    print(|out| match arguments.format {
        Format::Json => {
            crate::json::write::pretty(&mut *out, &report.exceptions)?;
            out.write_all(b"\n")
        }
        Format::Text => {
            let ends = |exception: &ExceptionResult| {
                exception.expires_at.as_deref().and_then(|at| Instant::parse(at).ok())
            };
            let soon = |exception: &ExceptionResult| {
                ends(exception).is_some_and(|at| at.since(run_at) <= arguments.within)
            };
            text(&report.exceptions, &soon, arguments.within, terminal.width, out)?;
            writeln!(out, "judged as of {}", printable(&report.run_at))
        }
    })?;
    Ok(Exit::Clean)
}

fn text(
    register: &[ExceptionResult],
    soon: &dyn Fn(&ExceptionResult) -> bool,
    within: Span,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let state = |state: ExceptionState| move |one: &&ExceptionResult| one.state == state;
    let active = || register.iter().filter(state(ExceptionState::Active));
    let groups: [(String, Vec<&ExceptionResult>); 5] = [
        (format!("Active, ending within {within}"), active().filter(|one| soon(one)).collect()),
        ("Active".into(), active().filter(|one| !soon(one)).collect()),
        ("Expired".into(), register.iter().filter(state(ExceptionState::Expired)).collect()),
        ("Refused".into(), register.iter().filter(state(ExceptionState::Refused)).collect()),
        ("Unused".into(), register.iter().filter(state(ExceptionState::Unused)).collect()),
    ];
    let mut counts = Vec::new();
    for (title, exceptions) in groups {
        counts.push(format!("{} {}", exceptions.len(), title.to_lowercase()));
        if exceptions.is_empty() {
            continue;
        }
        writeln!(out, "{title}")?;
        for exception in exceptions {
            entry(exception, width, out)?;
        }
        writeln!(out)?;
    }
    wrapped(&counts.join(", "), "", width, out)
}

fn entry(exception: &ExceptionResult, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let ExceptionResult { id, rule, resource, principal, .. } = exception;
    let of = principal
        .as_ref()
        .map_or(String::new(), |principal| format!(" of {}::{}", principal.kind, principal.id));
    let kind = exception.kind.as_ref().map_or(String::new(), |kind| format!(" ({kind})"));
    let head = format!("{id}: {rule} for {}::{}{of}{kind}", resource.kind, resource.id);
    wrapped(&head, "  ", width, out)?;
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "nobody".into());
    let date = |text: &Option<String>| text.clone().unwrap_or_else(|| "no date".into());
    let mut line = format!(
        "approved by {} on {}, ends {}",
        known(&exception.approved_by),
        date(&exception.approved_at),
        date(&exception.expires_at)
    );
    match exception.renewals {
        0 => {}
        1 => line.push_str(", renewed once"),
        times => line += &format!(", renewed {times} times"),
    }
    if let Some(ticket) = &exception.ticket {
        line += &format!(", {ticket}");
    }
    wrapped(&line, "    ", width, out)?;
    for text in exception.reason.iter().chain(&exception.compensating_control) {
        wrapped(text, "    ", width, out)?;
    }
    for (at, why) in exception.why.iter().enumerate() {
        let rule = exception.refused_by.get(at).map_or(String::new(), |rule| format!("{rule}: "));
        wrapped(&format!("not honoured: {rule}{why}"), "    ", width, out)?;
    }
    let place = &exception.location;
    wrapped(&format!("at {}:{}:{}", place.file, place.line, place.column), "    ", width, out)
}
