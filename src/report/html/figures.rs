//! What the first screen says, counted in one pass over the findings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::policy::Severity;
use crate::report::model::{
    ControlSummary, ExceptionState, FactValue, Finding, Mark, Report, Status, Thing, Times, Verdict,
};
use crate::time::Instant;

/// How many entries a ranking has.
const RANKED: usize = 8;

/// How wide a chart is, in its own units.
const WIDE: u64 = 1000;

/// How many violations there are of each severity, as [`Severity::ALL`] has them.
type Counts = [u64; 4];

/// The counts and rankings of the first screen.
pub(super) struct Figures<'a> {
    /// What the page may look like: `pass` only where nothing speaks against it.
    pub(super) tone: &'static str,
    pub(super) sentence: String,
    pub(super) violations: u64,
    pub(super) waived: u64,
    pub(super) indeterminate: u64,
    /// Open findings that the baseline doesn't know, and that it knows.
    pub(super) marked: [u64; 2],
    pub(super) severities: Vec<Bar<'a>>,
    pub(super) ages: Vec<Bar<'a>>,
    pub(super) controls: Vec<Bar<'a>>,
    pub(super) systems: Vec<Bar<'a>>,
    pub(super) owners: Vec<Bar<'a>>,
    pub(super) leavers: Vec<Bar<'a>>,
    /// How many there are, of which the rankings show the worst.
    pub(super) all: All,
    /// Violations of things that are on no system.
    pub(super) elsewhere: u64,
    /// The violations that have been open longest, with the days and the date.
    pub(super) oldest: Vec<(i64, String, &'a Finding)>,
    pub(super) exceptions: Vec<(&'static str, usize)>,
    /// How many questions were asked, and how many rules are on.
    pub(super) asked: u64,
    pub(super) enabled: usize,
    /// Every control that rules name, with its violations.
    pub(super) catalogue: Vec<(&'a ControlSummary, u64)>,
    /// Times to revoke, by what.
    pub(super) revocation: [(&'static str, &'a BTreeMap<String, Times>); 2],
}

/// How many there are in all.
pub(super) struct All {
    pub(super) controls: usize,
    pub(super) systems: usize,
    pub(super) owners: usize,
    pub(super) leavers: usize,
    /// Those of whom all is waived.
    pub(super) waived_leavers: usize,
}

/// A line of a chart.
pub(super) struct Bar<'a> {
    /// What it is about.
    pub(super) label: String,
    /// What is said beside it.
    pub(super) note: &'a str,
    /// What the list is filtered by when it is clicked.
    pub(super) value: String,
    pub(super) count: u64,
    pub(super) parts: Vec<Part>,
    /// The parts in words.
    pub(super) said: String,
}

/// A part of a bar.
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) from: u64,
    pub(super) width: u64,
}

