//! `OpenAI`: API keys of the organization and of projects, service accounts, users, groups.
//!
//! Source: "Administration" in the `OpenAI` API reference: "Admin API Keys", "Project API keys",
//! "Project service accounts", "Users", "Project users", "Groups", "Project groups".
//!
//! - Times are in seconds since 1970.
//! - `redacted_value` and `value` are parts of the key, or the key: never read.
//! - `last_used_at` null means never.
//! - Keys of projects have no `expires_at`: whether they end is then unknown.
//! - Keys that were deleted are listed no more, so a listed one is active. One whose owner has no
//!   access to the project any more (`owner_project_access`) may or may not work.
//! - A service account is a workload. What it runs is not said, so none is taken for an AI agent.
//! - An admin key administrates the whole organization, whatever role its owner has.
//! - Users and service accounts of a project, and its keys, don't name the project.

use super::{Importer, Shape, nulls};
use crate::import::people::Claim;
use crate::import::row::{Keys, Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Entitlement, Group, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialKind, CredentialStatus, EntitlementStatus, WorkloadKind,
    WorkloadStatus,
};

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "openai",
    title: "OpenAI: admin and project API keys, service accounts, users, groups",
    how: "curl -H \"Authorization: Bearer $ADMIN_KEY\" 'https://api.openai.com/v1/organization/projects/ID/api_keys?limit=100', \
          and the same of .../service_accounts, .../users, /v1/organization/admin_api_keys, /v1/organization/users",
    unknown: "of which project a key is, who answers for a service account, last logins",
    marks: &[
        "\"organization.",
        "\"project.",
        "\"redacted_value\"",
        "\"predefined_role\"",
        "\"object\": \"list\"",
        "\"object\":\"list\"",
    ],
    weak: &["error", "API key in part", "group of a project", "role", "user in part"],
    shapes: SHAPES,
    survey: false,
};

const SHAPES: &[Shape] = &[
    Shape {
        name: "error",
        is: |row| row.all(&["error.message"]) && row.only(&["error"]),
        read: |_, _| refuse("an error of OpenAI's"),
    },
    Shape {
        name: "API key",
        is: |row| {
            row.all(&["id", "owner.type"]) && (of(row, "api_key") || row.any(&["redacted_value"]))
        },
        read: key,
    },
    Shape {
        name: "API key in part",
        is: |row| row.all(&["id", "owner.type", "last_used_at"]),
        read: key,
    },
    Shape {
        name: "invitation",
        is: |row| of(row, "invite"),
        read: |_, _| refuse("an invitation: there is no account yet, or it is listed"),
    },
    Shape {
        name: "group of a project",
        is: |row| row.all(&["group_id", "project_id"]),
        read: project_group,
    },
    Shape {
        name: "project",
        is: |row| row.text("object") == Some("organization.project"),
        read: |row, out| {
            out.learn("openai-project", row.need("id")?, row.text("name").unwrap_or_default());
            out.joined();
            Ok(())
        },
    },
    Shape {
        name: "service account",
        is: |row| row.all(&["id"]) && of(row, "service_account"),
        read: service_account,
    },
    Shape {
        name: "role",
        is: |row| row.all(&["id"]) && row.is_list("permissions"),
        read: |_, _| refuse("a role: it doesn't say who has it"),
    },
    Shape {
        name: "group",
        is: |row| row.all(&["id", "is_scim_managed"]) || row.all(&["id"]) && of(row, "group"),
        read: group,
    },
    Shape {
        name: "certificate",
        is: |row| row.any(&["certificate_details"]),
        read: |_, _| refuse("a certificate that is trusted, not one that opens something"),
    },
    Shape {
        name: "setting",
        is: |row| {
            ["rate_limit", "spend_alert", "spend_limit", "data_retention", "model_permissions"]
                .iter()
                .any(|name| of(row, name))
        },
        read: |_, _| refuse("a setting: it gives nobody access"),
    },
    Shape { name: "user", is: |row| row.all(&["id"]) && of(row, "user"), read: user },
    Shape {
        // The users of a group don't say what they are; those of others do.
        name: "user in part",
        is: |row| {
            let id = row.text("id").unwrap_or_default();
            (id.starts_with("user_") || id.starts_with("user-"))
                && row.all(&["email"])
                && !row.any(&["object"])
        },
        read: user,
    },
];

