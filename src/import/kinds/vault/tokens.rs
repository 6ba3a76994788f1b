//! Tokens, and the roles and secret ids of `AppRole`.

use super::identity::{Holder, holder_by, named_entity, policies};
use crate::import::people::Claim;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::import::when::{Moment, Sentinels};
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialLastUsedState,
    CredentialStatus, WorkloadKind, WorkloadStatus,
};

/// A token, looked up by its accessor, or as its creation answered.
pub fn token(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(&format!("token:{}", row.need("accessor")?))?;
    let system = out.system()?;
    let mut named = row.texts("policies");
    for policy in row.texts("token_policies") {
        if !named.contains(&policy) {
            named.push(policy);
        }
    }
    let account = holder(row, &named, out)?;
    let own = row.texts("identity_policies");
    let mut scopes = named.clone();
    scopes.extend(own.iter().filter(|policy| !named.contains(policy)));
    let created = match row.time("creation_time")? {
        Some(at) => Some(at),
        None => row.time("issue_time")?,
    };
    let end = row.time("expire_time")?;
    let periodic = row.text("period").is_some_and(|period| period != "0");
    // A creation's answer has no times, only how long from then.
    let endless =
        end.is_none() && (row.text("ttl") == Some("0") || row.text("lease_duration") == Some("0"));
    let expiry = match end {
        _ if periodic => CredentialExpiry::Sliding,
        Some(_) => CredentialExpiry::Fixed,
        None if endless => CredentialExpiry::Never,
        None => CredentialExpiry::Unknown,
    };
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::Token)
        // A token that is over or revoked can't be looked up.
        .status(CredentialStatus::Active)
        .system(system.as_str())
        .account(account.as_deref().map(To::account))
        .created_at(created)
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expires_at(end)
        .expiry(expiry)
        .scopes(scopes)
        .tag("name", row.text("display_name"))
        .tag("path", row.text("path"))
        .tag("type", row.first(&["type", "token_type"]))
        .tag("uses_left", row.text("num_uses").filter(|uses| *uses != "0"));
    out.put(draft)?;
    let Some(account) = account else { return Ok(()) };
    policies(&account, &named, None, out)?;
    policies(&account, &own, Some("identity"), out)
}

/// An answer that warns: the warnings are no rows.
pub fn answer(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let found = ["auth", "data"].into_iter().filter_map(|path| row.row(path));
    match found.into_iter().find(|found| found.keys().all(&["accessor"])) {
        Some(found) => token(&found, out),
        None => refuse("an answer without a token"),
    }
}

/// The account that a token is for: its entity's, that of all root tokens, or what signed in. A
/// token that was made by another one has none, and its policies are its scopes only.
fn holder(row: &Row<'_>, policies: &[&str], out: &mut Sink<'_>) -> Result<Option<String>, Refusal> {
    let path = row.text("path").unwrap_or("auth/token/create");
    let name = row.text("display_name").unwrap_or("token");
    let user_names: Vec<&str> =
        ["meta.username", "meta.user", "metadata.username", "metadata.user", "meta.email"]
            .into_iter()
            .filter_map(|path| row.text(path))
            .collect();
    if let Some(entity) = row.text("entity_id") {
        let holder = holder_by(path);
        let role = row.first(&["meta.role_name", "meta.role"]).unwrap_or(name);
        let names = if holder == Holder::Machine { vec![role] } else { user_names };
        return named_entity(entity, holder, &names, out).map(Some);
    }
    let system = out.system()?;
    let root = policies.contains(&"root");
    if !root && path.starts_with("auth/token/") {
        return Ok(None);
    }
    let id = out.id(&if root { String::from("root") } else { format!("{path}#{name}") })?;
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(if root { AccountStatus::Enabled } else { AccountStatus::Unknown })
        .username(if root { "root" } else { name });
    match holder_by(path) {
        _ if root => out.mention(draft.kind_of_account(AccountType::Shared).privileged(true))?,
        Holder::Machine => {
            let workload = Draft::<Workload>::new(&id)
                .kind(WorkloadKind::ServiceAccount)
                .status(WorkloadStatus::Unknown)
                .name(row.first(&["meta.role_name", "meta.role"]).or(Some(name)));
            out.mention(workload)?;
            let draft = draft.kind_of_account(AccountType::Service);
            out.mention(draft.identity(To::workload(&id)))?;
        }
        Holder::Human | Holder::Unknown => {
            let claim = Claim { user_names, ..Claim::default() };
            out.mention_account(&system, draft, &claim)?;
        }
    }
    Ok(Some(id))
}

const NEVER: Sentinels = &[("0001-01-01T00:00:00Z", Moment::Never)];

/// A secret id of `AppRole`. Of which role it is, is not in it.
pub fn secret_id(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(&format!("secret-id:{}", row.need("secret_id_accessor")?))?;
    let system = out.system()?;
    let account = match row.text("role_name") {
        Some(role) => Some(role_account(role, out)?),
        None => None,
    };
    let created = row.time("creation_time")?;
    let end = row.moment("expiration_time", NEVER)?;
    let expiry = match end {
        Moment::At(_) => CredentialExpiry::Fixed,
        Moment::Never => CredentialExpiry::Never,
        _ => CredentialExpiry::Unknown,
    };
    let owner = row.first(&["metadata.owner", "metadata.Owner"]).map(|word| out.person_named(word));
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::ClientSecret)
        .status(CredentialStatus::Active)
        .system(system.as_str())
        .account(account.as_deref().map(To::account))
        .owner(owner.as_deref().map(To::person))
        .created_at(created)
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .expires_at(end.at())
        .expiry(expiry)
        .tag("uses_left", row.text("secret_id_num_uses").filter(|uses| *uses != "0"));
    out.put(draft)
}

fn role_account(role: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let id = out.id(&format!("approle:{role}"))?;
    let (workload, account) = role_drafts(&id, role, out)?;
    out.mention(workload)?;
    out.mention(account)?;
    Ok(id)
}

fn role_drafts(
    id: &str,
    role: &str,
    out: &mut Sink<'_>,
) -> Result<(Draft<Workload>, Draft<Account>), Refusal> {
    let system = out.system()?;
    let workload = Draft::<Workload>::new(id)
        .kind(WorkloadKind::ServiceAccount)
        .status(WorkloadStatus::Active)
        .name(role);
    let account = Draft::<Account>::new(id)
        .system(system.as_str())
        .status(AccountStatus::Enabled)
        .kind_of_account(AccountType::Service)
        .username(role)
        .identity(To::workload(id));
    Ok((workload, account))
}

/// A role of `AppRole`: a machine that signs in. Its name is in the path that was read, not in the
/// answer.
pub fn role(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(name) = row.first(&["role_name", "name"]) else {
        return refuse("a role whose name is not in it");
    };
    let account = out.id(&format!("approle:{name}"))?;
    let (workload, draft) = role_drafts(&account, name, out)?;
    out.put(workload)?;
    out.put(draft)?;
    let mut named = row.texts("token_policies");
    named.extend(row.texts("policies"));
    policies(&account, &named, None, out)
}
