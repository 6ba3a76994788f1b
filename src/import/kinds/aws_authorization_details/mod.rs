//! What IAM says of an AWS account: users, groups, roles and their policies.
//!
//! Source: `GetAccountAuthorizationDetails` in the IAM API Reference, and the `UserDetail`,
//! `GroupDetail`, `RoleDetail` and `ManagedPolicyDetail` that it names; `list-users`, `list-roles`,
//! `list-groups` and the `get-` calls have the same rows with fewer fields.
//!
//! - A user is an account under its ARN, as in the credential report, so that both become one.
//!   Whether it is a human's is not said.
//! - Users name their groups without their paths: a group's id is its ARN without its path.
//! - A role is a workload and its account. Its trust policy says who may take it: that is kept in
//!   tags (`trusts`, `trusts_everyone`, `trusts_other_accounts`, `trusts_subjects`); an id such as
//!   `AIDA...` in place of an ARN is a principal that was deleted (`trusts_deleted`).
//! - `RoleLastUsed` is kept for 400 days: empty, it means that there was no use in them (tag
//!   `last_use`); absent, as in `list-roles`, it means nothing.
//! - Roles under `/aws-service-role/` and `/aws-reserved/` are AWS's own, and are groups here: see
//!   `role`.
//! - `AttachedManagedPolicies` and `Statement` can be one object where a list is meant; policy
//!   documents can be percent-encoded strings; dates have a `T`, a space, or are Python's.
//! - An inline policy or a policy of the customer's own administrates where it allows everything;
//!   of AWS's own policies, by name.

use super::{Importer, Shape};
use crate::import::people::Claim;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Group};
use crate::inventory::vocabulary::{AccountStatus, AccountType};
use rights::Holder;
use shared::{group_id, owner, system_of, tags, time};

mod rights;
mod role;
pub(super) mod shared;
#[cfg(test)]
mod tests;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "aws-authorization-details",
    title: "AWS IAM authorization details: users, groups, roles, policies",
    how: "aws iam get-account-authorization-details > aws-authorization.json",
    unknown: "passwords and keys (the credential report has them), permission set assignments, uses before the last 400 days",
    marks: &["arn:aws"],
    weak: &["MFA device"],
    shapes: &[
        Shape { name: "user", is: |row| row.all(&["UserName", "Arn"]), read: user },
        Shape { name: "role", is: |row| row.all(&["RoleName", "Arn"]), read: role::role },
        Shape {
            name: "group with its users",
            is: |row| row.is_object("Group") && row.is_list("Users"),
            read: group_and_users,
        },
        Shape { name: "group", is: |row| row.all(&["GroupName", "Arn"]), read: group },
        Shape {
            name: "policy",
            is: |row| row.all(&["PolicyName", "PolicyId"]),
            read: rights::policy,
        },
        Shape {
            name: "instance profile",
            is: |row| row.all(&["InstanceProfileName"]),
            read: instance_profile,
        },
        Shape {
            name: "attached policy",
            is: |row| row.all(&["PolicyName", "PolicyArn"]),
            read: |_, _| {
                refuse("it doesn't say who has the policy: use get-account-authorization-details")
            },
        },
        Shape {
            name: "inline policy",
            is: |row| row.all(&["PolicyName", "PolicyDocument"]),
            read: |_, _| {
                refuse("it doesn't say in which AWS account: use get-account-authorization-details")
            },
        },
        Shape {
            name: "tag",
            is: |row| row.all(&["Key", "Value"]),
            read: |_, _| {
                refuse("it doesn't say whose tag it is: use get-account-authorization-details")
            },
        },
        Shape { name: "MFA device", is: |row| row.all(&["SerialNumber"]), read: mfa_device },
    ],
    survey: false,
};

/// By a login name, which user of the account it is: for rows that don't have the ARN.
pub const USER: &str = "aws-user";

fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (arn, name) = (row.need("Arn")?, row.need("UserName")?);
    let system = system_of(arn, out)?;
    let owner = owner(row, out)?;
    let holder = Holder { id: arn, system: &system, group: false };
    let rights = rights::read(row, "UserPolicyList", &holder, out)?;
    let password_used = time(row, "PasswordLastUsed")?;
    let mut draft = Draft::<Account>::new(arn)
        .system(system.as_str())
        // IAM can't disable a user.
        .status(AccountStatus::Enabled)
        .kind_of_account(AccountType::Unknown)
        .username(name)
        .owner(owner.as_deref().map(To::person))
        .created_at(time(row, "CreateDate")?)
        .last_login_at(password_used)
        .interactive_login_at(password_used)
        .tag("permissions_boundary", row.text("PermissionsBoundary.PermissionsBoundaryArn"));
    for (key, value) in &tags(row) {
        draft = draft.tag(key, *value);
    }
    out.account(&system, draft, &Claim { user_names: vec![name], ..Claim::default() })?;
    rights.write(out)?;
    for group in row.texts("GroupList") {
        member(arn, group, &system, out)?;
    }
    out.learn(USER, name, arn);
    out.learn(USER, &format!("{system}/{name}"), arn);
    Ok(())
}

fn member(user: &str, group: &str, system: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
    out.mention(
        Draft::<Group>::new(&group_id(user, group))
            .name(group)
            .system(system)
            .members(vec![To::account(user)]),
    )
}

fn group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (arn, name) = (row.need("Arn")?, row.need("GroupName")?);
    let system = system_of(arn, out)?;
    let id = group_id(arn, name);
    let holder = Holder { id: &id, system: &system, group: true };
    let rights = rights::read(row, "GroupPolicyList", &holder, out)?;
    out.put(
        Draft::<Group>::new(&id)
            .name(name)
            .system(system.as_str())
            .privileged(rights.privileged.then_some(true)),
    )?;
    rights.write(out)
}

/// `get-group`: the only call of its own that says who is in a group.
fn group_and_users(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(of) = row.row("Group") else { return refuse("it names no group") };
    group(&of, out)?;
    let (arn, name) = (of.need("Arn")?, of.need("GroupName")?);
    let system = system_of(arn, out)?;
    for row in row.rows("Users") {
        user(&row, out)?;
        member(row.need("Arn")?, name, &system, out)?;
    }
    Ok(())
}

/// What hands a role to a machine: the role is what it is about.
fn instance_profile(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let roles = row.rows("Roles");
    if roles.is_empty() {
        return refuse("an instance profile without a role gives nothing");
    }
    roles.iter().try_for_each(|row| role::role(row, out))
}

/// A device is no identity; a row of `list-virtual-mfa-devices` has the whole user in it.
fn mfa_device(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    match row.row("User").filter(|user| user.keys().all(&["UserName", "Arn"])) {
        Some(of) => user(&of, out),
        None => refuse("an MFA device is no identity: the credential report says who has one"),
    }
}
