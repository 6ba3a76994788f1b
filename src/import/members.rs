//! The members of an object that holds rows, where it may be a map of them: one that can't be read
//! counts as it would in an array.

use std::collections::BTreeMap;

use super::batch::list;
use super::value::Value;
use super::wrapper::{is_about, is_problem, names_next, start_of, total_of};

/// Reasons, how often each, and the first places.
pub type Unread = BTreeMap<String, (u64, Vec<String>)>;

/// What came of the members of an object.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Whether an object among them holds rows, or a list under the id of something: then it is a
    /// map.
    mapped: bool,
    /// How many of them are rows, or hold some.
    rows: u64,
    /// How many of those are rows themselves.
    own: u64,
    /// How many are there by the id of something.
    ids: u64,
    /// Objects that hold none, and nothing at all.
    objects: Unread,
    /// What is no object and no list, and of what nothing is said here: each kind of it.
    bare: Unread,
    /// The same under the id of something.
    bare_by_id: Unread,
    /// What tells that something went wrong.
    failed: Unread,
    /// Whether there was any member.
    any: bool,
}

/// What came of reading one member.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// It holds no rows.
    Nothing,
    /// It holds some.
    Rows,
    /// It is one.
    Row,
}

impl Members {
    /// Takes note of a member.
    pub fn see(
        &mut self,
        key: &str,
        value: &Value<'_>,
        read: Read,
        place: impl FnOnce() -> String,
        why: impl FnOnce() -> String,
    ) {
        self.any = true;
        if read != Read::Nothing {
            self.rows += 1;
            self.own += u64::from(read == Read::Row);
            self.ids += u64::from(is_id(key));
            self.mapped |= matches!(value, Value::Object(_)) || is_id(key);
            return;
        }
        let note = |unread: &mut Unread, why: String| {
            list(unread.entry(why).or_default(), 1, [place()]);
        };
        match value {
            Value::Object(_) if tells_failure(value) => {
                note(&mut self.failed, "it tells of a failure, and holds no rows".into());
            }
            Value::Object(_) if !is_about(key, value) => note(&mut self.objects, why()),
            Value::List(_) | Value::Object(_) => {}
            Value::Text(text) if !describes(key) && is_failure(text) => {
                note(&mut self.failed, "a failure is told where others have a row".into());
            }
            _ if says(key, value) => {}
            // Where one has rows, nothing may stand for an answer that failed.
            Value::Null => {
                note(&mut self.objects, "nothing stands where others have a row".into());
            }
            _ => {
                let bare = if is_id(key) { &mut self.bare_by_id } else { &mut self.bare };
                note(bare, "a word stands where others have a row".into());
            }
        }
    }

    /// Adds what came of those in another part of the object.
    pub fn then(&mut self, later: Self) {
        self.mapped |= later.mapped;
        self.any |= later.any;
        self.rows += later.rows;
        self.own += later.own;
        self.ids += later.ids;
        for (all, more) in [
            (&mut self.objects, later.objects),
            (&mut self.bare, later.bare),
            (&mut self.bare_by_id, later.bare_by_id),
            (&mut self.failed, later.failed),
        ] {
            for (why, (count, places)) in more {
                list(all.entry(why).or_default(), count, places);
            }
        }
    }

    /// Whether there was any.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Those that count as rows that can't be read.
    pub fn refused(self) -> Unread {
        let count = |unread: &Unread| unread.values().map(|(count, _)| count).sum::<u64>();
        let bare = count(&self.bare);
        let mut all: Vec<Unread> = Vec::new();
        all.extend((self.rows > 0).then_some(self.failed));
        all.extend(self.mapped.then_some(self.objects));
        all.extend((self.ids > 0).then_some(self.bare_by_id));
        // What an answer says of itself beside one row is more than rows are.
        let few = bare <= self.own || self.bare.len() == 1 && bare == 1;
        all.extend((self.own > 0 && few).then_some(self.bare));
        let mut refused = Unread::new();
        for (why, (count, places)) in all.into_iter().flatten() {
            list(refused.entry(why).or_default(), count, places);
        }
        refused
    }
}

/// Whether a key is what something is called by a program: it has a digit, or is an address.
fn is_id(key: &str) -> bool {
    key.contains(|c: char| c.is_ascii_digit() || matches!(c, '@' | ':' | '/'))
}

/// Whether a text under that key is about something, in words.
fn describes(key: &str) -> bool {
    const ABOUT: [&str; 6] = ["description", "title", "name", "query", "filter", "comment"];
    ABOUT.iter().any(|about| key.to_ascii_lowercase().contains(about))
}

