//! Machine identities, API clients, and the tokens of people.

use super::{owner, source};
use crate::import::people::Target;
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialLastUsedState,
    CredentialManagedBy, CredentialStatus, WorkloadEnvironment, WorkloadKind, WorkloadStatus,
};
use crate::time::Instant;

/// What tenants call environments.
pub const ENVIRONMENT: &[(&str, WorkloadEnvironment)] = &[
    ("PRODUCTION", WorkloadEnvironment::Prod),
    ("PROD", WorkloadEnvironment::Prod),
    ("STAGING", WorkloadEnvironment::Staging),
    ("STAGE", WorkloadEnvironment::Staging),
    ("UAT", WorkloadEnvironment::Staging),
    ("DEVELOPMENT", WorkloadEnvironment::Dev),
    ("DEV", WorkloadEnvironment::Dev),
    ("SANDBOX", WorkloadEnvironment::Dev),
    ("TEST", WorkloadEnvironment::Test),
    ("QA", WorkloadEnvironment::Test),
];

const STATUS: &[(&str, WorkloadStatus)] = &[
    ("ACTIVE", WorkloadStatus::Active),
    ("ENABLED", WorkloadStatus::Active),
    ("PREPARED", WorkloadStatus::Active),
    ("INACTIVE", WorkloadStatus::Disabled),
    ("DISABLED", WorkloadStatus::Disabled),
    ("DELETED", WorkloadStatus::Retired),
    ("RETIRED", WorkloadStatus::Retired),
];

/// By its subtype, which is free text.
pub fn kind_of(row: &Row<'_>) -> WorkloadKind {
    let subtype = row.text("subtype").unwrap_or_default().to_ascii_lowercase();
    let words: Vec<&str> = subtype.split(['_', ' ', '-']).collect();
    match words.as_slice() {
        words if words.contains(&"agent") => WorkloadKind::AiAgent,
        words if words.contains(&"application") || words.contains(&"app") => {
            WorkloadKind::Application
        }
        words if words.contains(&"bot") || words.contains(&"rpa") => WorkloadKind::Bot,
        _ => WorkloadKind::ServiceAccount,
    }
}

/// A machine identity.
pub fn identity(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    one(row, None, out)
}

/// The same, with how many of its accounts are listed beside it.
pub fn one(row: &Row<'_>, listed: Option<&str>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(row.need("id")?)?;
    let gone = row.flag("existsOnSource")? == Some(false);
    let status = if gone { Some(WorkloadStatus::Retired) } else { row.word("status", STATUS) };
    let status = status.unwrap_or(WorkloadStatus::Unknown);
    let primary = ["owners.primary.id", "owners.primaryIdentity.id", "owner.id"];
    let owner = owner(row.first(&primary), row.text("owner.email"), out)?;
    let created = row.time("created")?;
    out.put(
        Draft::<Workload>::new(&id)
            .kind(kind_of(row))
            .status(status)
            .name(row.first(&["name", "displayName"]))
            .environment(row.word("environment", ENVIRONMENT))
            .owner(owner.as_ref().map(Target::to))
            .purpose(row.text("description"))
            .created_at(created)
            .tag("subtype", row.text("subtype"))
            .tag("resource_type", row.text("resource.type"))
            .tag("sanctioned_status", row.text("effectiveSanctionedStatus"))
            .tag("accounts_listed", listed),
    )?;
    // What the source itself knows by a name of its own is an account there.
    let Some(native) = row.text("nativeIdentity") else { return Ok(()) };
    let system = source(row, out)?;
    out.put(
        Draft::<Account>::new(&id)
            .system(system.as_str())
            .status(match status {
                WorkloadStatus::Active => AccountStatus::Enabled,
                WorkloadStatus::Disabled => AccountStatus::Disabled,
                WorkloadStatus::Retired => AccountStatus::Deleted,
                WorkloadStatus::Unknown => AccountStatus::Unknown,
            })
            .kind_of_account(AccountType::Service)
            .username(native)
            .identity(To::workload(&id))
            .created_at(created),
    )
}

fn last_use(used: Option<Instant>) -> CredentialLastUsedState {
    if used.is_some() { CredentialLastUsedState::Known } else { CredentialLastUsedState::Never }
}

/// A personal access token of an identity.
pub fn token(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(&format!("pat:{}", row.need("id")?))?;
    let account = out.id(row.need("owner.id")?)?;
    let (created, used) = (row.time("created")?, row.time("lastUsed")?);
    let expires = row.time("expirationDate")?;
    let managed = row.flag("managed")? == Some(true);
    out.put(
        Draft::<Credential>::new(&id)
            .kind(CredentialKind::Token)
            .status(CredentialStatus::Unknown)
            .system(system.as_str())
            .account(To::account(&account))
            .created_at(created)
            // It is rotated by making another one.
            .last_rotated_at(created)
            .last_used_at(used)
            .last_used_state(last_use(used))
            .expires_at(expires)
            .expiry(match (expires, row.keys().all(&["expirationDate"])) {
                (Some(_), _) => CredentialExpiry::Fixed,
                (None, true) => CredentialExpiry::Never,
                (None, false) => CredentialExpiry::Unknown,
            })
            .managed_by(managed.then_some(CredentialManagedBy::Platform))
            .scopes(row.texts("scope"))
            .tag("name", row.text("name")),
    )
}

/// An API client: a workload with an account of `SailPoint`, and its secret, if it has one.
pub fn client(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(&format!("client:{}", row.need("id")?))?;
    let (created, used) = (row.time("created")?, row.time("lastUsed")?);
    let enabled = row.flag("enabled")?;
    out.put(
        Draft::<Workload>::new(&id)
            .kind(WorkloadKind::Application)
            .status(match enabled {
                Some(true) => WorkloadStatus::Active,
                Some(false) => WorkloadStatus::Disabled,
                None => WorkloadStatus::Unknown,
            })
            .name(row.text("name"))
            .purpose(row.text("description"))
            .vendor(row.text("businessName"))
            .created_at(created)
            .last_used_at(used),
    )?;
    out.put(
        Draft::<Account>::new(&id)
            .system(system.as_str())
            .status(match enabled {
                Some(true) => AccountStatus::Enabled,
                Some(false) => AccountStatus::Disabled,
                None => AccountStatus::Unknown,
            })
            .kind_of_account(AccountType::Service)
            .identity(To::workload(&id))
            .created_at(created)
            .last_login_at(used),
    )?;
    if row.text("type") != Some("CONFIDENTIAL") {
        return Ok(());
    }
    out.put(
        Draft::<Credential>::new(&format!("{id}#secret"))
            .kind(CredentialKind::ClientSecret)
            .status(match enabled {
                Some(true) => CredentialStatus::Active,
                Some(false) => CredentialStatus::Inactive,
                None => CredentialStatus::Unknown,
            })
            .account(To::account(&id))
            .created_at(created)
            .last_used_at(used)
            .last_used_state(last_use(used))
            .expiry(CredentialExpiry::Unknown)
            .scopes(row.texts("scope")),
    )
}
