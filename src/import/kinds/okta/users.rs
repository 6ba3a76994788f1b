//! Users, service accounts and second factors.

use super::linked;
use crate::import::people::{Claim, Known, Target};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Group, Person, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialStatus, PersonStatus,
    WorkloadKind, WorkloadStatus,
};

/// Words of `status`: "User statuses" of the API reference.
const STATUSES: &[(&str, AccountStatus)] = &[
    ("STAGED", AccountStatus::Disabled),
    ("PROVISIONED", AccountStatus::Enabled),
    ("ACTIVE", AccountStatus::Enabled),
    ("RECOVERY", AccountStatus::Enabled),
    ("PASSWORD_EXPIRED", AccountStatus::Enabled),
    ("LOCKED_OUT", AccountStatus::Locked),
    ("SUSPENDED", AccountStatus::Disabled),
    ("DEPROVISIONED", AccountStatus::Disabled),
];

/// What they say of the person, where Okta stands in for HR.
const PEOPLE: &[(&str, PersonStatus)] = &[
    ("STAGED", PersonStatus::Prehire),
    ("PROVISIONED", PersonStatus::Active),
    ("ACTIVE", PersonStatus::Active),
    ("RECOVERY", PersonStatus::Active),
    ("PASSWORD_EXPIRED", PersonStatus::Active),
    ("LOCKED_OUT", PersonStatus::Active),
    ("SUSPENDED", PersonStatus::Leave),
    ("DEPROVISIONED", PersonStatus::Terminated),
];

/// Words of `userType`, which is free text: those that say that a user is no human.
const SERVICE: &[&str] = &[
    "service",
    "service account",
    "service_account",
    "serviceaccount",
    "svc",
    "bot",
    "robot",
    "machine",
];

/// Where a password that Okta keeps is from.
const OWN_PASSWORD: &[&str] = &["OKTA", "IMPORT"];

/// Whether that is a user's status.
pub fn is_status(word: &str) -> bool {
    STATUSES.iter().any(|(status, _)| *status == word)
}

/// Reads a user.
pub fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(row.need("id")?)?;
    let system = out.system()?;
    let status = row.word("status", STATUSES).unwrap_or(AccountStatus::Unknown);
    let user_type = row.first(&["profile.userType", "profile.accountType"]);
    let is = |words: &[&str]| {
        user_type.is_some_and(|said| words.iter().any(|word| word.eq_ignore_ascii_case(said)))
    };
    let kind = if is(SERVICE) {
        AccountType::Service
    } else if is(&["system"]) {
        AccountType::System
    } else if is(&["shared"]) {
        AccountType::Shared
    } else if row.text("profile.employeeNumber").is_some() {
        AccountType::Human
    } else {
        AccountType::Unknown
    };
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(status)
        .kind_of_account(kind)
        .username(row.text("profile.login"))
        .created_at(row.time("created")?)
        .last_login_at(row.time("lastLogin")?)
        .tag("okta_status", row.text("status"))
        .tag("user_type", user_type)
        .tag("provider", row.text("credentials.provider.type"));
    let machine = matches!(kind, AccountType::Service | AccountType::System | AccountType::Shared);
    let emails = row.text("profile.email").filter(|_| !machine);
    let claim = Claim {
        employee_number: row.text("profile.employeeNumber"),
        emails: emails.into_iter().collect(),
        user_names: row.text("profile.login").into_iter().collect(),
    };
    if out.export.setting.people && !machine {
        let (person, known) = person(&id, row, &claim, out)?;
        out.account_of(&system, draft, person, known)?;
    } else {
        let second = row.text("profile.secondEmail").filter(|_| !machine);
        out.account_with(&system, draft, &claim, second.as_slice())?;
    }
    if let Some(password) = password(&id, status, row)? {
        out.put(password)?;
    }
    for group in row.texts("groupIds") {
        let group = out.id(group)?;
        let draft = Draft::<Group>::new(&group).system(system.as_str());
        out.mention(draft.members(vec![To::account(&id)]))?;
    }
    Ok(())
}

