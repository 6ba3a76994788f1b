//! Accounts on sources, and the entitlements that their attributes name.

use super::machine::{ENVIRONMENT, kind_of};
use super::{ALIAS, ATTRIBUTE, EMAIL, MACHINE, NUMBER, PRIVILEGED, VALUE, owner, source};
use crate::import::people::{Claim, Step, Target};
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Entitlement, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, EntitlementStatus, WorkloadKind, WorkloadStatus,
};

/// An account.
pub fn read(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    if row.flag("isMachine")? == Some(true) {
        return of_machine(row, out);
    }
    let identity = row.first(&["identityId", "identity.id"]);
    let correlated = row.flag("uncorrelated")? != Some(true);
    let hub = identity.filter(|_| correlated).map(|identity| out.id(identity)).transpose()?;
    match &hub {
        Some(hub) => {
            let claim = claim(row, hub, out)?;
            linked(row, &claim, out)
        }
        None => linked(row, &Claim::default(), out),
    }
}

fn status(row: &Row<'_>) -> Result<AccountStatus, Refusal> {
    let disabled = match row.flag("disabled")? {
        Some(disabled) => Some(disabled),
        None => row.flag("enabled")?.map(|enabled| !enabled),
    };
    Ok(match (disabled, row.flag("locked")?) {
        (Some(true), _) => AccountStatus::Disabled,
        (_, Some(true)) => AccountStatus::Locked,
        (Some(false), _) => AccountStatus::Enabled,
        (None, _) => AccountStatus::Unknown,
    })
}

fn draft(row: &Row<'_>, id: &str, system: &str) -> Result<Draft<Account>, Refusal> {
    Ok(Draft::<Account>::new(id)
        .system(system)
        .status(status(row)?)
        .username(row.first(&["name", "nativeIdentity"]))
        .privileged(row.flag("privileged")?.filter(|on| *on))
        .created_at(row.time("created")?)
        .last_login_at(row.time("lastLogin")?)
        .tag("native_identity", row.text("nativeIdentity"))
        .tag("lifecycle_state", row.text("cloudLifecycleState"))
        .tag("identity_state", row.text("identityState"))
        .tag("environment", row.text("environment")))
}

/// Whose an account is by its identity: by what the identity's row says, or where no row lists it,
/// by the account's own attributes.
fn claim<'a>(row: &Row<'a>, hub: &'a str, out: &Sink<'a>) -> Result<Claim<'a>, Refusal> {
    let Some(alias) = out.called(ALIAS, hub)? else {
        let mut emails = row.texts("attributes.email");
        emails.extend(row.texts("attributes.mail"));
        let user_names = row.text("name").into_iter().collect();
        return Ok(Claim { employee_number: None, emails, user_names });
    };
    // What a row of an identity says, all of it was learned at once.
    let said = |what| out.called(what, hub).ok().flatten();
    Ok(Claim {
        employee_number: said(NUMBER),
        emails: said(EMAIL).into_iter().collect(),
        user_names: vec![alias, hub],
    })
}

/// An account of somebody, with its entitlements.
pub fn linked(row: &Row<'_>, claim: &Claim<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = source(row, out)?;
    let id = out.id(row.need("id")?)?;
    out.account(&system, draft(row, &id, &system)?, claim)?;
    entitlements(row, &id, &system, out)
}

/// An account whose identity stands in the same row, and is a person.
pub fn of_person(row: &Row<'_>, person: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = source(row, out)?;
    let id = out.id(row.need("id")?)?;
    let draft = draft(row, &id, &system)?.identity(To::person(person));
    out.put(draft.tag("linked_by", Step::SameRecord.name()))?;
    entitlements(row, &id, &system, out)
}

/// A machine account: its machine identity's, or that of a workload of its own.
pub fn of_machine(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = source(row, out)?;
    let id = out.id(row.need("id")?)?;
    let machine = match row.text("machineIdentity.id") {
        Some(machine) => {
            out.learn(MACHINE, &id, machine);
            Some(machine)
        }
        None => out.called(MACHINE, &id)?,
    };
    let owner = owner(row.text("ownerIdentity.id"), None, out)?;
    let owner = owner.as_ref().map(Target::to);
    let workload = if let Some(machine) = machine {
        let workload = out.id(machine)?;
        out.mention(
            Draft::<Workload>::new(&workload)
                .kind(WorkloadKind::ServiceAccount)
                .status(WorkloadStatus::Unknown)
                .name(row.text("machineIdentity.name"))
                .environment(row.word("environment", ENVIRONMENT)),
        )?;
        workload
    } else {
        let draft = Draft::<Workload>::new(&id)
            .kind(kind_of(row))
            .status(match status(row)? {
                AccountStatus::Enabled | AccountStatus::Locked => WorkloadStatus::Active,
                AccountStatus::Disabled => WorkloadStatus::Disabled,
                _ => WorkloadStatus::Unknown,
            })
            .name(row.text("name"))
            .purpose(row.text("description"))
            .environment(row.word("environment", ENVIRONMENT))
            .created_at(row.time("created")?);
        out.put(draft.owner(owner))?;
        id.clone()
    };
    let draft = draft(row, &id, &system)?
        .kind_of_account(AccountType::Service)
        .identity(To::workload(&workload))
        .owner(owner);
    out.put(draft)?;
    entitlements(row, &id, &system, out)
}

/// An entitlement that can be had on a source: it explains accounts' attributes.
pub fn entitlement(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = source(row, out)?;
    let (attribute, value) = (row.need("attribute")?, row.need("value")?);
    let name = row.first(&["name", "displayName"]).unwrap_or(value);
    let high = row.text("privilegeLevel.effective").is_some_and(|level| level == "HIGH");
    out.learn(ATTRIBUTE, &format!("{system}|{attribute}"), "");
    let key = format!("{system}|{attribute}|{value}");
    out.learn(VALUE, &key, name);
    if high || row.flag("privileged")? == Some(true) {
        out.learn(PRIVILEGED, &key, "");
    }
    out.joined();
    Ok(())
}

/// The entitlements that an account's attributes name: values of attributes of which the same
/// import lists entitlements.
fn entitlements(
    row: &Row<'_>,
    account: &str,
    system: &str,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    let none = row.flag("hasEntitlements")? == Some(false);
    let Some(attributes) = row.row("attributes").filter(|_| !none) else { return Ok(()) };
    for attribute in attributes.keys().names() {
        if out.called(ATTRIBUTE, &format!("{system}|{attribute}"))?.is_none() {
            continue;
        }
        for value in attributes.texts(attribute) {
            let key = format!("{system}|{attribute}|{value}");
            let known = |what| out.called(what, &key).ok().flatten();
            let (name, privileged) = (known(VALUE).unwrap_or(value), known(PRIVILEGED));
            out.put(
                Draft::<Entitlement>::new(&format!("{account}#{attribute}:{value}"))
                    .account(To::account(account))
                    .role(name)
                    .status(EntitlementStatus::Active)
                    .privileged(privileged.map(|_| true)),
            )?;
        }
    }
    Ok(())
}
