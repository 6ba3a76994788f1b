//! Groups, administrator roles and grants.

use super::apps::mention_client;
use super::linked;
use crate::import::people::Target;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Entitlement, Group};
use crate::inventory::vocabulary::{AccountStatus, EntitlementStatus};

/// Words of a group's `type`.
pub const GROUPS: &[&str] = &["OKTA_GROUP", "APP_GROUP", "BUILT_IN"];

/// The columns that hold a member in a list of memberships.
pub const MEMBER: &[&str] = &["userId", "memberId"];

/// The standard roles, and whether they administrate: "Standard administrator roles and
/// permissions". Those that only read are not privileged.
const ROLES: &[(&str, bool)] = &[
    ("SUPER_ADMIN", true),
    ("ORG_ADMIN", true),
    ("APP_ADMIN", true),
    ("USER_ADMIN", true),
    ("HELP_DESK_ADMIN", true),
    ("GROUP_MEMBERSHIP_ADMIN", true),
    ("API_ACCESS_MANAGEMENT_ADMIN", true),
    ("API_ADMIN", true),
    ("MOBILE_ADMIN", true),
    ("ACCESS_CERTIFICATIONS_ADMIN", true),
    ("ACCESS_REQUESTS_ADMIN", true),
    ("WORKFLOWS_ADMIN", true),
    ("REPORT_ADMIN", false),
    ("READ_ONLY_ADMIN", false),
    ("CUSTOM", false),
];

/// Scopes of Okta's API that change who may do what: "OAuth 2.0 scopes".
const SCOPES: &[&str] = &[
    "okta.apiTokens.manage",
    "okta.apps.manage",
    "okta.authorizationServers.manage",
    "okta.clients.manage",
    "okta.groups.manage",
    "okta.idps.manage",
    "okta.policies.manage",
    "okta.roles.manage",
    "okta.users.manage",
];

const STATUSES: &[(&str, EntitlementStatus)] = &[
    ("ACTIVE", EntitlementStatus::Active),
    ("INACTIVE", EntitlementStatus::Revoked),
    ("REVOKED", EntitlementStatus::Revoked),
];

/// Whether that is a role.
pub fn is_role(word: &str) -> bool {
    ROLES.iter().any(|(role, _)| *role == word)
}

/// Whether who has that scope administrates.
pub fn is_privileged_scope(scope: &str) -> bool {
    SCOPES.contains(&scope)
}

/// Reads a group; its members where the row has them.
pub fn group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let (id, system) = (out.id(row.need("id")?)?, out.system()?);
    let mut members = Vec::new();
    for list in ["members", "users", "_embedded.users"] {
        for member in row.rows(list) {
            members.push(out.id(member.need("id")?)?);
        }
        for member in row.texts(list) {
            members.push(out.id(member)?);
        }
    }
    let draft = Draft::<Group>::new(&id)
        .system(system.as_str())
        .name(row.text("profile.name"))
        .members(members.iter().map(|id| To::account(id)).collect::<Vec<_>>());
    out.put(draft)
}

/// Reads a row of a list of memberships: a group and one of its members.
pub fn membership(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(member) = row.first(MEMBER) else { return refuse("it names no member") };
    let (id, member, system) = (out.id(row.need("groupId")?)?, out.id(member)?, out.system()?);
    let draft = Draft::<Group>::new(&id).system(system.as_str());
    out.put(draft.members(vec![To::account(&member)]))
}

/// Reads that a user, a group or a client has an administrator role.
pub fn role(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let kind = row.need("type")?;
    let user = row.text("userId").or_else(|| linked(row, "users"));
    let group = row.text("groupId").or_else(|| linked(row, "groups"));
    let client = row.text("clientId").or_else(|| linked(row, "clients"));
    let Some(native) = user.or(group).or(client) else {
        return refuse("it doesn't say who has the role");
    };
    let system = out.system()?;
    let id = out.id(&format!("{native}/{}", row.text("id").unwrap_or(kind)))?;
    let privileged = ROLES.iter().any(|(role, high)| *role == kind && *high);
    let through = row.text("assignmentType") == Some("GROUP") && user.is_some();
    let draft = Draft::<Entitlement>::new(&id)
        .role(if kind == "CUSTOM" { row.text("label").unwrap_or(kind) } else { kind })
        .status(row.word("status", STATUSES).unwrap_or(EntitlementStatus::Unknown))
        .privileged(privileged.then_some(true))
        .resource(row.text("resource-set"))
        .granted_at(row.time("created")?)
        .via(if through { vec!["group"] } else { vec![] })
        .tag("label", row.text("label"));
    if user.is_some() {
        let account = out.id(native)?;
        let mention = Draft::<Account>::new(&account).system(system.as_str());
        out.mention(mention.status(AccountStatus::Unknown))?;
        return out.put(draft.account(To::account(&account)));
    }
    if group.is_some() {
        let group = out.id(native)?;
        out.mention(Draft::<Group>::new(&group).system(system.as_str()))?;
        return out.put(draft.group(To::group(&group)));
    }
    let app = out.called("okta-client", native)?.unwrap_or(native);
    let account = mention_client(app, out)?;
    out.put(draft.account(To::account(&account)))
}

/// Reads a grant: a scope of Okta's API that an app has, or that a user let it have.
pub fn grant(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let app = match (row.text("appId").or_else(|| linked(row, "apps")), row.text("clientId")) {
        (Some(app), _) => app,
        (None, Some(client)) => out.called("okta-client", client)?.unwrap_or(client),
        (None, None) => return refuse("it names no app"),
    };
    let granted_by = match row.text("createdBy.id") {
        Some(by) => {
            let account = out.id(by)?;
            match out.holder_of(&account)? {
                Target::Person(person) if person != account || out.export.setting.people => {
                    Some(person)
                }
                _ => None,
            }
        }
        None => None,
    };
    let user = row.text("userId").map(|user| out.id(user)).transpose()?;
    let account = mention_client(app, out)?;
    let scope = row.need("scopeId")?;
    let native = match row.text("id") {
        Some(id) => id.to_owned(),
        None => format!("{app}/{scope}"),
    };
    let draft = Draft::<Entitlement>::new(&out.id(&native)?)
        .account(To::account(&account))
        .role(scope)
        .status(row.word("status", STATUSES).unwrap_or(EntitlementStatus::Unknown))
        .privileged(is_privileged_scope(scope).then_some(true))
        .resource(row.text("issuer"))
        .granted_at(row.time("created")?)
        .granted_by(granted_by.as_deref().map(To::person))
        .tag("on_behalf_of", user.as_deref());
    out.put(draft)
}
