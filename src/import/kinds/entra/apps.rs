//! Applications and service principals: two objects, one thing, joined on the application's id.

use super::credentials;
use super::fields::{all, any, first, first_time, flag, is_a, object_id, rows, text, texts, time};
use super::known;
use super::objects::{app_of, said};
use crate::import::people::Target;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, Vocabulary, WorkloadKind, WorkloadStatus,
};
use crate::time::Instant;

/// Words of `servicePrincipalType`.
const KINDS: &[(&str, WorkloadKind)] = &[
    ("Application", WorkloadKind::Application),
    ("Legacy", WorkloadKind::Application),
    ("SocialIdp", WorkloadKind::Application),
    ("ManagedIdentity", WorkloadKind::ManagedIdentity),
    ("ServiceIdentity", WorkloadKind::AiAgent),
    ("AgentIdentity", WorkloadKind::AiAgent),
    ("AgentIdentityBlueprintPrincipal", WorkloadKind::Application),
];

/// What every object of an application says.
struct App {
    native: String,
    id: String,
    system: String,
    kind: WorkloadKind,
    status: WorkloadStatus,
    deleted: Option<Instant>,
}

impl App {
    fn of(row: &Row<'_>, native: String, out: &mut Sink<'_>) -> Result<Self, Refusal> {
        let agent = is_a(&row.keys(), &["agentIdentity"])
            || text(row, "agentIdentityBlueprintId").is_some();
        let kind = row.word(&super::fields::spelled(row, "servicePrincipalType"), KINDS);
        let kind = if agent { Some(WorkloadKind::AiAgent) } else { kind };
        let deleted = first_time(row, &["deletedDateTime", "deletionTimestamp"])?;
        let status = match (deleted, flag(row, "accountEnabled")?) {
            (Some(_), _) => WorkloadStatus::Retired,
            (None, Some(true)) => WorkloadStatus::Active,
            (None, Some(false)) => WorkloadStatus::Disabled,
            (None, None) => WorkloadStatus::Unknown,
        };
        Ok(Self {
            id: out.id(&native)?,
            system: out.system()?,
            kind: kind.unwrap_or(WorkloadKind::Application),
            native,
            status,
            deleted,
        })
    }

    fn account(&self) -> Draft<Account> {
        let status = match self.status {
            WorkloadStatus::Active => AccountStatus::Enabled,
            WorkloadStatus::Disabled => AccountStatus::Disabled,
            WorkloadStatus::Retired => AccountStatus::Deleted,
            WorkloadStatus::Unknown => AccountStatus::Unknown,
        };
        Draft::<Account>::new(&self.id)
            .system(self.system.as_str())
            .status(status)
            .kind_of_account(AccountType::Service)
            .username(self.native.as_str())
            .identity(To::workload(&self.id))
    }

    fn workload(&self) -> Draft<Workload> {
        Draft::<Workload>::new(&self.id).kind(self.kind).status(self.status)
    }
}

/// Reads a service principal: an application as it is in this tenant.
pub fn service_principal(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let object = object_id(row);
    let native = match (text(row, "appId"), &object) {
        (Some(app), _) => app.to_lowercase(),
        (None, Some(object)) => app_of(out, object)?.unwrap_or_else(|| object.clone()),
        (None, None) => return refuse("it has neither `appId` nor `id`"),
    };
    learn_ids(row, object.as_deref(), &native, out);
    let organization = first(row, &["appOwnerOrganizationId", "appOwnerTenantId"]);
    let microsoft = organization.is_some_and(known::is_microsoft);
    let has_credentials = ["passwordCredentials", "keyCredentials", "owners"]
        .iter()
        .any(|list| !rows(row, list).is_empty());
    let app = App::of(row, native, out)?;
    if microsoft && app.kind != WorkloadKind::ManagedIdentity && !has_credentials {
        // A part of the platform, which nobody here can own; its name explains other rows.
        out.learn("entra-platform", &app.native, "");
        out.joined();
        return Ok(());
    }
    out.learn("entra-status", &app.native, app.status.name());
    out.learn("entra-kind", &app.native, app.kind.name());
    // Owners first: they may have to wait for others' rows too.
    let (owner, others) = owners(&rows(row, "owners"), out)?;
    let registered = out.called("entra-registered", &app.native)?;
    let owned = registered.is_some() && out.called("entra-app-owned", &app.native)?.is_some();
    let foreign = match (organization, registered, out.called("entra-tenant", &app.system)?) {
        _ if microsoft => Some("Microsoft"),
        (Some(organization), None, Some(tenant)) if !organization.eq_ignore_ascii_case(tenant) => {
            Some(first(row, PUBLISHER).unwrap_or(organization))
        }
        _ => None,
    };
    let created = time(row, "createdDateTime")?;
    let own_purpose = registered.is_none_or(str::is_empty);
    let names = owner_names(owned.then_some(&owner).into_iter().flatten(), &others);
    let workload = app
        .workload()
        .name(first(row, &["displayName", "appDisplayName"]))
        .owner(owner.as_ref().filter(|_| !owned).map(Target::to))
        .purpose(first(row, &["notes", "description"]).filter(|_| own_purpose))
        .third_party(foreign.map(|_| true))
        .vendor(foreign)
        .created_at(created.filter(|_| registered.is_none()))
        .retired_at(app.deleted)
        .tag("service_principal_type", text(row, "servicePrincipalType"))
        .tag("app_owner_organization", organization)
        .tag("service_principal_owners", names.as_deref())
        .tag("disabled_by_microsoft", text(row, "disabledByMicrosoftStatus"))
        .tag("azure_resource", azure_resource(row));
    out.put(workload)?;
    out.put(app.account().created_at(created))?;
    let managed = app.kind == WorkloadKind::ManagedIdentity;
    let holder = credentials::Holder { account: &app.id, managed, gone: app.deleted.is_some() };
    holder.write(row, out)
}

