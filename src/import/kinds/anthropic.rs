//! Anthropic: API keys, users, workspaces and their members.
//!
//! Source: "Admin API" in the Claude API documentation: "List API Keys", "List Users", "List
//! Workspaces", "List Workspace Members".
//!
//! - `partial_key_hint` is a part of the key: never read.
//! - `status` is `active`, `inactive`, `archived` (for good) or `expired`, as of the listing: where
//!   there is an end, it is kept beside it, and rules compare the two.
//! - `expires_at` null means never; older versions have no such column, and then nothing is known.
//! - The interface has no last use.
//! - A key belongs to the organization, and works on when the one who made it is gone. Newer
//!   versions say as whom it acts (`principal`): its account. Without that, the one who made it
//!   (`created_by`) is its owner, being the only one whom the export names.
//! - `workspace_id` null is the default workspace; newer versions have it in `scope`.

use super::{Importer, Shape, nulls};
use crate::import::people::{Claim, Target};
use crate::import::row::{Keys, Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Entitlement, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialKind, CredentialLastUsedState, CredentialStatus,
    EntitlementStatus, WorkloadKind, WorkloadStatus,
};

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "anthropic",
    title: "Anthropic: API keys, users, workspaces and their members",
    how: "curl -H \"x-api-key: $ADMIN_KEY\" -H 'anthropic-version: 2023-06-01' \
          'https://api.anthropic.com/v1/organizations/api_keys?limit=1000', and the same of users, workspaces, \
          workspaces/ID/members",
    unknown: "last uses and logins; of older exports, as whom a key acts and whether it ends",
    marks: &[
        "anthropic",
        "\"apikey_",
        "\"wrkspc_",
        "\"svac_",
        "\"workspace_id\"",
        "\"workspace_role\"",
    ],
    weak: &["service account", "workspace", "invitation"],
    shapes: SHAPES,
    survey: false,
};

const SHAPES: &[Shape] = &[
    Shape {
        name: "error",
        is: |row| row.all(&["error.message"]) && row.text("type") == Some("error"),
        read: |_, _| refuse("an error of Anthropic's"),
    },
    Shape {
        name: "API key",
        is: |row| {
            let ours = row.any(&["workspace_id", "partial_key_hint"]) || begins(row, "apikey_");
            ours && row.all(&["id"])
                && (row.text("type") == Some("api_key") || row.all(&["partial_key_hint"]))
        },
        read: key,
    },
    Shape {
        name: "workspace member",
        is: |row| row.all(&["user_id", "workspace_role"]),
        read: member,
    },
    Shape {
        name: "workspace",
        is: |row| row.all(&["id"]) && row.text("type") == Some("workspace"),
        read: |row, out| {
            out.learn("anthropic-workspace", row.need("id")?, row.need("name")?);
            out.joined();
            Ok(())
        },
    },
    Shape {
        name: "invitation",
        is: |row| row.text("type") == Some("invite"),
        read: |_, _| refuse("an invitation: there is no account yet, or it is listed"),
    },
    Shape {
        name: "service account",
        is: |row| row.all(&["id", "name"]) && row.text("type") == Some("service_account"),
        read: service_account,
    },
    Shape {
        name: "user",
        // PagerDuty's users are of that type, too.
        is: |row| {
            row.all(&["id", "email"])
                && row.text("type") == Some("user")
                && (begins(row, "user_") || row.all(&["added_at"]))
        },
        read: user,
    },
];

/// Whether its id begins so: every kind of thing has a prefix of its own.
fn begins(row: &Keys<'_>, prefix: &str) -> bool {
    row.text("id").is_some_and(|id| id.starts_with(prefix))
}

const STATUSES: &[(&str, CredentialStatus)] = &[
    ("active", CredentialStatus::Active),
    ("inactive", CredentialStatus::Inactive),
    ("archived", CredentialStatus::Revoked),
    ("expired", CredentialStatus::Expired),
];

fn key(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(row.need("id")?)?;
    let actor = actor(row, "principal", out)?.map(|(account, _)| account);
    let maker = actor_of(row, out)?;
    let person = match &maker {
        Some((account, Target::Person(id))) if id != account => Some(To::person(id)),
        _ => None,
    };
    // Whom it acts as is who answers for it.
    let owner = maker.as_ref().filter(|_| actor.is_none()).map(|(_, target)| target.to());
    let workspace = match row.first(&["workspace_id", "scope.workspace_id"]) {
        Some(id) => Some(out.called("anthropic-workspace", id)?.unwrap_or(id)),
        None => row.keys().all(&["workspace_id"]).then_some("default"),
    };
    let created = row.time("created_at")?;
    let draft = Draft::<Credential>::new(&id)
        .kind(CredentialKind::ApiKey)
        .status(row.word("status", STATUSES).unwrap_or(CredentialStatus::Unknown))
        .system(system.as_str())
        .account(actor.as_deref().map(To::account))
        .owner(owner)
        .created_by(person)
        .created_at(created)
        // A key never changes: it is rotated by making another one.
        .last_rotated_at(created)
        .last_used_state(CredentialLastUsedState::NotTracked)
        .tag("name", row.text("name"))
        .tag("workspace", workspace);
    out.put(nulls::ends(row, "expires_at", draft)?)
}

