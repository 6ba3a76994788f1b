//! The records of an inventory: the contract, version 1, declared once.
//!
//! From each declaration come the type that is read and kept, the list of its fields for faults
//! that name their place, and the published JSON Schema.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::draft::{Draft, Given, position};
use super::field::check::check_fields;
use super::field::{
    ACCOUNT, Count, Field, GROUP, HOLDER, Id, Intern, List, MEMBER, OWNER, OrUnknown, PERSON, Ref,
    Say, Spelled, Spelt, Tags, Text, UNPREFIXED, WORKLOAD,
};
use super::spec::{FieldSpec, Record};
use super::vocabulary::{
    AccountStatus, AccountType, CredentialExpiry, CredentialKind, CredentialLastUsedState,
    CredentialManagedBy, CredentialStatus, CredentialStorage, EntitlementReviewOutcome,
    EntitlementStatus, OffboardingKind, PersonEmployment, PersonStatus, RevocationAction,
    TaskStatus, WorkloadEnvironment, WorkloadKind, WorkloadStatus,
};
use super::words::{Interner, Word};
use crate::time::Instant;

/// `type` can't be the name of a field in Rust.
const fn json_name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        b"kind_of_account" => "type",
        _ => field,
    }
}

macro_rules! fields {
    ($(#[$meta:meta])* $name:ident { $( $(#[$field_meta:meta])* $field:ident : $type:ty ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, bound(deserialize = "S: Spelled<'de>"))]
        #[schemars(bound = "")]
        pub struct $name<S = Word> { $( $(#[$field_meta])* pub $field: $type ),* }

        impl<S> $name<S> {
            /// All its fields.
            pub const FIELDS: &'static [FieldSpec] = &[$(
                FieldSpec {
                    name: json_name(stringify!($field)),
                    required: <$type as Field>::REQUIRED,
                    check: <$type as Field>::check,
                }
            ),*];
        }

        impl<S> Draft<$name<S>> {
            $(
                #[doc = concat!("Writes `", stringify!($field), "`, where there is one.")]
                #[must_use]
                pub fn $field<'v>(
                    mut self,
                    value: impl Into<Option<<$type as Given>::Given<'v>>>,
                ) -> Self {
                    const AT: usize = position($name::<Word>::FIELDS, json_name(stringify!($field)));
                    if let Some(value) = value.into() {
                        self.give::<$type>(AT, json_name(stringify!($field)), value);
                    }
                    self
                }
            )*

            /// The required fields that it hasn't got.
            pub fn missing(&self) -> Option<&'static str> {
                let fields = (0..).zip($name::<Word>::FIELDS);
                fields.into_iter().find(|(at, field)| field.required && !self.has(*at)).map(|(_, field)| field.name)
            }
        }

        impl Intern for $name<Cow<'_, str>> {
            type Kept = $name<Word>;
            fn intern(self, words: &mut impl Interner) -> Self::Kept {
                $name { $( $field: self.$field.intern(words) ),* }
            }
        }

        impl Spelt for $name {
            fn each_word(&mut self, see: &mut impl FnMut(&mut Word)) {
                $( self.$field.each_word(see); )*
            }
        }
    };
}

