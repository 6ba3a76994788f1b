//! Bindings: who has which role, in which namespace.

use super::{created, mention, namespace};
use crate::import::people::Claim;
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Entitlement, Group};
use crate::inventory::vocabulary::{AccountStatus, AccountType, EntitlementStatus};

/// The cluster roles that administrate: "User-facing roles" in "Using RBAC Authorization".
const ADMINISTRATE: &[&str] = &["cluster-admin", "admin"];

/// By a role's place and name, whether it administrates.
const ROLE: &str = "kubernetes-role";

/// The verbs by which rights can be had that one hasn't got: "Privilege escalation prevention".
const ESCALATE: &[&str] = &["escalate", "bind", "impersonate"];

fn administrates(row: &Row<'_>) -> bool {
    row.rows("rules").iter().any(|rule| {
        let verbs = rule.texts("verbs");
        let every = verbs.contains(&"*") && rule.texts("resources").contains(&"*");
        every || verbs.iter().any(|verb| ESCALATE.contains(verb))
    })
}

/// A role: not a right before somebody is bound to it.
pub fn role(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let name = row.need("metadata.name")?;
    let place = row.text("metadata.namespace").unwrap_or_default();
    let id = out.id(&format!("{place}/{name}"))?;
    out.learn(ROLE, &id, if administrates(row) { "administrates" } else { "does not" });
    out.joined();
    Ok(())
}

/// A binding: an entitlement for each subject.
pub fn binding(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(of) = row.row("roleRef").or(row.row("role_ref")) else {
        return refuse("it names no role");
    };
    let (name, role) = (row.need("metadata.name")?, of.need("name")?);
    let everywhere = row
        .text("kind")
        .map_or(row.text("metadata.namespace").is_none(), |kind| kind == "ClusterRoleBinding");
    let place = if everywhere { "" } else { namespace(row) };
    let of_cluster = of.text("kind") == Some("ClusterRole");
    let learned = format!("{}/{role}", if of_cluster { "" } else { place });
    let learned = out.id(&learned)?;
    let privileged = (of_cluster && ADMINISTRATE.contains(&role))
        || out.called(ROLE, &learned)? == Some("administrates");
    let resource = if everywhere { "cluster".to_owned() } else { format!("namespace/{place}") };
    let binding =
        if everywhere { "clusterrolebinding".to_owned() } else { format!("{place}/rolebinding") };
    let since = created(row)?;
    let system = out.system()?;
    // A binding without subjects gives nobody anything.
    out.joined();
    for subject in row.rows("subjects") {
        let holder = Holder::of(&subject, place, privileged, out)?;
        let id = out.id(&format!("{binding}/{name}/{role}/{}", holder.named))?;
        out.put(
            Draft::<Entitlement>::new(&id)
                .role(role)
                .status(EntitlementStatus::Active)
                .system(system.as_str())
                .account((!holder.group).then(|| To::account(&holder.id)))
                .group(holder.group.then(|| To::group(&holder.id)))
                .resource(resource.as_str())
                .privileged(privileged.then_some(true))
                // The role of a binding can't be changed; a subject may have been added later.
                .granted_at(since)
                .tag("binding", name)
                .tag("role_kind", of.text("kind"))
                .tag("public", holder.public.then_some("true"))
                .tag("bootstrapping", row.text("metadata.labels.kubernetes.io/bootstrapping")),
        )?;
        holder.write(&system, out)?;
    }
    Ok(())
}

/// Who has a role.
struct Holder {
    id: String,
    /// As the binding calls it.
    named: String,
    group: bool,
    public: bool,
    user: Option<String>,
}

impl Holder {
    fn of(
        subject: &Row<'_>,
        place: &str,
        privileged: bool,
        out: &mut Sink<'_>,
    ) -> Result<Self, Refusal> {
        let (kind, name) = (subject.need("kind")?, subject.need("name")?);
        if kind == "ServiceAccount" {
            let namespace = subject.text("namespace").unwrap_or(place);
            if namespace.is_empty() {
                return refuse("a service account among its subjects has no namespace");
            }
            let id = mention(namespace, name, out)?;
            return Ok(Self::one(id, format!("ServiceAccount/{namespace}/{name}")));
        }
        let named = format!("{kind}/{name}");
        if let Some((namespace, name)) =
            name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
        {
            return Ok(Self::one(mention(namespace, name, out)?, named));
        }
        let (system, id) = (out.system()?, out.id(&named)?);
        if kind == "Group" || name.starts_with("system:") {
            const PUBLIC: &[&str] =
                &["system:anonymous", "system:unauthenticated", "system:authenticated"];
            // Whoever is in it may do everything, whatever is bound.
            let privileged = (privileged || name == "system:masters").then_some(true);
            out.mention(
                Draft::<Group>::new(&id).name(name).system(system.as_str()).privileged(privileged),
            )?;
            let public = PUBLIC.contains(&name);
            return Ok(Self { id, named, group: true, public, user: None });
        }
        Ok(Self { user: Some(name.to_owned()), ..Self::one(id, named) })
    }

    /// Writes a user, whom no object of the cluster is about.
    fn write(&self, system: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
        let Some(name) = self.user.as_deref() else { return Ok(()) };
        let draft = Draft::<Account>::new(&self.id)
            .system(system)
            // The cluster takes whoever proves to be called so.
            .status(AccountStatus::Unknown)
            .kind_of_account(AccountType::Unknown)
            .username(name);
        out.account(system, draft, &Claim { user_names: vec![name], ..Claim::default() })
    }

    fn one(id: String, named: String) -> Self {
        Self { id, named, group: false, public: false, user: None }
    }
}
