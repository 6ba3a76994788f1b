//! Resources: accounts, workloads, groups, secrets, and what grants are on.

use super::{NAME, WHAT, annotation, holder, id_of};
use crate::import::kinds::spelling::Spelt;
use crate::import::people::{Claim, Target};
use crate::import::row::{Refusal, Row, refuse};
use crate::import::sink::Sink;
use crate::import::when::{Moment, Sentinels};
use crate::inventory::draft::{Draft, To};
use crate::inventory::record::{Account, Credential, Group, Workload};
use crate::inventory::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialLastUsedState,
    CredentialStatus, WorkloadKind, WorkloadStatus,
};
use crate::time::Instant;

/// A resource with its type, as `baton resources` prints it.
pub fn read(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    let row = Spelt(*row);
    let kind = row.row("resourceType");
    let traits = kind.map(|kind| kind.texts("traits")).unwrap_or_default();
    match row.row("resource") {
        Some(resource) => one(&resource, &traits, out),
        None => refuse("its `resource` is no object"),
    }
}

/// A resource by itself.
pub fn bare(row: &Row<'_>, out: &mut Sink<'_>) -> Result<(), Refusal> {
    one(&Spelt(*row), &[], out)
}

/// A resource, by its annotations, or else by the traits of its type.
fn one(resource: &Spelt<'_>, traits: &[&str], out: &mut Sink<'_>) -> Result<(), Refusal> {
    let Some(native) = resource.row("id") else { return refuse("its resource has no `id`") };
    let system = out.system()?;
    let id = id_of(&native, &system)?;
    let name = resource.text("displayName");
    if let Some(name) = name {
        out.learn(NAME, &id, name);
    }
    let has =
        |name: &str, word: &str| annotation(resource, name).is_some() || traits.contains(&word);
    let thing = Thing { resource, system: &system, id: &id, name };
    if annotation(resource, "NonHumanIdentityTrait").is_some() {
        out.learn(WHAT, &id, "workload");
        thing.non_human(out)
    } else if has("AgentTrait", "TRAIT_AGENT") {
        out.learn(WHAT, &id, "workload");
        thing.agent(out)
    } else if has("UserTrait", "TRAIT_USER") {
        thing.user(out)
    } else if has("SecretTrait", "TRAIT_SECRET") {
        out.learn(WHAT, &id, "secret");
        thing.secret(native.need("resourceType")?, out)
    } else if has("GroupTrait", "TRAIT_GROUP") {
        out.learn(WHAT, &id, "group");
        out.put(Draft::<Group>::new(&id).system(system.as_str()).name(name))
    } else if has("ManagedDeviceTrait", "TRAIT_MANAGED_DEVICE") {
        out.learn(WHAT, &id, "device");
        refuse("a device, no identity")
    } else {
        // A role, a project, an application: its grants are rows of their own.
        out.learn(WHAT, &id, "thing");
        out.joined();
        Ok(())
    }
}

struct Thing<'t, 'a> {
    resource: &'t Spelt<'a>,
    system: &'t str,
    id: &'t str,
    name: Option<&'a str>,
}

const STATUS: &[(&str, AccountStatus)] = &[
    ("RESOURCE_STATUS_ENABLED", AccountStatus::Enabled),
    ("RESOURCE_STATUS_DISABLED", AccountStatus::Disabled),
    ("RESOURCE_STATUS_DELETED", AccountStatus::Deleted),
    ("RESOURCE_STATUS_UNSPECIFIED", AccountStatus::Unknown),
    ("STATUS_ENABLED", AccountStatus::Enabled),
    ("STATUS_DISABLED", AccountStatus::Disabled),
    ("STATUS_DELETED", AccountStatus::Deleted),
    ("STATUS_UNSPECIFIED", AccountStatus::Unknown),
    ("AGENT_STATUS_READY", AccountStatus::Enabled),
    ("AGENT_STATUS_DISABLED", AccountStatus::Disabled),
    ("AGENT_STATUS_DELETED", AccountStatus::Deleted),
    ("AGENT_STATUS_UNSPECIFIED", AccountStatus::Unknown),
];

const TYPE: &[(&str, AccountType)] = &[
    ("ACCOUNT_TYPE_HUMAN", AccountType::Human),
    ("ACCOUNT_TYPE_SERVICE", AccountType::Service),
    ("ACCOUNT_TYPE_SYSTEM", AccountType::System),
    ("ACCOUNT_TYPE_UNSPECIFIED", AccountType::Unknown),
];

const NHI: &[(&str, WorkloadKind)] = &[
    ("NHI_TYPE_APP_REGISTRATION", WorkloadKind::Application),
    ("NHI_TYPE_ASSUMABLE_ROLE", WorkloadKind::AssumableRole),
    ("NHI_TYPE_MANAGED_IDENTITY", WorkloadKind::ManagedIdentity),
    ("NHI_TYPE_UNSPECIFIED", WorkloadKind::ServiceAccount),
];

