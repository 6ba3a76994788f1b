//! GitHub: tokens, keys, apps, members and teams of an organization or an enterprise.
//!
//! Sources: "REST API endpoints for personal access tokens", "... for organizations" (SAML SSO
//! credential authorizations), "... for deploy keys", "... for GitHub Apps", "... for members",
//! "... for teams", "... for licensing" and the GraphQL reference, in the GitHub documentation.
//!
//! - `access_granted_at` and `credential_authorized_at` say when the organization let a credential
//!   in, not when it was made: they are tags, and the creation is unknown.
//! - `token_expired` and its like are as of the listing: the date is kept beside the status, and
//!   rules compare the two.
//! - null in `token_last_used_at`, `credential_accessed_at` and `last_used` means never; older
//!   versions have no such column: then nothing is known. The same goes for the ends of tokens. SSH
//!   keys have none.
//! - A deploy key belongs to its repository and works on when the one who added it is gone: they are
//!   its owner, being the only one whom the export names.
//! - Whoever acts by a classic personal access token is seen only where single sign-on is on.
//! - An app is taken for somebody else's, unless its own record (`/apps/SLUG`) is in the import
//!   and says that it is of the account that it is installed on.
//! - `site_admin` is an administrator of a GitHub Enterprise Server; on github.com it marks staff of
//!   GitHub, who are nothing special to an organization.
//! - A machine user has the type `User` too, so only bots are known not to be human.
//! - Members' lists don't name their organization, nor collaborators' their repository.

use super::{Importer, Shape};
use crate::import::row::{Keys, refuse};

mod access;
mod accounts;
mod apps;
mod credentials;
#[cfg(test)]
mod tests;
mod webhook;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "github",
    title: "GitHub: members, teams, fine-grained tokens, SSO authorizations, deploy keys, apps",
    how: "gh api --paginate --slurp orgs/ORG/members > members.json, and the same of orgs/ORG/personal-access-tokens, \
          orgs/ORG/credential-authorizations, orgs/ORG/installations, orgs/ORG/teams, repos/ORG/REPO/keys",
    unknown: "classic tokens without single sign-on; when tokens were made; last logins; which users are machines; who \
              makes an app (unless apps/SLUG is there too); members of a team in a bare list; whose the keys of \
              users/LOGIN/keys are (unless you add `login` to each)",
    marks: &[
        "api.github.com",
        "github.com/",
        "\"node_id\"",
        "\"site_admin\"",
        "\"isSiteAdmin\"",
        "\"databaseId\"",
        "\"total_count\"",
        ".github/workflows",
    ],
    weak: &[
        "user's SSH key",
        "OAuth authorization",
        "invitation",
        "repository permission",
        "role",
        "secret",
        "team",
        "user",
    ],
    shapes: SHAPES,
    survey: false,
};

