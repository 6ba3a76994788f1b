//! Roles of the directory, of Azure and of applications, and who has them.

use super::fields::{
    all, any, first, first_time, flag, is_a, object_id, rows, text, texts, time, type_of,
};
use super::known;
use super::objects::{Subject, mention_app, subject};
use crate::import::people::Target;
use crate::import::row::{Keys, Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::Entitlement;
use crate::inventory::vocabulary::EntitlementStatus;

const ROLE_ID: &[&str] =
    &["roleDefinitionId", "properties.roleDefinitionId", "role_definition_id", "roleId"];
const AZURE_OR_DIRECTORY: &[&str] =
    &["roleDefinitionId", "properties.roleDefinitionId", "role_definition_id"];
const ROLE_NAME: &[&str] = &["roleDefinition.displayName", "roleDefinitionName"];
const PRINCIPAL: &[&str] = &[
    "principalId",
    "properties.principalId",
    "principal_id",
    "roleMemberInfo.id",
    "userId",
    "objectId",
];
const PRINCIPAL_TYPE: &[&str] = &[
    "principal.@odata.type",
    "principalType",
    "properties.principalType",
    "principal_type",
    "ObjectType",
];
const SCOPE: &[&str] =
    &["scope", "properties.scope", "directoryScopeId", "appScopeId", "administrativeUnitId"];
const GRANTED: &[&str] = &["createdOn", "properties.createdOn", "createdDateTime", "startDateTime"];
const ENDS: &[&str] = &["endDateTime", "scheduleInfo.expiration.endDateTime", "expirationDateTime"];
const DEFINITION_NAME: &[&str] =
    &["displayName", "roleName", "properties.roleName", "role_name", "name"];

/// Whether a row assigns a role of the directory or of Azure.
pub fn is_assignment(keys: &Keys<'_>) -> bool {
    let older = ["isElevated", "roleMemberInfo"];
    let role = any(keys, AZURE_OR_DIRECTORY) || any(keys, &["roleId"]) && any(keys, &older);
    role && (any(keys, PRINCIPAL) || any(keys, &["principalIds"]))
}

/// Whether a row describes a role.
pub fn is_definition(keys: &Keys<'_>) -> bool {
    let azure = ["permissions", "assignableScopes", "roleType"];
    is_a(keys, &["directoryRole", "unifiedRoleDefinition", "directoryRoleTemplate"])
        || any(keys, &["roleTemplateId", "rolePermissions", "properties.roleName"])
        || any(keys, &["roleName", "role_name"]) && any(keys, &azure)
        || all(keys, &["isBuiltIn", "templateId"])
        || keys.all(&["Name", "Id", "IsCustom"])
}

/// A role, as far as a row says what it is.
pub struct Role {
    /// What it is called.
    pub name: Option<String>,
    /// Whether it administrates.
    pub privileged: bool,
}

impl Role {
    /// A role that was activated in the directory.
    pub fn of_directory(row: &Row<'_>) -> Self {
        let template = text(row, "roleTemplateId");
        let name = text(row, "displayName");
        Self {
            name: name.map(str::to_owned),
            privileged: template.and_then(known::role).is_some()
                || name.is_some_and(known::is_role),
        }
    }

    /// The role of that id.
    ///
    /// # Errors
    /// A later row may say what it is called.
    fn called(id: &str, said: Option<&str>, out: &Sink<'_>) -> Result<Self, Refusal> {
        if let Some(name) = known::role(id) {
            return Ok(Self { name: Some(name.to_owned()), privileged: true });
        }
        let name = match said {
            Some(name) => Some(name),
            None => out.called("entra-role", id)?,
        };
        let privileged =
            name.is_some_and(known::is_role) || out.called("entra-role-privileged", id)?.is_some();
        Ok(Self { name: name.map(str::to_owned), privileged })
    }
}

/// The last part of an Azure role's id is the role's own.
fn own_id(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_lowercase()
}

/// Reads what a role is; the members of an activated one, where they are expanded.
pub fn definition(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(id) = object_id(row).map(|id| own_id(&id)) else { return refuse("it has no `id`") };
    let role = Role::of_directory(row);
    let Some(name) = first(row, DEFINITION_NAME) else { return refuse("it has no name") };
    let flagged = flag(row, "isPrivileged")?.unwrap_or(false);
    for id in [Some(id.clone()), text(row, "roleTemplateId").map(str::to_lowercase)] {
        let Some(id) = id else { continue };
        out.learn("entra-role", &id, name);
        if role.privileged || flagged {
            out.learn("entra-role-privileged", &id, name);
        }
    }
    for member in rows(row, "members") {
        let Some(object) = object_id(&member) else { continue };
        match subject(out, &object, type_of(&member.keys()))? {
            Subject::Account(account) => in_directory_role(&role, &id, &account, out)?,
            Subject::Group(group) => {
                let draft = entitlement(&format!("{id}:{object}"), &role, &id, out)?;
                out.put(draft.group(To::group(&group)))?;
            }
            Subject::Other => {}
        }
    }
    out.joined();
    Ok(())
}

/// Writes that an account is in an activated role of the directory.
pub fn in_directory_role(
    role: &Role,
    id: &str,
    account: &str,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let object = account.rsplit(':').next().unwrap_or(account);
    let draft = entitlement(&format!("{id}:{object}"), role, id, out)?;
    out.put(draft.account(To::account(account)))
}

fn entitlement(
    native: &str,
    role: &Role,
    role_id: &str,
    out: &mut Sink<'_>,
) -> Result<Draft<Entitlement>, Refusal> {
    Ok(Draft::<Entitlement>::new(&out.id(native)?)
        .role(role.name.as_deref().unwrap_or(role_id))
        .privileged(role.privileged.then_some(true))
        .status(EntitlementStatus::Active))
}

fn given(draft: Draft<Entitlement>, to: &Subject) -> Option<Draft<Entitlement>> {
    match to {
        Subject::Account(id) => Some(draft.account(To::account(id))),
        Subject::Group(id) => Some(draft.group(To::group(id))),
        Subject::Other => None,
    }
}

/// Words of a schedule's `status`; what is not there yet or was refused gives nothing.
const STATUSES: &[(&str, EntitlementStatus)] = &[
    ("Provisioned", EntitlementStatus::Active),
    ("Granted", EntitlementStatus::Active),
    ("Revoked", EntitlementStatus::Revoked),
    ("Canceled", EntitlementStatus::Revoked),
    ("Denied", EntitlementStatus::Revoked),
    ("Failed", EntitlementStatus::Revoked),
    ("PendingProvisioning", EntitlementStatus::Pending),
    ("PendingApproval", EntitlementStatus::Pending),
    ("PendingScheduleCreation", EntitlementStatus::Pending),
];

/// Reads an assignment of a role of the directory or of Azure, active or eligible.
pub fn assignment(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(full) = first(row, ROLE_ID) else { return refuse("it names no role") };
    let role_id = own_id(full);
    let mut principals = texts(row, "principalIds");
    let one = principals.is_empty();
    principals.extend(first(row, PRINCIPAL).filter(|_| one));
    if principals.is_empty() {
        return refuse("it names nobody who has the role");
    }
    let kind = first(row, PRINCIPAL_TYPE).and_then(|kind| kind.rsplit(['.', '#']).next());
    let kind = kind.or_else(|| any(&row.keys(), &["userId"]).then_some("user"));
    let mut role = Role::called(&role_id, first(row, ROLE_NAME), out)?;
    role.privileged |= flag(row, "roleDefinition.isPrivileged")?.unwrap_or(false);
    let scope = first(row, SCOPE).or_else(|| texts(row, "directoryScopeIds").first().copied());
    let azure = scope.filter(|_| is_azure(row, full)).map(azure_system);
    if let Some(system) = &azure {
        out.other_system(system, None)?;
    }
    let granted_by = first(row, &["createdBy", "properties.createdBy"]).filter(|_| azure.is_some());
    let granted_by = granted_by.map(|by| person_of(by, out)).transpose()?.flatten();
    let eligible = first(row, &["assignmentType"]) == Some("Eligible")
        || is_eligibility(row)
        || flag(row, "isElevated")? == Some(false);
    let status = row.word(&super::fields::spelled(row, "status"), STATUSES);
    for principal in principals {
        let to = subject(out, principal, kind)?;
        let native = match (first(row, &["id", "roleAssignmentId"]), one) {
            (Some(id), true) => id.to_owned(),
            (Some(id), false) => format!("{id}:{principal}"),
            (None, _) => format!("{role_id}:{principal}:{}", scope.unwrap_or("/")),
        };
        let draft = Draft::<Entitlement>::new(&out.id(&native)?)
            .role(role.name.as_deref().unwrap_or(&role_id))
            .privileged(role.privileged.then_some(true))
            .status(status.unwrap_or(EntitlementStatus::Active))
            .system(azure.as_deref())
            .resource(scope)
            .granted_at(first_time(row, GRANTED)?)
            .granted_by(granted_by.as_deref().map(To::person))
            .expires_at(first_time(row, ENDS)?)
            .tag("assignment", eligible.then_some("eligible"));
        match given(draft, &to) {
            Some(draft) => out.put(draft)?,
            None => return refuse("what has the role is no identity"),
        }
    }
    Ok(())
}

fn is_azure(row: &Row<'_>, role: &str) -> bool {
    role.contains("Microsoft.Authorization") || any(&row.keys(), &["scope", "properties.scope"])
}

fn is_eligibility(row: &Row<'_>) -> bool {
    any(&row.keys(), &["roleEligibilityScheduleId"])
        || type_of(&row.keys()).is_some_and(|kind| kind.contains("Eligibility"))
}

/// The system of a scope: the subscription or the management group that it is in.
fn azure_system(scope: &str) -> String {
    let mut parts = scope.split('/').skip_while(|part| {
        !["subscriptions", "managementgroups"].contains(&part.to_ascii_lowercase().as_str())
    });
    match (parts.next(), parts.next()) {
        (Some(_), Some(id)) => format!("azure:{id}"),
        _ => "azure".into(),
    }
}

/// The person who has done something, where their account is known to be somebody's.
fn person_of(object: &str, out: &mut Sink<'_>) -> Result<Option<String>, Refusal> {
    let account = out.id(&object.to_lowercase())?;
    Ok(match out.holder_of(&account)? {
        Target::Person(person) if person != account || out.export.setting.people => Some(person),
        _ => None,
    })
}

/// Whether a row assigns a role of an application.
pub fn is_app_role(keys: &Keys<'_>) -> bool {
    all(keys, &["appRoleId", "principalId"])
}

/// Reads that a user, a group or an application has a role of an application.
pub fn app_role(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    const DEFAULT: &str = "00000000-0000-0000-0000-000000000000";
    let Some(role_id) = text(row, "appRoleId").map(str::to_lowercase) else {
        return refuse("it names no role");
    };
    let Some(principal) = text(row, "principalId") else { return refuse("it names nobody") };
    let resource = text(row, "resourceId").unwrap_or_default().to_lowercase();
    let role = match known::permission(&role_id) {
        _ if role_id == DEFAULT => "default access",
        Some(name) => name,
        None => out.called("entra-app-role", &format!("{resource}/{role_id}"))?.unwrap_or(&role_id),
    };
    let to = subject(out, principal, text(row, "principalType"))?;
    let status = if time(row, "deletedDateTime")?.is_some() {
        EntitlementStatus::Revoked
    } else {
        EntitlementStatus::Active
    };
    let native = text(row, "id").map_or_else(
        || format!("{resource}/{role_id}/{}", principal.to_lowercase()),
        str::to_owned,
    );
    let draft = Draft::<Entitlement>::new(&out.id(&native)?)
        .role(role)
        .status(status)
        .resource(first(row, &["resourceDisplayName", "resourceId"]))
        .privileged(known::is_permission(role).then_some(true))
        .granted_at(first_time(row, &["createdDateTime", "creationTimestamp"])?);
    match given(draft, &to) {
        Some(draft) => out.put(draft),
        None => refuse("what has the role is no identity"),
    }
}

/// Whether a row is a consent: an application may act for a user, or for all.
pub fn is_consent(keys: &Keys<'_>) -> bool {
    all(keys, &["clientId", "resourceId"]) && any(keys, &["consentType", "scope"])
}

/// Reads a consent. It is the application's right; of its times Graph ignores the end.
pub fn consent(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(client) = text(row, "clientId") else { return refuse("it names no application") };
    let Some(scope) = text(row, "scope") else { return refuse("it grants nothing") };
    let resource = text(row, "resourceId").map(str::to_lowercase);
    let to = match subject(out, client, Some("servicePrincipal"))? {
        Subject::Account(id) => id,
        _ => mention_app(out, client)?,
    };
    let name = match resource.as_deref() {
        Some(id) => out.called("entra-name", id)?.or(Some(id)),
        None => None,
    };
    let scopes: Vec<&str> = scope.split_whitespace().collect();
    let user = text(row, "principalId").map(|id| out.id(&id.to_lowercase())).transpose()?;
    let Some(native) = text(row, "id") else { return refuse("it has no `id`") };
    let draft = Draft::<Entitlement>::new(&out.id(native)?)
        .account(To::account(&to))
        .role(scopes.join(" ").as_str())
        .status(EntitlementStatus::Active)
        .resource(name)
        .privileged(scopes.iter().any(|scope| known::is_permission(scope)).then_some(true))
        .granted_at(time(row, "startTime")?)
        .tag("consent_type", text(row, "consentType"))
        .tag("on_behalf_of", user.as_deref());
    out.put(draft)
}
