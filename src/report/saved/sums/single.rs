//! Whether a finding of a saved report can be one at all.

use crate::fault::quote;
use crate::inventory::Kind;
use crate::judge::id_of;
use crate::link::{Action, NodeKind};
use crate::report::model::{Finding, Report};
use crate::time::Instant;

/// What can't be.
pub fn wrong(finding: &Finding, report: &Report, wrong: &mut Vec<String>) {
    let Finding { id, action, principal, resource, location, since, overdue_days, .. } = finding;
    let mut tell = |said: String| wrong.push(format!("the finding {} {said}", quote(id)));
    if !Action::ALL.iter().any(|known| known.name() == action) {
        tell(format!("is about an action {}, which there is not", quote(action)));
    }
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let nobody =
        [NodeKind::Nobody, NodeKind::Inventory].iter().any(|kind| kind.name() == principal.kind);
    let own = id_of(&finding.rule, action, (!nobody).then_some(principal), resource);
    // Where tokens stand for people, the id is that of before.
    let hidden = has_token(&principal.id) || has_token(&resource.id);
    if id.len() != 32 || !id.bytes().all(hex) || *id != own && !hidden {
        tell("has an id that is not the digest of what it is about".to_owned());
    }
    if since.as_ref().is_some_and(|since| Instant::parse(since).is_err()) {
        tell(format!("is since {}, which is no time", quote(since.as_deref().unwrap_or_default())));
    }
    if overdue_days.is_some_and(|days| days < 0 || since.is_none()) {
        tell("is overdue for a time that can't be".to_owned());
    }
    if location.line == 0 || location.column == 0 {
        tell("stands in a line or a column that there is not".to_owned());
    }
    let kind = NodeKind::from_name(&resource.kind).and_then(NodeKind::record).map(Kind::plural);
    if let Some(kind) = kind.filter(|kind| report.population.get(*kind).is_none_or(|n| *n == 0)) {
        tell(format!("is about one of no {kind}"));
    }
}

/// Whether a pseudonym stands in an id: a letter and twelve digits.
pub fn has_token(id: &str) -> bool {
    let is_token = |at: usize| {
        let token = id.get(at..at + 14).map(str::as_bytes);
        token.is_some_and(|token| {
            matches!(token, [b'P' | b'A' | b'N', b'-', digits @ ..]
                if digits.iter().all(u8::is_ascii_hexdigit))
        })
    };
    (0..id.len()).any(is_token)
}