/// Whether it is an object of that kind: `organization.project.user`, `organization.admin_api_key`.
fn of(row: &Keys<'_>, kind: &str) -> bool {
    let object = row.text("object").unwrap_or_default();
    // Others have a `user` and a `group`, too.
    object.rsplit_once('.').is_some_and(|(within, last)| {
        let ours = ["organization", "project"].iter().any(|part| within.ends_with(part));
        ours && (last == kind || kind == "api_key" && last.ends_with("_api_key"))
    })
}

/// A key of a project, or one that administrates the organization.
fn key(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let admin = row.text("object").is_some_and(|object| object.ends_with("admin_api_key"));
    let system = out.system()?;
    let id = out.id(row.need("id")?)?;
    let account = owner(row, out)?;
    let created = row.time("created_at")?;
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::ApiKey)
        .status(match row.text("owner_project_access") {
            None | Some("active") => CredentialStatus::Active,
            Some(_) => CredentialStatus::Unknown,
        })
        .system(system.as_str())
        .account(To::account(&account))
        .created_at(created)
        // A key never changes: it is rotated by making another one.
        .last_rotated_at(created)
        .tag("type", if admin { "admin API key" } else { "project API key" })
        .tag("name", row.text("name"))
        .tag("owner_project_access", row.text("owner_project_access"));
    let draft = nulls::used(row, "last_used_at", draft)?;
    out.put(nulls::ends(row, "expires_at", draft)?)?;
    if admin {
        let right = Draft::<Entitlement>::new(&format!("{id}#admin"))
            .account(To::account(&account))
            .role("admin API key")
            .status(EntitlementStatus::Active)
            .privileged(true)
            .granted_at(created)
            .expires_at(row.time("expires_at")?);
        out.put(right)?;
    }
    Ok(())
}

/// The account that a key is of: within it, or in an object named by its type.
fn owner(row: &Row<'_>, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let service = match row.need("owner.type")? {
        "service_account" => true,
        "user" => false,
        other => {
            return refuse(format!("an unknown type of owner: {}", crate::fault::quote(other)));
        }
    };
    let path = if service { "owner.service_account" } else { "owner.user" };
    let Some(owner) = row.row(path).or_else(|| row.row("owner")) else {
        return refuse("it has no `owner`");
    };
    let system = out.system()?;
    let id = out.id(owner.need("id")?)?;
    let name = owner.text("name");
    let draft = Draft::<Account>::new(&id).system(system.as_str()).status(AccountStatus::Unknown);
    if service {
        let workload = Draft::<Workload>::new(&id).kind(WorkloadKind::ServiceAccount).name(name);
        out.mention(workload.status(WorkloadStatus::Unknown))?;
        let draft = draft.kind_of_account(AccountType::Service).username(name);
        out.mention(draft.identity(To::workload(&id)))?;
    } else {
        let email = owner.text("email");
        let claim = Claim { emails: email.into_iter().collect(), ..Claim::default() };
        out.mention_account(&system, draft.username(email), &claim)?;
    }
    Ok(id)
}

/// A service account of a project.
fn service_account(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(row.need("id")?)?;
    let created = row.time("created_at")?;
    let workload = Draft::<Workload>::new(&id)
        .kind(WorkloadKind::ServiceAccount)
        .status(WorkloadStatus::Active)
        .name(row.text("name"))
        .created_at(created);
    out.put(workload)?;
    let account = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Enabled)
        .kind_of_account(AccountType::Service)
        .username(row.text("name"))
        .identity(To::workload(&id))
        .created_at(created);
    out.put(account)?;
    role(row, &id, "project", None, out)
}

