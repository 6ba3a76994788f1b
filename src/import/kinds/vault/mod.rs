//! Vault (`HashiCorp`, and `OpenBao`): tokens by their accessors, secret ids, entities and groups.
//!
//! Sources: "Token auth method (API)", "`AppRole` auth method (API)", "Identity" ("Entity", "Entity
//! alias", "Group") in the Vault API documentation, and "Tokens" in its concepts.
//!
//! - `id` of a token is the token itself: a secret. The accessor is its id here.
//! - Times are mixed: `creation_time` in seconds since 1970, `issue_time` and `expire_time` in RFC
//!   3339 with nine decimals and an offset.
//! - `expire_time` null with `ttl` 0 is a token that never ends: a root token. One with a `period`
//!   has an end that moves with each renewal, for ever.
//! - A list of accessors says nothing of the tokens: each has to be looked up.
//! - Nobody keeps track of the use of tokens and secret ids.
//! - A token without an entity belongs to whoever has it: what was made by another token has no
//!   account. Root tokens have one together: shared, and privileged.
//! - `expiration_time` 0001-01-01 of a secret id means never.
//! - The policy `default` is everybody's: it is no entitlement.

use super::{Importer, Shape};
use crate::import::row::refuse;

mod identity;
#[cfg(test)]
mod tests;
mod tokens;

/// The importer.
pub const IMPORTER: Importer = Importer {
    kind: "vault",
    title: "HashiCorp Vault: token accessors, AppRole secret ids, identity entities and groups",
    how: "for a in $(vault list -format=json auth/token/accessors | jq -r '.[]'); do vault token lookup -format=json \
          -accessor $a; done > tokens.jsonl; the same of identity/entity/id and auth/approle/role/ROLE/secret-id",
    unknown: "last uses; who has a token that belongs to no entity; of which role a secret id is; what policies allow",
    marks: &["\"lease_duration\"", "accessor", "\"bucket_key_hash\"", "\"merged_entity_ids\""],
    weak: &["error", "entity"],
    shapes: SHAPES,
    survey: false,
};

const SHAPES: &[Shape] = &[
    Shape {
        name: "token, with warnings",
        is: |row| row.is_list("warnings") && row.any(&["auth.accessor", "data.accessor"]),
        read: tokens::answer,
    },
    Shape {
        name: "secret id",
        is: |row| row.all(&["secret_id_accessor"]),
        read: tokens::secret_id,
    },
    Shape {
        name: "token",
        is: |row| {
            row.all(&["accessor"]) && row.any(&["policies", "creation_time", "token_policies"])
        },
        read: tokens::token,
    },
    Shape { name: "role of AppRole", is: |row| row.all(&["bind_secret_id"]), read: tokens::role },
    Shape {
        name: "entity alias",
        is: |row| row.all(&["canonical_id", "mount_accessor"]),
        read: identity::alias,
    },
    Shape {
        name: "identity group",
        is: |row| row.all(&["id"]) && row.any(&["member_entity_ids", "member_group_ids"]),
        read: identity::group,
    },
    Shape {
        name: "entity",
        is: |row| {
            row.all(&["id", "name"])
                && row.any(&["aliases", "bucket_key_hash", "merged_entity_ids", "direct_group_ids"])
        },
        read: identity::entity,
    },
    Shape {
        name: "error",
        is: |row| row.is_list("errors"),
        read: |_, _| refuse("an error of Vault's"),
    },
];
