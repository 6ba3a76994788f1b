//! Access tokens, deploy tokens and keys.

use super::level_of;
use super::users::{bot, named};
use crate::import::kinds::nulls;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::Credential;
use crate::inventory::vocabulary::{
    CredentialKind, CredentialLastUsedState, CredentialStatus, EntitlementStatus,
};

/// A personal access token, or one of a group or a project, which has a level of access.
pub fn access_token(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let user = row.need("user_id")?;
    let level = row.text("access_level");
    let system = out.system()?;
    let id = out.id(&format!("token:{}", row.need("id")?))?;
    let account = if level.is_some() { bot(user, out)? } else { named(user, None, out)? };
    let created = row.time("created_at")?;
    let end = row.time("expires_at")?;
    let over = end.is_some_and(|end| end <= out.export.exported_at);
    let status = match (row.flag("revoked")?, row.flag("active")?) {
        (Some(true), _) => CredentialStatus::Revoked,
        (_, Some(true)) => CredentialStatus::Active,
        (_, Some(false)) if over => CredentialStatus::Expired,
        (_, Some(false)) => CredentialStatus::Inactive,
        (Some(false) | None, None) => CredentialStatus::Unknown,
    };
    let kind = match (level, row.flag("impersonation")?) {
        (Some(_), _) => "group or project access token",
        (None, Some(true)) => "impersonation token",
        (None, _) => "personal access token",
    };
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::Token)
        .status(status)
        .system(system.as_str())
        .account(To::account(&account))
        .created_at(created)
        // Its rotation makes another token.
        .last_rotated_at(created)
        .scopes(row.texts("scopes"))
        .tag("type", kind)
        .tag("name", row.text("name"));
    let draft = nulls::used(row, "last_used_at", draft)?;
    let draft = nulls::ends(row, "expires_at", draft)?;
    out.put(nulls::contradiction(draft, row.time("last_used_at")?, end))?;
    let Some(level) = level else { return Ok(()) };
    let resource = row.text("resource_type").zip(row.text("resource_id"));
    let resource = resource.map(|(of, id)| format!("{}:{id}", of.to_lowercase()));
    let draft = level_of(&format!("{id}#access"), &account, level)
        .status(match status {
            CredentialStatus::Active if over => EntitlementStatus::Expired,
            CredentialStatus::Active => EntitlementStatus::Active,
            CredentialStatus::Revoked => EntitlementStatus::Revoked,
            CredentialStatus::Expired => EntitlementStatus::Expired,
            _ => EntitlementStatus::Unknown,
        })
        .resource(resource.as_deref())
        .granted_at(created)
        .expires_at(end);
    out.put(draft)
}

/// A token that reads or writes a repository or a registry, with a user name of its own that is
/// nobody's.
pub fn deploy_token(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(&format!("deploy-token:{}", row.need("id")?))?;
    let status = match (row.flag("revoked")?, row.flag("expired")?) {
        (Some(true), _) => CredentialStatus::Revoked,
        (_, Some(true)) => CredentialStatus::Expired,
        (Some(false), _) => CredentialStatus::Active,
        (None, _) => CredentialStatus::Unknown,
    };
    let created = row.time("created_at")?;
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::Token)
        .status(status)
        .system(system.as_str())
        .created_at(created)
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .scopes(row.texts("scopes"))
        .tag("type", "deploy token")
        .tag("name", row.text("name"))
        .tag("username", row.text("username"));
    out.put(nulls::ends(row, "expires_at", draft)?)
}

/// A deploy key, or a user's SSH key where it says whose it is.
pub fn key(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(&format!("key:{}", row.need("id")?))?;
    let account = match (row.first(&["user.id", "user_id"]), row.text("usage_type")) {
        (Some(user), _) => Some(named(user, row.text("user.username"), out)?),
        (None, Some(_)) => return refuse("a key that doesn't say whose it is"),
        (None, None) => None,
    };
    let created = row.time("created_at")?;
    let scope = match row.flag("can_push")? {
        Some(true) => vec!["write_repository"],
        Some(false) => vec!["read_repository"],
        None => vec![],
    };
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::SshKey)
        .status(CredentialStatus::Active)
        .system(system.as_str())
        .account(account.as_deref().map(To::account))
        .created_at(created)
        .last_rotated_at(created)
        .scopes(scope)
        .tag("type", if account.is_some() { "SSH key" } else { "deploy key" })
        .tag("name", row.text("title"));
    let draft = nulls::used(row, "last_used_at", draft)?;
    out.put(nulls::ends(row, "expires_at", draft)?)
}
