//! An inventory's records as typed structs that borrow from its text: no string is copied.

use serde::Deserialize;

pub type Text<'a> = Option<&'a str>;

#[derive(Deserialize)]
pub struct Inventory<'a> {
    pub version: &'a str,
    pub generated_at: &'a str,
    #[serde(borrow)]
    pub sources: Vec<Source<'a>>,
    pub systems: Vec<System<'a>>,
    pub teams: Vec<Team<'a>>,
    pub people: Vec<Person<'a>>,
    pub workloads: Vec<Workload<'a>>,
    pub groups: Vec<Group<'a>>,
    pub accounts: Vec<Account<'a>>,
    pub credentials: Vec<Credential<'a>>,
    pub entitlements: Vec<Entitlement<'a>>,
    pub offboardings: Vec<Offboarding<'a>>,
}

#[derive(Deserialize)]
pub struct Source<'a> {
    pub id: &'a str,
    pub kind: Text<'a>,
    pub exported_at: Text<'a>,
    pub truncated: Option<bool>,
}

#[derive(Deserialize)]
pub struct System<'a> {
    pub id: &'a str,
    pub name: Text<'a>,
    pub owner: Text<'a>,
    pub automated_revocation: Option<bool>,
}

#[derive(Deserialize)]
pub struct Team<'a> {
    pub id: &'a str,
    pub name: Text<'a>,
    #[serde(borrow, default)]
    pub members: Vec<&'a str>,
    pub source: Text<'a>,
}

#[derive(Deserialize)]
pub struct Person<'a> {
    pub id: &'a str,
    pub status: &'a str,
    pub ended_at: Text<'a>,
    pub name: Text<'a>,
    #[serde(borrow, default)]
    pub emails: Vec<&'a str>,
    pub employment: Text<'a>,
    pub department: Text<'a>,
    pub manager: Text<'a>,
    pub started_at: Text<'a>,
    pub source: Text<'a>,
}

#[derive(Deserialize)]
pub struct Workload<'a> {
    pub id: &'a str,
    pub kind: &'a str,
    pub status: &'a str,
    pub name: Text<'a>,
    pub environment: Text<'a>,
    pub owner: Text<'a>,
    pub purpose: Text<'a>,
    pub third_party: Option<bool>,
    pub created_at: Text<'a>,
    pub last_used_at: Text<'a>,
    pub source: Text<'a>,
}

#[derive(Deserialize)]
pub struct Group<'a> {
    pub id: &'a str,
    pub name: Text<'a>,
    pub system: Text<'a>,
    #[serde(borrow, default)]
    pub members: Vec<&'a str>,
}

#[derive(Deserialize)]
pub struct Account<'a> {
    pub id: &'a str,
    pub system: &'a str,
    pub status: &'a str,
    pub r#type: Text<'a>,
    pub identity: Text<'a>,
    pub last_login_at: Text<'a>,
    pub expires_at: Text<'a>,
    pub source: Text<'a>,
}

#[derive(Deserialize)]
pub struct Credential<'a> {
    pub id: &'a str,
    pub kind: &'a str,
    pub status: &'a str,
    pub account: Text<'a>,
    pub created_at: Text<'a>,
    pub last_rotated_at: Text<'a>,
    pub last_used_at: Text<'a>,
    pub storage: Text<'a>,
    pub expiry: Text<'a>,
    pub expires_at: Text<'a>,
    pub exposed_at: Text<'a>,
    #[serde(borrow, default)]
    pub known_to: Vec<&'a str>,
    #[serde(borrow, default)]
    pub used_by: Vec<&'a str>,
    pub owner: Text<'a>,
    pub created_by: Text<'a>,
    pub source: Text<'a>,
}

#[derive(Deserialize)]
pub struct Entitlement<'a> {
    pub id: &'a str,
    pub account: Text<'a>,
    pub role: Text<'a>,
    pub status: &'a str,
    pub granted_at: Text<'a>,
    pub last_reviewed_at: Text<'a>,
    pub granted_by: Text<'a>,
    pub reviewed_by: Text<'a>,
    pub privileged: Option<bool>,
    pub expires_at: Text<'a>,
    pub review_outcome: Text<'a>,
}

#[derive(Deserialize)]
pub struct Offboarding<'a> {
    pub id: &'a str,
    pub subject: &'a str,
    pub kind: &'a str,
    pub effective_at: &'a str,
    #[serde(borrow, default)]
    pub tasks: Vec<Task<'a>>,
}

#[derive(Deserialize)]
pub struct Task<'a> {
    pub system: &'a str,
    pub action: &'a str,
    pub status: &'a str,
    pub requested_at: Text<'a>,
    pub completed_at: Text<'a>,
    pub completed_by: Text<'a>,
    pub verified_at: Text<'a>,
    pub verified_by: Text<'a>,
}
