//! Users: accounts, their passwords, and people where the user of this program says so.

use super::fields::{any, first, flag, is_a, moment, object_id, rows, text, texts, time};
use super::{objects, roles};
use crate::import::people::{Claim, Known};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::import::when::Moment;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Group, Person};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialStatus,
    PersonEmployment, PersonStatus,
};
use crate::time::Instant;

/// Words of `employeeType`, which is free text: only those that mean the same everywhere.
const EMPLOYMENT: &[(&str, PersonEmployment)] = &[
    ("Employee", PersonEmployment::Employee),
    ("Contractor", PersonEmployment::Contractor),
    ("Consultant", PersonEmployment::Contractor),
    ("Vendor", PersonEmployment::Vendor),
    ("Intern", PersonEmployment::Intern),
];

/// Reads a user.
pub fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let name = text(row, "userPrincipalName");
    let Some(native) = object_id(row).or_else(|| name.map(str::to_lowercase)) else {
        return refuse("it has neither `id` nor `userPrincipalName`");
    };
    let id = out.id(&native)?;
    if is_thin(row) {
        // A member or an owner somewhere: who it is, not how it is.
        objects::mention_account(out, &id, first(row, &["mail"]), AccountType::Unknown)?;
        out.joined();
        return Ok(());
    }
    let system = out.system()?;
    let user = User::of(row, name)?;
    let password = user.password(&id, row)?;
    let draft = user.draft(&id, &system, row)?;
    if is_a(&row.keys(), &["agentUser"]) {
        let parent = text(row, "identityParentId").unwrap_or_default();
        let agent = objects::app_of(out, &parent.to_lowercase())?;
        let agent = agent.map(|app| out.id(&app)).transpose()?;
        out.put(draft.identity(agent.as_deref().map(To::workload)))?;
    } else if out.export.setting.people && user.kind != AccountType::System {
        let (person, known) = user.person(&id, row, out)?;
        out.account_of(&system, draft, person, known)?;
    } else {
        out.account(&system, draft, &user.claim(row))?;
    }
    if let Some(password) = password {
        out.put(password)?;
    }
    for group in rows(row, "memberOf") {
        member_of(&id, &group, out)?;
    }
    Ok(())
}

fn is_thin(row: &Row<'_>) -> bool {
    const FACTS: &[&str] = &[
        "userPrincipalName",
        "accountEnabled",
        "signInActivity",
        "employeeId",
        "createdDateTime",
        "userType",
    ];
    !any(&row.keys(), FACTS)
}

struct User<'a> {
    name: Option<&'a str>,
    guest: bool,
    kind: AccountType,
    status: AccountStatus,
    leaves: Option<Instant>,
    emails: Vec<String>,
}

impl<'a> User<'a> {
    fn of(row: &Row<'a>, name: Option<&'a str>) -> Result<Self, Refusal> {
        let outside = name.and_then(outside_address);
        let guest = outside.is_some()
            || text(row, "userType").is_some_and(|kind| kind.eq_ignore_ascii_case("Guest"));
        let status = match (time(row, "deletedDateTime")?, flag(row, "accountEnabled")?) {
            (Some(_), _) => AccountStatus::Deleted,
            (None, Some(true)) => AccountStatus::Enabled,
            (None, Some(false)) => AccountStatus::Disabled,
            (None, None) => AccountStatus::Unknown,
        };
        let sync = ["Sync_", "ADToAADSyncServiceAccount"];
        let kind = if sync.iter().any(|word| name.is_some_and(|name| name.starts_with(word))) {
            AccountType::System
        } else if is_a(&row.keys(), &["agentUser"]) {
            AccountType::Service
        } else if guest || first(row, &["employeeId", "employeeType"]).is_some() {
            AccountType::Human
        } else {
            AccountType::Unknown
        };
        Ok(Self {
            name,
            guest,
            kind,
            status,
            leaves: time(row, "employeeLeaveDateTime")?,
            emails: addresses(row, outside),
        })
    }

    fn draft(&self, id: &str, system: &str, row: &Row<'_>) -> Result<Draft<Account>, Refusal> {
        let activity = |name: &str| time(row, &format!("signInActivity.{name}"));
        let attempt = activity("lastSignInDateTime")?.map(|at| at.to_string());
        let silent = activity("lastNonInteractiveSignInDateTime")?.map(|at| at.to_string());
        let synced = flag(row, "onPremisesSyncEnabled")?.filter(|synced| *synced).map(|_| "true");
        Ok(Draft::<Account>::new(id)
            .system(system)
            .status(self.status)
            .kind_of_account(self.kind)
            .username(self.name)
            .created_at(time(row, "createdDateTime")?)
            .last_login_at(activity("lastSuccessfulSignInDateTime")?)
            .tag("last_sign_in_attempt", attempt.as_deref())
            .tag("last_non_interactive_sign_in", silent.as_deref())
            .tag("guest", self.guest.then_some("true"))
            .tag("external_user_state", first(row, &["externalUserState", "invitationState"]))
            .tag("employee_type", text(row, "employeeType"))
            .tag("employee_leave_date", self.leaves.map(|at| at.to_string()).as_deref())
            .tag("on_premises_sync", synced))
    }

    fn claim<'c>(&'c self, row: &Row<'c>) -> Claim<'c> {
        let local = ["onPremisesUserPrincipalName", "onPremisesSamAccountName"];
        // A guest's name here is made of their address elsewhere, which is among the addresses.
        let own = self.name.filter(|_| !self.guest);
        let local = local.iter().filter_map(|path| text(row, path));
        Claim {
            employee_number: text(row, "employeeId"),
            emails: self.emails.iter().map(String::as_str).collect(),
            user_names: own.into_iter().chain(local).collect(),
        }
    }

