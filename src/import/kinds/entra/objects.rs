//! What ids mean, groups and their members, the tenant itself, and rows that are no identities.

use super::fields::{first, is_a, object_id, rows, text, time, type_of};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Group, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, Vocabulary, WorkloadKind, WorkloadStatus,
};

/// What an object id is the id of.
pub enum Subject {
    /// A user's or an application's account.
    Account(String),
    /// A group.
    Group(String),
    /// What holds nothing here: a device, a contact.
    Other,
}

impl Subject {
    fn member(&self) -> Option<To<'_>> {
        match self {
            Self::Account(id) => Some(To::account(id)),
            Self::Group(id) => Some(To::group(id)),
            Self::Other => None,
        }
    }
}

/// The application of an object id, of a service principal or of an application.
///
/// # Errors
/// A later row may say it.
pub fn app_of(out: &Sink<'_>, object: &str) -> Result<Option<String>, Refusal> {
    Ok(out.called("entra-app", object)?.map(str::to_owned))
}

/// Who or what has that object id, mentioned so that it is in the inventory.
pub fn subject(out: &mut Sink<'_>, object: &str, kind: Option<&str>) -> Result<Subject, Refusal> {
    let object = object.to_lowercase();
    let kind = kind.map(str::to_lowercase);
    match kind.as_deref() {
        Some("user" | "agentuser") => user(out, &object),
        Some("group" | "foreigngroup") => group_subject(out, &object),
        Some("serviceprincipal" | "application" | "msi" | "agentidentity") => {
            let app = app_of(out, &object)?;
            app_subject(out, &object, app.as_deref())
        }
        Some("device" | "orgcontact" | "administrativeunit" | "directoryrole") => {
            Ok(Subject::Other)
        }
        _ => {
            let is_group = out.called("entra-object", &object)?.is_some();
            let app = if is_group { None } else { app_of(out, &object)? };
            match (is_group, app) {
                (true, _) => group_subject(out, &object),
                (false, Some(app)) => app_subject(out, &object, Some(&app)),
                (false, None) => user(out, &object),
            }
        }
    }
}

fn user(out: &mut Sink<'_>, object: &str) -> Result<Subject, Refusal> {
    let id = out.id(object)?;
    mention_account(out, &id, None, AccountType::Unknown)?;
    Ok(Subject::Account(id))
}

fn group_subject(out: &mut Sink<'_>, object: &str) -> Result<Subject, Refusal> {
    let (id, system) = (out.id(object)?, out.system()?);
    out.mention(Draft::<Group>::new(&id).system(system.as_str()))?;
    Ok(Subject::Group(id))
}

fn app_subject(out: &mut Sink<'_>, object: &str, app: Option<&str>) -> Result<Subject, Refusal> {
    if let Some(app) = app {
        return Ok(Subject::Account(mention_app(out, app)?));
    }
    // A service principal that no export lists: nobody knows of which application.
    let id = out.id(object)?;
    mention_account(out, &id, None, AccountType::Service)?;
    Ok(Subject::Account(id))
}

/// Writes an account that is only mentioned.
pub fn mention_account(
    out: &mut Sink<'_>,
    id: &str,
    name: Option<&str>,
    kind: AccountType,
) -> Result<(), Refusal> {
    let system = out.system()?;
    let draft = Draft::<Account>::new(id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .kind_of_account((kind != AccountType::Unknown).then_some(kind))
        .username(name);
    out.mention(draft)
}

/// Writes an application that is only mentioned, with its account; returns the id of both.
pub fn mention_app(out: &mut Sink<'_>, app: &str) -> Result<String, Refusal> {
    let (id, system) = (out.id(app)?, out.system()?);
    let workload =
        Draft::<Workload>::new(&id).kind(WorkloadKind::Application).status(WorkloadStatus::Unknown);
    out.mention(workload)?;
    let account = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .kind_of_account(AccountType::Service)
        .identity(To::workload(&id));
    out.mention(account)?;
    Ok(id)
}

/// A word that another row has said of an application.
///
/// # Errors
/// A later row may say it.
pub fn said<V: Vocabulary>(
    out: &Sink<'_>,
    what: &'static str,
    app: &str,
) -> Result<Option<V>, Refusal> {
    Ok(out.called(what, app)?.and_then(V::from_name))
}

/// Reads a group, with its members where they are expanded.
pub fn group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(native) = object_id(row) else { return refuse("it has no `id`") };
    out.learn("entra-object", &native, "group");
    if time(row, "deletedDateTime")?.is_some() {
        return refuse("the group was deleted");
    }
    let mut members = Vec::new();
    for member in rows(row, "members") {
        let Some(object) = object_id(&member) else { continue };
        members.push(subject(out, &object, type_of(&member.keys()))?);
    }
    let (id, system) = (out.id(&native)?, out.system()?);
    let draft = Draft::<Group>::new(&id)
        .system(system.as_str())
        .name(text(row, "displayName"))
        .members(members.iter().filter_map(Subject::member).collect::<Vec<_>>());
    out.put(draft)?;
    // Microsoft Graph expands no more than twenty, and says nothing of the others.
    if rows(row, "members").len() == EXPANDED
        || row.keys().names().iter().any(|key| key.ends_with("@odata.nextLink"))
    {
        out.partial("a group's expanded members end where Microsoft Graph cuts them off: export /groups/ID/members of each, with the group's id as `groupId` in every row");
    }
    Ok(())
}

/// How many members of a group `$expand=members` gives at most.
const EXPANDED: usize = 20;

/// Reads a row of a list of memberships: a group and one of its members.
pub fn membership(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let group = first(row, &["groupId"]).unwrap_or_default().to_lowercase();
    let Some(member) = first(row, MEMBER) else { return refuse("it names no member") };
    let kind = first(row, &["memberType", "@odata.type"]);
    let kind = kind.and_then(|kind| kind.rsplit(['.', '#']).next());
    let member = subject(out, member, kind)?;
    let (id, system) = (out.id(&group)?, out.system()?);
    let draft = Draft::<Group>::new(&id).system(system.as_str());
    out.put(draft.members(member.member().into_iter().collect::<Vec<_>>()))
}

/// The columns that hold a member in a list of memberships.
pub const MEMBER: &[&str] = &["memberId", "userId", "principalId"];

/// Reads the tenant: its id tells own applications from those of others.
pub fn organization(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(native) = object_id(row) else { return refuse("it has no `id`") };
    let system = out.system()?;
    out.learn("entra-tenant", &system, &native);
    out.joined();
    Ok(())
}

/// Says that a removed object is one.
pub fn removed(_: &Row<'_>, _: &mut Sink<'_>) -> Result<(), Refusal> {
    refuse("it is the mark of an object that was removed")
}

/// Says that what happened is no identity.
pub fn event(row: &Row<'_>, _: &mut Sink<'_>) -> Result<(), Refusal> {
    if is_a(&row.keys(), &["accessReviewInstanceDecisionItem"]) || row.keys().any(&["decision"]) {
        return refuse("a decision of an access review doesn't say on which right it is");
    }
    refuse("it is a sign-in, a risk or a report, no identity")
}

/// Says that what a role may do is not read, only what it is called.
pub fn permissions(_: &Row<'_>, _: &mut Sink<'_>) -> Result<(), Refusal> {
    refuse("what a role may do is not read, only what it is called")
}

/// Says that what it is holds no access.
pub fn other(row: &Row<'_>, _: &mut Sink<'_>) -> Result<(), Refusal> {
    let kind = type_of(&row.keys()).unwrap_or("other");
    refuse(format!("an object of the type {kind} is no identity"))
}
