//! Users, bots, members and groups.

use super::level_of;
use crate::import::people::{Claim, Target};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Group, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, EntitlementStatus, WorkloadKind, WorkloadStatus,
};

/// The states of users: whoever is not active can't sign in, nor can their tokens.
pub const STATES: &[(&str, AccountStatus)] = &[
    ("active", AccountStatus::Enabled),
    ("blocked", AccountStatus::Disabled),
    ("ldap_blocked", AccountStatus::Disabled),
    ("blocked_pending_approval", AccountStatus::Disabled),
    ("banned", AccountStatus::Disabled),
    ("deactivated", AccountStatus::Disabled),
];

/// The account of a user whom a row only names.
pub fn named(user: &str, username: Option<&str>, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let system = out.system()?;
    let id = out.id(user)?;
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .username(username);
    let user_names = username.into_iter().collect();
    out.mention_account(&system, draft, &Claim { user_names, ..Claim::default() })?;
    Ok(id)
}

/// The account of a bot user that was made for a token.
pub fn bot(user: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let system = out.system()?;
    let id = out.id(user)?;
    let workload = Draft::<Workload>::new(&id).kind(WorkloadKind::Bot);
    out.mention(workload.status(WorkloadStatus::Unknown))?;
    let account = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .kind_of_account(AccountType::Service)
        .identity(To::workload(&id));
    out.mention(account)?;
    Ok(id)
}

/// What a user is by the names that GitLab gives: `project_3_bot`, `group_12_bot_4ffca2`,
/// `service_account_group_5_4ffca2`.
fn kind_by_name(username: &str) -> Option<WorkloadKind> {
    if username.starts_with("service_account_") {
        return Some(WorkloadKind::ServiceAccount);
    }
    let rest = username.strip_prefix("project_").or_else(|| username.strip_prefix("group_"))?;
    let (number, rest) = rest.split_once('_')?;
    // `bot`, `bot2` in older versions, `bot_4ffca2`
    let made = number.bytes().all(|b| b.is_ascii_digit()) && rest.starts_with("bot");
    made.then_some(WorkloadKind::Bot)
}

/// A user of the instance.
pub fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let created = row.time("created_at")?;
    write(row, created, out)
}

fn write(
    row: &Row<'_>,
    created: Option<crate::time::Instant>,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let username = row.need("username")?;
    let system = out.system()?;
    let id = out.id(row.need("id")?)?;
    let status = match (row.word("state", STATES), row.flag("locked")?) {
        (Some(AccountStatus::Enabled), Some(true)) => AccountStatus::Locked,
        (status, _) => status.unwrap_or(AccountStatus::Unknown),
    };
    let login = row.time("current_sign_in_at")?.max(row.time("last_sign_in_at")?);
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(status)
        .username(username)
        .privileged(row.flag("is_admin")?.filter(|admin| *admin))
        .created_at(created)
        .last_login_at(login)
        .interactive_login_at(login)
        .tag("mfa", flag(row, "two_factor_enabled")?)
        .tag("external", flag(row, "external")?)
        .tag("auditor", flag(row, "is_auditor")?.filter(|auditor| *auditor == "true"))
        .tag("last_activity_on", row.text("last_activity_on"));
    let kind = match row.flag("bot")? {
        Some(true) => Some(kind_by_name(username).unwrap_or(WorkloadKind::Bot)),
        _ => kind_by_name(username),
    };
    let Some(kind) = kind else {
        let emails = ["email", "public_email", "group_saml_identity.extern_uid"];
        let claim = Claim {
            employee_number: None,
            emails: emails.into_iter().filter_map(|path| row.text(path)).collect(),
            user_names: vec![username],
        };
        return out.account(&system, draft, &claim);
    };
    let workload = Draft::<Workload>::new(&id)
        .kind(kind)
        .status(match status {
            AccountStatus::Enabled => WorkloadStatus::Active,
            AccountStatus::Unknown => WorkloadStatus::Unknown,
            _ => WorkloadStatus::Disabled,
        })
        .name(row.text("name"))
        .created_at(created);
    out.put(workload)?;
    out.put(draft.kind_of_account(AccountType::Service).identity(To::workload(&id)))
}

fn flag(row: &Row<'_>, path: &str) -> Result<Option<&'static str>, Refusal> {
    Ok(row.flag(path)?.map(|flag| if flag { "true" } else { "false" }))
}

/// A member of a group or a project, which the row doesn't name.
pub fn member(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let level = row.need("access_level")?;
    if level == "0" {
        return refuse("a member without access");
    }
    let account = out.id(row.need("id")?)?;
    let (since, end) = (row.time("created_at")?, row.time("expires_at")?);
    let status = match row.text("membership_state") {
        Some("awaiting") => EntitlementStatus::Pending,
        // Who is listed is in, also where the end has passed.
        _ => EntitlementStatus::Active,
    };
    // The same user is listed by several groups and projects.
    let part = row.first(&["created_at", "expires_at"]).unwrap_or("member");
    let granter = match row.text("created_by.id") {
        Some(user) => {
            let account = out.id(user)?;
            match out.holder_of(&account)? {
                Target::Person(id) if id != account => Some(id),
                _ => None,
            }
        }
        None => None,
    };
    let draft = level_of(&format!("{account}#{level}@{part}"), &account, level)
        .status(status)
        .granted_at(since)
        .granted_by(granter.as_deref().map(To::person))
        .expires_at(end)
        .tag("member_role", row.text("member_role.name"));
    out.put(draft)?;
    write(row, None, out)
}

/// A group: a name space, whose members are listed apart.
pub fn group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(&format!("group:{}", row.need("id")?))?;
    let system = out.system()?;
    out.put(Draft::<Group>::new(&id).name(row.text("full_path")).system(system.as_str()))
}