/// A user of the organization, of a project or of a group.
fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(row.need("id")?)?;
    let email = row.text("email");
    let whole = row.text("object") == Some("organization.user");
    let added = row.time("added_at")?;
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(match row.flag("disabled")? {
            Some(true) => AccountStatus::Disabled,
            _ => AccountStatus::Enabled,
        })
        .username(email)
        .created_at(added.filter(|_| whole));
    if row.flag("is_service_account")? == Some(true) {
        let workload = Draft::<Workload>::new(&id)
            .kind(WorkloadKind::ServiceAccount)
            .status(WorkloadStatus::Active)
            .name(row.text("name"));
        out.put(workload)?;
        out.put(draft.kind_of_account(AccountType::Service).identity(To::workload(&id)))?;
    } else {
        let claim = Claim { emails: email.into_iter().collect(), ..Claim::default() };
        out.account(&system, draft, &claim)?;
    }
    role(row, &id, if whole { "organization" } else { "project" }, added, out)
}

/// The role of a row: `owner` "can modify billing information and manage organization members",
/// and of a project, its members and keys ("Managing projects in the API platform").
fn role(
    row: &Row<'_>,
    account: &str,
    on: &str,
    since: Option<crate::time::Instant>,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let Some(role) = row.text("role") else { return Ok(()) };
    let draft = Draft::<Entitlement>::new(&format!("{account}#{on} {role}"))
        .account(To::account(account))
        .role(&*format!("{on} {role}"))
        .status(EntitlementStatus::Active)
        .privileged((role == "owner").then_some(true))
        .granted_at(since);
    out.put(draft)
}

/// A group of users. Its members are listed apart, without its name.
fn group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(row.need("id")?)?;
    out.put(Draft::<Group>::new(&id).name(row.text("name")).system(system.as_str()))
}

