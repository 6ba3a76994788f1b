//! Identities: accounts of the directory, and people where the user says so.

use super::{ALIAS, EMAIL, NUMBER, account, machine, source};
use crate::import::people::{Claim, Known};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Entitlement, Person, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, EntitlementStatus, PersonEmployment, PersonStatus, WorkloadKind, WorkloadStatus,
};

const STATUS: &[(&str, AccountStatus)] = &[
    ("ACTIVE", AccountStatus::Enabled),
    ("REGISTERED", AccountStatus::Enabled),
    ("WARNING", AccountStatus::Enabled),
    ("LOCKED", AccountStatus::Locked),
    ("DISABLED", AccountStatus::Disabled),
    ("DEACTIVATED", AccountStatus::Disabled),
    ("TERMINATED", AccountStatus::Disabled),
    ("INACTIVE", AccountStatus::Disabled),
    ("UNREGISTERED", AccountStatus::Unknown),
    ("PENDING", AccountStatus::Unknown),
    ("ERROR", AccountStatus::Unknown),
];

/// The lifecycle states that a tenant begins with, and the identity states that are behind them.
const LIFECYCLE: &[(&str, PersonStatus)] = &[
    ("active", PersonStatus::Active),
    ("inactive", PersonStatus::Terminated),
    ("terminated", PersonStatus::Terminated),
    ("prehire", PersonStatus::Prehire),
    ("pre-hire", PersonStatus::Prehire),
    ("leave", PersonStatus::Leave),
    ("loa", PersonStatus::Leave),
    ("leaveOfAbsence", PersonStatus::Leave),
    ("INACTIVE_SHORT_TERM", PersonStatus::Leave),
    ("INACTIVE_LONG_TERM", PersonStatus::Terminated),
];

/// An identity.
pub fn read(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    one(row, None, out)
}

fn one(row: &Row<'_>, listed: Option<&str>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = out.id(row.need("id")?)?;
    let alias = row.text("alias");
    let email = row.first(&["emailAddress", "email", "attributes.email"]);
    let number = row.first(&["attributes.employeeNumber", "attributes.identificationNumber"]);
    for (what, word) in [(ALIAS, alias), (EMAIL, email), (NUMBER, number)] {
        if what == ALIAS || word.is_some() {
            out.learn(what, &id, word.unwrap_or_default());
        }
    }
    let status = match row.word("identityStatus", STATUS) {
        Some(status) => Some(status),
        None => row.word("status", STATUS),
    };
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(status.unwrap_or(AccountStatus::Unknown))
        .username(alias)
        .created_at(row.time("created")?)
        .tag("lifecycle_state", row.text("lifecycleState.stateName"))
        .tag("identity_state", row.text("identityState"))
        .tag("accounts_listed", listed);
    let emails: Vec<&str> = email.into_iter().collect();
    if !out.export.setting.people {
        let user_names = alias.into_iter().collect();
        let claim = Claim { employee_number: number, emails, user_names };
        return out.account(&system, draft, &claim);
    }
    let state = ["lifecycleState.stateName", "identityState"];
    let state = state.iter().find_map(|column| row.word(column, LIFECYCLE));
    // That of the directory is looked at where no lifecycle is kept.
    let status = match (row.text("identityStatus"), state) {
        (Some("TERMINATED"), _) => PersonStatus::Terminated,
        (_, Some(state)) => state,
        (Some("ACTIVE"), None) => PersonStatus::Active,
        _ => PersonStatus::Unknown,
    };
    let manager = row.first(&["managerRef.id", "manager.id"]);
    let manager =
        manager.map(|manager| out.manager_of(format!("{system}:{manager}"))).transpose()?;
    let person = Draft::<Person>::new(&id)
        .status(status)
        .name(row.first(&["displayName", "attributes.displayName", "name"]))
        .emails(emails)
        .employee_number(number)
        .user_name(alias)
        .manager(manager.as_deref().map(To::person));
    out.account_of(&system, draft, person, known(&id, number, email, alias))
}

fn known(id: &str, number: Option<&str>, email: Option<&str>, alias: Option<&str>) -> Known {
    Known {
        id: id.to_owned(),
        employee_number: number.map(str::to_owned),
        emails: email.into_iter().map(str::to_owned).collect(),
        // The identity's own id, by which its accounts find it.
        user_names: alias.into_iter().chain([id]).map(str::to_owned).collect(),
    }
}