/// Who made a key, and whose account that is.
fn actor_of(row: &Row<'_>, out: &mut Sink<'_>) -> Result<Option<(String, Target)>, Refusal> {
    match actor(row, "created_by", out)? {
        Some((account, true)) => Ok(Some((account.clone(), Target::Workload(account)))),
        Some((account, false)) => {
            let target = out.holder_of(&account)?;
            Ok(Some((account, target)))
        }
        None => Ok(None),
    }
}

/// The account of a user or a service account that a row only names, and whether it is a service
/// account. Newer versions call them `user_actor` and name the id by the type.
fn actor(row: &Row<'_>, path: &str, out: &mut Sink<'_>) -> Result<Option<(String, bool)>, Refusal> {
    let Some(actor) = row.row(path) else { return Ok(None) };
    let service = actor.text("type").is_some_and(|word| word.starts_with("service_account"));
    let Some(native) = actor.first(&["id", "user_id", "service_account_id"]) else {
        return Ok(None);
    };
    let system = out.system()?;
    let id = out.id(native)?;
    let draft = Draft::<Account>::new(&id).system(system.as_str()).status(AccountStatus::Unknown);
    if service {
        let workload = Draft::<Workload>::new(&id).kind(WorkloadKind::ServiceAccount);
        out.mention(workload.status(WorkloadStatus::Unknown))?;
        let draft = draft.kind_of_account(AccountType::Service);
        out.mention(draft.identity(To::workload(&id)))?;
    } else {
        out.mention_account(&system, draft, &Claim::default())?;
    }
    Ok(Some((id, service)))
}

fn service_account(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(row.need("id")?)?;
    let created = row.time("created_at")?;
    let archived = row.time("archived_at")?.is_some();
    let workload = Draft::<Workload>::new(&id)
        .kind(WorkloadKind::ServiceAccount)
        .status(if archived { WorkloadStatus::Retired } else { WorkloadStatus::Active })
        .name(row.text("name"))
        .created_at(created)
        .retired_at(row.time("archived_at")?);
    out.put(workload)?;
    let account = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(if archived { AccountStatus::Disabled } else { AccountStatus::Enabled })
        .kind_of_account(AccountType::Service)
        .username(row.text("name"))
        .identity(To::workload(&id))
        .created_at(created);
    out.put(account)
}

/// A user of the organization. Admins "can do all of the above, plus manage users" ("Admin API").
fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(row.need("id")?)?;
    let email = row.need("email")?;
    let added = row.time("added_at")?;
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        // Who is removed is listed no more.
        .status(AccountStatus::Enabled)
        .username(email)
        .created_at(added);
    out.account(&system, draft, &Claim { emails: vec![email], ..Claim::default() })?;
    match row.text("role") {
        Some(role) => right(&id, &format!("organization {role}"), None, role == "admin", out),
        None => Ok(()),
    }
}

/// A member of a workspace. Its admins manage its members and keys ("Workspaces").
fn member(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (user, role) = (row.need("user_id")?, row.need("workspace_role")?);
    let system = out.system()?;
    let id = out.id(user)?;
    let workspace = match row.text("workspace_id") {
        Some(id) => Some(out.called("anthropic-workspace", id)?.unwrap_or(id)),
        None => None,
    };
    let draft = Draft::<Account>::new(&id).system(system.as_str()).status(AccountStatus::Unknown);
    out.mention_account(&system, draft, &Claim::default())?;
    right(&id, role, workspace, role == "workspace_admin", out)
}

