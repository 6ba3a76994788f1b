//! What accounts may do: roles in organizations and on repositories, seats, invitations.

use super::accounts::{account_id, inner, named};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Entitlement, Group};
use crate::inventory::vocabulary::EntitlementStatus;

/// A right of an account, called by both and by what it is on.
pub fn grant(account: &str, role: &str, resource: Option<&str>) -> Draft<Entitlement> {
    let id = match resource {
        Some(resource) => format!("{account}#{role}@{resource}"),
        None => format!("{account}#{role}"),
    };
    Draft::<Entitlement>::new(&id).account(To::account(account)).role(role).resource(resource)
}

/// A role in an organization, as GitHub's pages call it, and whether it administrates: owners have
/// "complete administrative access" ("Roles in an organization"). The interfaces call it `admin`.
pub fn organization_role(word: &str) -> (String, Option<bool>) {
    let word = word.to_lowercase();
    match word.as_str() {
        "admin" | "owner" => (String::from("organization owner"), Some(true)),
        _ => (format!("organization {word}"), None),
    }
}

/// The state of a membership or an invitation.
const STATES: &[(&str, EntitlementStatus)] =
    &[("active", EntitlementStatus::Active), ("pending", EntitlementStatus::Pending)];

/// A membership in an organization, which is named in it or by what it is in.
pub fn membership(
    row: &Row<'_>,
    organization: Option<&str>,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let organization = row.text("organization.login").or(organization);
    let status = row.word("state", STATES).unwrap_or(EntitlementStatus::Unknown);
    let account = account_id(row.need("user.login")?, out)?;
    let (role, privileged) = organization_role(row.need("role")?);
    out.put(grant(&account, &role, organization).status(status).privileged(privileged))?;
    match status {
        EntitlementStatus::Active => inner(row, "user", out)?,
        _ => named(row.need("user.login")?, out)?.0,
    };
    Ok(())
}

/// `https://api.github.com/teams/1/memberships/octocat`: only the address says who and where.
pub fn team_membership(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    if row.text("state") != Some("active") {
        return refuse("an invitation to a team");
    }
    let named_in = row.need("url")?.split_once("/memberships/");
    let Some((team, login)) = named_in.filter(|(_, login)| !login.is_empty()) else {
        return refuse("its `url` doesn't say whose it is");
    };
    let Some((_, team)) = team.rsplit_once('/') else {
        return refuse("its `url` doesn't say of which team it is");
    };
    row.text("role");
    let (account, _) = named(login, out)?;
    let id = out.id(&format!("team:{team}"))?;
    let system = out.system()?;
    let draft = Draft::<Group>::new(&id).system(system.as_str());
    out.put(draft.members(vec![To::account(&account)]))
}

/// What a collaborator may do on a repository, where the row says it.
pub fn on_repository(row: &Row<'_>, account: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
    // The highest first; older versions have no `role_name`.
    const FLAGS: &[(&str, &str)] = &[
        ("permissions.admin", "admin"),
        ("permissions.maintain", "maintain"),
        ("permissions.push", "write"),
        ("permissions.triage", "triage"),
        ("permissions.pull", "read"),
    ];
    let mut role = row.text("role_name");
    for (path, name) in FLAGS {
        if row.flag(path)? == Some(true) {
            role = role.or(Some(name));
        }
    }
    match role {
        Some(role) => put_on_repository(account, role, None, out),
        None => Ok(()),
    }
}

fn put_on_repository(
    account: &str,
    role: &str,
    repository: Option<&str>,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let role = role.to_lowercase();
    let admin = (role == "admin").then_some(true);
    let draft = grant(account, &format!("repository {role}"), repository);
    out.put(draft.status(EntitlementStatus::Active).privileged(admin))
}

/// The permission of one user on a repository.
pub fn permission(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let account = account_id(row.need("user.login")?, out)?;
    let Some(role) = row.first(&["role_name", "permission"]) else {
        return refuse("it has no `permission`");
    };
    put_on_repository(&account, role, None, out)?;
    inner(row, "user", out).map(|_| ())
}

/// A collaborator of a repository in GraphQL.
pub fn edge(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let account = account_id(row.need("node.login")?, out)?;
    put_on_repository(&account, row.need("permission")?, None, out)?;
    inner(row, "node", out).map(|_| ())
}

/// Somebody who was made a collaborator, in a webhook.
pub fn collaborator(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let account = inner(row, "member", out)?;
    let Some(role) = row.first(&["changes.role_name.to", "changes.permission.to"]) else {
        return Ok(());
    };
    put_on_repository(&account, role, row.text("repository.full_name"), out)
}

/// A seat of Copilot. Activity in it is no login.
pub fn copilot(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(login) = row.text("assignee.login") else {
        return refuse("a seat without an assignee");
    };
    let (account, _) = named(login, out)?;
    let draft = grant(&account, "Copilot seat", None)
        .status(EntitlementStatus::Active)
        .granted_at(row.time("created_at")?)
        .expires_at(row.time("pending_cancellation_date")?)
        .tag("plan", row.text("plan_type"))
        .tag("last_activity_at", row.text("last_activity_at"));
    out.put(draft)
}

/// An invitation to an organization or to a repository. It ends after seven days, which the row
/// doesn't say unless they are over.
pub fn invitation(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    if row.text("failed_at").is_some() || row.text("failed_reason").is_some() {
        return refuse("an invitation that failed");
    }
    let Some(login) = row.first(&["invitee.login", "login"]) else {
        return refuse("an invitation of an address that has no account yet");
    };
    let status = match row.flag("expired")? {
        Some(true) => EntitlementStatus::Expired,
        _ => EntitlementStatus::Pending,
    };
    let role = match (row.text("role"), row.text("permissions")) {
        (Some("direct_member"), _) => String::from("organization member"),
        (Some(role), _) => organization_role(role).0,
        (None, Some(role)) => format!("repository {role}"),
        (None, None) => return refuse("an invitation to nothing"),
    };
    let (account, _) = named(login, out)?;
    let draft = grant(&account, &role, row.text("repository.full_name"))
        .status(status)
        .privileged(role.ends_with(" owner").then_some(true))
        .granted_at(row.time("created_at")?);
    out.put(draft)
}
