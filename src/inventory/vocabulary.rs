//! The closed vocabularies of the contract. Each is an enumerated entity type of the same name in
//! the Cedar schema, and a test holds the two together.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::field::Text;
use crate::fault;

/// A closed vocabulary.
pub trait Vocabulary: Copy + Eq + 'static {
    /// Its name in the Cedar schema.
    const TYPE: &'static str;
    /// Its place in [`VOCABULARIES`].
    const NUMBER: u8;
    /// What a word of it is called in messages: `status`.
    const ALL: &'static [Self];
    /// The word itself.
    fn name(self) -> &'static str;
    /// Its place among [`Vocabulary::ALL`].
    fn number(self) -> u8;
    /// `unknown`, where the vocabulary has it.
    fn unknown() -> Option<Self>;
    /// The word of that name.
    fn from_name(name: &str) -> Option<Self>;
}

macro_rules! vocabulary {
    ($( $(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? } )*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
            #[allow(missing_docs, reason = "the words speak for themselves")]
            pub enum $name { $($variant),* }

            impl Vocabulary for $name {
                const TYPE: &'static str = stringify!($name);
                const NUMBER: u8 = Number::$name as u8;
                const ALL: &'static [Self] = &[$(Self::$variant),*];
                fn name(self) -> &'static str {
                    match self { $(Self::$variant => $text),* }
                }
                #[inline]
                fn number(self) -> u8 {
                    self as u8
                }
                fn from_name(name: &str) -> Option<Self> {
                    match name { $($text => Some(Self::$variant),)* _ => None }
                }
                fn unknown() -> Option<Self> {
                    Self::from_name("unknown")
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    let Text::<Cow<'de, str>>(text) = Text::deserialize(from)?;
                    Self::from_name(&text).ok_or_else(|| de::Error::custom(unknown_word::<Self>(&text)))
                }
            }

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    to.serialize_str(self.name())
                }
            }

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "type": "string", "enum": [$($text),*] })
                }
            }
        )*

        /// The vocabularies in order.
        enum Number { $($name),* }

        /// Every vocabulary of an inventory: the Cedar type and its words.
        pub const VOCABULARIES: &[(&str, &[&str])] =
            &[$( (stringify!($name), &[$($text),*]) ),*];
    };
}

fn unknown_word<V: Vocabulary>(text: &str) -> String {
    let names = V::ALL.iter().map(|word| word.name());
    format!("unknown value {}\n{}", fault::quote(text), fault::suggest(text, names))
}

vocabulary! {
    /// What HR says of a person.
    PersonStatus { Active = "active", Leave = "leave", Terminated = "terminated", Prehire = "prehire", Unknown = "unknown" }
    /// How a person is employed.
    PersonEmployment { Employee = "employee", Contractor = "contractor", Vendor = "vendor", Intern = "intern", Other = "other" }
    /// What a workload is.
    WorkloadKind { ServiceAccount = "service_account", Application = "application", Bot = "bot", Pipeline = "pipeline", AiAgent = "ai_agent", ManagedIdentity = "managed_identity", AssumableRole = "assumable_role", Device = "device" }
    /// Whether a workload is in use.
    WorkloadStatus { Active = "active", Disabled = "disabled", Retired = "retired", Unknown = "unknown" }
    /// Where a workload runs.
    WorkloadEnvironment { Prod = "prod", Staging = "staging", Dev = "dev", Test = "test", Unknown = "unknown" }
    /// Whether an account lets its holder in.
    AccountStatus { Enabled = "enabled", Disabled = "disabled", Locked = "locked", Deleted = "deleted", Unknown = "unknown" }
    /// Whom an account is meant for.
    AccountType { Human = "human", Service = "service", Shared = "shared", System = "system", Unknown = "unknown" }
    /// What a credential is.
    CredentialKind { Password = "password", ApiKey = "api_key", Token = "token", OauthGrant = "oauth_grant", ClientSecret = "client_secret", Certificate = "certificate", SshKey = "ssh_key", AsymmetricKey = "asymmetric_key", Session = "session", Recovery = "recovery" }
    /// Whether a credential works.
    CredentialStatus { Active = "active", Inactive = "inactive", Revoked = "revoked", Expired = "expired", Unknown = "unknown" }
    /// What is known of a credential's last use.
    CredentialLastUsedState { Known = "known", Never = "never", NotTracked = "not_tracked", Unknown = "unknown" }
    /// Whether and how a credential expires.
    CredentialExpiry { Fixed = "fixed", Never = "never", Sliding = "sliding", Unknown = "unknown" }
    /// Who rotates a credential.
    CredentialManagedBy { Platform = "platform", Organization = "organization", Unknown = "unknown" }
    /// Where the secret of a credential lies.
    CredentialStorage { SecretsManager = "secrets_manager", CiVariable = "ci_variable", Code = "code", ConfigFile = "config_file", Chat = "chat", Unknown = "unknown" }
    /// Whether an entitlement gives access.
    EntitlementStatus { Active = "active", Revoked = "revoked", Expired = "expired", Pending = "pending", Unknown = "unknown" }
    /// What the last review of an entitlement decided.
    EntitlementReviewOutcome { Keep = "keep", Revoke = "revoke" }
    /// Why access ends or changes.
    OffboardingKind { Termination = "termination", ContractEnd = "contract_end", RoleChange = "role_change", WorkloadRetirement = "workload_retirement", AppDecommission = "app_decommission", PolicyViolation = "policy_violation" }
    /// What an offboarding task does.
    RevocationAction { RevokeSession = "revoke_session", RevokeToken = "revoke_token", DisableAccount = "disable_account", RemoveEntitlement = "remove_entitlement", RotateSecret = "rotate_secret", TransferOwner = "transfer_owner", Verify = "verify" }
    /// How far an offboarding task is.
    TaskStatus { Pending = "pending", Done = "done", Failed = "failed", Unsupported = "unsupported", Skipped = "skipped" }
    /// Why there is an exception, which decides how long it may last.
    ExceptionKind { Grace = "grace", Quarantine = "quarantine", LegalHold = "legal_hold", StagedRevocation = "staged_revocation" }
}
