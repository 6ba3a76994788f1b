//! Entitlements and grants: who has what.

use super::{NAME, SLUG, WHAT, annotation, holder, id_of};
use crate::import::kinds::spelling::Spelt;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Entitlement, Group, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, EntitlementStatus, WorkloadKind, WorkloadStatus,
};

/// An entitlement explains grants of it.
pub fn entitlement(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(entitlement) = Spelt(*row).row("entitlement") else {
        return refuse("its `entitlement` is no object");
    };
    let system = out.system()?;
    let id = entitlement.need("id")?;
    if let Some(slug) = entitlement.text("slug").or_else(|| entitlement.text("displayName")) {
        out.learn(SLUG, &format!("{system}:{id}"), slug);
    }
    out.joined();
    Ok(())
}

/// A grant with what it is of, as `baton grants` prints it.
pub fn read(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let row = Spelt(*row);
    let Some(grant) = row.row("grant") else { return refuse("its `grant` is no object") };
    one(&grant, &row, out)
}

/// A grant by itself.
pub fn bare(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    one(&Spelt(*row), &Spelt(*row), out)
}

/// Whom it is granted to.
enum Principal {
    Account(String),
    Group(String),
}

impl Principal {
    fn id(&self) -> &str {
        match self {
            Self::Account(id) | Self::Group(id) => id,
        }
    }
}

/// What it gives access to.
struct On {
    id: String,
    kind: String,
    name: Option<String>,
}

impl On {
    /// Whether it is a group: by the type's name or traits, or else by its own row.
    fn is_group(&self, around: &Spelt<'_>, out: &Sink<'_>) -> Result<bool, Refusal> {
        if self.kind == "group" {
            return Ok(true);
        }
        match around.row("resourceType").map(|kind| kind.texts("traits")) {
            Some(traits) if !traits.is_empty() => Ok(traits.contains(&"TRAIT_GROUP")),
            _ => Ok(out.called(WHAT, &self.id)? == Some("group")),
        }
    }
}

fn one(grant: &Spelt<'_>, around: &Spelt<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let Some(principal) = grant.row("principal").or_else(|| around.row("principal")) else {
        return refuse("it has no `principal`");
    };
    let Some(entitlement) = grant.row("entitlement") else {
        return refuse("it has no `entitlement`");
    };
    let native = entitlement.need("id")?;
    let on = on(&entitlement, around, &system, out)?;
    let principal = who(&principal, &system, out)?;
    let slug = slug(&entitlement, around, native, &on, &system, out)?;
    if on.is_group(around, out)? {
        let member = match &principal {
            Principal::Account(id) => To::account(id),
            Principal::Group(id) => To::group(id),
        };
        let name = on.name.as_deref();
        out.put(
            Draft::<Group>::new(&on.id).system(system.as_str()).name(name).members(vec![member]),
        )?;
        if slug == "member" {
            return Ok(());
        }
    }
    if purpose(&entitlement, around) == Some("PURPOSE_VALUE_OWNERSHIP")
        && let Principal::Account(account) = &principal
        && out.called(WHAT, &on.id)? == Some("workload")
    {
        let owner = holder(account, out)?;
        out.mention(
            Draft::<Workload>::new(&on.id)
                .kind(WorkloadKind::ServiceAccount)
                .status(WorkloadStatus::Unknown)
                .owner(owner.to()),
        )?;
    }
    let is_role = on.kind.to_ascii_lowercase().contains("role");
    let role = match &on.name {
        Some(name) if is_role => name.as_str(),
        _ => slug.as_str(),
    };
    let id = granted(native, principal.id(), &system);
    let draft = Draft::<Entitlement>::new(&id);
    let draft = match &principal {
        Principal::Account(id) => draft.account(To::account(id)),
        Principal::Group(id) => draft.group(To::group(id)),
    };
    let immutable = annotation(grant, "GrantImmutable").map(|_| "true");
    let resource = on.name.as_deref().unwrap_or(&on.id);
    out.put(
        draft
            .role(role)
            .status(EntitlementStatus::Active)
            .resource((!is_role).then_some(resource))
            .privileged(is_privileged(role, &slug, &on.kind).then_some(true))
            .via(inherited(grant))
            .tag("immutable", immutable),
    )
}

/// The entitlement's id with the principal's: a grant's own id need not be unique.
fn granted(entitlement: &str, principal: &str, system: &str) -> String {
    let principal = principal.strip_prefix(system).unwrap_or(principal);
    format!("{system}:{entitlement}{principal}")
}

fn purpose<'a>(entitlement: &Spelt<'a>, around: &Spelt<'a>) -> Option<&'a str> {
    let purpose = entitlement.text("purpose");
    purpose.or_else(|| around.row("entitlement").and_then(|outer| outer.text("purpose")))
}

