//! Roles, and what is granted to users and roles.

use super::{HOLDS, account, spelt};
use crate::import::kinds::spelling::Spelt;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Entitlement, Group};
use crate::inventory::vocabulary::{AccountStatus, EntitlementStatus};

/// Roles that administrate an account or the organization ("Overview of access control", system
/// roles).
const ADMINS: &[&str] =
    &["ACCOUNTADMIN", "SECURITYADMIN", "SYSADMIN", "ORGADMIN", "GLOBALORGADMIN"];

/// Privileges on the account that give all others ("Access control privileges", global
/// privileges).
const ADMINISTRATE: &[&str] =
    &["MANAGE GRANTS", "CREATE USER", "CREATE ROLE", "OWNERSHIP", "ALL", "ALL PRIVILEGES"];

fn is_admin(role: &str) -> Option<bool> {
    ADMINS.contains(&role).then_some(true)
}

fn role_id(name: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    out.id(&format!("role:{name}"))
}

/// What a grantee is.
enum Grantee {
    User,
    Role,
}

impl Grantee {
    fn of(row: &Spelt<'_>) -> Result<Self, Refusal> {
        let word = row.text("granted_to").unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "USER" => Ok(Self::User),
            "ROLE" | "ACCOUNT ROLE" | "ACCOUNT_ROLE" | "DATABASE_ROLE" | "DATABASE ROLE"
            | "APPLICATION_ROLE" | "APPLICATION ROLE" => Ok(Self::Role),
            _ => refuse("it is granted to no user and no role"),
        }
    }
}

/// A role, as it is listed.
pub fn role(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let row = spelt(row);
    let name = row.need("name")?;
    if row.text("deleted_on").is_some() {
        return refuse("a role that was dropped");
    }
    let name = match row.text("role_database_name") {
        Some(database) => format!("{database}.{name}"),
        None => name.to_owned(),
    };
    group(&name, vec![], out)
}

fn group(name: &str, members: Vec<To<'_>>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let system = out.system()?;
    let id = role_id(name, out)?;
    let draft = Draft::<Group>::new(&id).name(name).system(system.as_str());
    out.put(draft.members(members).privileged(is_admin(name)))
}

/// A role that is granted to a user or to a role.
pub fn of_role(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let row = spelt(row);
    granted(&row, row.need("role")?, out)
}

fn granted(row: &Spelt<'_>, role: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let grantee = row.need("grantee_name")?;
    let deleted = row.text("deleted_on").is_some();
    if let Grantee::Role = Grantee::of(row)? {
        if deleted {
            return refuse("a role that was taken from a role");
        }
        let id = role_id(grantee, out)?;
        out.learn(HOLDS, &id, role);
        return group(role, vec![To::group(&id)], out);
    }
    let user = known(grantee, out)?;
    let id = role_id(role, out)?;
    if !deleted && out.called(HOLDS, &id)?.is_some() {
        group(role, vec![To::account(&user)], out)?;
    }
    put(row, &format!("{user}#role:{role}"), out, |draft| {
        draft.account(To::account(&user)).role(role).privileged(is_admin(role))
    })
}

/// The id of a user's account, which is mentioned.
fn known(user: &str, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let system = out.system()?;
    let id = account(user, out)?;
    let draft = Draft::<Account>::new(&id).system(system.as_str()).status(AccountStatus::Unknown);
    out.mention(draft)?;
    Ok(id)
}

fn put(
    row: &Spelt<'_>,
    id: &str,
    out: &mut Sink<'_>,
    what: impl FnOnce(Draft<Entitlement>) -> Draft<Entitlement>,
) -> Result<(), Refusal> {
    let granted = row.time("created_on")?;
    let deleted = row.time("deleted_on")?;
    // It can have been granted again.
    let id = match (deleted, granted) {
        (Some(at), _) => format!("{id}@{at}"),
        _ => id.to_owned(),
    };
    let draft = what(Draft::<Entitlement>::new(&id));
    out.put(
        draft
            .status(if deleted.is_some() {
                EntitlementStatus::Revoked
            } else {
                EntitlementStatus::Active
            })
            .granted_at(granted)
            .tag("granted_by_role", row.text("granted_by")),
    )
}

/// A privilege: of a role on a role, the same as a role that is granted; on the whole account, an
/// entitlement of the role.
pub fn of_privilege(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let row = spelt(row);
    let privilege = row.need("privilege")?;
    let on = row.need("granted_on")?.to_ascii_uppercase();
    let name = row.text("name");
    let is_role = matches!(on.as_str(), "ROLE" | "DATABASE_ROLE" | "DATABASE ROLE");
    if let (true, "USAGE", Some(name)) = (is_role, privilege, name) {
        return granted(&row, name, out);
    }
    let grantee = row.need("grantee_name")?;
    let to = Grantee::of(&row)?;
    let privileged = (on == "ACCOUNT" && ADMINISTRATE.contains(&privilege)).then_some(true);
    let right = format!("{privilege} ON {on} {}", name.unwrap_or_default());
    let right = right.trim_end();
    match to {
        Grantee::User => {
            let user = known(grantee, out)?;
            put(&row, &format!("{user}#privilege:{right}"), out, |draft| {
                draft
                    .account(To::account(&user))
                    .role(privilege)
                    .resource(name)
                    .privileged(privileged)
            })
        }
        Grantee::Role if on != "ACCOUNT" => {
            refuse("what a role may do with an object: only privileges on the account are read")
        }
        Grantee::Role => {
            let id = role_id(grantee, out)?;
            out.learn(HOLDS, &id, privilege);
            group(grantee, vec![], out)?;
            put(&row, &format!("{id}#privilege:{right}"), out, |draft| {
                draft.group(To::group(&id)).role(privilege).resource(name).privileged(privileged)
            })
        }
    }
}