/// What the intelligence API says of an identity, with its accounts and what it owns.
pub fn envelope(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let accounts = row.rows("accounts.items");
    let total = row.text("accounts.totalCount").and_then(|count| count.parse::<usize>().ok());
    let more =
        total.is_some_and(|total| total > accounts.len()) || row.text("accounts.next").is_some();
    let listed = more.then(|| match total {
        Some(total) => format!("{} of {total}", accounts.len()),
        None => format!("{} and more", accounts.len()),
    });
    match row.text("type") {
        Some("NHI") => {
            machine::one(row, listed.as_deref(), out)?;
            accounts.iter().try_for_each(|account| account::of_machine(account, out))
        }
        Some("Human") => {
            one(row, listed.as_deref(), out)?;
            let hub = out.id(row.need("id")?)?;
            let claim = Claim {
                employee_number: None,
                emails: row.texts("email"),
                user_names: row.texts("alias"),
            };
            for account in &accounts {
                if out.export.setting.people {
                    account::of_person(account, &hub, out)?;
                } else {
                    account::linked(account, &claim, out)?;
                }
            }
            privileged(row, &accounts, out)?;
            owned(row, out)
        }
        _ => refuse("a type of identity that is not known"),
    }
}

/// Privileged access, where the identity has one account on its source.
fn privileged(row: &Row<'_>, accounts: &[Row<'_>], out: &mut Sink<'_>) -> Result<(), Refusal> {
    for item in row.rows("privilegedAccess.items") {
        let source = item.text("source.id");
        let mut on_it = accounts.iter().filter(|account| account.text("source.id") == source);
        let (Some(account), None) = (on_it.next(), on_it.next()) else { continue };
        let account = out.id(account.need("id")?)?;
        let role = item.first(&["displayName", "name", "value"]);
        let Some(role) = role else { return refuse("an access item has no name") };
        let value = item.first(&["value", "id"]).unwrap_or(role);
        let attribute = item.text("attribute").unwrap_or("access");
        out.put(
            Draft::<Entitlement>::new(&format!("{account}#{attribute}:{value}"))
                .account(To::account(&account))
                .role(role)
                .status(EntitlementStatus::Active)
                .privileged(item.flag("privileged")?.filter(|on| *on)),
        )?;
    }
    Ok(())
}

/// The machine identities whose primary owner an identity is.
fn owned(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    const KINDS: &[(&str, WorkloadKind)] = &[
        ("agents", WorkloadKind::AiAgent),
        ("applications", WorkloadKind::Application),
        ("serviceAccounts", WorkloadKind::ServiceAccount),
        ("machineIdentities", WorkloadKind::ServiceAccount),
    ];
    let id = out.id(row.need("id")?)?;
    let words = [row.text("email"), row.text("alias")];
    let person = if out.export.setting.people {
        id
    } else {
        words.into_iter().flatten().find_map(|word| out.known_person(word)).unwrap_or(id)
    };
    for (key, kind) in KINDS {
        for item in row.rows(&format!("nonHumanIdentityOwnership.{key}.primaryOwned.items")) {
            let workload = out.id(item.need("id")?)?;
            out.mention(
                Draft::<Workload>::new(&workload)
                    .kind(*kind)
                    .status(WorkloadStatus::Unknown)
                    .name(item.text("displayName"))
                    .owner(To::person(&person)),
            )?;
        }
    }
    Ok(())
}

/// Somebody who works here without being employed, until a day.
pub fn non_employee(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = source(row, out)?;
    let id = out.id(row.need("id")?)?;
    let name = row.need("accountName")?;
    let email = row.text("email");
    let end = row.time("endDate")?;
    let start = row.time("startDate")?;
    let emails: Vec<&str> = email.into_iter().collect();
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .username(name)
        .created_at(row.time("created")?)
        .tag("contract_ends_at", end.map(|at| at.to_string()).as_deref());
    if !out.export.setting.people {
        let claim = Claim { employee_number: None, emails, user_names: vec![name] };
        return out.account(&system, draft, &claim);
    }
    let names: Vec<&str> =
        ["firstName", "lastName"].iter().filter_map(|part| row.text(part)).collect();
    let manager = row.text("manager").map(|manager| out.person_later(manager)).transpose()?;
    let person = Draft::<Person>::new(&id)
        .status(PersonStatus::Unknown)
        .name(names.join(" ").as_str())
        .emails(emails)
        .user_name(name)
        .employment(PersonEmployment::Contractor)
        .manager(manager.as_deref().map(To::person))
        .started_at(start)
        .contract_ends_at(end);
    out.account_of(&system, draft, person, known(&id, None, email, Some(name)))
}