/// The resource that an entitlement is of.
fn on(
    entitlement: &Spelt<'_>,
    around: &Spelt<'_>,
    system: &str,
    out: &mut Sink<'_>,
) -> Result<On, Refusal> {
    let resource = entitlement.row("resource").or_else(|| around.row("resource"));
    let Some(resource) = resource else { return refuse("its entitlement has no `resource`") };
    let Some(native) = resource.row("id") else { return refuse("its resource has no `id`") };
    let id = id_of(&native, system)?;
    let name = match resource.text("displayName") {
        Some(name) => Some(name),
        None => match around.row("resource").and_then(|outer| outer.text("displayName")) {
            Some(name) => Some(name),
            None => out.called(NAME, &id)?,
        },
    };
    let name = name.map(str::to_owned);
    Ok(On { id, kind: native.need("resourceType")?.to_owned(), name })
}

/// Who has it. Users and groups are told by the names that their types nearly always have, or by
/// their annotations; others by what their own rows say.
fn who(principal: &Spelt<'_>, system: &str, out: &mut Sink<'_>) -> Result<Principal, Refusal> {
    let Some(native) = principal.row("id") else { return refuse("its principal has no `id`") };
    let id = id_of(&native, system)?;
    let kind = native.need("resourceType")?;
    let name = principal.text("displayName");
    let is_group = kind == "group" || annotation(principal, "GroupTrait").is_some();
    let is_user = kind == "user" || annotation(principal, "UserTrait").is_some();
    let what = match (is_group, is_user) {
        (true, _) => Some("group"),
        (_, true) => Some("user"),
        _ => out.called(WHAT, &id)?,
    };
    match what {
        Some("group") => {
            out.mention(Draft::<Group>::new(&id).system(system).name(name))?;
            Ok(Principal::Group(id))
        }
        Some("thing" | "secret" | "device") => refuse("its principal is no account and no group"),
        _ => {
            let account = Draft::<Account>::new(&id).system(system).status(AccountStatus::Unknown);
            out.mention(account)?;
            Ok(Principal::Account(id))
        }
    }
}

/// What an entitlement is called on its resource: said, or in its id behind the resource's.
fn slug(
    entitlement: &Spelt<'_>,
    around: &Spelt<'_>,
    native: &str,
    on: &On,
    system: &str,
    out: &mut Sink<'_>,
) -> Result<String, Refusal> {
    let outer = around.row("entitlement");
    let said = entitlement.text("slug").or_else(|| outer.and_then(|outer| outer.text("slug")));
    let resource = on.id.strip_prefix(system).and_then(|id| id.strip_prefix(':'));
    let behind = resource.and_then(|id| native.strip_prefix(id)?.strip_prefix(':'));
    let slug = match said.or(behind) {
        Some(slug) => slug,
        None => out.called(SLUG, &format!("{system}:{native}"))?.unwrap_or(native),
    };
    Ok(slug.to_owned())
}

/// The entitlements that a grant came by, where it wasn't given directly.
fn inherited<'a>(grant: &Spelt<'a>) -> Vec<&'a str> {
    let Some(sources) = grant.row("sources").and_then(|outer| outer.row("sources")) else {
        return Vec::new();
    };
    let names = sources.0.keys().names();
    let direct = |name: &&str| {
        let source = sources.0.row(name).map(Spelt);
        source.is_some_and(|source| matches!(source.flag("isDirect"), Ok(Some(true))))
    };
    if names.iter().any(direct) { Vec::new() } else { names }
}

/// Roles that administrate a whole tenant, as their vendors call them: Okta ("Standard
/// administrator roles"), Entra ("Microsoft Entra built-in roles"), Google Workspace ("Pre-built
/// administrator roles"), AWS ("AWS managed policies for job functions"), Snowflake ("Overview of
/// access control").
const ROLES: &[&str] = &[
    "Super Administrator",
    "SUPER_ADMIN",
    "Super Admin",
    "Global Administrator",
    "Organization Administrator",
    "ORG_ADMIN",
    "AdministratorAccess",
    "ACCOUNTADMIN",
];

/// Types of resources that hold everything else, and what their administrators are called: GitHub
/// ("Roles in an organization"), and the connectors that follow it.
const WHOLE: &[&str] = &["org", "organization", "enterprise", "tenant", "account"];
const ADMINS: &[&str] = &["admin", "administrator", "owner"];

fn is_privileged(role: &str, slug: &str, kind: &str) -> bool {
    let is = |list: &[&str], word: &str| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    is(ROLES, role) || is(ROLES, slug) || is(WHOLE, kind) && is(ADMINS, slug)
}