fn right(
    account: &str,
    role: &str,
    on: Option<&str>,
    privileged: bool,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let draft = Draft::<Entitlement>::new(&format!("{account}#{role}@{}", on.unwrap_or_default()))
        .account(To::account(account))
        .role(role)
        .resource(on)
        .status(EntitlementStatus::Active)
        .privileged(privileged.then_some(true));
    out.put(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::convert::trial::{Made, json, json_with};

    fn with_hr(text: &str) -> Made {
        let people = [("0012", "ada@corp.example", "ada")];
        json_with(&IMPORTER, text, &people, crate::import::setting::Setting::default())
    }

    const ALL: &str = r#"{"keys": [
        {"id": "apikey_a", "type": "api_key", "name": "prod", "workspace_id": null, "created_at": "2024-10-30T23:58:27.427722Z",
         "created_by": {"id": "user_gone", "type": "user"}, "partial_key_hint": "never read", "status": "active", "expires_at": null},
        {"id": "apikey_b", "type": "api_key", "workspace_id": "wrkspc_1", "created_at": "2024-01-30T23:58:27Z",
         "created_by": {"id": "user_1", "type": "user"}, "status": "archived"},
        {"id": "apikey_c", "type": "api_key", "workspace_id": "wrkspc_1", "created_at": "2025-01-30T23:58:27Z",
         "created_by": {"id": "svac_1", "type": "service_account"}, "status": "expired", "expires_at": "2025-06-01T00:00:00Z"},
        {"id": "apikey_d", "type": "api_key", "created_at": "2026-03-01T10:00:00Z", "expires_at": "2026-04-01T10:00:00Z", "status": "active",
         "created_by": {"id": "user_1", "type": "user"}, "principal": {"type": "user_actor", "user_id": "user_2"},
         "scope": {"type": "workspace", "workspace_id": "wrkspc_1"}},
        {"id": "apikey_e", "type": "api_key", "created_at": "2026-03-01T10:00:00Z", "status": "hologram"}],
      "users": [{"type": "user", "id": "user_1", "name": "Ada", "email": "ada@corp.example", "role": "admin", "added_at": "2024-01-01T00:00:00Z"}],
      "workspaces": [{"id": "wrkspc_1", "type": "workspace", "name": "Chat", "archived_at": null}],
      "members": [{"type": "workspace_member", "user_id": "user_1", "workspace_id": "wrkspc_1", "workspace_role": "workspace_admin"}]}"#;

    #[test]
    fn the_maker_of_a_key_owns_it_where_nobody_is_named_to_act() {
        let made = with_hr(ALL);
        let prod = made.one("credentials", "anthropic:apikey_a");
        assert_eq!(
            (&prod["owner"], prod.get("created_by")),
            (&"person:anthropic:user_gone".into(), None)
        );
        assert_eq!(
            (&prod["expiry"], &prod["tags"]["workspace"]),
            (&"never".into(), &"default".into())
        );
        assert_eq!((&prod["last_used_state"], prod.get("account")), (&"not_tracked".into(), None));
        let old = made.one("credentials", "anthropic:apikey_b");
        assert_eq!(
            (&old["owner"], &old["created_by"]),
            (&"person:0012".into(), &"person:0012".into())
        );
        assert_eq!((&old["status"], &old["expiry"]), (&"revoked".into(), &"unknown".into()));
        assert_eq!(
            made.one("credentials", "anthropic:apikey_c")["owner"],
            "workload:anthropic:svac_1"
        );
    }

    #[test]
    fn newer_keys_say_as_whom_they_act() {
        let made = with_hr(ALL);
        let key = made.one("credentials", "anthropic:apikey_d");
        assert_eq!((&key["account"], key.get("owner")), (&"account:anthropic:user_2".into(), None));
        assert_eq!(
            (&key["created_by"], &key["tags"]["workspace"]),
            (&"person:0012".into(), &"Chat".into())
        );
        // As of the listing: rules say that the two don't go together.
        assert_eq!(
            (&key["status"], &key["expires_at"]),
            (&"active".into(), &"2026-04-01T10:00:00Z".into())
        );
        assert_eq!(made.one("credentials", "anthropic:apikey_e")["status"], "unknown");
    }

    #[test]
    fn users_and_members_have_roles() {
        let made = with_hr(ALL);
        let mut listed =
            made.records["accounts"].iter().filter(|account| account["status"] == "enabled");
        assert_eq!(listed.next().unwrap()["identity"], "person:0012");
        let admin = made.one("entitlements", "anthropic:user_1#organization admin@");
        assert_eq!(admin["privileged"], true);
        let member = made.one("entitlements", "anthropic:user_1#workspace_admin@Chat");
        assert_eq!((&member["resource"], &member["privileged"]), (&"Chat".into(), &true.into()));
        assert!(!format!("{:?}", made.records).contains("never read"));
    }

    #[test]
    fn errors_and_invitations_are_refused_and_a_page_says_that_there_is_another() {
        let made = json(
            &IMPORTER,
            r#"[{"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}},
                {"type": "invite", "id": "invite_1", "email": "x@corp.example", "role": "admin", "status": "pending"}]"#,
        );
        assert_eq!((made.counts.refusals(), made.counts.written), (2, 0));
        let made = json(
            &IMPORTER,
            r#"{"data": [{"id": "apikey_a", "type": "api_key", "status": "active"}], "has_more": true}"#,
        );
        assert!(made.pages[""].next);
    }
}
