//! GitHub Apps: each installation is a workload with an account of its own.

use super::access::grant;
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, EntitlementStatus, WorkloadKind, WorkloadStatus,
};

/// The permissions that, at `write` or `admin`, decide who may do what: settings and access of
/// repositories, of the organization, its members and teams, roles and tokens ("Permissions
/// required for GitHub Apps").
const ADMINISTRATE: &[&str] = &[
    "administration",
    "organization_administration",
    "members",
    "organization_custom_roles",
    "organization_custom_org_roles",
    "organization_personal_access_tokens",
    "organization_personal_access_token_requests",
];

/// An app that is installed on an organization or a user. Its tokens are minted for an hour each
/// and not listed.
pub fn installation(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(&format!("installation:{}", row.need("id")?))?;
    let system = out.system()?;
    let slug = row.text("app_slug");
    let on = row.first(&["account.login", "account.slug"]);
    let maker = match slug {
        Some(slug) => out.called("github-app", slug)?,
        None => None,
    };
    let own = maker.zip(on).is_some_and(|(maker, on)| maker.eq_ignore_ascii_case(on));
    let created = row.time("created_at")?;
    let suspended = row.time("suspended_at")?.is_some();
    let app = format!("GitHub App {}", row.text("app_id").unwrap_or_default());
    let workload = Draft::<Workload>::new(&id)
        .kind(WorkloadKind::Application)
        .status(if suspended { WorkloadStatus::Disabled } else { WorkloadStatus::Active })
        .name(slug.unwrap_or(&app))
        .third_party((!own).then_some(true))
        .vendor(maker)
        .created_at(created)
        .tag("app_id", row.text("app_id"))
        .tag("installed_on", on)
        .tag("repositories", row.text("repository_selection"));
    out.put(workload)?;
    let login = slug.map(|slug| format!("{slug}[bot]"));
    let account = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(if suspended { AccountStatus::Disabled } else { AccountStatus::Enabled })
        .kind_of_account(AccountType::Service)
        .username(login.as_deref())
        .identity(To::workload(&id))
        .created_at(created);
    out.put(account)?;
    for (name, level) in row.pairs("permissions") {
        let administrates = ADMINISTRATE.contains(&name) && level != "read";
        let draft = grant(&id, &format!("{name}:{level}"), on)
            .status(EntitlementStatus::Active)
            .privileged(administrates.then_some(true))
            .granted_at(created)
            .tag("repositories", row.text("repository_selection"));
        out.put(draft)?;
    }
    Ok(())
}

/// An app itself: who makes it.
pub fn app(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(owner) = row.first(&["owner.login", "owner.slug"]) else {
        return crate::import::row::refuse("an app without an owner");
    };
    out.learn("github-app", row.need("slug")?, owner);
    out.joined();
    Ok(())
}
