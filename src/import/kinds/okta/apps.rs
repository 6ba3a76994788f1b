//! Apps: systems, and where they are clients themselves, workloads.

use super::{app_of, linked};
use crate::import::people::{Claim, Target};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Entitlement, Group, System, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialStatus,
    EntitlementStatus, WorkloadKind, WorkloadStatus,
};

/// Apps that every Okta organization has: parts of Okta, which nobody there can own.
const OWN: &[&str] = &[
    "saasure",
    "okta_enduser",
    "okta_browser_plugin",
    "okta_flow_sso",
    "okta_iga_reviewer",
    "okta_atspoke_sso",
    "okta_access_requests_resource_catalog",
];

const STATUSES: &[(&str, WorkloadStatus)] = &[
    ("ACTIVE", WorkloadStatus::Active),
    ("INACTIVE", WorkloadStatus::Disabled),
    ("DELETED", WorkloadStatus::Retired),
];

/// Reads an app.
pub fn app(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let native = row.need("id")?;
    let id = out.id(native)?;
    let mode = row.text("signOnMode");
    let draft = Draft::<System>::new(&id)
        .name(row.first(&["label", "name"]))
        .tag("app", row.text("name"))
        .tag("sign_on_mode", mode)
        .tag("app_status", row.text("status"));
    out.put(draft)?;
    let status = row.word("status", STATUSES).unwrap_or(WorkloadStatus::Unknown);
    let client = row.text("credentials.oauthClient.client_id");
    let is_client = client.is_some() || mode == Some("OPENID_CONNECT");
    if is_client && !row.text("name").is_some_and(|name| OWN.contains(&name)) {
        out.learn("okta-client", client.unwrap_or(native), native);
        let workload = Draft::<Workload>::new(&id)
            .kind(WorkloadKind::Application)
            .status(status)
            .name(row.first(&["label", "name"]))
            .purpose(row.text("settings.notes.admin"))
            .created_at(row.time("created")?)
            .tag("application_type", row.text("settings.oauthClient.application_type"))
            .tag("auth_method", row.text("credentials.oauthClient.token_endpoint_auth_method"));
        out.put(workload)?;
        let account = client_account(&id, client.unwrap_or(native), account_status(status), out)?;
        out.put(account)?;
        for key in row.rows("settings.oauthClient.jwks.keys") {
            super::credentials::client_key(&key, native, out)?;
        }
    }
    if row.text("credentials.scheme") == Some("SHARED_USERNAME_AND_PASSWORD") {
        shared(&id, status, row, out)?;
    }
    Ok(())
}

fn account_status(status: WorkloadStatus) -> AccountStatus {
    match status {
        WorkloadStatus::Active => AccountStatus::Enabled,
        WorkloadStatus::Disabled => AccountStatus::Disabled,
        WorkloadStatus::Retired => AccountStatus::Deleted,
        WorkloadStatus::Unknown => AccountStatus::Unknown,
    }
}

fn client_account(
    id: &str,
    client: &str,
    status: AccountStatus,
    out: &mut Sink<'_>,
) -> Result<Draft<Account>, Refusal> {
    let system = out.system()?;
    Ok(Draft::<Account>::new(id)
        .system(system.as_str())
        .status(status)
        .kind_of_account(AccountType::Service)
        .username(client)
        .identity(To::workload(id)))
}

/// Writes an app that is only mentioned as a client; returns the id of its account.
pub fn mention_client(native: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let id = out.id(native)?;
    let workload =
        Draft::<Workload>::new(&id).kind(WorkloadKind::Application).status(WorkloadStatus::Unknown);
    out.mention(workload)?;
    let system = out.system()?;
    let account = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .kind_of_account(AccountType::Service)
        .identity(To::workload(&id));
    out.mention(account)?;
    Ok(id)
}