const SHAPES: &[Shape] = &[
    Shape {
        name: "error",
        is: |row| row.all(&["message", "documentation_url"]),
        read: |_, _| refuse("an error of GitHub's"),
    },
    Shape {
        name: "webhook delivery",
        is: |row| row.all(&["action", "sender"]),
        read: webhook::delivery,
    },
    Shape {
        name: "fine-grained token request",
        is: |row| row.all(&["owner.login", "reason", "token_expired"]),
        read: credentials::request,
    },
    Shape {
        name: "fine-grained token",
        is: |row| {
            row.all(&["owner.login"])
                && row.any(&["token_id", "token_expired", "token_expires_at", "access_granted_at"])
        },
        read: credentials::fine_grained,
    },
    Shape {
        name: "credential authorization",
        is: |row| row.all(&["credential_id", "credential_type"]),
        read: credentials::authorization,
    },
    Shape {
        name: "GPG key",
        is: |row| row.all(&["key_id", "public_key"]),
        read: |_, _| refuse("a key for signatures: it opens nothing"),
    },
    Shape {
        name: "deploy key",
        is: |row| {
            row.all(&["id", "key"])
                && (row.any(&["added_by", "last_used"])
                    || row.text("url").is_some_and(|url| url.contains("/repos/")))
        },
        read: |row, out| credentials::deploy_key(row, None, out),
    },
    Shape { name: "SSH key", is: is_key, read: credentials::user_key },
    Shape {
        name: "user's SSH key",
        is: |row| row.all(&["id", "key"]) && !row.is_object("key"),
        read: credentials::user_key,
    },
    Shape {
        name: "OAuth authorization",
        is: |row| row.all(&["app.name", "scopes"]),
        read: |_, _| refuse("an authorization that doesn't say whose it is"),
    },
    Shape {
        name: "app installation",
        is: |row| row.all(&["id", "app_id", "permissions"]),
        read: apps::installation,
    },
    Shape {
        name: "app",
        is: |row| row.all(&["slug", "owner", "permissions", "events"]),
        read: apps::app,
    },
    Shape {
        name: "installation request",
        is: |row| row.all(&["account", "requester"]),
        read: |_, _| refuse("a request for an app that isn't installed"),
    },
    Shape { name: "invitation", is: |row| row.all(&["inviter"]), read: access::invitation },
    Shape {
        name: "team membership",
        is: |row| {
            row.all(&["role", "state"])
                && row
                    .text("url")
                    .is_some_and(|url| url.contains("/memberships/") && url.contains("/team"))
        },
        read: access::team_membership,
    },
    Shape {
        name: "organization membership",
        is: |row| row.all(&["user.login", "role", "state"]),
        read: |row, out| access::membership(row, None, out),
    },
    Shape {
        name: "repository permission",
        is: |row| row.all(&["user.login", "permission"]),
        read: access::permission,
    },
    Shape {
        name: "Copilot seat",
        is: |row| row.all(&["assignee"]) && row.any(&["last_activity_at", "plan_type"]),
        read: access::copilot,
    },
    Shape {
        name: "licensed user",
        is: |row| row.all(&["github_com_login"]),
        read: accounts::licensed,
    },
    Shape {
        name: "external identity",
        is: |row| row.any(&["samlIdentity", "scimIdentity"]),
        read: accounts::external_identity,
    },
    Shape {
        name: "enterprise owner",
        is: |row| row.all(&["node.login", "organizationRole"]),
        read: accounts::enterprise_owner,
    },
    Shape {
        name: "member in GraphQL",
        is: |row| row.all(&["node.login"]) && row.any(&["role", "hasTwoFactorEnabled"]),
        read: accounts::member,
    },
    Shape {
        name: "collaborator in GraphQL",
        is: |row| row.all(&["node.login", "permission"]),
        read: access::edge,
    },
    Shape {
        name: "external group",
        is: |row| {
            const OWN: &[&str] = &["group_id", "group_name", "updated_at", "teams", "members"];
            row.all(&["group_id", "group_name"])
                && row.names().iter().all(|name| OWN.contains(name))
        },
        read: accounts::external_group,
    },
    Shape {
        name: "secret scanning alert",
        is: |row| row.all(&["number", "secret_type"]),
        read: |_, _| refuse("an alert that doesn't say of which credential the secret is"),
    },
    Shape {
        name: "repository",
        // People have a `full_name`, too.
        is: |row| {
            let name = row.text("full_name").or_else(|| row.text("nameWithOwner"));
            name.is_some_and(|name| name.contains('/') && !name.contains(' '))
        },
        read: |_, _| refuse("a repository: it doesn't say who may use it"),
    },
    Shape {
        name: "role",
        is: |row| row.all(&["id", "name"]) && row.is_list("permissions"),
        read: |_, _| refuse("a role: it doesn't say who has it"),
    },
    Shape {
        name: "secret",
        is: |row| {
            const SECRET: &[&str] =
                &["name", "created_at", "updated_at", "visibility", "selected_repositories_url"];
            row.all(&["name", "created_at", "updated_at"])
                && row.names().iter().all(|name| SECRET.contains(name))
        },
        read: |_, _| refuse("a secret of Actions: its name doesn't say what it opens"),
    },
    Shape {
        name: "audit log event",
        is: |row| row.all(&["action", "@timestamp"]),
        read: |_, _| refuse("an event: it doesn't say what is so now"),
    },
    Shape {
        name: "team",
        is: |row| {
            let address = row.text("url").unwrap_or_default();
            row.all(&["slug"])
                && row.any(&["permission", "privacy", "members", "childTeams", "group_id"])
                || row.all(&["name"]) && (address.contains("/teams/") || address.contains("/team/"))
        },
        read: accounts::team,
    },
    Shape {
        name: "organization",
        is: |row| {
            row.all(&["login"])
                && (row.text("type") == Some("Organization")
                    || row.text("url").is_some_and(|url| url.contains("/orgs/"))
                    || row.all(&["url"])
                        && row.names().iter().all(|name| ["login", "url"].contains(name)))
        },
        read: |_, _| refuse("an organization is no account"),
    },
    Shape {
        // What is left of a list that was cut down: others say more of a `login`.
        name: "user by login",
        is: |row| {
            row.all(&["login"]) && row.only(&["login", "id", "type", "role", "name", "email"])
        },
        read: accounts::user,
    },
    Shape {
        name: "user",
        is: |row| {
            const HOLDS_ROWS: &[&str] = &[
                "membersWithRole",
                "teams",
                "repositories",
                "samlIdentityProvider",
                "enterpriseOwners",
            ];
            const MARKS: &[&str] =
                &["id", "databaseId", "node_id", "url", "type", "site_admin", "isSiteAdmin"];
            const FEW: &[&str] =
                &["login", "name", "email", "organizationVerifiedDomainEmails", "__typename"];
            row.all(&["login"])
                && !HOLDS_ROWS.iter().any(|key| row.is_object(key))
                && (row.any(MARKS) || row.names().iter().all(|name| FEW.contains(name)))
        },
        read: accounts::user,
    },
];

/// A key as GitHub lists it, with no word of others.
fn is_key(row: &Keys<'_>) -> bool {
    const OWN: &[&str] = &[
        "id",
        "key",
        "url",
        "title",
        "verified",
        "created_at",
        "read_only",
        "last_used",
        "added_by",
        "enabled",
        "login",
    ];
    let is_ssh = |key: &str| ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| key.starts_with(kind));
    row.all(&["id"])
        && row.text("key").is_some_and(is_ssh)
        && row.names().iter().all(|name| OWN.contains(name))
}