macro_rules! records {
    ($(
        $(#[$meta:meta])*
        $name:ident $(checked by $whole:ident)? { $($fields:tt)* }
    )*) => { $(
        fields! {
            $(#[$meta])*
            $name {
                /// Unique within its kind, not empty.
                id: Id<S>,
                $($fields)*
                /// The id of the source that the record is from.
                source: Option<Ref<UNPREFIXED, S>>,
                /// Where in that source: a row, a URL, an object's key.
                source_ref: Option<Text<S>>,
            }
        }

        impl Record for $name {
            type Read<'a> = $name<Cow<'a, str>>;
            const FIELDS: &'static [FieldSpec] = $name::<Word>::FIELDS;
            fn id(&self) -> Word {
                self.id.0
            }
            fn source(&self) -> Option<Word> {
                self.source.map(|source| source.0)
            }
            fn source_ref(&self) -> Option<Word> {
                self.source_ref.map(|place| place.0)
            }
            fn whole(&self) -> Result<(), String> {
                $($whole(self)?;)?
                Ok(())
            }
        }
    )* };
}

records! {
    /// Where records are from: one export of one system.
    Source {
        /// What kind of export: `hr`, `aws`, ... .
        kind: Option<Text<S>>,
        /// When the export was made.
        exported_at: Option<Instant>,
        /// How many rows the system says it has.
        expected_rows: Option<Count>,
        /// How many rows the export has.
        rows: Option<Count>,
        /// Whether the export is known to be cut off.
        truncated: Option<bool>,
    }

    /// Something that gives access: an application, a cloud account, a directory.
    System {
        /// Its display name.
        name: Option<Text<S>>,
        /// The person, team or workload that answers for it.
        owner: Option<Ref<OWNER, S>>,
        /// Whether access to it is removed by automation.
        automated_revocation: Option<bool>,
        /// Free facts.
        tags: Tags<S>,
    }

    /// A group of people that can own things.
    Team {
        /// Its display name.
        name: Option<Text<S>>,
        /// People.
        members: List<Ref<PERSON, S>>,
    }

    /// A human being with a relation to the organization.
    Person {
        /// What HR says.
        status: PersonStatus,
        /// Their display name.
        name: Option<Text<S>>,
        /// All their addresses.
        emails: List<Text<S>>,
        /// Their number in HR.
        employee_number: Option<Text<S>>,
        /// Their login name.
        user_name: Option<Text<S>>,
        /// How they are employed.
        employment: Option<PersonEmployment>,
        /// The person they report to.
        manager: Option<Ref<PERSON, S>>,
        /// Where they work.
        department: Option<Text<S>>,
        /// The first day; of a rehire, the newest.
        started_at: Option<Instant>,
        /// When employment ended or will end.
        ended_at: Option<Instant>,
        /// When the contract ends.
        contract_ends_at: Option<Instant>,
        /// When they last changed roles.
        role_changed_at: Option<Instant>,
        /// Free facts.
        tags: Tags<S>,
    }

    /// A non-human identity: a service, a pipeline, an AI agent.
    Workload {
        /// What it is.
        kind: WorkloadKind,
        /// Whether it is in use.
        status: WorkloadStatus,
        /// Its display name.
        name: Option<Text<S>>,
        /// Where it runs.
        environment: OrUnknown<WorkloadEnvironment>,
        /// The person, team or workload that answers for it.
        owner: Option<Ref<OWNER, S>>,
        /// The person on whose behalf it acts.
        acts_for: Option<Ref<PERSON, S>>,
        /// What it is for.
        purpose: Option<Text<S>>,
        /// Whether somebody else runs it; absent means no.
        third_party: Option<bool>,
        /// Who runs it.
        vendor: Option<Text<S>>,
        /// When it was made.
        created_at: Option<Instant>,
        /// When it last did anything.
        last_used_at: Option<Instant>,
        /// When it was retired.
        retired_at: Option<Instant>,
        /// When somebody last confirmed that it is needed.
        last_reviewed_at: Option<Instant>,
        /// Free facts.
        tags: Tags<S>,
    }

    /// A group of accounts that gives access.
    Group {
        /// Its display name.
        name: Option<Text<S>>,
        /// The system it is in.
        system: Option<Ref<UNPREFIXED, S>>,
        /// Accounts, and groups.
        members: List<Ref<MEMBER, S>>,
        /// Whether its members may change or see what others may not; absent means no.
        privileged: Option<bool>,
    }

    /// An account on a system.
    Account {
        /// The system it is on.
        system: Ref<UNPREFIXED, S>,
        /// Whether it lets its holder in.
        status: AccountStatus,
        /// Whom it is meant for.
        #[serde(rename = "type")]
        kind_of_account: OrUnknown<AccountType>,
        /// Its login name.
        username: Option<Text<S>>,
        /// The person or workload that it belongs to.
        identity: Option<Ref<HOLDER, S>>,
        /// The person, team or workload that answers for it.
        owner: Option<Ref<OWNER, S>>,
        /// Whether it may change or see what others may not; absent means no.
        privileged: Option<bool>,
        /// When it was made.
        created_at: Option<Instant>,
        /// The last successful login.
        last_login_at: Option<Instant>,
        /// The last successful login by a human at a prompt.
        interactive_login_at: Option<Instant>,
        /// When it ends by itself.
        expires_at: Option<Instant>,
        /// Free facts.
        tags: Tags<S>,
    }

    /// Something that proves an identity. Never its secret value.
    Credential {
        /// What it is.
        kind: CredentialKind,
        /// Whether it works.
        status: CredentialStatus,
        /// The system it opens.
        system: Option<Ref<UNPREFIXED, S>>,
        /// The account it is for.
        account: Option<Ref<ACCOUNT, S>>,
        /// The person or workload that holds it, where that isn't the account's.
        identity: Option<Ref<HOLDER, S>>,
        /// The person, team or workload that answers for it.
        owner: Option<Ref<OWNER, S>>,
        /// The person who made it.
        created_by: Option<Ref<PERSON, S>>,
        /// When it was made.
        created_at: Option<Instant>,
        /// When its secret was last changed.
        last_rotated_at: Option<Instant>,
        /// When it was last used with success.
        last_used_at: Option<Instant>,
        /// What is known of its last use.
        last_used_state: OrUnknown<CredentialLastUsedState>,
        /// When it ends by itself.
        expires_at: Option<Instant>,
        /// Whether and how it expires; absent means `fixed` where `expires_at` is given.
        expiry: Option<CredentialExpiry>,
        /// Who rotates it.
        managed_by: OrUnknown<CredentialManagedBy>,
        /// Where its secret lies.
        storage: OrUnknown<CredentialStorage>,
        /// The people who know its secret.
        known_to: List<Ref<PERSON, S>>,
        /// The workloads that use it.
        used_by: List<Ref<WORKLOAD, S>>,
        /// When its secret was seen where it shouldn't be.
        exposed_at: Option<Instant>,
        /// What it may be used for.
        scopes: List<Text<S>>,
        /// Free facts.
        tags: Tags<S>,
    }

    /// A right that an account or a group has. One of `account` and `group` is required.
    Entitlement checked by entitlement_has_a_subject {
        /// The account that has it.
        account: Option<Ref<ACCOUNT, S>>,
        /// The group that has it.
        group: Option<Ref<GROUP, S>>,
        /// What it is called: a role, a permission set, a policy.
        role: Text<S>,
        /// Whether it gives access.
        status: EntitlementStatus,
        /// The system it is on, where that isn't the account's or the group's.
        system: Option<Ref<UNPREFIXED, S>>,
        /// What it gives access to.
        resource: Option<Text<S>>,
        /// Whether it lets its holder change or see what others may not; absent means no.
        privileged: Option<bool>,
        /// When it was granted.
        granted_at: Option<Instant>,
        /// The person who granted it.
        granted_by: Option<Ref<PERSON, S>>,
        /// When it ends by itself.
        expires_at: Option<Instant>,
        /// When somebody last confirmed that it is needed.
        last_reviewed_at: Option<Instant>,
        /// The person who did.
        reviewed_by: Option<Ref<PERSON, S>>,
        /// What they decided.
        review_outcome: Option<EntitlementReviewOutcome>,
        /// By which groups or roles it came.
        via: List<Text<S>>,
        /// Free facts.
        tags: Tags<S>,
    }

    /// What was done, or should have been, when somebody or something left.
    Offboarding {
        /// The person or workload that left.
        subject: Ref<HOLDER, S>,
        /// Why access ends or changes.
        kind: OffboardingKind,
        /// From when.
        effective_at: Instant,
        /// When this was put on record.
        recorded_at: Option<Instant>,
        /// What there was to do.
        tasks: List<Task<S>>,
    }
}

fields! {
    /// One thing that an offboarding asked for.
    Task {
        /// The system it is about.
        system: Ref<UNPREFIXED, S>,
        /// What it does.
        action: RevocationAction,
        /// How far it is.
        status: TaskStatus,
        /// When it was asked for.
        requested_at: Option<Instant>,
        /// When it was done.
        completed_at: Option<Instant>,
        /// Who or what did it.
        completed_by: Option<Text<S>>,
        /// When somebody looked whether it was done.
        verified_at: Option<Instant>,
        /// Who or what looked.
        verified_by: Option<Text<S>>,
        /// When somebody was told that it can't be done.
        escalated_at: Option<Instant>,
        /// Where the proof is.
        evidence: Option<Text<S>>,
    }
}

impl<S> Field for Task<S> {
    const EXPECTED: &'static str = "a task in an object";
    fn check(value: &RawValue, say: &mut Say<'_>) {
        check_fields("task", Task::<Word>::FIELDS, value, say);
    }
}

/// Nothing writes tasks: an export says what is, not what was asked for.
impl<S> Given for Task<S> {
    type Given<'v> = std::convert::Infallible;
    fn write(value: std::convert::Infallible, _: &mut Vec<u8>) {
        match value {}
    }
}

fn entitlement_has_a_subject(entitlement: &Entitlement) -> Result<(), String> {
    if entitlement.account.is_none() && entitlement.group.is_none() {
        return Err(
            "the entitlement names no `account` and no `group`\nsay who has it: one of the two is required".into(),
        );
    }
    Ok(())
}
