//! Snowflake: users, credentials, programmatic access tokens, roles, grants, secrets, from `SHOW`
//! commands, the views of `ACCOUNT_USAGE`, or the REST API; as JSON or CSV.
//!
//! Sources: "SHOW USERS", "USERS view", "CREDENTIALS view", "SHOW USER PROGRAMMATIC ACCESS TOKENS",
//! "`GRANTS_TO_USERS` view", "`GRANTS_TO_ROLES` view", "SHOW GRANTS", "SHOW ROLES", "SHOW SECRETS",
//! "Overview of access control" in the Snowflake documentation.
//!
//! * Headings are in capitals where they come from a view. Times are ISO, or seconds since 1970 in a
//!   string. An empty string is the same as null: there is none.
//! * `type`: null is a person, as it is for the vendor; a listing without the column doesn't say.
//!   `SERVICE` and `LEGACY_SERVICE` are workloads with an account.
//! * The views keep what was dropped: a row with `deleted_on` is a deleted account, under an id of
//!   its own, as another user can have the name; a grant is revoked.
//! * An owner and a grantor are roles, not people: tags. `default_role` is not a grant: a tag.
//! * `password` is a mask, and is not read. `has_password` and `has_rsa_public_key` say that there
//!   is a credential; the view of credentials lists it, and both are one.
//! * A second factor (`TOTP`, `PASSKEY`) opens nothing by itself: it is a tag of the account.
//! * A PAT always ends, so one without an end is of unknown end; a key pair without one has none.
//! * What was never seen in use: of a PAT, never used; of a password or key, unknown, as they are
//!   older than the view.
//! * Roles are groups where roles hold roles: the holders of one are members of what it was
//!   granted. A role granted to a user is an entitlement; and a membership where that role holds
//!   others. A role granted to a role is nobody's entitlement.
//! * Of the privileges of roles, those on the whole account are entitlements; those on tables and
//!   other objects say nothing of who has the role, and are refused.
//! * Secrets are credentials for other systems that lie in Snowflake. Their type is in
//!   `secret_type` or `type`. A symmetric key encrypts, and proves no identity.

use super::spelling::{Spelt, all, any};
use super::{Importer, Shape};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;

mod credential;
mod grant;
mod user;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "snowflake",
    title: "Snowflake: users, credentials, access tokens, roles, grants, secrets",
    how: "snow sql --format json -q 'SHOW USERS'; the same with SHOW USER PATS FOR USER x, SELECT * FROM SNOWFLAKE.ACCOUNT_USAGE.CREDENTIALS, .GRANTS_TO_USERS, .GRANTS_TO_ROLES",
    unknown: "owners (they are roles); last use of passwords and keys without the CREDENTIALS view; what a role may do with tables",
    marks: &["SNOWFLAKE"],
    weak: &["integration"],
    shapes: &[
        Shape {
            name: "role grant",
            is: |row| all(row, &["role", "granted_to", "grantee_name"]),
            read: grant::of_role,
        },
        Shape {
            name: "privilege",
            is: |row| all(row, &["privilege", "granted_on", "grantee_name"]),
            read: grant::of_privilege,
        },
        Shape {
            name: "privileges of an unnamed role",
            is: |row| all(row, &["securable_type", "privileges"]),
            read: |_, _| refuse("it doesn't say which role has the privilege"),
        },
        Shape {
            name: "access token",
            is: |row| all(row, &["name", "user_name", "role_restriction"]),
            read: credential::token,
        },
        Shape {
            name: "credential",
            is: |row| {
                all(row, &["user_name", "type"]) && any(row, &["credential_id", "last_used_on"])
            },
            read: credential::read,
        },
        Shape {
            name: "secret",
            is: |row| {
                all(row, &["name", "database_name", "schema_name"])
                    && any(row, &["secret_type", "oauth_scopes"])
            },
            read: credential::secret,
        },
        Shape {
            name: "role",
            is: |row| {
                all(row, &["name"])
                    && any(
                        row,
                        &["assigned_to_users", "granted_to_roles", "granted_roles", "role_type"],
                    )
            },
            read: grant::role,
        },
        Shape {
            name: "user",
            is: |row| {
                all(row, &["name"])
                    && any(
                        row,
                        &["login_name", "has_password", "has_rsa_public_key", "ext_authn_duo"],
                    )
            },
            read: user::read,
        },
        Shape {
            name: "factors of a user",
            is: |row| all(row, &["name", "has_mfa"]),
            read: user::factors,
        },
        Shape {
            name: "integration",
            is: |row| all(row, &["name", "type", "category", "enabled", "created_on"]),
            read: |_, _| refuse("an integration: no account and no credential"),
        },
    ],
    survey: false,
};

/// What rows remember of a user: `person`, `service`, or nothing more.
const USER: &str = "snowflake-user";
/// What rows remember of a role: that it holds others.
const HOLDS: &str = "snowflake-role-holds";

/// The id of an account, by the user's name: other listings have nothing else.
fn account(name: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    out.id(name)
}

/// Words for yes and no, as a tag.
fn yes_no(row: &Spelt<'_>, name: &'static str) -> Result<Option<&'static str>, Refusal> {
    Ok(row.flag(name)?.map(|on| if on { "true" } else { "false" }))
}

/// A row whose names are in any case.
fn spelt<'a>(row: &Row<'a>) -> Spelt<'a> {
    Spelt(*row)
}

#[cfg(test)]
mod tests;
