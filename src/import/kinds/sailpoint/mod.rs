//! `SailPoint` Identity Security Cloud: identities, accounts, entitlements, machine identities and
//! their accounts, personal access tokens, API clients.
//!
//! Sources: the schemas `Account`, `MachineAccount`, `MachineIdentityV2`, `IdentityDto`,
//! `PublicIdentity`, `EntitlementV2`, `NonEmployeeRecord`, `GetPersonalAccessTokenResponse`,
//! `GetOAuthClientResponse` and the intelligence API's examples in `sailpoint-oss/api-specs`.
//!
//! * A source is a system. An account is of its source; an identity is an account of `SailPoint`
//!   itself, and a person where the user says so.
//! * An account is whoever its identity is: it is linked by the identity's number, address and
//!   alias. One that is `uncorrelated` is nobody's, whatever its own attributes say.
//! * Machine accounts (`isMachine`) are services, held by their machine identity, or else by a
//!   workload of their own. `ownerIdentity` is used for them only. Their `enabled` is left out where
//!   nothing is known; people's accounts have `disabled` instead.
//! * `existsOnSource` is a string; `FALSE` is a machine identity that is gone. Owners are in
//!   `owners.primary` or `owners.primaryIdentity`. `subtype` is free text: what is an AI agent is one
//!   in any spelling.
//! * `cloudLifecycleState` and `identityState` are the identity's: tags of the account.
//! * Entitlements are listed without who has them; an account's attributes have their values. They
//!   are entitlements of the account where the same import lists them.
//! * `userEntitlements` of a machine identity are those of its users, not its own: not read.
//! * A token without an `expirationDate` never ends; one that is `managed` is the platform's. Last
//!   uses are noted once a day.
//! * In the envelopes of the intelligence API, accounts are pages: where there are more, a tag says
//!   how many were listed.
//! * `secret` and connector attributes are never read.

use super::{Importer, Shape};
use crate::import::people::Target;
use crate::import::row::{Refusal, Row};
use crate::import::sink::Sink;

mod account;
mod identity;
mod machine;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "sailpoint",
    title: "SailPoint Identity Security Cloud: identities, accounts, entitlements, machine identities, tokens",
    how: "GET /v2025/accounts, /identities, /entitlements, /machine-identities, /machine-accounts, /personal-access-tokens, /oauth-clients, all pages (sail api get ...)",
    unknown: "who has entitlements that the accounts' attributes don't name; when access was granted; credentials on the sources",
    marks: &[
        "cloudLifecycleState",
        "identityStatus",
        "nativeIdentity",
        "\"accessTokenValiditySeconds\"",
        "\"IDENTITY\"",
    ],
    weak: &["personal access token"],
    shapes: &[
        Shape {
            name: "envelope",
            is: |row| row.is_object("accounts") && row.all(&["id", "identityGraph"]),
            read: identity::envelope,
        },
        Shape {
            name: "personal access token",
            is: |row| {
                row.all(&["owner", "scope"])
                    && row.any(&["managed", "expirationDate", "accessTokenValiditySeconds"])
            },
            read: machine::token,
        },
        Shape {
            name: "API client",
            is: |row| row.all(&["id", "grantTypes", "accessTokenValiditySeconds"]),
            read: machine::client,
        },
        Shape {
            name: "machine account",
            is: |row| {
                row.all(&["nativeIdentity"])
                    && row.any(&["classificationMethod", "machineIdentity"])
            },
            read: account::of_machine,
        },
        Shape {
            name: "machine identity",
            is: |row| {
                row.all(&["id", "name"]) && row.any(&["existsOnSource", "datasetId"])
                    || row.all(&["id", "name", "subtype"]) && row.any(&["owners", "owner"])
            },
            read: machine::identity,
        },
        Shape {
            name: "account",
            is: |row| {
                row.all(&["nativeIdentity"])
                    && row.any(&["uncorrelated", "identityId", "systemAccount", "disabled"])
            },
            read: account::read,
        },
        Shape {
            name: "non-employee",
            is: |row| row.all(&["accountName", "startDate", "endDate"]),
            read: identity::non_employee,
        },
        Shape {
            name: "entitlement",
            is: |row| {
                row.all(&["attribute", "value"])
                    && row.any(&["sourceSchemaObjectType", "cloudGoverned", "privilegeLevel"])
            },
            read: account::entitlement,
        },
        Shape {
            name: "identity",
            is: |row| {
                row.all(&["id", "alias"])
                    && row.any(&["emailAddress", "identityStatus", "identityState", "managerRef"])
            },
            read: identity::read,
        },
    ],
    survey: false,
};

/// What rows remember of an identity: its number, its address, its alias.
const NUMBER: &str = "sailpoint-number";
const EMAIL: &str = "sailpoint-email";
const ALIAS: &str = "sailpoint-alias";
/// What rows remember of a machine account: its machine identity.
const MACHINE: &str = "sailpoint-machine";
/// What rows remember of a source's attribute: that its values are entitlements.
const ATTRIBUTE: &str = "sailpoint-attribute";
/// What rows remember of such a value: what it is called, and whether it is privileged.
const VALUE: &str = "sailpoint-value";
const PRIVILEGED: &str = "sailpoint-privileged";

/// The system that a source is: by its name, which is unique, or its id.
fn source(row: &Row<'_>, out: &mut Sink<'_>) -> Result<String, Refusal> {
    let base = out.system()?;
    let name = row.first(&["sourceName", "source.name"]);
    let native = row.first(&["sourceId", "source.id"]);
    let Some(native) = name.or(native) else { return Ok(base) };
    let id = format!("{base}:{native}");
    out.other_system(&id, name)?;
    Ok(id)
}

/// Whom an identity is: the person whom its account is linked to; where no row lists it, whom the
/// address names that stands beside it.
fn owner(
    identity: Option<&str>,
    email: Option<&str>,
    out: &mut Sink<'_>,
) -> Result<Option<Target>, Refusal> {
    let Some(identity) = identity else {
        return Ok(email.map(|email| Target::Person(out.person_named(email))));
    };
    let id = out.id(identity)?;
    let known = out.called(ALIAS, &id)?.is_some();
    match email.filter(|_| !known).and_then(|email| out.known_person(email)) {
        Some(person) => Ok(Some(Target::Person(person))),
        None => Ok(Some(out.holder_of(&id)?)),
    }
}

#[cfg(test)]
mod tests;