/// A group that may use a project.
fn project_group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (group, project) = (row.need("group_id")?, row.need("project_id")?);
    let system = out.system()?;
    let id = out.id(group)?;
    let name = out.called("openai-project", project)?.filter(|name| !name.is_empty());
    out.mention(Draft::<Group>::new(&id).name(row.text("group_name")).system(system.as_str()))?;
    let right = Draft::<Entitlement>::new(&format!("{id}#{project}"))
        .group(To::group(&id))
        .role("project access")
        .resource(name.unwrap_or(project))
        .status(EntitlementStatus::Active)
        .granted_at(row.time("created_at")?);
    out.put(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::convert::trial::{Made, json, json_with};

    fn with_hr(text: &str) -> Made {
        let people = [("0012", "ada@corp.example", "ada")];
        json_with(&IMPORTER, text, &people, crate::import::setting::Setting::default())
    }

    const KEYS: &str = r#"{"object": "list", "data": [
        {"object": "organization.project.api_key", "redacted_value": "abc...def", "name": "svc", "created_at": 1711471533, "last_used_at": null,
         "id": "key_1", "owner": {"type": "service_account", "service_account": {"id": "svc_acct_1", "name": "bot", "role": "member"}}},
        {"object": "organization.project.api_key", "name": "ada", "created_at": 1611471533, "last_used_at": 1698710400, "id": "key_2",
         "owner_project_access": "inactive",
         "owner": {"type": "user", "user": {"id": "user_1", "name": "Ada", "email": "ada@corp.example", "role": "owner"}}},
        {"object": "organization.admin_api_key", "id": "key_3", "name": "root", "value": "never read", "created_at": 1711471533, "expires_at": null,
         "owner": {"type": "service_account", "object": "organization.service_account", "id": "sa_1", "name": "ops", "role": "member"}},
        {"object": "organization.project.api_key", "id": "key_4", "created_at": 1711471533, "owner": {"type": "robot"}}],
        "first_id": "key_1", "last_id": "key_4", "has_more": true}"#;

    #[test]
    fn a_key_is_of_a_service_account_or_of_a_user() {
        let made = with_hr(KEYS);
        let key = made.one("credentials", "openai:key_1");
        assert_eq!(
            (&key["created_at"], &key["last_used_state"]),
            (&"2024-03-26T16:45:33Z".into(), &"never".into())
        );
        assert_eq!(
            (&key["account"], &key["expiry"]),
            (&"account:openai:svc_acct_1".into(), &"unknown".into())
        );
        assert_eq!(made.one("workloads", "openai:svc_acct_1")["kind"], "service_account");
        assert_eq!(made.one("accounts", "openai:user_1")["identity"], "person:0012");
        let other = made.one("credentials", "openai:key_2");
        assert_eq!(
            (&other["last_used_at"], &other["status"]),
            (&"2023-10-31T00:00:00Z".into(), &"unknown".into())
        );
        assert_eq!(made.counts.refusals(), 1);
        assert!(made.pages[""].next);
    }

    #[test]
    fn an_admin_key_is_privileged_and_its_value_is_never_read() {
        let made = with_hr(KEYS);
        let key = made.one("credentials", "openai:key_3");
        assert_eq!((&key["expiry"], &key["last_used_state"]), (&"never".into(), &"unknown".into()));
        let right = made.one("entitlements", "openai:key_3#admin");
        assert_eq!(
            (&right["account"], &right["privileged"]),
            (&"account:openai:sa_1".into(), &true.into())
        );
        assert!(!format!("{:?}", made.records).contains("never read"));
        assert!(
            ["value", "redacted_value"].iter().all(|name| made.unused.contains(&(*name).into()))
        );
    }

    #[test]
    fn users_service_accounts_and_groups() {
        let made = with_hr(
            r#"[{"object": "organization.user", "id": "user_1", "name": "Ada", "email": "ada@corp.example", "role": "owner", "added_at": 1711471533},
                {"object": "organization.project.user", "id": "user_1", "email": "ada@corp.example", "role": "member", "added_at": 1721471533},
                {"object": "organization.project.service_account", "id": "svc_1", "name": "SA", "role": "member", "created_at": 1711471533},
                {"object": "project.group", "project_id": "proj_1", "group_id": "group_1", "group_name": "Support", "created_at": 1711471533},
                {"object": "organization.project", "id": "proj_1", "name": "Chat", "status": "active"},
                {"object": "organization.invite", "id": "i", "email": "x@corp.example", "role": "owner", "status": "pending"},
                {"id": "user_2", "name": "Bot", "email": null, "is_service_account": true}]"#,
        );
        assert_eq!(
            made.one("entitlements", "openai:user_1#organization owner")["privileged"],
            true
        );
        let member = made.one("entitlements", "openai:user_1#project member");
        assert_eq!(
            (&member["granted_at"], member.get("privileged")),
            (&"2024-07-20T10:32:13Z".into(), None)
        );
        assert_eq!(made.one("accounts", "openai:svc_1")["identity"], "workload:openai:svc_1");
        assert_eq!(made.one("entitlements", "openai:group_1#proj_1")["resource"], "Chat");
        assert_eq!(made.one("accounts", "openai:user_2")["type"], "service");
        assert_eq!((made.counts.merged, made.counts.refusals()), (1, 1));
    }

    #[test]
    fn what_says_nothing_of_access_is_refused_with_a_reason() {
        let made = json(
            &IMPORTER,
            r#"[{"error": {"message": "Incorrect API key provided", "type": "invalid_request_error"}},
                {"object": "project.rate_limit", "id": "rl"}, {"object": "role", "id": "r", "permissions": ["x"]},
                {"object": "certificate", "id": "c", "certificate_details": {"content": "never read"}}]"#,
        );
        assert_eq!((made.counts.refusals(), made.counts.written), (4, 0));
    }
}
