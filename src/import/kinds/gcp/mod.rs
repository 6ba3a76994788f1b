//! What Google Cloud says of identities: service accounts, their keys, API keys, and policies.
//!
//! Source: "projects.serviceAccounts", "projects.serviceAccounts.keys" and "Policy" in the IAM API
//! reference, "Key" in the API Keys API, "Asset" and `IamPolicySearchResult` of Cloud Asset
//! Inventory.
//!
//! - A service account is a workload and its account, by its e-mail. `disabled` is only there where
//!   it is true.
//! - A key ends in 9999, or so far away that nobody will see it: it never expires. The platform
//!   rotates its own keys (`SYSTEM_MANAGED`). Where no `keyType` is given, who rotates is unknown.
//!   The key list has no last use: unknown. A key that is past its date is expired: Google
//!   refuses it.
//! - Cloud Asset names keys by their account's number: the account's row says its e-mail.
//! - A policy doesn't always say of what it is (`get-iam-policy` doesn't): the asset's name is
//!   taken where there is one, and where there is none, each file is kept apart.
//! - What members are and what conditions mean: see `policy`.

use super::{Importer, Shape};
use crate::import::row::{Keys, Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::import::when::{Moment, Sentinels};
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialLastUsedState,
    CredentialManagedBy, CredentialStatus, WorkloadKind, WorkloadStatus,
};

mod policy;
#[cfg(test)]
mod tests;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "gcp",
    title: "Google Cloud: service accounts, keys, API keys, IAM policies, Cloud Asset exports",
    how: "gcloud iam service-accounts list --format=json; gcloud iam service-accounts keys list --iam-account=EMAIL --format=json; gcloud asset search-all-iam-policies --scope=organizations/ID --format=json",
    unknown: "owners, last uses, users and groups (Google Workspace has them), dates of grants",
    marks: &[
        "gserviceaccount.com",
        "googleapis.com/",
        "\"roles/",
        ": roles/",
        ": organizations/",
        ": folders/",
        "/roles/",
        "\"projects/",
        "\"organizations/",
        "\"folders/",
        "projectNumber",
    ],
    weak: &["asset", "policy", "policy of an ancestor", "role", "project, folder or organization"],
    shapes: &[
        Shape {
            name: "error",
            is: |row| {
                row.all(&["error.message"])
                    && row.only(&["error"])
                    && row.any(&["error.status", "error.errors"])
                    && row.text("error.code").is_some_and(|code| code.parse::<u64>().is_ok())
            },
            read: |_, _| refuse("it is an error of Google's, no answer: export it again"),
        },
        Shape { name: "asset", is: |row| row.any(&["assetType", "asset_type"]), read: asset },
        Shape {
            name: "policy of a resource",
            is: |row| {
                row.any(&["attached_resource", "attachedResource"]) && row.is_object("policy")
            },
            read: |row, out| {
                of_resource(row, row.first(&["attachedResource", "attached_resource"]), out)
            },
        },
        Shape {
            name: "policy of an ancestor",
            is: |row| row.all(&["id", "type"]) && row.is_object("policy"),
            read: |row, out| {
                let ancestor = format!("{}s/{}", row.need("type")?, row.need("id")?);
                of_resource(row, Some(&ancestor), out)
            },
        },
        Shape { name: "policy", is: is_policy, read: |row, out| policy::bindings(row, None, out) },
        Shape {
            // Google makes, rotates and uses these by itself: nobody holds one.
            name: "system-managed key (not written)",
            is: |row| {
                row.any(&["keyType", "key_type"])
                    && ["keyType", "key_type"]
                        .iter()
                        .any(|key| row.text(key) == Some("SYSTEM_MANAGED"))
            },
            read: |_, out| {
                out.joined();
                Ok(())
            },
        },
        Shape {
            name: "service account key",
            is: |row| {
                named(row, &["/serviceAccounts/", "/keys/"])
                    || row.all(&["validAfterTime", "keyAlgorithm"])
            },
            read: |row, out| key(row, row.need("name")?, out),
        },
        Shape { name: "API key", is: |row| named(row, &["/locations/", "/keys/"]), read: api_key },
        Shape {
            name: "service account",
            is: |row| named(row, &["/serviceAccounts/"]) || row.all(&["email", "uniqueId"]),
            read: service_account,
        },
        Shape {
            name: "role",
            is: |row| row.all(&["includedPermissions"]) || named(row, &["roles/"]),
            read: policy::role,
        },
        Shape {
            name: "workload identity pool",
            is: |row| named(row, &["/workloadIdentityPools/"]),
            read: |_, _| {
                refuse("a pool is no identity: those that have access are in the policies")
            },
        },
        Shape {
            name: "project, folder or organization",
            is: |row| row.all(&["name"]) && row.text("lifecycleState").is_some(),
            read: container,
        },
    ],
    survey: false,
};