/// Whether a short text tells that something went wrong.
fn is_failure(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "denied",
        "forbidden",
        "unauthorized",
        "timeout",
        "timed out",
        "error",
        "failed",
        "failure",
        "exception",
        "throttl",
        "unavailable",
        "not found",
        "rate limit",
        "exceeded",
    ];
    let text = text.trim().to_ascii_lowercase().replace('_', " ");
    let codes = || {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| word.parse::<u16>().is_ok_and(|code| (400..600).contains(&code)))
    };
    let squeezed = |word: &&str| text.contains(*word) || text.contains(&word.replace(' ', ""));
    text.len() <= 200 && (WORDS.iter().any(|word| squeezed(&word)) || codes())
}

/// Whether an object says in a word of its own that something went wrong.
fn tells_failure(value: &Value<'_>) -> bool {
    const SAID: [&str; 7] = ["message", "reason", "detail", "title", "code", "status", "text"];
    value.members().iter().any(|(key, value)| {
        is_problem(key, value)
            || SAID.iter().any(|said| key.eq_ignore_ascii_case(said))
                && value.text().is_some_and(is_failure)
    })
}

/// Whether a bare member is what an answer says of itself.
fn says(key: &str, value: &Value<'_>) -> bool {
    const WORDS: &[&str] = &[
        "auth",
        "code",
        "count",
        "cursor",
        "date",
        "etag",
        "first_id",
        "id",
        "kind",
        "last_id",
        "leaseduration",
        "leaseid",
        "limit",
        "message",
        "method",
        "mounttype",
        "name",
        "object",
        "offset",
        "ok",
        "renewable",
        "requestid",
        "size",
        "status",
        "statuscode",
        "success",
        "time",
        "timestamp",
        "total",
        "type",
        "uri",
        "url",
        "version",
        "warnings",
        "wrapinfo",
        "apiversion",
        "generatedat",
        "exportedat",
        "firstid",
        "lastid",
        "selflink",
        "next",
        "nexttoken",
        "nextpagetoken",
        "nextlink",
        "marker",
        "istruncated",
        "hasmore",
        "errors",
        "error",
    ];
    let plain: String =
        key.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    // A constant of a program that holds samples.
    let constant = key.contains('_') && !key.contains(|c: char| c.is_ascii_lowercase());
    constant
        || key.starts_with(['@', '$', '_'])
        || WORDS.contains(&plain.as_str())
        || names_next(key, value)
        || total_of(key, value).is_some()
        || start_of(key, value).is_some()
        || is_problem(key, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many members of a JSON object are refused, of which those hold rows that have an `id`.
    fn refused(text: &str) -> u64 {
        let value: Value<'_> = serde_json::from_str(text).unwrap();
        let row = |value: &Value<'_>| value.members().iter().any(|(key, _)| key == "id");
        let mut members = Members::default();
        for (key, value) in value.members() {
            let holds = |value: &Value<'_>| {
                value.list().iter().any(row) || value.members().iter().any(|(_, value)| row(value))
            };
            let read = match value {
                value if row(value) => Read::Row,
                value if holds(value) => Read::Rows,
                _ => Read::Nothing,
            };
            members.see(key, value, read, String::new, String::new);
        }
        members.refused().values().map(|(count, _)| count).sum()
    }

    #[test]
    fn what_failed_beside_rows_is_refused_and_what_an_answer_says_of_itself_is_not() {
        for (text, wanted) in [
            (r#"{"u1": [{"id": 1}], "u2": null, "u3": "403 Forbidden"}"#, 2),
            (r#"{"u1": [{"id": 1}], "u2": {"message": "403 Forbidden"}}"#, 1),
            (r#"{"acme": {"x": {"id": 1}}, "emea": "timeout"}"#, 1),
            (r#"{"a@x": [{"id": 1}], "b@x": null, "c@x": "PERMISSION_DENIED"}"#, 2),
            (r#"{"i1": {"x": {"id": 1}}, "i2": null, "i3": "AccessDenied"}"#, 2),
            (r#"{"u1": {"id": 1}, "u2": "HTTP 403", "u3": "HTTP 403"}"#, 2),
            (r#"{"u1": {"id": 1}, "u2": null, "u3": null}"#, 2),
            (r#"{"acme": {"x": {"id": 1}}, "emea": null}"#, 1),
            (r#"{"users": [{"id": 1}], "teams": "Too many requests: rate limit"}"#, 1),
            (r#"{"users": [{"id": 1}], "region": "eu", "next": null, "cursor": null}"#, 0),
            (r#"{"users": [{"id": 1}], "title": "Failed logins", "total": 404}"#, 0),
            (r#"{"data": {"x": {"id": 1}}, "meta": {"a": 1}, "warnings": null}"#, 0),
            (r#"{"organization": {"x": {"id": 1}}, "login": "acme"}"#, 0),
            (r#"{"oauth2PermissionGrants": [{"id": 1}], "region": "eu"}"#, 0),
            (r#"{"a": null, "b": "error 500"}"#, 0),
        ] {
            assert_eq!(refused(text), wanted, "{text}");
        }
    }
}