fn password(
    id: &str,
    status: AccountStatus,
    row: &Row<'_>,
) -> Result<Option<Draft<Credential>>, Refusal> {
    let provider = row.text("credentials.provider.type").unwrap_or_default();
    let changed = row.time("passwordChanged")?;
    let Some(changed) = changed.filter(|_| OWN_PASSWORD.contains(&provider)) else {
        return Ok(None);
    };
    let status = match status {
        AccountStatus::Enabled | AccountStatus::Locked => CredentialStatus::Active,
        AccountStatus::Unknown => CredentialStatus::Unknown,
        _ => CredentialStatus::Inactive,
    };
    let draft = Draft::<Credential>::new(&format!("{id}#password"))
        .kind(CredentialKind::Password)
        .status(status)
        .account(To::account(id))
        .created_at(changed)
        .last_rotated_at(changed)
        .expiry(CredentialExpiry::Unknown);
    Ok(Some(draft))
}

fn person(
    id: &str,
    row: &Row<'_>,
    claim: &Claim<'_>,
    out: &Sink<'_>,
) -> Result<(Draft<Person>, Known), Refusal> {
    let word = row.text("status").unwrap_or_default();
    let mut given = out.export.setting.statuses.iter();
    let given = given.find(|(said, _)| said.trim().eq_ignore_ascii_case(word));
    let meant = PEOPLE.iter().find(|(said, _)| said.eq_ignore_ascii_case(word));
    let status = given
        .map(|(_, status)| *status)
        .or(meant.map(|(_, status)| *status))
        .unwrap_or(PersonStatus::Unknown);
    // Okta has known since then; HR would know it better.
    let gone = row.time("statusChanged")?.filter(|_| status == PersonStatus::Terminated);
    let name = match (row.text("profile.firstName"), row.text("profile.lastName")) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (one, other) => one.or(other).map(str::to_owned),
    };
    let draft = Draft::<Person>::new(id)
        .status(status)
        .name(row.text("profile.displayName").or(name.as_deref()))
        .emails(claim.emails.clone())
        .employee_number(claim.employee_number)
        .user_name(row.text("profile.login"))
        .department(row.text("profile.department"))
        .ended_at(gone)
        .tag("status_from", word);
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let known = Known {
        id: id.to_owned(),
        employee_number: claim.employee_number.map(str::to_owned),
        emails: own(&claim.emails),
        user_names: own(&claim.user_names),
    };
    Ok((draft, known))
}

/// Reads a service account of Okta Privileged Access: an account of an app that a team has put
/// under management. Its owners are users or groups of Okta.
pub fn service_account(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(row.need("id")?)?;
    let owners = row.texts("ownerUserIds");
    let owner = match owners.first() {
        Some(owner) => {
            let owner = out.id(owner)?;
            Some(out.holder_of(&owner)?)
        }
        None => None,
    };
    let groups = row.texts("ownerGroupIds").join(", ");
    // `orn:okta:idp:ORG:apps:NAME:ID`
    let app = row.text("containerOrn").and_then(|orn| orn.rsplit(':').next());
    let system = match app {
        Some(app) => out.id(app)?,
        None => out.system()?,
    };
    out.other_system(&system, row.text("containerInstanceName"))?;
    let workload = Draft::<Workload>::new(&id)
        .kind(WorkloadKind::ServiceAccount)
        .status(WorkloadStatus::Unknown)
        .name(row.text("name"))
        .owner(owner.as_ref().map(Target::to))
        .purpose(row.text("description"))
        .created_at(row.time("created")?)
        .tag("owner_groups", (!groups.is_empty()).then_some(groups.as_str()))
        .tag(
            "other_owners",
            owners.get(1..).map(|more| more.join(", ")).filter(|more| !more.is_empty()).as_deref(),
        );
    out.put(workload)?;
    if let Some(user) = row.text("details.oktaUserId") {
        // It is a user of Okta, whose own row says more.
        let (user, system) = (out.id(user)?, out.system()?);
        let draft = Draft::<Account>::new(&user)
            .system(system.as_str())
            .status(AccountStatus::Unknown)
            .kind_of_account(AccountType::Service)
            .identity(To::workload(&id));
        return out.mention(draft);
    }
    let account = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .kind_of_account(AccountType::Service)
        .username(row.text("username"))
        .identity(To::workload(&id))
        .created_at(row.time("created")?)
        .tag("password_state", row.text("statusDetail"));
    out.put(account)
}

/// Reads that a user has a second factor.
pub fn factor(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(user) = row.text("userId").or_else(|| linked(row, "users")) else {
        return refuse("it doesn't name its user: that was in the URL");
    };
    let (id, system) = (out.id(user)?, out.system()?);
    let active = row.text("status").is_some_and(|status| status == "ACTIVE");
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .tag("mfa", active.then_some("true"));
    out.mention(draft)?;
    out.joined();
    Ok(())
}