const PUBLISHER: &[&str] = &["verifiedPublisher.displayName", "publisherName"];

/// The resource of a managed identity is among its other names.
fn azure_resource<'a>(row: &Row<'a>) -> Option<&'a str> {
    let is_path = |name: &&str| name.to_ascii_lowercase().starts_with("/subscriptions/");
    texts(row, "alternativeNames").into_iter().find(is_path)
}

fn learn_ids(row: &Row<'_>, object: Option<&str>, app: &str, out: &mut Sink<'_>) {
    let Some(object) = object else { return };
    out.learn("entra-app", object, app);
    if let Some(name) = text(row, "displayName") {
        out.learn("entra-name", object, name);
    }
    for role in rows(row, "appRoles") {
        if let (Some(id), Some(value)) = (text(&role, "id"), text(&role, "value")) {
            out.learn("entra-app-role", &format!("{object}/{}", id.to_lowercase()), value);
        }
    }
}

/// Reads an application: what a tenant has registered.
pub fn application(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(native) = text(row, "appId").map(str::to_lowercase) else {
        return refuse("it has no `appId`");
    };
    if let Some(object) = object_id(row) {
        out.learn("entra-app", &object, &native);
    }
    let purpose = first(row, &["notes", "description"]);
    let mut app = App::of(row, native, out)?;
    out.learn("entra-registered", &app.native, purpose.unwrap_or_default());
    if !rows(row, "owners").is_empty() {
        out.learn("entra-app-owned", &app.native, "");
    }
    let holder =
        credentials::Holder { account: &app.id, managed: false, gone: app.deleted.is_some() };
    holder.learn(row, out);
    let (owner, others) = owners(&rows(row, "owners"), out)?;
    // The service principal says whether it is enabled, and what it is called here.
    let status = said::<WorkloadStatus>(out, "entra-status", &app.native)?;
    let kind = said::<WorkloadKind>(out, "entra-kind", &app.native)?;
    let alone = status.is_none();
    (app.status, app.kind) = (status.unwrap_or(app.status), kind.unwrap_or(app.kind));
    let names = owner_names([].into_iter(), &others);
    let federated = federated(row);
    let workload = app
        .workload()
        .name(text(row, "displayName").filter(|_| alone))
        .owner(owner.as_ref().map(Target::to))
        .purpose(purpose)
        .created_at(time(row, "createdDateTime")?)
        .retired_at(app.deleted.filter(|_| alone))
        .tag("sign_in_audience", text(row, "signInAudience"))
        .tag("other_owners", names.as_deref())
        .tag("federated_subjects", federated.as_deref());
    out.put(workload)?;
    if alone {
        out.put(app.account())?;
    }
    let holder = credentials::Holder { account: &app.id, ..holder };
    holder.write(row, out)
}

fn federated(row: &Row<'_>) -> Option<String> {
    let subjects: Vec<&str> = rows(row, "federatedIdentityCredentials")
        .iter()
        .filter_map(|trust| text(trust, "subject"))
        .collect();
    (!subjects.is_empty()).then(|| subjects.join(", "))
}

