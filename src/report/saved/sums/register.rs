//! Whether the register of exceptions of a saved report can be one: what it says of each, and of what
//! that one waives.

use std::collections::{BTreeMap, BTreeSet};

use super::{single, time};
use crate::fault::quote;
use crate::policy::pack::BUNDLED_ORIGIN;
use crate::report::model::{ExceptionResult, ExceptionState, Finding, Report, Status};
use crate::time::Instant;

/// What can't be.
pub fn wrong(report: &Report, wrong: &mut Vec<String>) {
    let mut waived: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in &report.findings {
        let id = quote(&finding.id);
        match (&finding.exception, finding.status) {
            (Some(exception), Status::Waived) => *waived.entry(exception).or_default() += 1,
            (None, Status::Waived) => wrong.push(format!("the finding {id} is waived by nothing")),
            (Some(_), _) => {
                wrong.push(format!("the finding {id} is not waived, and names by what"));
            }
            (None, _) => {}
        }
    }
    let rules: BTreeSet<&str> = report.rules.iter().map(|rule| rule.id.as_str()).collect();
    let mut fits: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|one| one.status != Status::Indeterminate) {
        fits.entry(&finding.rule).or_default().push(finding);
    }
    for exception in &report.exceptions {
        let mut tell =
            |said: String| wrong.push(format!("the exception {} {said}", quote(&exception.id)));
        let found = waived.remove(exception.id.as_str()).unwrap_or_default();
        let honoured = exception.state == ExceptionState::Active;
        if found != exception.waived || found > 0 && !honoured {
            tell(format!("can't have waived {found} findings"));
        }
        let fit = fits.get(exception.rule.as_str()).map_or(&[][..], Vec::as_slice);
        let fit = fit.iter().filter(|finding| is_for(exception, finding)).count() as u64;
        // Where a token stands in the name of the rule, nobody knows which that is.
        let is_known = !single::has_token(&exception.rule);
        if exception.waived > exception.matched || exception.matched > fit && is_known {
            let (matched, waived) = (exception.matched, exception.waived);
            tell(format!("can't fit {matched} findings and waive {waived}: there are {fit}"));
        }
        for rule in exception.refused_by.iter().filter(|rule| !rules.contains(rule.as_str())) {
            tell(format!("is refused by {}, which is no rule of it", quote(rule)));
        }
        for (name, instant) in
            [("approved_at", &exception.approved_at), ("expires_at", &exception.expires_at)]
        {
            instant.iter().filter_map(|at| time(name, at)).for_each(&mut tell);
        }
        if honoured && !(exception.refused_by.is_empty() && exception.why.is_empty()) {
            tell("is refused, and said to be honoured".to_owned());
        }
        if honoured {
            dishonoured(exception, report).into_iter().for_each(&mut tell);
        }
    }
    for exception in waived.keys() {
        wrong.push(format!("the exception {} is not in its register", quote(exception)));
    }
}

fn is_for(exception: &ExceptionResult, finding: &Finding) -> bool {
    finding.resource == exception.resource
        && exception.principal.as_ref().is_none_or(|principal| *principal == finding.principal)
}

/// What the bundled rules would have refused. One of a rule pack may ask for something else.
fn dishonoured(exception: &ExceptionResult, report: &Report) -> Option<String> {
    let is_on =
        |id: &str| report.rules.iter().any(|rule| rule.id == id && rule.origin == BUNDLED_ORIGIN);
    let instant = |text: Option<&String>| text.and_then(|text| Instant::parse(text).ok());
    let run_at = instant(Some(&report.run_at));
    if is_on("exception-expired") && instant(exception.expires_at.as_ref()) <= run_at {
        return Some("is over, and said to be honoured".to_owned());
    }
    let approved = instant(exception.approved_at.as_ref());
    let is_approved = exception.approved_by.is_some() && approved.is_some() && approved <= run_at;
    (is_on("exception-unapproved") && !is_approved)
        .then(|| "is approved by nobody, and said to be honoured".to_owned())
}
