//! GitLab: access tokens, users, members, deploy keys and deploy tokens.
//!
//! Sources: "Personal access tokens API", "Project access tokens API", "Group access tokens API",
//! "Users API", "Members API", "Deploy keys API", "Deploy tokens API" in the GitLab documentation.
//!
//! - `expires_at` of an access token is a date: it dies at 00:00 UTC of that day. null means never.
//! - `active` is as of the listing, and can be true of a token whose end has passed since: the date
//!   is kept beside the status, and rules compare the two. A token that is not active, not revoked
//!   and past its end is expired; another one that is not active is inactive.
//! - `last_used_at` null means never; without the column, as in older versions, nothing is known.
//! - Tokens of groups and projects, which alone have an `access_level`, are used by bot users made
//!   for them: workloads. Service accounts are known by `bot`, or by the names that GitLab gives.
//! - A user's latest sign-in is `current_sign_in_at`; `last_sign_in_at` is the one before it.
//!   `last_activity_on` counts what tokens do, too: a tag.
//! - `expires_at` of a member is the end of the membership, `created_at` its beginning.
//! - Lists of members don't name their group or project.
//! - Deploy tokens have no creation, and nobody keeps track of their use.

use super::{Importer, Shape};
use crate::import::row::{Keys, refuse};
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::Entitlement;

#[cfg(test)]
mod tests;
mod tokens;
mod users;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "gitlab",
    title: "GitLab: personal, group and project access tokens, users, members, deploy keys and tokens",
    how: "glab api --paginate personal_access_tokens > tokens.json, and the same of users, groups/ID/members/all, \
          groups/ID/access_tokens, projects/ID/access_tokens, deploy_keys, deploy_tokens",
    unknown: "who answers for a bot user or a deploy key; of which group or project a list of members or tokens is",
    marks: &["fingerprint_sha256", "gitlab", "\"can_push\"", "\"usage_type\""],
    weak: &["error", "key", "user in part"],
    shapes: SHAPES,
    survey: false,
};

const SHAPES: &[Shape] = &[
    Shape {
        name: "error",
        is: |row| {
            // An object is an error of Microsoft's or Google's.
            row.any(&["message", "error"])
                && !row.is_object("error")
                && row.names().iter().all(|name| name.starts_with("error") || *name == "message")
        },
        read: |_, _| refuse("an error of GitLab's"),
    },
    Shape {
        name: "webhook",
        is: |row| {
            const WHAT: &[&str] =
                &["project_id", "user_id", "group_id", "username", "path_with_namespace"];
            row.any(&["object_kind"]) || row.all(&["event_name"]) && row.any(WHAT)
        },
        read: |_, _| refuse("an event: it doesn't say what is so now"),
    },
    Shape {
        name: "deploy token",
        is: |row| {
            row.all(&["username", "scopes"]) && row.any(&["revoked", "expired", "expires_at"])
                || row.all(&["expired", "revoked", "scopes"])
        },
        read: tokens::deploy_token,
    },
    Shape {
        name: "access token",
        is: |row| {
            row.all(&["user_id", "scopes"]) && row.any(&["revoked", "active", "access_level"])
        },
        read: tokens::access_token,
    },
    Shape {
        name: "key",
        is: |row| {
            row.all(&["id", "title"])
                && row.any(&["key", "fingerprint", "fingerprint_sha256", "can_push"])
        },
        read: tokens::key,
    },
    Shape {
        name: "member",
        is: |row| row.all(&["id", "username", "access_level"]),
        read: users::member,
    },
    Shape {
        name: "membership of a user",
        is: |row| row.all(&["source_id", "access_level"]),
        read: |_, _| refuse("a membership that doesn't say whose it is"),
    },
    Shape { name: "user", is: is_user, read: users::user },
    Shape {
        name: "user in part",
        is: |row| row.all(&["id", "username"]) && row.any(&["name", "state"]),
        read: users::user,
    },
    Shape {
        name: "group",
        is: |row| row.all(&["id", "full_path"]) && !row.all(&["path_with_namespace"]),
        read: users::group,
    },
    Shape {
        name: "project",
        is: |row| row.all(&["path_with_namespace"]),
        read: |_, _| refuse("a project: it doesn't say who may use it"),
    },
    Shape {
        name: "role",
        is: |row| row.all(&["id", "base_access_level"]),
        read: |_, _| refuse("a role: it doesn't say who has it"),
    },
    Shape {
        name: "variable",
        is: |row| row.all(&["key", "variable_type"]),
        read: |_, _| refuse("a variable: its name doesn't say what it opens"),
    },
];

/// Others have users with a `state` that is a part of a country.
fn is_user(row: &Keys<'_>) -> bool {
    // A service account has no more than these.
    const FEW: &[&str] = &["id", "username", "name", "email", "unconfirmed_email", "public_email"];
    let state = row.text("state").unwrap_or_default();
    let known = users::STATES.iter().any(|(known, _)| *known == state);
    row.all(&["id", "username", "name"])
        && (known || row.names().iter().all(|name| FEW.contains(name)))
}

/// The levels of access ("Access levels" in "Members API"), and which of them administrates: owners
/// "can do everything, including managing members and deleting" it ("Roles and permissions").
const LEVELS: &[(&str, &str, bool)] = &[
    ("5", "Minimal access", false),
    ("10", "Guest", false),
    ("15", "Planner", false),
    ("20", "Reporter", false),
    ("25", "Security Manager", false),
    ("30", "Developer", false),
    ("40", "Maintainer", false),
    ("50", "Owner", true),
    ("60", "Admin", true),
];

/// A right by a level of access.
fn level_of(id: &str, account: &str, level: &str) -> Draft<Entitlement> {
    let known = LEVELS.iter().find(|(number, _, _)| *number == level);
    let (name, privileged) =
        known.map_or((level, false), |(_, name, privileged)| (*name, *privileged));
    Draft::<Entitlement>::new(id)
        .account(To::account(account))
        .role(name)
        .privileged(privileged.then_some(true))
}