    /// A user has a password where Graph says when it was changed; a guest's is elsewhere.
    fn password(&self, id: &str, row: &Row<'_>) -> Result<Option<Draft<Credential>>, Refusal> {
        let changed = time(row, "lastPasswordChangeDateTime")?;
        let policies = text(row, "passwordPolicies").unwrap_or_default();
        let never = policies.contains("DisablePasswordExpiration");
        let (Some(changed), false) = (changed, self.guest) else { return Ok(None) };
        let status = match self.status {
            AccountStatus::Enabled => CredentialStatus::Active,
            AccountStatus::Disabled | AccountStatus::Deleted => CredentialStatus::Inactive,
            _ => CredentialStatus::Unknown,
        };
        let draft = Draft::<Credential>::new(&format!("{id}#password"))
            .kind(CredentialKind::Password)
            .status(status)
            .account(To::account(id))
            .created_at(changed)
            .last_rotated_at(changed)
            .expiry(if never { CredentialExpiry::Never } else { CredentialExpiry::Unknown });
        Ok(Some(draft))
    }

    fn person(
        &self,
        id: &str,
        row: &Row<'_>,
        out: &mut Sink<'_>,
    ) -> Result<(Draft<Person>, Known), Refusal> {
        let statuses = &out.export.setting.statuses;
        // Where a directory stands in for HR, whoever it has blocked or deleted is gone, unless
        // the user says what its words mean.
        let (word, meant) = match self.status {
            AccountStatus::Enabled => ("enabled", PersonStatus::Active),
            AccountStatus::Disabled => ("disabled", PersonStatus::Terminated),
            AccountStatus::Deleted => ("deleted", PersonStatus::Terminated),
            _ => ("unknown", PersonStatus::Unknown),
        };
        let mut given = statuses.iter();
        let given = given.find(|(said, _)| said.trim().eq_ignore_ascii_case(word));
        let status = given.map_or(meant, |(_, status)| *status);
        let manager = text(row, "manager.id").map(|id| out.id(&id.to_lowercase())).transpose()?;
        let manager = manager.map(|manager| out.manager_of(manager)).transpose()?;
        let claim = self.claim(row);
        let known = Known {
            id: id.to_owned(),
            employee_number: claim.employee_number.map(str::to_owned),
            emails: self.emails.clone(),
            user_names: claim.user_names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let employment = row.word(&super::fields::spelled(row, "employeeType"), EMPLOYMENT);
        let draft = Draft::<Person>::new(id)
            .status(status)
            .name(text(row, "displayName"))
            .emails(self.emails.iter().map(String::as_str).collect::<Vec<_>>())
            .employee_number(claim.employee_number)
            .user_name(self.name)
            .employment(employment)
            .manager(manager.as_deref().map(To::person))
            .department(text(row, "department"))
            .started_at(moment(row, "employeeHireDate", super::fields::NEVER)?.at())
            .ended_at(self.leaves)
            .tag("status_from", word)
            .tag("guest", self.guest.then_some("true"));
        Ok((draft, known))
    }
}

/// The address behind `pat_partner.example#EXT#@contoso.onmicrosoft.com`: a domain has no `_`.
fn outside_address(name: &str) -> Option<String> {
    let at = name.to_ascii_uppercase().find("#EXT#")?;
    let (user, host) = name.get(..at)?.rsplit_once('_')?;
    Some(format!("{user}@{host}"))
}

fn addresses(row: &Row<'_>, outside: Option<String>) -> Vec<String> {
    let smtp = |address: &str| {
        let (kind, address) = address.split_once(':')?;
        kind.eq_ignore_ascii_case("smtp").then(|| address.to_owned())
    };
    let mut all: Vec<String> = text(row, "mail")
        .into_iter()
        .chain(texts(row, "otherMails"))
        .map(|mail| mail.trim_matches('\'').to_owned())
        .chain(texts(row, "proxyAddresses").into_iter().filter_map(smtp))
        .chain(outside)
        .collect();
    let mut seen = Vec::new();
    all.retain(|mail| {
        let new = !seen.contains(&mail.to_lowercase());
        seen.push(mail.to_lowercase());
        new
    });
    all
}

/// A group or a role that the user's own row says they are in.
fn member_of(account: &str, row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(native) = object_id(row) else { return Ok(()) };
    if is_a(&row.keys(), &["group"]) {
        let (id, system) = (out.id(&native)?, out.system()?);
        let draft = Draft::<Group>::new(&id)
            .system(system.as_str())
            .name(text(row, "displayName"))
            .members(vec![To::account(account)]);
        return out.mention(draft);
    }
    if is_a(&row.keys(), &["directoryRole"]) {
        let role = roles::Role::of_directory(row);
        return roles::in_directory_role(&role, &native, account, out);
    }
    Ok(())
}

/// The report of authentication methods: whether a user has a second factor.
pub fn methods(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(native) = object_id(row) else { return refuse("it has no `id`") };
    let (id, system) = (out.id(&native)?, out.system()?);
    let mfa = flag(row, "isMfaRegistered")?.map(|mfa| if mfa { "true" } else { "false" });
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .username(text(row, "userPrincipalName"))
        .tag("mfa_registered", mfa);
    out.mention(draft)?;
    out.joined();
    Ok(())
}

/// Whether a time says that something has an end.
pub fn is_forever(moment: Moment) -> bool {
    // 2299-12-31 and 9999-12-31, in any zone.
    moment.at().is_some_and(|at| at.date().as_str() >= "2299")
}
