//! The rules as they are shipped, by Cedar, plainly: every record an entity, with the facts that the
//! eighteen read, in one `Entities`; one request for each edge between two of them that the rules
//! are about.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy, PolicyId,
    PolicySet, Request, RestrictedExpression,
};
use contenders::{Fault, Findings, Inventory, NOW, Text, arguments, distinct};
use rustc_hash::{FxHashMap, FxHashSet};

/// The parameters that the rules read.
const LIMITS: [(&str, &str); 16] = [
    ("dormant", "90d"),
    ("dormant_account", "90d"),
    ("dormant_workload", "90d"),
    ("exposure_grace", "24h"),
    ("leaver_grace", "24h"),
    ("leaver_grace_privileged", "1h"),
    ("review", "365d"),
    ("review_execution", "7d"),
    ("rotation_api_key", "90d"),
    ("rotation_asymmetric_key", "365d"),
    ("rotation_certificate", "398d"),
    ("rotation_client_secret", "180d"),
    ("rotation_oauth_grant", "365d"),
    ("rotation_password", "90d"),
    ("rotation_ssh_key", "365d"),
    ("rotation_token", "90d"),
];

fn main() -> Result<(), Fault> {
    let [rules, path, output] = arguments("cedar RULES INVENTORY OUTPUT")?;
    let text = String::from_utf8(std::fs::read(path)?)?;
    let inventory: Inventory<'_> = serde_json::from_str(&text)?;
    let graph = Graph::of(&inventory)?;
    let asked = Asked {
        policies: policies(Path::new(&rules))?,
        entities: Entities::from_entities(graph.entities()?, None)?,
        context: context()?,
    };
    let mut findings = Findings::create(&output)?;
    graph.edges(&mut |principal, action, resource| {
        asked.ask(principal, action, resource, &mut findings)
    })?;
    findings.finish()
}

/// The rules of a folder's folders, each by its own name.
fn policies(rules: &Path) -> Result<PolicySet, Fault> {
    let mut all = PolicySet::new();
    for folder in std::fs::read_dir(rules)? {
        for file in std::fs::read_dir(folder?.path())? {
            let policy = Policy::parse(None, std::fs::read_to_string(file?.path())?)?;
            let id = policy.annotation("id").ok_or("a rule has no id")?;
            all.add(policy.new_id(PolicyId::new(id)))?;
        }
    }
    Ok(all)
}

fn context() -> Result<Context, Fault> {
    let limits =
        LIMITS.map(|(name, limit)| (name.into(), RestrictedExpression::new_duration(limit)));
    Ok(Context::from_pairs([
        ("now".into(), RestrictedExpression::new_datetime(NOW)),
        ("sla".into(), RestrictedExpression::new_record(limits)?),
    ])?)
}

/// What every request is asked of.
struct Asked {
    policies: PolicySet,
    entities: Entities,
    context: Context,
}

impl Asked {
    fn ask(
        &self,
        principal: EntityUid,
        action: &EntityUid,
        resource: EntityUid,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        let id = resource.id().clone();
        let request =
            Request::new(principal, action.clone(), resource, self.context.clone(), None)?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &self.entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(error.to_string().into());
        }
        response
            .diagnostics()
            .reason()
            .try_for_each(|rule| findings.add(rule.as_ref(), id.unescaped()))
    }
}

/// A fact that may be missing.
type Fact = Option<RestrictedExpression>;

fn yes(fact: bool) -> Fact {
    Some(RestrictedExpression::new_bool(fact))
}

fn count(number: usize) -> Fact {
    Some(RestrictedExpression::new_long(i64::try_from(number).unwrap_or(i64::MAX)))
}

fn at(instant: Text<'_>) -> Fact {
    instant.map(RestrictedExpression::new_datetime)
}

fn entity<const FACTS: usize>(
    uid: EntityUid,
    facts: [(&str, Fact); FACTS],
) -> Result<Entity, Fault> {
    let facts = facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?)));
    Ok(Entity::new(uid, facts.collect::<HashMap<_, _>>(), HashSet::new())?)
}

/// The records by their ids, and the names of the schema, each parsed once.
struct Graph<'a> {
    inventory: &'a Inventory<'a>,
    types: FxHashMap<&'static str, EntityTypeName>,
    people: FxHashSet<&'a str>,
    teams: FxHashSet<&'a str>,
    workloads: FxHashSet<&'a str>,
    identity: FxHashMap<&'a str, &'a str>,
}

impl<'a> Graph<'a> {
    fn of(inventory: &'a Inventory<'a>) -> Result<Self, Fault> {
        let types = [
            "Account",
            "Action",
            "Credential",
            "CredentialExpiry",
            "CredentialKind",
            "CredentialLastUsedState",
            "CredentialManagedBy",
            "CredentialStatus",
            "CredentialStorage",
            "Entitlement",
            "EntitlementReviewOutcome",
            "Inventory",
            "Nobody",
            "Person",
            "Team",
            "Workload",
        ];
        let types = types.into_iter().map(|name| Ok((name, name.parse()?)));
        let identities = inventory.accounts.iter();
        Ok(Self {
            inventory,
            types: types.collect::<Result<_, Fault>>()?,
            people: inventory.people.iter().map(|one| one.id).collect(),
            teams: inventory.teams.iter().map(|one| one.id).collect(),
            workloads: inventory.workloads.iter().map(|one| one.id).collect(),
            identity: identities.filter_map(|one| Some((one.id, one.identity?))).collect(),
        })
    }