/// By an account's number, its e-mail.
const ACCOUNT: &str = "gcp-account";

fn named(row: &Keys<'_>, parts: &[&str]) -> bool {
    row.text("name").is_some_and(|name| parts.iter().all(|part| name.contains(part)))
}

/// A policy without bindings has nothing but what policies say of themselves.
fn is_policy(row: &Keys<'_>) -> bool {
    const OWN: &[&str] = &["version", "etag", "auditConfigs", "kind", "resourceId"];
    row.is_list("bindings")
        || row.is_object("bindings")
        || (row.all(&["etag", "version"]) && row.names().iter().all(|name| OWN.contains(name)))
}

/// What holds the rest says nothing of its own.
fn container(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    row.need("name")?;
    out.joined();
    Ok(())
}

fn of_resource(row: &Row<'_>, of: Option<&str>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    match row.row("policy") {
        Some(policy) => policy::bindings(&policy, of, out),
        None => refuse("it has no `policy`"),
    }
}

/// Cloud Asset Inventory: a resource, its policy, or both.
fn asset(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let kind = row.first(&["assetType", "asset_type"]).unwrap_or_default();
    // In a search for policies, the resource is a name; in an export, an object.
    let resource = row.first(&["resource", "name"]);
    let policy = ["policy", "iamPolicy", "iam_policy"].iter().find_map(|key| row.row(key));
    if let Some(policy) = policy {
        policy::bindings(&policy, resource, out)?;
    }
    let data = row.row("resource.data");
    match (kind.rsplit('/').next().unwrap_or_default(), data) {
        ("ServiceAccountKey", Some(data)) => {
            let name = data.text("name").or(row.text("name"));
            key(&data, name.unwrap_or_default(), out)
        }
        ("ServiceAccount", Some(data)) => service_account(&data, out),
        ("ServiceAccount", None) if row.row("additionalAttributes").is_some() => found(row, out),
        ("Role", Some(data)) => policy::role(&data, out),
        _ if policy.is_some() => Ok(()),
        ("Project" | "Folder" | "Organization", _) => container(row, out),
        _ => refuse("the asset is no identity and has no policy"),
    }
}

/// A service account that a search has found: what it is follows from the attributes.
fn found(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let email = row.need("additionalAttributes.email")?;
    let off = row.text("state").is_some_and(|state| state.eq_ignore_ascii_case("disabled"));
    let number = row.text("additionalAttributes.uniqueId");
    if let Some(number) = number {
        out.learn(ACCOUNT, number, email);
    }
    let (workload, account) = service(email, Some(!off), out)?;
    let created = row.time("createTime")?;
    let purpose = row.text("description");
    out.put(workload.name(row.text("displayName")).purpose(purpose).created_at(created))?;
    out.put(account.created_at(created).tag("unique_id", number))
}

fn service_account(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let in_name = row.text("name").and_then(|name| Some(name.split_once("/serviceAccounts/")?.1));
    let Some(email) = row.text("email").or(in_name.filter(|name| name.contains('@'))) else {
        return refuse("it has no `email`");
    };
    let number = row.first(&["uniqueId", "oauth2ClientId"]);
    if let Some(number) = row.text("uniqueId") {
        out.learn(ACCOUNT, number, email);
    }
    let project = row.text("projectId");
    let disabled = row.flag("disabled")?.unwrap_or(false);
    let (workload, account) = service(email, Some(!disabled), out)?;
    out.put(
        workload
            .name(row.text("displayName").unwrap_or(email))
            .purpose(row.text("description"))
            .tag("project", project),
    )?;
    out.put(account.tag("project", project).tag("unique_id", number))
}