/// A time that Go never set, and what a connector makes of it.
const UNSET: Sentinels =
    &[("0001-01-01T00:00:00Z", Moment::Absent), ("1970-01-01T00:00:00Z", Moment::Absent)];

impl Thing<'_, '_> {
    /// The resource's own status; where it has none, that of its trait.
    fn status(&self, own: Option<&Spelt<'_>>) -> AccountStatus {
        let of = |row: &Spelt<'_>| match row.row("status") {
            Some(status) => status.word("status", STATUS),
            None => row.word("status", STATUS),
        };
        let status = of(self.resource).filter(|status| *status != AccountStatus::Unknown);
        status.or_else(|| own.and_then(of)).unwrap_or(AccountStatus::Unknown)
    }

    fn created(&self, own: Option<&Spelt<'_>>) -> Result<Option<Instant>, Refusal> {
        match (self.resource.moment("createdAt", UNSET)?, own) {
            (Moment::At(at), _) => Ok(Some(at)),
            (_, Some(own)) => Ok(own.moment("createdAt", UNSET)?.at()),
            _ => Ok(None),
        }
    }

    fn user(&self, out: &mut Sink<'_>) -> Result<(), Refusal> {
        let user = annotation(self.resource, "UserTrait");
        let user = user.as_ref();
        let status = self.status(user);
        let created = self.created(user)?;
        let Some(user) = user else {
            let draft = Draft::<Account>::new(self.id).system(self.system).status(status);
            return out.account(self.system, draft.created_at(created), &Claim::default());
        };
        let kind = user.word("accountType", TYPE);
        let login = user.text("login");
        let flag = |message, field| match user.row(message) {
            Some(said) => {
                said.flag(field).map(|on| Some(if on == Some(true) { "true" } else { "false" }))
            }
            None => Ok(None),
        };
        let draft = Draft::<Account>::new(self.id)
            .system(self.system)
            .status(status)
            .kind_of_account(kind)
            .username(login)
            .created_at(created)
            .last_login_at(user.moment("lastLogin", UNSET)?.at())
            .tag("mfa", flag("mfaStatus", "mfaEnabled")?)
            .tag("sso", flag("ssoStatus", "ssoEnabled")?);
        if kind == Some(AccountType::Service) {
            out.learn(WHAT, self.id, "workload");
            self.workload(WorkloadKind::ServiceAccount, status, created, out)?;
            return out.put(draft.identity(To::workload(self.id)));
        }
        out.learn(WHAT, self.id, "user");
        let emails = user.rows("emails");
        let names = login.into_iter().chain(user.texts("loginAliases"));
        let claim = Claim {
            employee_number: user.texts("employeeIds").first().copied(),
            emails: emails.iter().filter_map(|email| email.text("address")).collect(),
            user_names: names.collect(),
        };
        out.account(self.system, draft, &claim)
    }

    fn workload(
        &self,
        kind: WorkloadKind,
        status: AccountStatus,
        created: Option<Instant>,
        out: &mut Sink<'_>,
    ) -> Result<(), Refusal> {
        out.put(self.workload_draft(kind, status, created))
    }

    fn workload_draft(
        &self,
        kind: WorkloadKind,
        status: AccountStatus,
        created: Option<Instant>,
    ) -> Draft<Workload> {
        Draft::<Workload>::new(self.id)
            .kind(kind)
            .status(match status {
                AccountStatus::Enabled => WorkloadStatus::Active,
                AccountStatus::Disabled | AccountStatus::Locked => WorkloadStatus::Disabled,
                AccountStatus::Deleted => WorkloadStatus::Retired,
                AccountStatus::Unknown => WorkloadStatus::Unknown,
            })
            .name(self.name)
            .purpose(self.resource.text("description"))
            .created_at(created)
    }

    /// The account by which a workload has access.
    fn account(
        &self,
        status: AccountStatus,
        created: Option<Instant>,
        out: &mut Sink<'_>,
    ) -> Result<(), Refusal> {
        out.put(
            Draft::<Account>::new(self.id)
                .system(self.system)
                .status(status)
                .kind_of_account(AccountType::Service)
                .identity(To::workload(self.id))
                .created_at(created),
        )
    }

    fn non_human(&self, out: &mut Sink<'_>) -> Result<(), Refusal> {
        let nhi = annotation(self.resource, "NonHumanIdentityTrait");
        let kind = nhi.and_then(|nhi| nhi.word("nhiType", NHI));
        let user = annotation(self.resource, "UserTrait");
        let (status, created) = (self.status(user.as_ref()), self.created(user.as_ref())?);
        let draft =
            self.workload_draft(kind.unwrap_or(WorkloadKind::ServiceAccount), status, created);
        out.put(draft.tag("nhi_detail", nhi.and_then(|nhi| nhi.text("nhiDetail"))))?;
        self.account(status, created, out)
    }

    fn agent(&self, out: &mut Sink<'_>) -> Result<(), Refusal> {
        let agent = annotation(self.resource, "AgentTrait");
        let (status, created) = (self.status(agent.as_ref()), self.created(None)?);
        let identity = agent.and_then(|agent| agent.row("identityResourceId"));
        let identity = identity.map(|identity| id_of(&identity, self.system)).transpose()?;
        // An agent that signs in as somebody acts for them.
        let person = match identity.as_deref().filter(|identity| *identity != self.id) {
            Some(identity) if out.called(WHAT, identity)? == Some("user") => {
                Some(out.holder_of(identity)?)
            }
            _ => None,
        };
        let person = match &person {
            Some(Target::Person(person)) => Some(To::person(person)),
            _ => None,
        };
        let draft = self.workload_draft(WorkloadKind::AiAgent, status, created);
        out.put(draft.acts_for(person).tag("authenticates_as", identity.as_deref()))?;
        self.account(status, created, out)
    }

    fn secret(&self, resource_type: &str, out: &mut Sink<'_>) -> Result<(), Refusal> {
        let secret = annotation(self.resource, "SecretTrait");
        let Some(secret) = secret else { return refuse("a secret without its trait") };
        let status = match self.status(None) {
            AccountStatus::Enabled => CredentialStatus::Active,
            AccountStatus::Disabled | AccountStatus::Locked => CredentialStatus::Inactive,
            AccountStatus::Deleted => CredentialStatus::Revoked,
            AccountStatus::Unknown => CredentialStatus::Unknown,
        };
        let used = secret.moment("lastUsedAt", UNSET)?.at();
        let expires = secret.moment("expiresAt", UNSET)?.at();
        let account = secret.row("identityId").map(|id| id_of(&id, self.system)).transpose()?;
        let maker = secret.row("createdById").map(|id| id_of(&id, self.system)).transpose()?;
        let maker = maker.map(|maker| holder(&maker, out)).transpose()?;
        let person = match &maker {
            Some(Target::Person(person)) => Some(To::person(person)),
            _ => None,
        };
        let draft = Draft::<Credential>::new(self.id)
            .kind(kind_of_secret(&secret, resource_type))
            .status(status)
            .system(self.system)
            .account(account.as_deref().map(To::account))
            .owner(maker.as_ref().map(Target::to))
            .created_by(person)
            .created_at(self.created(Some(&secret))?)
            .last_used_at(used)
            .last_used_state(if used.is_some() {
                CredentialLastUsedState::Known
            } else {
                CredentialLastUsedState::Unknown
            })
            .expires_at(expires)
            .expiry(if expires.is_some() {
                CredentialExpiry::Fixed
            } else {
                CredentialExpiry::Unknown
            })
            .tag("name", self.name)
            .tag("detail", secret.text("credentialDetail"));
        out.put(draft)
    }
}