    fn uid(&self, kind: &str, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.types[kind].clone(), EntityId::new(id))
    }

    fn word(&self, kind: &str, word: &str) -> Fact {
        Some(RestrictedExpression::new_entity_uid(self.uid(kind, word)))
    }

    /// Who is behind an account, by id.
    fn behind(&self, account: Text<'_>) -> Text<'a> {
        self.identity.get(account?).copied()
    }

    /// Who has that id, be it nobody.
    fn who(&self, id: Text<'_>) -> EntityUid {
        match id {
            None => self.uid("Nobody", "missing"),
            Some(id) if self.people.contains(id) => self.uid("Person", id),
            Some(id) if self.workloads.contains(id) => self.uid("Workload", id),
            Some(id) if self.teams.contains(id) => self.uid("Team", id),
            Some(_) => self.uid("Nobody", "unknown"),
        }
    }

    fn entities(&self) -> Result<Vec<Entity>, Fault> {
        let inventory = self.inventory;
        let mut accounts: FxHashMap<&str, usize> = FxHashMap::default();
        for one in &inventory.accounts {
            *accounts.entry(one.identity.unwrap_or_default()).or_default() += 1;
        }
        let mut offboardings: FxHashMap<&str, usize> = FxHashMap::default();
        for one in inventory.offboardings.iter().filter(|one| one.ends_access()) {
            *offboardings.entry(one.subject).or_default() += 1;
        }
        let mut all = vec![entity(self.uid("Inventory", "inventory"), [])?];
        for one in &inventory.people {
            let facts = [
                ("ended", yes(one.has_ended())),
                ("ended_at", at(one.ended_at)),
                ("accounts", count(accounts.get(one.id).copied().unwrap_or(0))),
                ("offboardings", count(offboardings.get(one.id).copied().unwrap_or(0))),
            ];
            all.push(entity(self.uid("Person", one.id), facts)?);
        }
        for one in &inventory.workloads {
            let facts = [
                ("gone", yes(one.is_gone())),
                ("last_used_at", at(one.last_used_at)),
                ("purpose", one.purpose.map(|text| RestrictedExpression::new_string(text.into()))),
            ];
            all.push(entity(self.uid("Workload", one.id), facts)?);
        }
        for one in &inventory.accounts {
            let facts = [
                ("live", yes(one.is_live())),
                ("last_login_at", at(one.last_login_at)),
                ("expires_at", at(one.expires_at)),
            ];
            all.push(entity(self.uid("Account", one.id), facts)?);
        }
        for one in &inventory.credentials {
            let person = self.behind(one.account).filter(|id| self.people.contains(id));
            let used = if one.last_used_at.is_some() { "known" } else { "unknown" };
            let facts = [
                ("live", yes(one.is_live())),
                ("kind", self.word("CredentialKind", one.kind)),
                ("status", self.word("CredentialStatus", one.status)),
                ("expiry", self.word("CredentialExpiry", one.expiry())),
                ("storage", self.word("CredentialStorage", one.storage.unwrap_or("unknown"))),
                ("managed_by", self.word("CredentialManagedBy", "unknown")),
                ("last_used_state", self.word("CredentialLastUsedState", used)),
                ("holder_person", person.and_then(|id| self.word("Person", id))),
                ("created_at", at(one.created_at)),
                ("last_rotated_at", at(one.last_rotated_at)),
                ("secret_since", at(one.secret_since())),
                ("last_used_at", at(one.last_used_at)),
                ("expires_at", at(one.expires_at)),
                ("exposed_at", at(one.exposed_at)),
                ("known_to_count", count(distinct(&one.known_to))),
                ("used_by_count", count(distinct(&one.used_by))),
            ];
            all.push(entity(self.uid("Credential", one.id), facts)?);
        }
        for one in &inventory.entitlements {
            let outcome = one.review_outcome;
            let facts = [
                ("live", yes(one.is_live())),
                ("privileged", yes(one.privileged == Some(true))),
                ("granted_at", at(one.granted_at)),
                ("last_reviewed_at", at(one.last_reviewed_at)),
                ("expires_at", at(one.expires_at)),
                (
                    "review_outcome",
                    outcome.and_then(|to| self.word("EntitlementReviewOutcome", to)),
                ),
            ];
            all.push(entity(self.uid("Entitlement", one.id), facts)?);
        }
        Ok(all)
    }

    /// Who keeps, holds and owns what.
    fn edges(
        &self,
        ask: &mut impl FnMut(EntityUid, &EntityUid, EntityUid) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let [keep, hold, own] = ["keep", "hold", "own"].map(|name| self.uid("Action", name));
        let keeper = self.uid("Inventory", "inventory");
        for one in &self.inventory.people {
            ask(keeper.clone(), &keep, self.uid("Person", one.id))?;
        }
        for one in &self.inventory.workloads {
            let workload = self.uid("Workload", one.id);
            ask(keeper.clone(), &keep, workload.clone())?;
            ask(self.who(one.owner), &own, workload)?;
        }
        for one in &self.inventory.accounts {
            ask(keeper.clone(), &keep, self.uid("Account", one.id))?;
        }
        for one in &self.inventory.credentials {
            let credential = self.uid("Credential", one.id);
            ask(keeper.clone(), &keep, credential.clone())?;
            ask(self.who(self.behind(one.account)), &hold, credential)?;
        }
        for one in &self.inventory.entitlements {
            let entitlement = self.uid("Entitlement", one.id);
            ask(keeper.clone(), &keep, entitlement.clone())?;
            ask(self.who(self.behind(one.account)), &hold, entitlement)?;
        }
        Ok(())
    }
}
