//! What is derived of a credential. There are more of them than of anything else, so that what few
//! have lies apart.

use super::node::{Dangling, Link, Node, OptionalRow};
use crate::time::Instant;

/// What is derived of a credential.
#[derive(Default)]
pub struct CredentialFacts {
    /// The first of its own and its account's that is known.
    pub system: OptionalRow,
    /// The account it is for.
    pub account: OptionalRow,
    /// The first of its own and its account's identity that is known.
    pub holder: Link<Node>,
    /// Who answers for it by its own record.
    pub owner: Link<Node>,
    /// Who made it.
    pub created_by: OptionalRow,
    /// Whether it may work.
    pub live: bool,
    /// Whether its account is privileged.
    pub privileged: bool,
    /// In how many known environments it is used.
    pub environments: u8,
    /// Fields that name something unknown.
    pub dangling: Dangling,
    rare: Option<Box<Rare>>,
}

/// What few credentials have.
#[derive(Default)]
struct Rare {
    known_to: Box<[Node]>,
    used_by: Box<[Node]>,
    superseded_at: Option<Instant>,
}

impl CredentialFacts {
    /// The known people who know it.
    pub fn known_to(&self) -> &[Node] {
        self.rare.as_ref().map_or(&[], |rare| &rare.known_to)
    }

    /// The known workloads that use it.
    pub fn used_by(&self) -> &[Node] {
        self.rare.as_ref().map_or(&[], |rare| &rare.used_by)
    }

    /// When the first live credential was made that replaces it.
    pub fn superseded_at(&self) -> Option<Instant> {
        self.rare.as_ref()?.superseded_at
    }

    /// Notes who shares it.
    pub(super) fn share(&mut self, known_to: Box<[Node]>, used_by: Box<[Node]>) {
        if !(known_to.is_empty() && used_by.is_empty()) {
            let rare = self.rare.get_or_insert_default();
            (rare.known_to, rare.used_by) = (known_to, used_by);
        }
    }

    /// Notes when it was replaced.
    pub(super) fn supersede(&mut self, at: Instant) {
        self.rare.get_or_insert_default().superseded_at = Some(at);
    }
}
