//! The rules by hand, in Rust: the floor, and then one pass.

use contenders::{Credential, Fault, Findings, Inventory, NOW, Person, Text, arguments, distinct};
use rustc_hash::{FxHashMap, FxHashSet};

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

fn main() -> Result<(), Fault> {
    let [path, output] = arguments("by-hand INVENTORY OUTPUT")?;
    let text = String::from_utf8(std::fs::read(path)?)?;
    let mut findings = Findings::create(&output)?;
    judge(&serde_json::from_str(&text)?, &mut findings)?;
    findings.finish()
}

fn judge(inventory: &Inventory<'_>, findings: &mut Findings) -> Result<(), Fault> {
    let people: FxHashMap<&str, &Person<'_>> =
        inventory.people.iter().map(|one| (one.id, one)).collect();
    let identity: FxHashMap<&str, &str> =
        inventory.accounts.iter().filter_map(|one| Some((one.id, one.identity?))).collect();
    let holder = |account: Text<'_>| people.get(identity.get(account?)?).copied();

    for one in &inventory.credentials {
        credential(one, holder(one.account), findings)?;
    }
    for one in inventory.accounts.iter().filter(|one| one.is_live()) {
        if one.last_login_at.is_some_and(|at| at < DAYS_90) {
            findings.add("account-dormant", one.id)?;
        }
        if one.expires_at.is_some_and(|at| at <= NOW) {
            findings.add("account-expired-live", one.id)?;
        }
    }
    for one in inventory.entitlements.iter().filter(|one| one.is_live()) {
        let privileged = one.privileged == Some(true);
        if !privileged && one.last_reviewed_at.max(one.granted_at).is_none_or(|at| at < DAYS_365) {
            findings.add("review-overdue", one.id)?;
        }
        if one.expires_at.is_some_and(|at| at <= NOW) {
            findings.add("entitlement-past-expiry", one.id)?;
        }
        if one.review_outcome == Some("revoke") && one.last_reviewed_at.is_none_or(|at| at < WEEK) {
            findings.add("review-revoke-not-executed", one.id)?;
        }
        if let Some(leaver) = holder(one.account).filter(|person| person.has_ended()) {
            let grace = if privileged { HOUR } else { DAY };
            if leaver.ended_at.is_none_or(|at| at < grace) {
                findings.add("leaver-entitlement-live", one.id)?;
            }
        }
    }
    let teams = inventory.teams.iter().map(|one| one.id);
    let owners: FxHashSet<&str> =
        teams.chain(inventory.workloads.iter().map(|one| one.id)).collect();
    for one in inventory.workloads.iter().filter(|one| !one.is_gone()) {
        if one.last_used_at.is_some_and(|at| at < DAYS_90) {
            findings.add("workload-dormant", one.id)?;
        }
        if one.purpose.is_none_or(str::is_empty) {
            findings.add("workload-without-purpose", one.id)?;
        }
        if one.owner.is_none_or(|owner| !people.contains_key(owner) && !owners.contains(owner)) {
            findings.add("workload-unowned", one.id)?;
        }
    }
    let holders: FxHashSet<&str> =
        inventory.accounts.iter().filter_map(|one| one.identity).collect();
    let ends = inventory.offboardings.iter().filter(|one| one.ends_access());
    let offboarded: FxHashSet<&str> = ends.map(|one| one.subject).collect();
    for one in inventory.people.iter().filter(|one| one.has_ended()) {
        if holders.contains(one.id) && !offboarded.contains(one.id) {
            findings.add("leaver-without-offboarding", one.id)?;
        }
    }
    Ok(())
}

fn credential(
    one: &Credential<'_>,
    holder: Option<&Person<'_>>,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let expired = one.expires_at.is_some_and(|at| at <= NOW);
    if one.status == "active" && expired && !matches!(one.expiry(), "sliding" | "never") {
        findings.add("credential-expired-active", one.id)?;
    }
    if !one.is_live() {
        return Ok(());
    }
    let since = one.secret_since();
    if rotation(one.kind).is_some_and(|limit| since.is_some_and(|at| at < limit))
        && !(one.kind == "password" && holder.is_some())
    {
        findings.add("rotation-overdue", one.id)?;
    }
    if one.last_used_at.is_some_and(|at| at < DAYS_90) {
        findings.add("credential-unused", one.id)?;
    }
    if one.storage.is_some_and(|at| matches!(at, "code" | "config_file" | "ci_variable" | "chat")) {
        findings.add("credential-outside-vault", one.id)?;
    }
    if one.expiry() == "never" && !matches!(one.kind, "password" | "recovery" | "certificate") {
        findings.add("credential-never-expires", one.id)?;
    }
    if one.exposed_at.is_some_and(|at| at < DAY && one.last_rotated_at.is_none_or(|new| new <= at))
    {
        findings.add("exposed-credential-live", one.id)?;
    }
    if distinct(&one.known_to) >= 2 || distinct(&one.used_by) >= 2 {
        findings.add("credential-shared", one.id)?;
    }
    if one.kind == "session" && holder.is_some_and(Person::has_ended) {
        findings.add("leaver-session-live", one.id)?;
    }
    Ok(())
}
