//! The rules by hand, in Rust: the floor, and then one pass. All instants of the generated inventory
//! are written alike, so that comparing them as text is right, and quicker than parsing them.

use std::error::Error;
use std::io::{self, BufWriter, Write};

use contenders::{Credential, Inventory, Person, Text};
use rustc_hash::{FxHashMap, FxHashSet};

const NOW: &str = "2026-08-01T00:00:00Z";
/// Now less so much.
const HOUR: &str = "2026-07-31T23:00:00Z";
const DAY: &str = "2026-07-31T00:00:00Z";
const WEEK: &str = "2026-07-25T00:00:00Z";
const DAYS_90: &str = "2026-05-03T00:00:00Z";
const DAYS_180: &str = "2026-02-02T00:00:00Z";
const DAYS_365: &str = "2025-08-01T00:00:00Z";
const DAYS_398: &str = "2025-06-29T00:00:00Z";

fn rotation(kind: &str) -> Text<'static> {
    match kind {
        "api_key" | "token" | "password" => Some(DAYS_90),
        "client_secret" => Some(DAYS_180),
        "ssh_key" | "asymmetric_key" | "oauth_grant" => Some(DAYS_365),
        "certificate" => Some(DAYS_398),
        _ => None,
    }
}

fn may_work(status: &str) -> bool {
    matches!(status, "active" | "unknown")
}

fn has_ended(person: &Person<'_>) -> bool {
    let back = |ended| person.started_at.is_some_and(|start| start > ended && start <= NOW);
    person.status == "terminated"
        || person.ended_at.is_some_and(|ended| ended <= NOW && !back(ended))
}

/// Whether two of a list differ.
fn several(ids: &[&str]) -> bool {
    ids.iter().any(|id| ids.first() != Some(id))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, output] = arguments.as_slice() else {
        return Err("usage: by-hand INVENTORY OUTPUT".into());
    };
    let text = String::from_utf8(std::fs::read(path)?)?;
    let inventory: Inventory<'_> = serde_json::from_str(&text)?;
    let mut out = BufWriter::new(std::fs::File::create(output)?);
    judge(&inventory, &mut |rule, id| writeln!(out, "{rule}\t{id}"))?;
    Ok(out.flush()?)
}

fn judge(
    inventory: &Inventory<'_>,
    found: &mut impl FnMut(&str, &str) -> io::Result<()>,
) -> io::Result<()> {
    let people: FxHashMap<&str, &Person<'_>> =
        inventory.people.iter().map(|one| (one.id, one)).collect();
    let identity: FxHashMap<&str, &str> =
        inventory.accounts.iter().filter_map(|one| Some((one.id, one.identity?))).collect();
    let holder = |account: Text<'_>| people.get(identity.get(account?)?).copied();

    for one in &inventory.credentials {
        credential(one, holder(one.account), found)?;
    }
    for one in &inventory.accounts {
        if !matches!(one.status, "disabled" | "deleted") {
            if one.last_login_at.is_some_and(|at| at < DAYS_90) {
                found("account-dormant", one.id)?;
            }
            if one.expires_at.is_some_and(|at| at <= NOW) {
                found("account-expired-live", one.id)?;
            }
        }
    }
    for one in inventory.entitlements.iter().filter(|one| may_work(one.status)) {
        let privileged = one.privileged == Some(true);
        if !privileged && one.last_reviewed_at.max(one.granted_at).is_none_or(|at| at < DAYS_365) {
            found("review-overdue", one.id)?;
        }
        if one.expires_at.is_some_and(|at| at <= NOW) {
            found("entitlement-past-expiry", one.id)?;
        }
        if one.review_outcome == Some("revoke") && one.last_reviewed_at.is_none_or(|at| at < WEEK) {
            found("review-revoke-not-executed", one.id)?;
        }
        if let Some(leaver) = holder(one.account).filter(|person| has_ended(person)) {
            let grace = if privileged { HOUR } else { DAY };
            if leaver.ended_at.is_none_or(|at| at < grace) {
                found("leaver-entitlement-live", one.id)?;
            }
        }
    }
    let teams = inventory.teams.iter().map(|one| one.id);
    let owners: FxHashSet<&str> =
        teams.chain(inventory.workloads.iter().map(|one| one.id)).collect();
    for one in inventory.workloads.iter().filter(|one| one.status != "retired") {
        if one.last_used_at.is_some_and(|at| at < DAYS_90) {
            found("workload-dormant", one.id)?;
        }
        if one.purpose.is_none_or(str::is_empty) {
            found("workload-without-purpose", one.id)?;
        }
        if one.owner.is_none_or(|owner| !people.contains_key(owner) && !owners.contains(owner)) {
            found("workload-unowned", one.id)?;
        }
    }
    let holders: FxHashSet<&str> =
        inventory.accounts.iter().filter_map(|one| one.identity).collect();
    let ends = inventory.offboardings.iter();
    let ends = ends.filter(|one| !matches!(one.kind, "role_change" | "policy_violation"));
    let offboarded: FxHashSet<&str> = ends.map(|one| one.subject).collect();
    for one in inventory.people.iter().filter(|one| has_ended(one)) {
        if holders.contains(one.id) && !offboarded.contains(one.id) {
            found("leaver-without-offboarding", one.id)?;
        }
    }
    Ok(())
}

fn credential(
    one: &Credential<'_>,
    holder: Option<&Person<'_>>,
    found: &mut impl FnMut(&str, &str) -> io::Result<()>,
) -> io::Result<()> {
    let expiry = one.expiry.unwrap_or("fixed");
    let expired = one.expires_at.is_some_and(|at| at <= NOW);
    if one.status == "active" && expired && !matches!(expiry, "sliding" | "never") {
        found("credential-expired-active", one.id)?;
    }
    if !may_work(one.status) || (expiry == "fixed" && expired) {
        return Ok(());
    }
    let secret = one.last_rotated_at.max(one.created_at);
    if rotation(one.kind).is_some_and(|limit| secret.is_some_and(|at| at < limit))
        && !(one.kind == "password" && holder.is_some())
    {
        found("rotation-overdue", one.id)?;
    }
    if one.last_used_at.is_some_and(|at| at < DAYS_90) {
        found("credential-unused", one.id)?;
    }
    if one.storage.is_some_and(|at| matches!(at, "code" | "config_file" | "ci_variable" | "chat")) {
        found("credential-outside-vault", one.id)?;
    }
    if expiry == "never" && !matches!(one.kind, "password" | "recovery" | "certificate") {
        found("credential-never-expires", one.id)?;
    }
    if one.exposed_at.is_some_and(|at| at < DAY && one.last_rotated_at.is_none_or(|new| new <= at))
    {
        found("exposed-credential-live", one.id)?;
    }
    if several(&one.known_to) || several(&one.used_by) {
        found("credential-shared", one.id)?;
    }
    if one.kind == "session" && holder.is_some_and(has_ended) {
        found("leaver-session-live", one.id)?;
    }
    Ok(())
}
