//! Inventories of whatever the contract allows: facts that are missing, references to nothing, to
//! themselves and in circles, words for what is unknown, tags, and the first and last instants.

use nhi_policy::inventory::vocabulary::VOCABULARIES;
use serde_json::{Map, Value, json};

use super::random::Random;

/// As of when they are judged.
pub const NOW: &str = "2026-06-30T12:00:00Z";

/// Instants that stand at limits, and some that don't.
pub const TIMES: [&str; 14] = [
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999Z",
    "1969-12-31T00:00:00Z",
    "2026-06-30T12:00:00Z",
    "2026-06-30T12:00:00.001Z",
    "2026-06-30T11:59:59.999Z",
    "2026-05-31T12:00:00Z",
    "2026-06-29T12:00:00Z",
    "2025-05-26T12:00:00Z",
    "2026-07-30T12:00:00Z",
    "2026-06-01T00:00:00Z",
    "2024-02-29T23:59:59Z",
];

/// Strings that rules ask about, and some that they don't.
pub const TEXTS: [&str; 8] = ["prod", "", " ", "admin", "repo", "1", "a\"\u{e9}*", "okta"];

/// A field.
enum Field {
    /// A word of that vocabulary.
    Word(&'static str),
    /// The same where it may be absent.
    MayWord(&'static str),
    Time,
    Always,
    Text,
    Texts,
    Bool,
    Count,
    /// Things whose ids begin with one of these letters.
    Ref(&'static str),
    MustRef(&'static str),
    Refs(&'static str),
    Tags,
    Tasks,
}

use Field::{
    Always, Bool, Count, MayWord, MustRef, Ref, Refs, Tags, Tasks, Text, Texts, Time, Word,
};

type Kind = (&'static str, &'static str, &'static [(&'static str, Field)]);

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    ("sources", "x", &[("kind", Text), ("exported_at", Time), ("expected_rows", Count),
        ("rows", Count), ("truncated", Bool)]),
    ("systems", "s", &[("name", Text), ("owner", Ref("pt")), ("automated_revocation", Bool),
        ("tags", Tags)]),
    ("people", "p", &[("status", Word("PersonStatus")), ("name", Text), ("emails", Texts),
        ("employment", MayWord("PersonEmployment")), ("manager", Ref("p")), ("department", Text),
        ("started_at", Time), ("ended_at", Time), ("contract_ends_at", Time),
        ("role_changed_at", Time), ("tags", Tags)]),
    ("teams", "t", &[("name", Text), ("members", Refs("p"))]),
    ("workloads", "w", &[("kind", Word("WorkloadKind")), ("status", Word("WorkloadStatus")),
        ("environment", MayWord("WorkloadEnvironment")), ("owner", Ref("ptw")),
        ("acts_for", Ref("p")), ("purpose", Text), ("third_party", Bool), ("vendor", Text),
        ("created_at", Time), ("last_used_at", Time), ("retired_at", Time),
        ("last_reviewed_at", Time), ("tags", Tags)]),
    ("groups", "g", &[("name", Text), ("system", Ref("s")), ("members", Refs("ag")),
        ("privileged", Bool)]),
    ("accounts", "a", &[("system", MustRef("s")), ("status", Word("AccountStatus")),
        ("type", MayWord("AccountType")), ("username", Text), ("identity", Ref("pw")),
        ("owner", Ref("ptw")), ("privileged", Bool), ("created_at", Time), ("last_login_at", Time),
        ("interactive_login_at", Time), ("expires_at", Time), ("tags", Tags)]),
    ("credentials", "c", &[("kind", Word("CredentialKind")), ("status", Word("CredentialStatus")),
        ("system", Ref("s")), ("account", Ref("a")), ("identity", Ref("pw")),
        ("owner", Ref("ptw")), ("created_by", Ref("p")), ("created_at", Time),
        ("last_rotated_at", Time), ("last_used_at", Time), ("expires_at", Time),
        ("exposed_at", Time), ("managed_by", MayWord("CredentialManagedBy")),
        ("storage", MayWord("CredentialStorage")), ("known_to", Refs("p")), ("used_by", Refs("w")),
        ("scopes", Texts), ("tags", Tags)]),
    ("entitlements", "e", &[("account", MustRef("a")), ("role", Text),
        ("status", Word("EntitlementStatus")), ("group", Ref("g")), ("system", Ref("s")),
        ("resource", Text), ("privileged", Bool), ("granted_at", Time), ("granted_by", Ref("p")),
        ("expires_at", Time), ("last_reviewed_at", Time), ("reviewed_by", Ref("p")),
        ("review_outcome", MayWord("EntitlementReviewOutcome")), ("via", Texts), ("tags", Tags)]),
    ("offboardings", "o", &[("subject", MustRef("pw")), ("kind", Word("OffboardingKind")),
        ("effective_at", Always), ("recorded_at", Time), ("tasks", Tasks)]),
];

/// An inventory with so many records of each kind.
pub fn inventory(random: &mut Random, count: usize) -> String {
    let mut all = Map::new();
    all.insert("version".into(), "1".into());
    all.insert("generated_at".into(), NOW.into());
    for (plural, letter, fields) in KINDS {
        let records = (0..count).map(|number| {
            let mut record = Map::new();
            record.insert("id".into(), format!("{letter}{number}").into());
            for (name, field) in *fields {
                if let Some(value) = value(field, random, count) {
                    record.insert((*name).into(), value);
                }
            }
            if *letter == "e" {
                record.entry("role").or_insert("admin".into());
            }
            Value::Object(record)
        });
        all.insert((*plural).into(), records.collect());
    }
    Value::Object(all).to_string()
}

fn value(field: &Field, random: &mut Random, count: usize) -> Option<Value> {
    let absent = random.one_in(3);
    Some(match field {
        Word(of) => word(of, random),
        Always => random.of(&TIMES).into(),
        MustRef(letters) => reference(letters, random, count),
        Tasks => (0..random.below(3)).map(|_| task(random, count)).collect(),
        _ if absent => return None,
        MayWord(of) => word(of, random),
        Time => random.of(&TIMES).into(),
        Text => random.of(&TEXTS).into(),
        Texts => (0..random.below(4)).map(|_| Value::from(random.of(&TEXTS))).collect(),
        Bool => random.one_in(2).into(),
        Count => random.below(3).into(),
        Ref(letters) => reference(letters, random, count),
        Refs(letters) => (0..random.below(4)).map(|_| reference(letters, random, count)).collect(),
        Tags => {
            let key = |random: &mut Random| random.of(&["env", "tier", "name"]).to_owned();
            let tags = (0..random.below(3)).map(|_| (key(random), random.of(&TEXTS).into()));
            Value::Object(tags.collect())
        }
    })
}

fn word(of: &str, random: &mut Random) -> Value {
    let (_, words) = VOCABULARIES.iter().find(|(name, _)| *name == of).unwrap();
    random.of(words).into()
}

/// To something that is there, mostly.
fn reference(letters: &str, random: &mut Random, count: usize) -> Value {
    if random.one_in(6) {
        return "gone".into();
    }
    let letter = &letters[random.below(letters.len())..][..1];
    // A few are named often, so that what they are in is shared and goes round.
    let number = if random.one_in(3) { random.below(4) } else { random.below(count) };
    format!("{letter}{number}").into()
}

fn task(random: &mut Random, count: usize) -> Value {
    let mut task = json!({
        "system": reference("s", random, count),
        "action": word("RevocationAction", random),
        "status": word("TaskStatus", random),
    });
    for name in ["requested_at", "completed_at", "verified_at", "escalated_at"] {
        if random.one_in(2) {
            task[name] = random.of(&TIMES).into();
        }
    }
    task
}