/// The workload and the account of a service account: in use, switched off, or not known which.
fn service(
    email: &str,
    enabled: Option<bool>,
    out: &mut Sink<'_>,
) -> Result<(Draft<Workload>, Draft<Account>), Refusal> {
    let (system, id) = (out.system()?, out.id(&email.to_lowercase())?);
    let (workload, account) = match enabled {
        Some(true) => (WorkloadStatus::Active, AccountStatus::Enabled),
        Some(false) => (WorkloadStatus::Disabled, AccountStatus::Disabled),
        None => (WorkloadStatus::Unknown, AccountStatus::Unknown),
    };
    let workload = Draft::<Workload>::new(&id).kind(WorkloadKind::ServiceAccount).status(workload);
    let account = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(account)
        .kind_of_account(AccountType::Service)
        .username(email)
        .identity(To::workload(&id));
    Ok((workload, account))
}

/// Writes a service account that a row only mentions.
fn mention(email: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let (workload, account) = service(email, None, out)?;
    out.mention(workload)?;
    out.mention(account)?;
    out.id(&email.to_lowercase())
}

const NEVER: Sentinels = &[("9999-12-31T23:59:59Z", Moment::Never)];
const HUNDRED_YEARS: i64 = 100 * 365 * 86_400_000;

const MANAGED_BY: &[(&str, CredentialManagedBy)] = &[
    ("SYSTEM_MANAGED", CredentialManagedBy::Platform),
    ("USER_MANAGED", CredentialManagedBy::Organization),
];

fn key(row: &Row<'_>, name: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let parts =
        name.split_once("/serviceAccounts/").and_then(|(_, rest)| rest.split_once("/keys/"));
    let Some((account, number)) = parts else {
        return refuse("its name doesn't say whose key it is");
    };
    let email = if account.contains('@') {
        account
    } else {
        out.called(ACCOUNT, account)?.unwrap_or(account)
    };
    let id = mention(email, out)?;
    let created = row.time("validAfterTime")?;
    let until = row.moment("validBeforeTime", NEVER)?;
    let now = out.export.exported_at;
    let from = created.unwrap_or(now);
    let far = until.at().filter(|at| at.millis() - from.millis() > HUNDRED_YEARS);
    if far.is_some() {
        row.replaced("validBeforeTime", "more than 100 years");
    }
    let ends = until.at().filter(|_| far.is_none());
    let status = if row.flag("disabled")? == Some(true) {
        CredentialStatus::Inactive
    } else if ends.is_some_and(|at| at <= now) {
        CredentialStatus::Expired
    } else {
        CredentialStatus::Active
    };
    let system = out.system()?;
    out.put(
        Draft::<Credential>::new(&format!("{id}/keys/{number}"))
            .kind(CredentialKind::AsymmetricKey)
            .status(status)
            .system(system.as_str())
            .account(To::account(&id))
            // A key is rotated by making another one.
            .created_at(created)
            .last_rotated_at(created)
            .last_used_state(CredentialLastUsedState::Unknown)
            .expires_at(ends)
            .expiry(match (until, far) {
                (Moment::Never, _) | (_, Some(_)) => CredentialExpiry::Never,
                (Moment::At(_), None) => CredentialExpiry::Fixed,
                _ => CredentialExpiry::Unknown,
            })
            .managed_by(row.word("keyType", MANAGED_BY))
            .tag("origin", row.text("keyOrigin"))
            .tag("disable_reason", row.text("disableReason")),
    )
}

/// A key that names a project and not a user. Its string is not read.
fn api_key(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let name = row.need("name")?;
    let (system, id) = (out.system()?, out.id(name)?);
    let created = row.time("createTime")?;
    let account = row.text("serviceAccountEmail").map(|email| mention(email, out)).transpose()?;
    let restrictions = row.row("restrictions").map(|row| row.keys().names().join(", "));
    let targets = row.rows("restrictions.apiTargets");
    out.put(
        Draft::<Credential>::new(&id)
            .kind(CredentialKind::ApiKey)
            .status(if row.time("deleteTime")?.is_some() {
                CredentialStatus::Revoked
            } else {
                CredentialStatus::Active
            })
            .system(system.as_str())
            .account(account.as_deref().map(To::account))
            .created_at(created)
            .last_rotated_at(created)
            .last_used_state(CredentialLastUsedState::Unknown)
            .expiry(CredentialExpiry::Never)
            .scopes(targets.iter().filter_map(|target| target.text("service")).collect::<Vec<_>>())
            .tag("name", row.text("displayName"))
            .tag("restrictions", restrictions.as_deref().unwrap_or("none")),
    )
}
