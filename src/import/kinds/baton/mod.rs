//! Baton: what a `ConductorOne` connector has synced from some system, as the `baton` command
//! prints it: resources, entitlements, grants.
//!
//! Sources: `proto/c1/connector/v2` (`resource.proto`, `annotation_trait.proto`,
//! `entitlement.proto`, `grant.proto`, `annotation_grant.proto`) and `proto/baton/v1/outputs.proto`
//! of `ConductorOne/baton-sdk`.
//!
//! * It is protobuf in JSON: fields in camel or snake case; what is zero is left out, so a status
//!   or a type that isn't there is unspecified: unknown. `mfaStatus: {}` says that there is none.
//! * What a resource is stands in its annotations, by `@type`: a user's trait makes an account, of
//!   type service a workload with it; a group's a group; a secret's a credential; those of
//!   non-human identities and agents a workload and an account. All other resources are what
//!   grants are on.
//! * A resource is called by its type and id: ids are unique within a type only.
//! * A grant of a group's entitlement is a membership; of one that is not `member` a right, too. A
//!   grant to a group is the group's. Where its `sources` name no direct one, it is inherited: they
//!   are in `via`. A grant of an entitlement for `OWNERSHIP` names an owner.
//! * Ids of grants need not be unique: the entitlement's with the principal's are taken.
//! * A secret has no status of its own, and a missing end or use may be the connector's: unknown. A
//!   time of the year 1 is an unset one. Who made it answers for it: the proto names nobody else.
//! * `status`, `createdAt` of a trait are older than those of the resource, which go first.
//! * Profiles are free text, and are not read.
//! * A connector doesn't say what a role allows: only names that are well known to administrate are
//!   privileged.

use super::spelling::Spelt;
use super::{Importer, Shape};
use crate::import::people::Target;
use crate::import::row::{Keys, Refusal, refuse};
use crate::import::sink::Sink;

mod grant;
mod resource;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "baton",
    title: "Baton (ConductorOne): resources, entitlements, grants",
    how: "baton resources -o json, baton entitlements -o json, baton grants -o json, each with -f sync.c1z",
    unknown: "when access was granted and until when, what roles allow, whether a secret works; whatever the connector didn't sync",
    marks: &["c1.connector.v2"],
    weak: &["diff", "access"],
    shapes: &[
        Shape {
            name: "diff",
            is: |row| {
                ["resources", "entitlements", "grants"].iter().any(|list| row.is_object(list))
            },
            read: |_, _| refuse("a difference between two syncs: it lists nothing"),
        },
        Shape {
            name: "access",
            is: |row| {
                row.is_list("access") || row.all(&["resource.id"]) && row.is_list("entitlements")
            },
            read: |_, _| refuse("access of one principal: take `baton grants`"),
        },
        Shape {
            name: "grant",
            is: |row| row.any(&["grant.principal", "grant.entitlement"]),
            read: grant::read,
        },
        Shape {
            name: "grant",
            is: |row| row.all(&["principal.id.resource", "entitlement.id"]),
            read: grant::bare,
        },
        Shape {
            name: "entitlement",
            is: |row| row.all(&["entitlement.id"]),
            read: grant::entitlement,
        },
        Shape {
            name: "resource",
            is: |row| row.all(&["resource.id.resource"]),
            read: resource::read,
        },
        Shape { name: "resource", is: is_resource, read: resource::bare },
        Shape {
            name: "resource type",
            is: is_type,
            // Every resource says its type.
            read: |_, out| {
                out.joined();
                Ok(())
            },
        },
    ],
    survey: false,
};

fn is_resource(keys: &Keys<'_>) -> bool {
    keys.all(&["id.resource"]) && keys.any(&["id.resourceType", "id.resource_type"])
}

fn is_type(keys: &Keys<'_>) -> bool {
    ["resourceType", "resource_type"].iter().any(|key| keys.is_object(key)) && !keys.all(&["id"])
}

/// What a resource id is called: `SYSTEM:user:u1`.
fn id_of(id: &Spelt<'_>, system: &str) -> Result<String, Refusal> {
    Ok(format!("{system}:{}:{}", id.need("resourceType")?, id.need("resource")?))
}

/// Whose the account of a resource is: a workload's own, or the person's whom it is linked to.
fn holder(id: &str, out: &Sink<'_>) -> Result<Target, Refusal> {
    match out.called(WHAT, id)? {
        Some("workload") => Ok(Target::Workload(id.to_owned())),
        _ => out.holder_of(id),
    }
}

/// The annotation of that type, if a resource or a grant has it.
fn annotation<'a>(of: &Spelt<'a>, name: &str) -> Option<Spelt<'a>> {
    let is = |any: &Spelt<'a>| {
        let kind = any.text("@type").and_then(|kind| kind.rsplit('.').next());
        kind == Some(name)
    };
    of.rows("annotations").into_iter().find(is)
}

/// What rows remember of a resource: whether it can have access, and as what.
const WHAT: &str = "baton-resource";
/// What rows remember of an entitlement: its slug.
const SLUG: &str = "baton-slug";
/// What rows remember of a resource: its display name.
const NAME: &str = "baton-name";

#[cfg(test)]
mod tests;
