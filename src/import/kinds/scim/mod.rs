//! SCIM 2.0: what a service provider answers to `GET /Users`, `/Groups` and (Databricks)
//! `/ServicePrincipals`, as a `ListResponse` or one resource by itself.
//!
//! Sources: RFC 7643 (core and enterprise schema), RFC 7644 (protocol).
//!
//! * Attribute names are in any case (RFC 7643, 2.1), and clients write flags as strings
//!   (`"Active": "True"`).
//! * `active` is optional: a user without it is of unknown status, neither enabled nor disabled.
//! * Partial answers (RFC 7644, 3.9) leave out nearly everything, `schemas` too: a row is known by
//!   its schema, or by `id` with `userName` or `displayName`. Every answer has an `id`: what has
//!   none was sent to the provider, and says nothing of what is there.
//! * The enterprise extension stands under its URN, dots and all.
//! * There is no date of termination, no login and no last use. `externalId` is whatever the
//!   client calls the resource: a tag, not an employee number.
//! * A user's `groups` and a group's `members` say the same from both ends. Members without a
//!   `type` are told apart by `$ref`, or by whether any row is a group of that id. Indirect
//!   memberships (`"type": "indirect"`) are memberships.
//! * Where the user says that the directory's accounts are people, one that is switched off is a
//!   person who has left: SCIM has no other word for it.
//! * Messages (PATCH, bulk, search, errors) and definitions (schemas, resource types) are no rows.
//! * `password` and `x509Certificates` are never read.

use super::spelling::Spelt;
use super::{Importer, Shape};
use crate::import::people::{Claim, Known};
use crate::import::row::{Cells, Keys, Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::import::value::Value;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Entitlement, Group, Person, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, EntitlementStatus, PersonEmployment, PersonStatus, WorkloadKind,
    WorkloadStatus,
};
use crate::time::Instant;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "scim",
    title: "SCIM 2.0: users, groups, service principals",
    how: "GET /scim/v2/Users and /scim/v2/Groups, all pages, of the service provider",
    unknown: "when somebody left, logins, credentials, owners; what roles allow; whether an account without `active` is enabled",
    marks: &[
        "urn:ietf:params:scim:",
        "\"totalResults\"",
        "\"Resources\"",
        "\"Users/",
        "\"ServicePrincipals/",
    ],
    weak: &["message", "definition", "user in part", "group in part"],
    shapes: &[
        Shape { name: "message", is: is_message, read: message },
        Shape { name: "definition", is: is_definition, read: definition },
        Shape { name: "service principal", is: is_service_principal, read: service_principal },
        Shape { name: "user", is: is_user, read: user },
        Shape { name: "group", is: |row| is_core(row, &["Group"]), read: group },
        Shape { name: "user in part", is: |row| row.all(&["id", "userName"]), read: user },
        Shape { name: "group in part", is: is_group, read: group },
    ],
    survey: false,
};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";
const MESSAGES: &str = "urn:ietf:params:scim:api:messages:2.0:";

/// What its schemas say that a row is: `User` of `urn:ietf:params:scim:schemas:core:2.0:User`.
fn schema<'a>(keys: &Keys<'a>, namespace: &str) -> Option<&'a str> {
    let Cells::Object(value) = keys.0 else { return None };
    let schemas = value.get("schemas").map(Value::list).unwrap_or_default().iter();
    let ends = schemas.filter_map(Value::text).filter_map(|schema| {
        let front = schema.get(..namespace.len())?;
        front.eq_ignore_ascii_case(namespace).then(|| schema.get(namespace.len()..))?
    });
    ends.into_iter().next()
}

fn is_core(keys: &Keys<'_>, names: &[&str]) -> bool {
    schema(keys, CORE).is_some_and(|name| names.iter().any(|one| one.eq_ignore_ascii_case(name)))
}

fn is_message(keys: &Keys<'_>) -> bool {
    const MESSAGE: &[&str] = &["PatchOp", "BulkRequest", "BulkResponse", "SearchRequest", "Error"];
    let name = schema(keys, MESSAGES);
    name.is_some_and(|name| MESSAGE.iter().any(|one| one.eq_ignore_ascii_case(name)))
        || keys.is_list("Operations")
}

fn message(_: &Row<'_>, _: &mut Sink<'_>) -> Result<(), Refusal> {
    refuse("a message of the protocol: it lists nothing")
}

fn is_definition(keys: &Keys<'_>) -> bool {
    let definitions = ["ResourceType", "Schema", "ServiceProviderConfig"];
    is_core(keys, &definitions)
        || keys.text("id").is_some_and(|id| id.starts_with("urn:ietf:params:scim:schemas:"))
        || keys.all(&["patch", "bulk", "filter"])
}

