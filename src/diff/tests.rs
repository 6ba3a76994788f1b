use super::*;
use crate::report::model::{BaselineResult, FactValue, KnownFinding};
use crate::report::sample::{HOSTILE, everything, finding, report, with_text_everywhere};

fn one(old: Option<(Status, Severity)>, new: Option<(Status, Severity)>) -> (Report, Report) {
    let of = |state: Option<(Status, Severity)>| {
        let finding = state.map(|(status, severity)| {
            let exception = (status == Status::Waived).then(|| "ex-1".to_owned());
            Finding { status, exception, ..finding(1, 1, severity) }
        });
        // The rule is there, and is asked as much, whatever is found.
        let other = finding.iter().cloned().chain([other()]).collect();
        report(other)
    };
    (of(old), of(new))
}

/// A finding of the same rule that stays.
fn other() -> Finding {
    finding(2, 1, Severity::Low)
}

fn changed(old: &Report, new: &Report) -> Vec<(Change, usize)> {
    let difference = diff(("old", old), ("new", new));
    difference.findings.iter().map(|entry| (entry.change, entry.why.len())).collect()
}

#[test]
fn each_pair_of_states_has_its_change() {
    use Severity::{High, Low};
    use Status::{Indeterminate, Violation, Waived};
    for (old, new, change, fails) in [
        (None, Some((Violation, Low)), Some(Change::New), true),
        (None, Some((Waived, Low)), Some(Change::New), false),
        (None, Some((Indeterminate, Low)), Some(Change::New), false),
        (Some((Waived, Low)), Some((Violation, Low)), Some(Change::Resurrected), true),
        (Some((Indeterminate, Low)), Some((Violation, Low)), Some(Change::Status), true),
        (Some((Violation, Low)), Some((Waived, Low)), Some(Change::Status), false),
        (Some((Violation, High)), Some((Indeterminate, Low)), Some(Change::Status), false),
        (Some((Violation, Low)), Some((Violation, High)), Some(Change::Severity), true),
        (Some((Violation, High)), Some((Violation, Low)), Some(Change::Severity), false),
        (Some((Violation, Low)), None, Some(Change::Resolved), false),
        (Some((Waived, Low)), None, Some(Change::Resolved), false),
        (Some((Violation, Low)), Some((Violation, Low)), None, false),
    ] {
        let (before, after) = one(old, new);
        let difference = diff(("old", &before), ("new", &after));
        let found: Vec<Change> = difference.findings.iter().map(|entry| entry.change).collect();
        assert_eq!(found, change.into_iter().collect::<Vec<_>>(), "{old:?} {new:?}");
        assert_eq!(difference.new_violations(Low) > 0, fails, "{old:?} {new:?}");
        let mut counts = difference.counts;
        let all: u64 = Change::ALL.into_iter().map(|change| *counts.of(change)).sum();
        assert_eq!(all + counts.unchanged, 1 + u64::from(change.is_some() || old == new));
    }
    let (before, after) = one(None, Some((Violation, Low)));
    assert_eq!(diff(("", &before), ("", &after)).new_violations(High), 0);
}

#[test]
fn what_a_baseline_saw_resolved_is_back() {
    let (mut old, new) = one(None, Some((Status::Violation, Severity::Low)));
    let Finding { id, rule, severity, principal, resource, .. } = finding(1, 1, Severity::Low);
    old.baseline = Some(BaselineResult {
        path: "b".into(),
        as_of: "2026-02-01T12:00:00Z".into(),
        known: 0,
        new: 0,
        resolved: vec![KnownFinding { id, rule, severity, principal, resource }],
    });
    assert_eq!(changed(&old, &new), [(Change::Resurrected, 0)]);
}