impl<'a> Figures<'a> {
    /// Counts.
    pub(super) fn of(report: &'a Report) -> Self {
        let now = Instant::parse(&report.as_of.value).ok();
        let mut by_severity = Counts::default();
        let mut by_age = [0; AGES.len()];
        let mut controls: BTreeMap<&str, Counts> = BTreeMap::new();
        let mut systems: BTreeMap<&str, Counts> = BTreeMap::new();
        let mut owners: BTreeMap<[&str; 3], Counts> = BTreeMap::new();
        let mut leavers: BTreeMap<&str, Counts> = BTreeMap::new();
        let mut open: Vec<(Instant, &Finding)> = Vec::new();
        let (mut waived, mut indeterminate, mut failing, mut elsewhere) = (0, 0, 0, 0);
        let mut marked = [0; 2];
        let mut open_leavers: BTreeSet<&str> = BTreeSet::new();
        for finding in &report.findings {
            let at = place(finding.severity);
            let count = |counts: &mut Counts| {
                counts.iter_mut().skip(at).take(1).for_each(|count| *count += 1);
            };
            // Access that an exception lets them keep is live all the same.
            if left(finding) && finding.status != Status::Indeterminate {
                count(leavers.entry(&finding.principal.id).or_default());
            }
            if finding.status != Status::Waived {
                match finding.mark {
                    Some(Mark::New) => marked[0] += 1,
                    Some(Mark::Known) => marked[1] += 1,
                    None => {}
                }
            }
            match finding.status {
                Status::Waived => waived += 1,
                Status::Indeterminate => indeterminate += 1,
                Status::Violation => {
                    count(&mut by_severity);
                    failing += u64::from(finding.severity >= report.fail_on);
                    by_age.iter_mut().skip(age(finding)).take(1).for_each(|count| *count += 1);
                    let named: BTreeSet<&str> =
                        finding.controls.iter().map(String::as_str).collect();
                    named.iter().for_each(|control| count(controls.entry(control).or_default()));
                    match &finding.system {
                        Some(system) => count(systems.entry(system).or_default()),
                        None => elsewhere += 1,
                    }
                    let owner = &finding.accountable;
                    count(owners.entry([&owner.kind, &owner.id, &owner.name]).or_default());
                    if left(finding) {
                        open_leavers.insert(&finding.principal.id);
                    }
                    let since = finding.since.as_ref();
                    if let Some(since) = since.and_then(|since| Instant::parse(since).ok()) {
                        open.push((since, finding));
                    }
                }
            }
        }
        let violations = by_severity.iter().sum();
        open.sort_by_key(|(since, finding)| (*since, Reverse(finding.severity)));
        open.truncate(RANKED);
        let days = |since| now.map_or(0, |now| (now.millis() - Instant::millis(since)) / DAY);
        let total = |id: &str| controls.get(id).map_or(0, |counts| counts.iter().sum());
        let catalogue =
            report.controls.iter().map(|control| (control, total(&control.id))).collect();
        let framework = |id: &str| {
            let known = report.controls.iter().find(|control| control.id == id);
            known.map_or("", |control| control.framework.as_str())
        };
        let called = called(report);
        let person = |id: &str| name(&Thing { kind: "Person".into(), id: id.into() });
        let owner = |[kind, id, name]: [&str; 3]| format!("{name} ({kind} {id})");
        Self {
            tone: tone(report),
            sentence: sentence(report, violations, failing),
            violations,
            waived,
            indeterminate,
            marked,
            severities: severities(by_severity),
            ages: ages(by_age),
            all: All {
                controls: controls.len(),
                systems: systems.len(),
                owners: owners.len(),
                leavers: leavers.len(),
                waived_leavers: leavers.len() - open_leavers.len(),
            },
            controls: ranked(controls, |id| (id.into(), framework(id), id.into())),
            systems: ranked(systems, |id| (id.into(), "", id.into())),
            owners: ranked(owners, |key| (key[2].into(), key[0], owner(key))),
            leavers: ranked(leavers, |id| (full(&called, id), "", person(id))),
            elsewhere,
            oldest: open
                .into_iter()
                .map(|(since, finding)| (days(since), since.date(), finding))
                .collect(),
            exceptions: exceptions(report),
            asked: report.rules.iter().filter(|rule| rule.enabled).map(|rule| rule.asked).sum(),
            enabled: report.rules.iter().filter(|rule| rule.enabled).count(),
            catalogue,
            revocation: [
                ("system", &report.revocation.by_system),
                ("kind of offboarding", &report.revocation.by_kind),
            ],
        }
    }
}

const DAY: i64 = 86_400_000;

/// A thing in words, as the script has it.
fn name(thing: &Thing) -> String {
    format!("{} {}", thing.kind, thing.id)
}

/// The names of leavers, by their ids.
fn called(report: &Report) -> BTreeMap<&str, &str> {
    let leavers = report.findings.iter().filter(|finding| left(finding));
    let names = leavers.filter_map(|finding| {
        Some((finding.principal.id.as_str(), finding.principal_name.as_deref()?))
    });
    names.collect()
}

fn full(called: &BTreeMap<&str, &str>, id: &str) -> String {
    called.get(id).map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"))
}

fn place(severity: Severity) -> usize {
    Severity::ALL.iter().take_while(|other| **other != severity).count()
}

/// Whether somebody who has left still has something.
fn left(finding: &Finding) -> bool {
    finding.principal.kind == "Person"
        && finding.action == "hold"
        && finding.facts.get("principal.ended") == Some(&FactValue::Bool(true))
}

fn tone(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Fail => "fail",
        Verdict::Pass if report.incomplete.is_empty() => "pass",
        Verdict::Pass | Verdict::Incomplete => "incomplete",
    }
}

