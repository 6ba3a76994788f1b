//! Users, bots and groups of them.

use super::access::grant;
use crate::import::people::{Claim, Target};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Group, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, EntitlementStatus, WorkloadKind, WorkloadStatus,
};

/// The id of a login's account; logins differ in case.
pub fn account_id(login: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    out.id(&login.to_lowercase())
}

/// The account of a login that a row only names, and whose it is.
pub fn named(login: &str, out: &mut Sink<'_>) -> Result<(String, Option<Target>), Refusal> {
    let system = out.system()?;
    let id = account_id(login, out)?;
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .username(login);
    if is_bot(login) {
        out.mention(bot(&id, login))?;
        out.mention(draft.kind_of_account(AccountType::Service).identity(To::workload(&id)))?;
        return Ok((id.clone(), Some(Target::Workload(id))));
    }
    let claim = Claim { user_names: vec![login], ..Claim::default() };
    let whose = out.mention_account(&system, draft, &claim)?;
    Ok((id, whose))
}

fn is_bot(login: &str) -> bool {
    login.ends_with("[bot]")
}

fn bot(id: &str, login: &str) -> Draft<Workload> {
    Draft::<Workload>::new(id).kind(WorkloadKind::Bot).status(WorkloadStatus::Active).name(login)
}

/// What one kind of row says of a user beyond the others.
#[derive(Default)]
struct Extra<'v> {
    mfa: Option<bool>,
    emails: Vec<&'v str>,
}

/// Writes the account of a listed user; says its id.
fn listed(user: &Row<'_>, extra: Extra<'_>, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let login = user.need("login")?;
    let system = out.system()?;
    let id = account_id(login, out)?;
    // Elsewhere, administrators and suspended users are those of a server of one's own.
    let server = user.text("url").is_some_and(|url| {
        !["https://api.github.com/", "https://github.com/"].iter().any(|host| url.starts_with(host))
    });
    let admin = user.flag("site_admin")?.or(user.flag("isSiteAdmin")?).unwrap_or(false);
    let status = match user.time("suspended_at")? {
        Some(_) => AccountStatus::Disabled,
        // Lists of a server don't say who is suspended.
        None if server && !user.keys().all(&["suspended_at"]) => AccountStatus::Unknown,
        None => AccountStatus::Enabled,
    };
    let mfa = match extra.mfa {
        Some(mfa) => Some(mfa),
        None => user.flag("two_factor_authentication")?,
    };
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(status)
        .username(login)
        .privileged((admin && (server || !user.keys().all(&["url"]))).then_some(true))
        .created_at(user.time("created_at")?)
        .tag("mfa", mfa.map(|mfa| if mfa { "true" } else { "false" }));
    if is_bot(login) || user.text("type") == Some("Bot") {
        out.put(bot(&id, login))?;
        out.put(draft.kind_of_account(AccountType::Service).identity(To::workload(&id)))?;
        return Ok(id);
    }
    let mut emails = extra.emails;
    emails.extend(user.text("email"));
    emails.extend(user.texts("organizationVerifiedDomainEmails"));
    let claim = Claim { employee_number: None, emails, user_names: vec![login] };
    out.account(&system, draft, &claim)?;
    Ok(id)
}

/// A user of a list of members, outside collaborators, team members or all users.
pub fn user(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let account = listed(row, Extra::default(), out)?;
    super::access::on_repository(row, &account, out)
}

/// The user that is part of another row.
pub fn inner(row: &Row<'_>, path: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    match row.row(path) {
        Some(user) => listed(&user, Extra::default(), out),
        None => refuse(format!("it has no `{path}`")),
    }
}

/// `membersWithRole` of an organization.
pub fn member(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(node) = row.row("node") else { return refuse("it has no `node`") };
    let extra = Extra { mfa: row.flag("hasTwoFactorEnabled")?, ..Extra::default() };
    let account = listed(&node, extra, out)?;
    organization_role(&account, row.text("role"), out)
}

/// `enterpriseOwners` of an organization: owners of the enterprise, whatever they are in it.
pub fn enterprise_owner(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let account = inner(row, "node", out)?;
    let owner = grant(&account, "enterprise owner", None).status(EntitlementStatus::Active);
    out.put(owner.privileged(true))?;
    let role = match row.text("organizationRole") {
        Some("OWNER") => Some("ADMIN"),
        Some("DIRECT_MEMBER") => Some("MEMBER"),
        _ => None,
    };
    organization_role(&account, role, out)
}

