//! Okta: users, groups, apps, API tokens, secrets and keys of apps, administrator roles, grants.
//!
//! Sources: the Okta API reference ("Users", "API Tokens", "Applications", "Application Users",
//! "Application Groups", "Client Secrets"/"JSON Web Keys", "Groups", "Role Assignments", "Grants",
//! "API Service Integrations", "Service Accounts", "Factors") and "Standard administrator roles".
//!
//! - `LOCKED_OUT`, `PASSWORD_EXPIRED`, `RECOVERY` and `PROVISIONED` are live identities. `STAGED`
//!   has never begun, `SUSPENDED` and `DEPROVISIONED` let nobody in. The word itself is a tag.
//! - An API token's `expiresAt` slides: each use moves it by `tokenWindow` (30 days). Okta tells no
//!   last use; `lastUpdated` moves along, and is a tag.
//! - The app of an app's user, group, secret or key is only in `_links`. Where it isn't there
//!   either, the row is refused.
//! - The id of a standard role is the role's, the same for everybody who has it: an assignment is
//!   called by who has it and the role.
//! - An app is a system. One that is an OIDC client is a workload too, with an account
//!   that its grants and secrets are of; Okta's own apps (dashboard, console, plugin) are not.
//! - An app whose users share one name and password has a shared account.
//! - A user whose password is elsewhere (Active Directory, a federation) has none here.
//! - A user called a service (`userType`) is not linked by e-mail: that is often the address of
//!   whoever looks after it.
//! - Secrets and key material (`client_secret`, `secret_hash`, `n`, `x5c`) are never read.

use super::{Importer, Shape};
use crate::import::row::{Keys, Refusal, Row, refuse};
use crate::import::sink::Sink;

mod access;
mod apps;
mod credentials;
#[cfg(test)]
mod tests;
mod users;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "okta",
    title: "Okta: users, groups, apps and their users, API tokens, secrets, administrator roles, grants",
    how: "curl -H \"Authorization: SSWS $TOKEN\" https://ORG.okta.com/api/v1/users?limit=200 (every page: the Link header); the same for /api/v1/api-tokens, /api/v1/apps, /api/v1/apps/ID/users, .../groups, .../credentials/secrets, .../credentials/jwks, .../grants, /api/v1/groups, /api/v1/users/ID/roles, /api/v1/groups/ID/roles",
    unknown: "whether there are more pages (only the Link header says so); members of groups, unless rows name both; last uses of tokens, secrets and keys; owners of apps; where secrets lie",
    marks: &["orn:okta:", ".okta.com", "{yourOktaDomain}"],
    weak: &["public key"],
    shapes: SHAPES,
    survey: false,
};

const SHAPES: &[Shape] = &[
    Shape {
        name: "API token",
        is: |row| row.any(&["tokenWindow"]) || row.all(&["userId", "clientName"]),
        read: credentials::api_token,
    },
    Shape {
        name: "refresh token",
        is: |row| row.all(&["clientId", "userId", "scopes", "expiresAt"]),
        read: credentials::refresh_token,
    },
    Shape {
        name: "grant",
        is: |row| row.all(&["scopeId"]) && row.any(&["clientId", "issuer"]),
        read: access::grant,
    },
    Shape {
        name: "client secret",
        is: |row| row.any(&["secret_hash"]) || row.all(&["client_secret", "_links"]),
        read: credentials::client_secret,
    },
    Shape {
        name: "key",
        is: |row| row.all(&["kty", "kid"]) && row.any(&["created", "lastUpdated", "_links"]),
        read: credentials::key,
    },
    // Everybody's keys look like that.
    Shape { name: "public key", is: |row| row.all(&["kty", "kid"]), read: credentials::key },
    Shape {
        name: "app user",
        is: |row| row.all(&["syncState", "scope"]) || row.all(&["scope", "status", "credentials"]),
        read: apps::user,
    },
    Shape {
        name: "app group",
        is: |row| {
            row.all(&["id", "priority", "lastUpdated"]) && !row.any(&["type", "name", "conditions"])
        },
        read: apps::group,
    },
    Shape {
        name: "API service integration",
        is: |row| row.all(&["grantedScopes"]) && row.any(&["type", "configGuideUrl"]),
        read: apps::integration,
    },
    Shape {
        name: "service account",
        is: |row| row.all(&["accountType"]) && row.any(SERVICE_ACCOUNT),
        read: users::service_account,
    },
    Shape {
        name: "app",
        is: |row| row.any(&["signOnMode"]) || row.all(&["label", "accessibility"]),
        read: apps::app,
    },
    Shape {
        name: "role assignment",
        is: |row| {
            row.all(&["label", "assignmentType"])
                || row.text("type").is_some_and(access::is_role) && row.all(&["label"])
        },
        read: access::role,
    },
    Shape {
        name: "role or permission",
        is: |row| row.any(&["_links.permissions", "_links.role"]) && row.all(&["label"]),
        read: nothing,
    },
    Shape {
        name: "group",
        is: |row| {
            row.all(&["profile"]) && row.any(&["objectClass", "lastMembershipUpdated"])
                || row.text("type").is_some_and(|kind| access::GROUPS.contains(&kind))
        },
        read: access::group,
    },
    Shape {
        name: "membership",
        is: |row| {
            row.text("groupId").is_some_and(|id| id.starts_with("00g")) && row.any(access::MEMBER)
        },
        read: access::membership,
    },
    Shape { name: "factor", is: |row| row.all(&["factorType"]), read: users::factor },
    Shape {
        name: "rule or realm",
        is: |row| row.all(&["profile", "isDefault"]) || row.text("type") == Some("group_rule"),
        read: nothing,
    },
    Shape { name: "user", is: is_user, read: users::user },
];

const SERVICE_ACCOUNT: &[&str] = &["containerOrn", "ownerUserIds", "ownerGroupIds"];

/// Cut-out listings (`fields`) may lack all but the status and a part of the profile.
fn is_user(row: &Keys<'_>) -> bool {
    let status = row.text("status").is_some_and(users::is_status);
    status && row.all(&["id"]) && row.is_object("profile") || row.all(&["id", "profile.login"])
}

fn nothing(_: &Row<'_>, _: &mut Sink<'_>) -> Result<(), Refusal> {
    refuse("a rule, a realm or what a role may do: nobody's access by itself")
}

/// The links of a row, by what they lead to.
const LINKS: &[&str] = &[
    "app",
    "self",
    "user",
    "group",
    "assignee",
    "deactivate",
    "activate",
    "delete",
    "secrets",
    "client",
];

/// The id behind a word in one of the row's links: `apps` in `.../api/v1/apps/0oa1/users/00u1`.
fn linked<'a>(row: &Row<'a>, after: &str) -> Option<&'a str> {
    LINKS.iter().find_map(|link| {
        let href = row.text(&format!("_links.{link}.href"))?;
        let mut parts = href.split(['/', '?']).skip_while(|part| *part != after);
        parts.nth(1).filter(|id| !id.is_empty())
    })
}

/// The app that a row is of.
fn app_of<'a>(row: &Row<'a>) -> Result<&'a str, Refusal> {
    let app = row.first(&["appId", "app.id"]).or_else(|| linked(row, "apps"));
    match app.or_else(|| linked(row, "api-services")) {
        Some(app) => Ok(app),
        None => refuse("it doesn't name its app: that was in the URL"),
    }
}
