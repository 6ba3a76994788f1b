//! Entities, their aliases, and groups of them.

use crate::import::people::Claim;
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Entitlement, Group, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, EntitlementStatus, WorkloadKind, WorkloadStatus,
};

/// Who signs in by an auth method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// People.
    Human,
    /// Machines.
    Machine,
    /// Either.
    Unknown,
}

/// The auth methods by whom they are for ("Auth methods" in the Vault documentation). JWT serves
/// both; a token can be anybody's.
const METHODS: &[(&str, Holder)] = &[
    ("approle", Holder::Machine),
    ("kubernetes", Holder::Machine),
    ("aws", Holder::Machine),
    ("azure", Holder::Machine),
    ("gcp", Holder::Machine),
    ("alicloud", Holder::Machine),
    ("oci", Holder::Machine),
    ("cf", Holder::Machine),
    ("cert", Holder::Machine),
    ("userpass", Holder::Human),
    ("ldap", Holder::Human),
    ("okta", Holder::Human),
    ("oidc", Holder::Human),
    ("saml", Holder::Human),
    ("github", Holder::Human),
    ("radius", Holder::Human),
    ("kerberos", Holder::Human),
];

fn method(word: &str) -> Holder {
    METHODS.iter().find(|(name, _)| *name == word).map_or(Holder::Unknown, |(_, holder)| *holder)
}

/// Who signs in at a path, where the mount has the name of its method: `auth/approle/login`.
pub fn holder_by(path: &str) -> Holder {
    method(path.trim_start_matches("auth/").split('/').next().unwrap_or_default())
}

/// Writes the policies of an account. `root` may do everything ("Policies").
pub fn policies(
    account: &str,
    names: &[&str],
    via: Option<&str>,
    out: &mut Sink<'_>,
) -> Result<(), Refusal> {
    for name in names.iter().filter(|name| **name != "default") {
        let draft = Draft::<Entitlement>::new(&format!("{account}#{name}"))
            .account(To::account(account))
            .role(*name)
            .status(EntitlementStatus::Active)
            .privileged((*name == "root").then_some(true))
            .via(via.into_iter().collect::<Vec<_>>());
        out.put(draft)?;
    }
    Ok(())
}

/// The account of an entity that a row only names, and who signs in by what the row names it for.
pub fn named_entity(
    entity: &str,
    holder: Holder,
    user_names: &[&str],
    out: &mut Sink<'_>,
) -> Result<String, Refusal> {
    let id = out.id(&format!("entity:{entity}"))?;
    let system = out.system()?;
    let draft = Draft::<Account>::new(&id).system(system.as_str()).status(AccountStatus::Unknown);
    if holder == Holder::Machine {
        let workload = Draft::<Workload>::new(&id).kind(WorkloadKind::ServiceAccount);
        let name = user_names.first().copied();
        out.mention(workload.status(WorkloadStatus::Unknown).name(name))?;
        let draft = draft.kind_of_account(AccountType::Service);
        out.mention(draft.identity(To::workload(&id)))?;
    } else {
        let claim = Claim { user_names: user_names.to_vec(), ..Claim::default() };
        out.mention_account(&system, draft, &claim)?;
    }
    Ok(id)
}

/// An entity: whoever signs in by one of its aliases. Where all of them are those of machines, it
/// is a workload.
pub fn entity(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(&format!("entity:{}", row.need("id")?))?;
    let system = out.system()?;
    let disabled = row.flag("disabled")?.unwrap_or(false);
    let created = row.time("creation_time")?;
    let aliases = row.rows("aliases");
    let draft = Draft::<Account>::new(&id)
        .system(system.as_str())
        .status(if disabled { AccountStatus::Disabled } else { AccountStatus::Enabled })
        .username(row.need("name")?)
        .created_at(created);
    let kinds: Vec<Holder> = aliases
        .iter()
        .map(|alias| alias.text("mount_type").map_or(Holder::Unknown, method))
        .collect();
    if !kinds.is_empty() && kinds.iter().all(|kind| *kind == Holder::Machine) {
        let workload = Draft::<Workload>::new(&id)
            .kind(WorkloadKind::ServiceAccount)
            .status(if disabled { WorkloadStatus::Disabled } else { WorkloadStatus::Active })
            .name(row.text("name"))
            .created_at(created);
        out.put(workload)?;
        out.put(draft.kind_of_account(AccountType::Service).identity(To::workload(&id)))?;
    } else {
        let mut user_names: Vec<&str> = row.text("name").into_iter().collect();
        for alias in &aliases {
            user_names.extend(alias.text("name"));
        }
        let emails = row.text("metadata.email").into_iter().collect();
        out.account(&system, draft, &Claim { employee_number: None, emails, user_names })?;
    }
    policies(&id, &row.texts("policies"), None, out)
}

/// An alias: by which name an entity signs in.
pub fn alias(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let names: Vec<&str> = ["name", "metadata.email", "metadata.username"]
        .into_iter()
        .filter_map(|path| row.text(path))
        .collect();
    let holder = row.text("mount_type").map_or(Holder::Unknown, method);
    named_entity(row.need("canonical_id")?, holder, &names, out)?;
    out.joined();
    Ok(())
}

/// A group of entities, with its policies.
pub fn group(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let id = out.id(&format!("group:{}", row.need("id")?))?;
    let system = out.system()?;
    let mut members = Vec::new();
    for entity in row.texts("member_entity_ids") {
        members.push((true, out.id(&format!("entity:{entity}"))?));
    }
    for group in row.texts("member_group_ids") {
        members.push((false, out.id(&format!("group:{group}"))?));
    }
    let members: Vec<To<'_>> = members
        .iter()
        .map(|(entity, id)| if *entity { To::account(id) } else { To::group(id) })
        .collect();
    let named = row.texts("policies");
    let draft = Draft::<Group>::new(&id)
        .name(row.text("name"))
        .system(system.as_str())
        .members(members)
        .privileged(named.contains(&"root").then_some(true));
    out.put(draft)?;
    for name in named.iter().filter(|name| **name != "default") {
        let draft = Draft::<Entitlement>::new(&format!("{id}#{name}"))
            .group(To::group(&id))
            .role(*name)
            .status(EntitlementStatus::Active)
            .privileged((*name == "root").then_some(true));
        out.put(draft)?;
    }
    Ok(())
}