fn organization_role(account: &str, role: Option<&str>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(role) = role else { return Ok(()) };
    let (name, privileged) = super::access::organization_role(role);
    let draft = grant(account, &name, None).status(EntitlementStatus::Active);
    out.put(draft.privileged(privileged))
}

/// A user who needs a licence, of an enterprise's consumed licences.
pub fn licensed(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(login) = row.text("github_com_login") else {
        return refuse("a licence without an account on github.com");
    };
    let system = out.system()?;
    let id = account_id(login, out)?;
    let mut emails = row.texts("github_com_verified_domain_emails");
    let name_id = row.text("github_com_saml_name_id");
    emails.extend(name_id);
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Enabled)
        .username(login)
        .tag("mfa", mfa(row)?)
        .tag("license", row.text("license_type"));
    let user_names = std::iter::once(login).chain(name_id).collect();
    out.account(&system, draft, &Claim { employee_number: None, emails, user_names })?;
    // `acme:Owner`
    for role in row.texts("github_com_member_roles") {
        let (organization, role) = role.rsplit_once(':').unwrap_or(("", role));
        let (name, privileged) = super::access::organization_role(role);
        let resource = Some(organization).filter(|name| !name.is_empty());
        let draft = grant(&id, &name, resource).status(EntitlementStatus::Active);
        out.put(draft.privileged(privileged))?;
    }
    for role in row.texts("github_com_enterprise_roles") {
        let owner = role.eq_ignore_ascii_case("owner").then_some(true);
        let draft = grant(&id, &format!("enterprise {}", role.to_lowercase()), None);
        out.put(draft.status(EntitlementStatus::Active).privileged(owner))?;
    }
    Ok(())
}

fn mfa(row: &Row<'_>) -> Result<Option<&'static str>, Refusal> {
    let flag = row.flag("github_com_two_factor_auth")?;
    Ok(flag.map(|on| if on { "true" } else { "false" }))
}

/// Who an account is at the identity provider, in GraphQL.
pub fn external_identity(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(login) = row.text("user.login") else {
        return refuse("an external identity that is linked to no account");
    };
    let system = out.system()?;
    let id = account_id(login, out)?;
    let names = [
        row.text("samlIdentity.nameId"),
        row.text("samlIdentity.username"),
        row.text("scimIdentity.username"),
    ];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let mut emails = names.clone();
    emails.extend(row.texts("samlIdentity.emails"));
    emails.extend(row.texts("scimIdentity.emails"));
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(AccountStatus::Unknown)
        .username(login);
    let user_names = names.into_iter().chain([login]).collect();
    out.mention_account(&system, draft, &Claim { employee_number: None, emails, user_names })?;
    out.joined();
    Ok(())
}

/// A team. Its parent's access is its members' too, so it is a member of that.
pub fn team(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let mut members = Vec::new();
    for path in ["members.edges", "members.nodes"] {
        for member in row.rows(path) {
            if let Some(login) = member.first(&["node.login", "login"]) {
                members.push(named(login, out)?.0);
            }
        }
    }
    let members: Vec<To<'_>> = members.iter().map(|id| To::account(id)).collect();
    let id = write_team(row, members, out)?;
    if let Some(parent) = row.row("parent") {
        write_team(&parent, vec![To::group(&id)], out)?;
    }
    Ok(())
}

/// Writes a team with these members; says its id.
pub fn write_team(
    row: &Row<'_>,
    members: Vec<To<'_>>,
    out: &mut Sink<'_>,
) -> Result<String, Refusal> {
    let Some(native) = row.first(&["databaseId", "id", "slug"]) else {
        return refuse("it has no `id`");
    };
    let of = if row.text("url").is_some_and(|url| url.contains("/enterprises/")) {
        "enterprise-team"
    } else {
        "team"
    };
    let id = out.id(&format!("{of}:{native}"))?;
    let system = out.system()?;
    let draft = Draft::<Group>::new(&id)
        .name(row.first(&["name", "slug"]))
        .system(system.as_str())
        .members(members);
    out.put(draft)?;
    Ok(id)
}

/// A group of the identity provider, with its members where the row is one group's.
pub fn external_group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(&format!("external-group:{}", row.need("group_id")?))?;
    let system = out.system()?;
    let mut members = Vec::new();
    for member in row.rows("members") {
        if let Some(login) = member.text("member_login") {
            members.push(named(login, out)?.0);
        }
    }
    let draft = Draft::<Group>::new(&id)
        .name(row.text("group_name"))
        .system(system.as_str())
        .members(members.iter().map(|id| To::account(id)).collect::<Vec<_>>());
    out.put(draft)
}
