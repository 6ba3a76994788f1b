//! Microsoft Entra ID: users, groups, applications, service principals, roles and consents, as
//! Microsoft Graph lists them, and the role assignments of Azure.
//!
//! Sources: the Microsoft Graph reference ("List users", "signInActivity resource type", "List
//! servicePrincipals", "List applications", "passwordCredential", "keyCredential", "List
//! unifiedRoleAssignments", "List appRoleAssignments", "List oAuth2PermissionGrants", "List
//! servicePrincipalSignInActivities", "List appCredentialSignInActivities") and "Role Assignments"
//! of the Azure REST reference. Also read as `az` and PowerShell write them.
//!
//! - An application and its service principal are two objects with two object ids. Both are one
//!   workload and one account, under the application's id (`appId`) in lower case. Rows that name
//!   an object id wait until it is known whose it is. What both objects say is said once: the
//!   service principal says whether it is enabled and how it is called, the application when it
//!   was made, what for, and whose it is.
//! - `lastSignInDateTime` counts failed attempts; the last login is
//!   `lastSuccessfulSignInDateTime`, which older exports lack (and which starts in December 2023).
//!   The others, of which nobody can tell whether they succeeded, are tags.
//! - `0001-01-01` means that it never happened; an end in 2299 or later, that there is none.
//! - Microsoft's own service principals are parts of the platform: they explain other rows, and
//!   make no records unless somebody gave them credentials or owners.
//! - A managed identity's certificate is rotated by Azure.
//! - An application is a third party's where its owner organization isn't the tenant. The tenant's
//!   id is in an export of `organization`; without it the organization is a tag.
//! - A certificate for SAML stands in both lists of credentials; it is one.
//! - A service principal with Microsoft's reports of its uses: being called counts as a use of the
//!   workload, not as a login of its account.
//! - An eligible role (Privileged Identity Management) is a right: it can be had at any time.
//! - Of several owners, the first whom anybody knows answers for it; the others are a tag.
//! - Members of a group that are expanded are twenty at most, and nothing says that there are more:
//!   exactly twenty make the export incomplete.
//! - Secrets (`secretText`, `key`, `hint`) are never read.

use super::{Importer, Shape};
use crate::import::row::{Keys, refuse};
use fields::{all, any, is_a};

mod apps;
mod credentials;
mod fields;
mod known;
mod objects;
mod roles;
#[cfg(test)]
mod tests;
mod users;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "entra",
    title: "Microsoft Entra ID (Microsoft Graph): users, groups, applications, roles; Azure role assignments",
    how: "az rest --method get --url 'https://graph.microsoft.com/v1.0/users?$select=id,displayName,userPrincipalName,mail,otherMails,proxyAddresses,employeeId,accountEnabled,userType,createdDateTime,lastPasswordChangeDateTime,signInActivity&$top=500' (every page); the same for /applications?$expand=owners, /servicePrincipals?$expand=owners, /groups, /organization, /oauth2PermissionGrants, /roleManagement/directory/roleDefinitions and .../roleAssignments, /beta/reports/servicePrincipalSignInActivities and .../appCredentialSignInActivities; az role assignment list --all; of each group, az ad group member list --group ID --query \"[].{groupId:'ID',memberId:id,memberType:\\\"@odata.type\\\"}\" ($expand=members gives twenty of them at most)",
    unknown: "whether a user without an employee id is a human; successful sign-ins before December 2023; uses of credentials outside the beta reports; where secrets lie; who made them; devices and contacts in groups",
    marks: &["@odata.", "microsoft.graph", "\"innerError\""],
    weak: &["error", "other object"],
    shapes: SHAPES,
    survey: false,
};