const CREDENTIAL: &[(&str, CredentialKind)] = &[
    ("CREDENTIAL_TYPE_ASYMMETRIC_KEY", CredentialKind::AsymmetricKey),
    ("CREDENTIAL_TYPE_CERTIFICATE", CredentialKind::Certificate),
    ("CREDENTIAL_TYPE_STATIC_SECRET", CredentialKind::ApiKey),
    ("CREDENTIAL_TYPE_UNSPECIFIED", CredentialKind::ApiKey),
];

/// What the detail, or else the type of the resource, says more exactly.
const DETAIL: &[(&str, CredentialKind)] = &[
    ("ssh", CredentialKind::SshKey),
    ("x509", CredentialKind::Certificate),
    ("cert", CredentialKind::Certificate),
    ("password", CredentialKind::Password),
    ("client", CredentialKind::ClientSecret),
    ("token", CredentialKind::Token),
    ("pat", CredentialKind::Token),
];

/// By its class; a secret that is no key pair and no certificate by the words for it. One that
/// nothing more is said of is a key: it is static, and opens something.
fn kind_of_secret(secret: &Spelt<'_>, resource_type: &str) -> CredentialKind {
    let class = secret.word("credentialType", CREDENTIAL).unwrap_or(CredentialKind::ApiKey);
    let word = secret.text("credentialDetail").unwrap_or(resource_type).to_ascii_lowercase();
    let mut parts = word.split(['-', '_', ' ', '.']);
    let by_word = parts.find_map(|part| DETAIL.iter().find(|(known, _)| *known == part));
    match (class, by_word) {
        (CredentialKind::ApiKey, Some((_, kind))) => *kind,
        (CredentialKind::AsymmetricKey, Some((_, CredentialKind::SshKey))) => {
            CredentialKind::SshKey
        }
        _ => class,
    }
}