/// The verdict in words.
fn sentence(report: &Report, violations: u64, failing: u64) -> String {
    let least = match report.fail_on {
        Severity::Low => "of any severity".to_owned(),
        Severity::Critical => "of critical severity".to_owned(),
        other => format!("of {} severity or worse", other.name()),
    };
    let less = match violations - failing {
        0 => String::new(),
        1 => " One more is less severe.".to_owned(),
        less => format!(" {} more are less severe.", grouped(less)),
    };
    match report.verdict {
        Verdict::Fail => {
            let (is, s) = if failing == 1 { ("is", "") } else { ("are", "s") };
            let many = grouped(failing);
            format!("There {is} {many} violation{s} {least}, and the check fails on any.{less}")
        }
        Verdict::Pass => format!("Everything was judged: no violation {least}.{less}"),
        Verdict::Incomplete => format!(
            "This is not a pass. No violation {least} was found, but not everything could be judged.{less}"
        ),
    }
}

fn severities<'a>(counts: Counts) -> Vec<Bar<'a>> {
    let most = counts.into_iter().max().unwrap_or(0);
    let bar = |(severity, count): (Severity, u64)| Bar {
        label: severity.name().into(),
        note: "",
        value: severity.name().into(),
        count,
        parts: vec![Part { class: severity.name(), from: 0, width: share(count, most) }],
        said: String::new(),
    };
    Severity::ALL.into_iter().zip(counts).map(bar).collect()
}

/// How long overdue: up to how many days, and how that is said.
const AGES: [(i64, &str); 6] = [
    (0, "not overdue yet"),
    (7, "up to a week"),
    (30, "up to 30 days"),
    (90, "up to 90 days"),
    (i64::MAX, "longer"),
    (i64::MAX, "not known"),
];

fn age(finding: &Finding) -> usize {
    finding.overdue_days.map_or(AGES.len() - 1, |days| {
        AGES.iter().take_while(|(most, _)| *most < days).count().min(AGES.len() - 2)
    })
}

fn ages<'a>(counts: [u64; AGES.len()]) -> Vec<Bar<'a>> {
    let most = counts.into_iter().max().unwrap_or(0);
    let bar = |((_, label), count): ((i64, &str), u64)| Bar {
        label: label.into(),
        note: "",
        value: String::new(),
        count,
        parts: vec![Part { class: "plain", from: 0, width: share(count, most) }],
        said: String::new(),
    };
    AGES.into_iter().zip(counts).map(bar).collect()
}

/// The worst first: who has more that is critical, then more that is high, and so on.
fn ranked<'a, K>(
    counts: BTreeMap<K, Counts>,
    words: impl Fn(K) -> (String, &'a str, String),
) -> Vec<Bar<'a>> {
    let mut list: Vec<(K, Counts)> = counts.into_iter().collect();
    // Of equals, the order of the map stays.
    list.sort_by_key(|(_, counts)| Reverse(*counts));
    list.truncate(RANKED);
    let most = list.iter().map(|(_, counts)| counts.iter().sum()).max().unwrap_or(0);
    let bar = |(key, counts): (K, Counts)| {
        let (label, note, value) = words(key);
        let (mut parts, mut said, mut from) = (Vec::new(), Vec::new(), 0);
        for (severity, count) in Severity::ALL.into_iter().zip(counts) {
            if count > 0 {
                let width = share(count, most);
                parts.push(Part { class: severity.name(), from, width });
                said.push(format!("{} {}", grouped(count), severity.name()));
                from += width;
            }
        }
        Bar { label, note, value, count: counts.iter().sum(), parts, said: said.join(", ") }
    };
    list.into_iter().map(bar).collect()
}

fn exceptions(report: &Report) -> Vec<(&'static str, usize)> {
    use ExceptionState::{Active, Expired, Refused, Unused};
    let count = |state: ExceptionState| {
        report.exceptions.iter().filter(|exception| exception.state == state).count()
    };
    [Active, Expired, Refused, Unused].map(|state| (state.name(), count(state))).into()
}

fn share(count: u64, most: u64) -> u64 {
    (count * WIDE).checked_div(most).unwrap_or(0)
}

/// A number with a comma after each thousand.
pub(super) fn grouped(number: impl ToString + Copy) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Hours in words; days where there are many.
pub(super) fn hours(hours: Option<&f64>) -> String {
    match hours {
        None => "–".into(),
        Some(hours) if *hours >= 72.0 => format!("{:.1} days", hours / 24.0),
        Some(hours) => format!("{hours:.1} h"),
    }
}