fn definition(_: &Row<'_>, _: &mut Sink<'_>) -> Result<(), Refusal> {
    refuse("a definition, no user and no group")
}

fn is_service_principal(keys: &Keys<'_>) -> bool {
    is_core(keys, &["ServicePrincipal"])
        || keys.all(&["id", "applicationId", "displayName"]) && !keys.all(&["appId"])
}

fn is_user(keys: &Keys<'_>) -> bool {
    is_core(keys, &["User"]) || keys.all(&["id", "userName", "active"])
}

fn is_group(keys: &Keys<'_>) -> bool {
    const OURS: &[&str] = &["schemas", "id", "externalId", "meta", "displayName", "members"];
    let Cells::Object(value) = keys.0 else { return false };
    keys.text("id").is_some()
        && keys.all(&["displayName"])
        && (keys.is_list("members")
            || value.members().iter().all(|(key, _)| OURS.contains(&key.as_ref())))
}

/// The id, which every resource has that a provider lists.
fn id<'a>(resource: &Spelt<'a>) -> Result<&'a str, Refusal> {
    let id = resource.text("id");
    id.ok_or_else(|| Refusal::Because("it has no `id`: it was sent, not listed".into()))
}

fn created(resource: &Spelt<'_>) -> Result<Option<Instant>, Refusal> {
    resource.row("meta").map_or(Ok(None), |meta| meta.time("created"))
}

/// The enterprise extension, of SCIM 2.0 or 1.1.
fn enterprise<'a>(resource: &Spelt<'a>) -> Option<Spelt<'a>> {
    let Cells::Object(value) = resource.0.cells else { return None };
    let is = |key: &&str| key.starts_with("urn:") && key.contains(":extension:enterprise:");
    let name = value.members().iter().map(|(key, _)| key.as_ref()).find(is)?;
    resource.0.row(name).map(Spelt)
}

/// What RFC 7643, 4.1.1 gives as typical words of `userType`: all of them are people's.
const TYPES: &[(&str, AccountType)] = &[
    ("Employee", AccountType::Human),
    ("Contractor", AccountType::Human),
    ("Intern", AccountType::Human),
    ("Temp", AccountType::Human),
    ("External", AccountType::Human),
    ("Unknown", AccountType::Unknown),
];

const EMPLOYMENT: &[(&str, PersonEmployment)] = &[
    ("Employee", PersonEmployment::Employee),
    ("Contractor", PersonEmployment::Contractor),
    ("Intern", PersonEmployment::Intern),
    ("Temp", PersonEmployment::Contractor),
    ("External", PersonEmployment::Vendor),
];

/// Roles and entitlements that administrate everything: `account_admin` of Databricks ("Manage
/// users, service principals, and groups"), `enterprise_owner` of GitHub ("SCIM for enterprises").
const PRIVILEGED: &[&str] = &["account_admin", "enterprise_owner"];

fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let user = Spelt(*row);
    let native = id(&user)?;
    let system = out.system()?;
    let id = format!("{system}:{native}");
    let user_name = user.text("userName");
    let emails = user.texts("emails");
    let extension = enterprise(&user);
    let number = extension.and_then(|more| more.text("employeeNumber"));
    let department = extension.and_then(|more| more.text("department"));
    let active = user.flag("active")?;
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(status(active))
        .kind_of_account(user.word("userType", TYPES))
        .username(user_name)
        .created_at(created(&user)?)
        .tag("external_id", user.text("externalId"))
        .tag("user_type", user.text("userType"))
        .tag("department", department);
    if out.export.setting.people {
        let name = user
            .text("displayName")
            .or_else(|| user.row("name").and_then(|name| name.text("formatted")));
        let manager = extension.and_then(|more| manager(&more));
        let manager = manager.map(|manager| out.manager_of(format!("{system}:{manager}")));
        let manager = manager.transpose()?;
        let employment = user.text("userType").and_then(|word| {
            let mut words = EMPLOYMENT.iter();
            words.find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, meant)| *meant)
        });
        let person = Draft::<Person>::new(&id)
            .status(match active {
                Some(true) => PersonStatus::Active,
                Some(false) => PersonStatus::Terminated,
                None => PersonStatus::Unknown,
            })
            .name(name)
            .emails(emails.clone())
            .employee_number(number)
            .user_name(user_name)
            .employment(employment)
            .manager(manager.as_deref().map(To::person))
            .department(department);
        let known = Known {
            id: id.clone(),
            employee_number: number.map(str::to_owned),
            emails: emails.into_iter().map(str::to_owned).collect(),
            user_names: user_name.into_iter().map(str::to_owned).collect(),
        };
        out.account_of(&system, draft, person, known)?;
    } else {
        let user_names = user_name.into_iter().collect();
        let claim = Claim { employee_number: number, emails, user_names };
        out.account(&system, draft, &claim)?;
    }
    rights(&user, &system, &id, out)
}