#[test]
fn what_could_not_be_found_is_never_resolved() {
    type Set = fn(&mut Report, &mut Report);
    let cases: [(Change, Set); 8] = [
        (Change::NotSeen, |_, new| new.incomplete.push("cut off".into())),
        (Change::NotSeen, |_, new| new.verdict = Verdict::Incomplete),
        (Change::NotSeen, |_, new| new.rules.retain(|rule| rule.id != "rule-1")),
        (Change::NotSeen, |_, new| {
            new.rules.iter_mut().for_each(|rule| (rule.enabled, rule.asked) = (false, 0));
        }),
        (Change::NotSeen, |_, new| new.rules.iter_mut().for_each(|rule| rule.asked = 0)),
        (Change::NotSeen, |old, _| old.as_of.value = "2026-03-01T12:00:01Z".into()),
        (Change::Unclear, |_, new| new.rules.iter_mut().for_each(|rule| rule.asked -= 1)),
        (Change::Unclear, |_, new| {
            new.rules.iter_mut().for_each(|rule| rule.sha256 = "01".into());
        }),
    ];
    for (number, (change, set)) in cases.into_iter().enumerate() {
        let (mut old, mut new) = one(Some((Status::Violation, Severity::Low)), None);
        set(&mut old, &mut new);
        let found = changed(&old, &new);
        assert_eq!(found.len(), 1, "{number}");
        assert_eq!(found[0].0, change, "{number}");
        assert!(found[0].1 >= 1, "{number}: it doesn't say why");
    }
    let cases: [(Change, Set); 5] = [
        (Change::Unclear, |old, new| {
            old.findings[0].facts.insert("context.sla.leaver_grace".into(), FactValue::Missing(()));
            new.parameters = everything().parameters;
        }),
        (Change::Unclear, |old, new| {
            old.findings[0].status = Status::Indeterminate;
            new.parameters = everything().parameters;
        }),
        // As many systems, and not the same.
        (Change::NotSeen, |old, new| {
            (old.systems, new.systems) = (Some(vec!["aws".into()]), Some(vec!["gcp".into()]));
            old.findings[0].system = Some("aws".into());
        }),
        (Change::Unclear, |old, new| {
            (old.systems, new.systems) = (Some(vec!["aws".into()]), Some(vec!["gcp".into()]));
            old.findings[0].system = None;
        }),
        // One that doesn't list them.
        (Change::Unclear, |old, new| {
            old.systems = Some(vec!["aws".into()]);
            old.population.insert("systems".into(), 1);
            old.findings[0].system = None;
            new.population.insert("systems".into(), 0);
        }),
    ];
    for (number, (change, set)) in cases.into_iter().enumerate() {
        let (mut old, mut new) = one(Some((Status::Violation, Severity::Low)), None);
        set(&mut old, &mut new);
        assert_eq!(changed(&old, &new), [(change, 1)], "{number}");
    }
    let (old, mut new) = one(Some((Status::Violation, Severity::Low)), None);
    // What it doesn't follow from may change.
    new.parameters = everything().parameters;
    new.rules.iter_mut().for_each(|rule| rule.asked += 1);
    assert_eq!(changed(&old, &new), [(Change::Resolved, 0)]);
}

#[test]
fn what_makes_two_reports_hard_to_compare_is_said() {
    type Set = fn(&mut Report);
    let (old, new) = (report(vec![other()]), report(vec![other()]));
    assert!(diff(("", &old), ("", &new)).warnings.is_empty());
    let sets: [(&str, Set); 5] = [
        ("rule sets differ", |new| new.policies.sha256 = "01".into()),
        ("fails on", |new| new.fail_on = Severity::High),
        ("right way round", |new| new.as_of.value = "2026-02-28T12:00:00+00:00".into()),
        ("NEW is incomplete", |new| new.incomplete.push("x".into())),
        ("thresholds differ", |new| new.parameters = everything().parameters),
    ];
    for (says, set) in sets {
        let mut new = new.clone();
        set(&mut new);
        let warnings = diff(("", &old), ("", &new)).warnings;
        assert!(warnings.len() == 1 && warnings[0].contains(says), "{says}: {warnings:?}");
    }
}

#[test]
fn a_difference_with_itself_is_none() {
    let all = everything();
    let difference = diff(("a", &all), ("a", &all));
    assert!(difference.findings.is_empty() && difference.rules.is_empty());
    assert_eq!(difference.counts.unchanged, all.findings.len() as u64);
}

#[test]
fn every_writer_is_harmless_and_json_is_read_back() {
    let (old, new) = (report(vec![other()]), with_text_everywhere(HOSTILE));
    for (old, new) in [(&old, &new), (&new, &old)] {
        let difference = diff((HOSTILE, old), ("new", new));
        let mut text = Vec::new();
        write::text(&difference, 80, false, &mut text).unwrap();
        write::markdown(&difference, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\0']));
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::")));
        let mut json = Vec::new();
        write::json(difference.clone(), &mut json).unwrap();
        let read: Diff = serde_json::from_slice(&json).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), serde_json::to_value(difference).unwrap());
    }
}