/// One name and one password for all users of an app.
fn shared(
    system: &str,
    status: WorkloadStatus,
    row: &Row<'_>,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let id = format!("{system}/shared");
    let status = account_status(status);
    let draft = Draft::<Account>::new(&id)
        .system(system)
        .status(status)
        .kind_of_account(AccountType::Shared)
        .username(row.text("credentials.userName"));
    out.put(draft)?;
    let live = status == AccountStatus::Enabled;
    let password = Draft::<Credential>::new(&format!("{id}#password"))
        .kind(CredentialKind::Password)
        .status(if live { CredentialStatus::Active } else { CredentialStatus::Unknown })
        .account(To::account(&id))
        .expiry(CredentialExpiry::Unknown);
    out.put(password)
}

/// Words of an app user's `status`.
const USER_STATUSES: &[(&str, AccountStatus)] = &[
    ("ACTIVE", AccountStatus::Enabled),
    ("PROVISIONED", AccountStatus::Enabled),
    ("IMPORTED", AccountStatus::Enabled),
    ("MATCHED", AccountStatus::Enabled),
    ("APPROVED", AccountStatus::Enabled),
    ("IMPLICIT", AccountStatus::Enabled),
    ("PENDING", AccountStatus::Disabled),
    ("STAGED", AccountStatus::Disabled),
    ("SUSPENDED", AccountStatus::Disabled),
    ("INACTIVE", AccountStatus::Disabled),
    ("DEPROVISIONED", AccountStatus::Disabled),
    ("REVOKED", AccountStatus::Disabled),
    ("UNASSIGNED", AccountStatus::Disabled),
];

/// Reads a user's account on an app. Whose it is, the user's own row says.
pub fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let app = app_of(row)?;
    let native = row.need("id")?;
    let system = out.id(app)?;
    let user = out.id(native)?;
    let holder = out.holder_of(&user)?;
    out.other_system(&system, None)?;
    let id = format!("{system}/{native}");
    let name = row.text("credentials.userName");
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(row.word("status", USER_STATUSES).unwrap_or(AccountStatus::Unknown))
        .username(name)
        .created_at(row.time("created")?)
        .tag("okta_user", user.as_str())
        .tag("external_id", row.text("externalId"))
        .tag("assigned_by", row.text("scope"));
    if holder != Target::Person(user) || out.export.setting.people {
        return out.put(draft.identity(holder.to()));
    }
    let claim = Claim {
        emails: row.text("profile.email").into_iter().collect(),
        user_names: name.into_iter().collect(),
        ..Claim::default()
    };
    out.account(&system, draft, &claim)
}

/// Reads that a group is assigned to an app.
pub fn group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let app = app_of(row)?;
    let native = row.text("id").or_else(|| linked(row, "groups"));
    let Some(native) = native else { return refuse("it names no group") };
    let (system, group, directory) = (out.id(app)?, out.id(native)?, out.system()?);
    out.other_system(&system, None)?;
    out.mention(Draft::<Group>::new(&group).system(directory.as_str()))?;
    let draft = Draft::<Entitlement>::new(&format!("{system}/{native}"))
        .group(To::group(&group))
        .role("assigned")
        .status(EntitlementStatus::Active)
        .system(system.as_str());
    out.put(draft)
}

/// Reads an API service integration: somebody else's service with access to Okta's API.
pub fn integration(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let native = row.need("id")?;
    let id = out.id(native)?;
    let client = row.text("credentials.oauthClient.client_id").unwrap_or(native);
    out.learn("okta-client", client, native);
    let rotation = row.flag("credentials.oauthClient.autoKeyRotation")?;
    let workload = Draft::<Workload>::new(&id)
        .kind(WorkloadKind::Application)
        .status(WorkloadStatus::Unknown)
        .name(row.text("name"))
        .third_party(true)
        .vendor(row.text("type"))
        .created_at(row.time("created")?)
        .tag("auto_key_rotation", rotation.map(|on| if on { "true" } else { "false" }));
    out.put(workload)?;
    let account = client_account(&id, client, AccountStatus::Unknown, out)?;
    out.put(account)?;
    for scope in row.texts("grantedScopes") {
        let draft = Draft::<Entitlement>::new(&format!("{id}/{scope}"))
            .account(To::account(&id))
            .role(scope)
            .status(EntitlementStatus::Active)
            .privileged(super::access::is_privileged_scope(scope).then_some(true));
        out.put(draft)?;
    }
    Ok(())
}