/// The owner that answers for it: the first whom anybody knows; and the others.
fn owners(rows: &[Row<'_>], out: &mut Sink<'_>) -> Result<(Option<Target>, Vec<Target>), Refusal> {
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for row in rows {
        let Some(object) = object_id(row) else { continue };
        let words = ["userPrincipalName", "mail"].map(|path| text(row, path));
        let app = is_a(&row.keys(), &["servicePrincipal"]);
        let (target, is_known) = owner(&object, app, &words, out)?;
        if is_known { known.push(target) } else { unknown.push(target) }
    }
    let mut all = known.into_iter().chain(unknown);
    Ok((all.next(), all.collect()))
}

/// Whom an object id of an owner is; and whether anybody knows them.
pub fn owner(
    object: &str,
    app: bool,
    words: &[Option<&str>],
    out: &mut Sink<'_>,
) -> Result<(Target, bool), Refusal> {
    if app {
        let app = app_of(out, object)?;
        let id = out.id(app.as_deref().unwrap_or(object))?;
        return Ok((Target::Workload(id), false));
    }
    let account = out.id(object)?;
    let holder = out.holder_of(&account)?;
    if holder != Target::Person(account) {
        return Ok((holder, true));
    }
    let named = words.iter().flatten().find_map(|word| out.known_person(word));
    Ok(named.map_or((holder, false), |person| (Target::Person(person), true)))
}

fn owner_names<'t>(more: impl Iterator<Item = &'t Target>, others: &'t [Target]) -> Option<String> {
    let names: Vec<&str> = more
        .chain(others)
        .map(|target| match target {
            Target::Person(id) | Target::Workload(id) => id.as_str(),
        })
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The columns that hold what is owned, in a list of owners.
pub const OWNED: &[&str] = &["applicationId", "servicePrincipalId", "appId"];

/// Reads a row of a list of owners: an application and one of its owners.
pub fn ownership(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let owned = first(row, OWNED).unwrap_or_default().to_lowercase();
    let Some(object) = text(row, "ownerId").map(str::to_lowercase) else {
        return refuse("it has no `ownerId`");
    };
    // Of several rows one names the owner, the others add a fact.
    out.learn("entra-owner", &owned, &object);
    let words = ["ownerUserPrincipalName", "userPrincipalName"].map(|path| text(row, path));
    let app = text(row, "ownerType").is_some_and(|kind| kind.ends_with("ervicePrincipal"));
    let (target, _) = owner(&object, app, &words, out)?;
    let native = app_of(out, &owned)?.unwrap_or_else(|| owned.clone());
    let status = said::<WorkloadStatus>(out, "entra-status", &native)?;
    let kind = said::<WorkloadKind>(out, "entra-kind", &native)?;
    let first = out.called("entra-owner", &owned)? == Some(object.as_str());
    let id = out.id(&native)?;
    let draft = Draft::<Workload>::new(&id)
        .kind(kind.unwrap_or(WorkloadKind::Application))
        .status(status.unwrap_or(WorkloadStatus::Unknown));
    out.put(if first {
        draft.owner(target.to())
    } else {
        draft.tag(&format!("owner:{object}"), "true")
    })
}

const AS_CLIENT: &[&str] =
    &["applicationAuthenticationClientSignInActivity", "delegatedClientSignInActivity"];
const AS_RESOURCE: &[&str] = &[
    "applicationAuthenticationResourceSignInActivity",
    "delegatedResourceSignInActivity",
    "lastSignInActivity",
];

/// Whether a row reports the use of a service principal.
pub fn is_use(keys: &crate::import::row::Keys<'_>) -> bool {
    all(keys, &["appId"]) && (any(keys, AS_CLIENT) || any(keys, AS_RESOURCE))
}

/// Reads the report of when a service principal was last used: being called keeps an application
/// alive, but only what it does as a client is a login of its own.
pub fn used(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(native) = text(row, "appId").map(str::to_lowercase) else {
        return refuse("it has no `appId`");
    };
    let client = latest(row, AS_CLIENT)?;
    let any = latest(row, AS_RESOURCE)?.max(client);
    if out.called("entra-platform", &native)?.is_some() {
        out.joined();
        return Ok(());
    }
    let status = said::<WorkloadStatus>(out, "entra-status", &native)?;
    let kind = said::<WorkloadKind>(out, "entra-kind", &native)?;
    let app = App {
        id: out.id(&native)?,
        system: out.system()?,
        native,
        kind: kind.unwrap_or(WorkloadKind::Application),
        status: status.unwrap_or(WorkloadStatus::Unknown),
        deleted: None,
    };
    out.put(app.workload().last_used_at(any))?;
    out.put(app.account().last_login_at(client))
}

fn latest(row: &Row<'_>, activities: &[&str]) -> Result<Option<Instant>, Refusal> {
    let mut latest = None;
    for activity in activities {
        latest = latest.max(credentials::last_use(row, activity)?);
    }
    Ok(latest)
}
