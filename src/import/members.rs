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
    /// Whether an object among them holds rows: then it is a map.
    mapped: bool,
    /// How many of them are rows themselves.
    rows: u64,
    /// Objects that hold none.
    objects: Unread,
    /// What is no object and no list, and of what nothing is said here: each kind of it.
    bare: Unread,
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
        match value {
            Value::Object(_) if read == Read::Nothing && !is_about(key, value) => {
                list(self.objects.entry(why()).or_default(), 1, [place()]);
            }
            Value::Object(_) if read != Read::Nothing => {
                self.mapped = true;
                self.rows += u64::from(read == Read::Row);
            }
            Value::List(_) | Value::Object(_) => {}
            _ if read == Read::Nothing && !says(key, value) => {
                let what = match value {
                    Value::Null => "nothing stands where others have a row",
                    _ => "a word stands where others have a row",
                };
                list(self.bare.entry(what.to_owned()).or_default(), 1, [place()]);
            }
            _ => {}
        }
    }

    /// Adds what came of those in another part of the object.
    pub fn then(&mut self, later: Self) {
        self.mapped |= later.mapped;
        self.any |= later.any;
        self.rows += later.rows;
        for (all, more) in [(&mut self.objects, later.objects), (&mut self.bare, later.bare)] {
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
        let bare: u64 = self.bare.values().map(|(count, _)| count).sum();
        let mut refused = if self.mapped { self.objects } else { Unread::new() };
        // What an answer says of itself beside one row is more than rows are.
        if self.rows > 0 && (bare <= self.rows || self.bare.len() == 1 && bare == 1) {
            refused.extend(self.bare);
        }
        refused
    }
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