fn status(active: Option<bool>) -> AccountStatus {
    match active {
        Some(true) => AccountStatus::Enabled,
        Some(false) => AccountStatus::Disabled,
        None => AccountStatus::Unknown,
    }
}

/// The manager's id, in an object or (Entra) by itself.
fn manager<'a>(extension: &Spelt<'a>) -> Option<&'a str> {
    match extension.row("manager") {
        Some(manager) => manager.text("value"),
        None => extension.text("manager"),
    }
}

/// The groups, roles and entitlements of an account.
fn rights(of: &Spelt<'_>, system: &str, account: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
    for group in of.rows("groups") {
        let Some(value) = group.text("value") else { return refuse("a group has no `value`") };
        out.mention(
            Draft::<Group>::new(&format!("{system}:{value}"))
                .system(system)
                .name(group.text("display"))
                .members(vec![To::account(account)]),
        )?;
    }
    for (kind, attribute) in [("role", "roles"), ("entitlement", "entitlements")] {
        for role in granted(of, attribute) {
            let privileged = PRIVILEGED.contains(&role).then_some(true);
            out.put(
                Draft::<Entitlement>::new(&format!("{account}#{kind}:{role}"))
                    .account(To::account(account))
                    .role(role)
                    .status(EntitlementStatus::Active)
                    .privileged(privileged),
            )?;
        }
    }
    Ok(())
}

/// What a list of roles or entitlements names: strings, or objects with a `value` or, by itself, a
/// `display`.
fn granted<'a>(of: &Spelt<'a>, attribute: &'static str) -> Vec<&'a str> {
    let mut granted = of.texts(attribute);
    for role in of.rows(attribute) {
        if role.0.text("value").is_none() {
            granted.extend(role.text("value").or_else(|| role.text("display")));
        }
    }
    granted
}

fn service_principal(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let principal = Spelt(*row);
    let native = id(&principal)?;
    let system = out.system()?;
    let id = format!("{system}:{native}");
    let active = principal.flag("active")?;
    let created = created(&principal)?;
    let application = principal.text("applicationId");
    out.put(
        Draft::<Workload>::new(&id)
            .kind(WorkloadKind::ServiceAccount)
            .status(match active {
                Some(true) => WorkloadStatus::Active,
                Some(false) => WorkloadStatus::Disabled,
                None => WorkloadStatus::Unknown,
            })
            .name(principal.text("displayName"))
            .created_at(created)
            .tag("application_id", application),
    )?;
    out.put(
        Draft::<Account>::new(&id)
            .system(system.as_str())
            .status(status(active))
            .kind_of_account(AccountType::Service)
            .username(application)
            .identity(To::workload(&id))
            .created_at(created),
    )?;
    rights(&principal, &system, &id, out)
}

fn group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let group = Spelt(*row);
    let native = id(&group)?;
    let system = out.system()?;
    let id = format!("{system}:{native}");
    out.learn("scim-group", &id, "");
    let mut members = Vec::new();
    for member in group.rows("members") {
        let Some(value) = member.text("value") else { return refuse("a member has no `value`") };
        let member_id = format!("{system}:{value}");
        let is_group = match (member.text("type"), member.text("$ref")) {
            (Some(kind), _) => kind.eq_ignore_ascii_case("Group"),
            (None, Some(address)) => refers_to(address, "Groups"),
            (None, None) => out.called("scim-group", &member_id)?.is_some(),
        };
        members.push((is_group, member_id));
    }
    let members: Vec<To<'_>> = members
        .iter()
        .map(|(is_group, id)| if *is_group { To::group(id) } else { To::account(id) })
        .collect();
    let name = group.text("displayName");
    out.put(Draft::<Group>::new(&id).name(name).system(system.as_str()).members(members))
}

/// Whether the path of a resource, absolute or not, is that of a resource of that type:
/// `https://example.com/v2/Groups/1`.
fn refers_to(address: &str, resource_type: &str) -> bool {
    let mut parts = address.rsplit('/').skip(1);
    parts.next().is_some_and(|part| part.eq_ignore_ascii_case(resource_type))
}

#[cfg(test)]
mod tests;