const SHAPES: &[Shape] = &[
    Shape {
        name: "error",
        is: |row| {
            // Google's errors have a number for a code.
            row.all(&["error.message"])
                && row.only(&["error"])
                && row.text("error.code").is_some_and(|code| code.parse::<u64>().is_err())
        },
        read: |_, _| refuse("it is an error of Microsoft Graph, no answer: export it again"),
    },
    Shape { name: "removed object", is: |row| any(row, &["@removed"]), read: objects::removed },
    Shape { name: "event or report", is: is_event, read: objects::event },
    Shape {
        name: "authentication methods",
        is: |row| all(row, &["isMfaRegistered", "methodsRegistered"]),
        read: users::methods,
    },
    Shape { name: "consent", is: roles::is_consent, read: roles::consent },
    Shape { name: "application role", is: roles::is_app_role, read: roles::app_role },
    Shape { name: "role assignment", is: roles::is_assignment, read: roles::assignment },
    Shape {
        name: "use of a credential",
        is: |row| all(row, &["keyId", "signInActivity"]),
        read: credentials::used,
    },
    Shape { name: "use of an application", is: apps::is_use, read: apps::used },
    Shape { name: "role", is: roles::is_definition, read: roles::definition },
    Shape {
        name: "permissions",
        is: |row| all(row, &["actions"]) && any(row, &["notActions", "dataActions"]),
        read: objects::permissions,
    },
    Shape { name: "tenant", is: is_organization, read: objects::organization },
    Shape {
        name: "owner",
        is: |row| all(row, &["ownerId"]) && any(row, apps::OWNED),
        read: apps::ownership,
    },
    Shape { name: "membership", is: is_membership, read: objects::membership },
    Shape {
        name: "credential",
        is: |row| all(row, &["keyId"]) && any(row, &["endDateTime", "startDateTime", "endDate"]),
        read: credentials::alone,
    },
    Shape { name: "service principal", is: is_service_principal, read: apps::service_principal },
    Shape { name: "application", is: is_application, read: apps::application },
    Shape { name: "group", is: is_group, read: objects::group },
    Shape { name: "user", is: is_user, read: users::user },
    Shape { name: "other object", is: is_other, read: objects::other },
];

/// Rows that name users but are none.
fn is_event(row: &Keys<'_>) -> bool {
    const MARKS: &[&str] = &[
        "riskLevel",
        "riskState",
        "ipAddress",
        "conditionalAccessStatus",
        "authMethods",
        "accessReviewId",
        "decision",
    ];
    any(row, MARKS) && any(row, &["userPrincipalName", "principal"])
        || all(row, &["failedSignInCount", "appDisplayName"])
}

fn is_organization(row: &Keys<'_>) -> bool {
    is_a(row, &["organization"]) || any(row, &["verifiedDomains", "tenantType"])
}

fn is_service_principal(row: &Keys<'_>) -> bool {
    const MARKS: &[&str] = &[
        "servicePrincipalType",
        "servicePrincipalNames",
        "appOwnerOrganizationId",
        "appOwnerTenantId",
        "appRoleAssignmentRequired",
    ];
    is_a(row, &["servicePrincipal", "agentIdentity", "agentIdentityBlueprintPrincipal"])
        || any(row, MARKS)
        || all(row, &["appId", "accountEnabled"])
        || all(row, &["appId", "appDisplayName"])
}

fn is_application(row: &Keys<'_>) -> bool {
    const MARKS: &[&str] =
        &["displayName", "passwordCredentials", "keyCredentials", "owners", "createdDateTime"];
    is_a(row, &["application", "agentIdentityBlueprint"])
        || all(row, &["appId"]) && any(row, MARKS)
        || any(row, &["identifierUris", "publisherDomain", "requiredResourceAccess"])
}

fn is_group(row: &Keys<'_>) -> bool {
    is_a(row, &["group"]) || any(row, &["groupTypes", "securityEnabled", "isAssignableToRole"])
}

/// A list of memberships is this directory's where its ids are.
fn is_membership(row: &Keys<'_>) -> bool {
    let group = row.text("groupId").or_else(|| row.text("GroupId")).unwrap_or_default();
    let is_uuid = group.len() == 36 && group.matches('-').count() == 4;
    // AWS's Identity Center has such ids, too.
    is_uuid && any(row, objects::MEMBER) && !row.any(&["IdentityStoreId"])
}

fn is_user(row: &Keys<'_>) -> bool {
    is_a(row, &["user", "educationUser", "agentUser"])
        || any(row, &["userPrincipalName", "signInActivity", "accountEnabled"]) && !is_other(row)
}

/// What has a type of its own, or is a device.
fn is_other(row: &Keys<'_>) -> bool {
    fields::type_of(row).is_some() || any(row, &["deviceId"])
}
