//! What wraps rows: what it says of further pages, and where tables hide in it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::value::Value;

/// A pointer whose numbers are replaced by `*`.
pub fn wildcard(pointer: &str) -> String {
    let parts = pointer.split('/').map(|part| {
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) { "*" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

pub(super) const TOTALS: &[&str] =
    &["totalResults", "total_count", "totalCount", "@odata.count", "total_seats_consumed"];

pub(super) fn total_of(key: &str, value: &Value<'_>) -> Option<u64> {
    TOTALS.contains(&key).then(|| value.text()?.parse().ok())?
}

/// At which row of the list a page begins, where it says so.
pub(super) fn start_of(key: &str, value: &Value<'_>) -> Option<u64> {
    (key == "startIndex").then(|| value.text()?.parse().ok())?
}

pub(super) fn total(members: &[(Cow<'_, str>, Value<'_>)]) -> Option<u64> {
    members.iter().filter_map(|(key, value)| total_of(key, value)).max()
}

/// Whether a wrapper's member says that there is another page.
pub(super) fn names_next(key: &str, value: &Value<'_>) -> bool {
    const NEXT: &[&str] = &[
        "@odata.nextLink",
        "nextLink",
        "nextToken",
        "NextToken",
        "next_token",
        "nextPageToken",
        "next_page_token",
        "NextMarker",
        "Marker",
        "next_cursor",
        "nextCursor",
        "nextPage",
        "next_page",
        "next",
        "continue",
    ];
    match value {
        Value::Flag(true) => {
            matches!(key, "IsTruncated" | "isTruncated" | "has_more" | "hasMore" | "hasNextPage")
        }
        // The header of an answer that was recorded: `<...>; rel="next"`
        Value::Text(text) if key.eq_ignore_ascii_case("link") => {
            text.contains("rel=\"next\"") || text.contains("rel=next")
        }
        Value::Text(text) => NEXT.contains(&key) && !text.is_empty(),
        // `"next": {"href": ...}`, and a number of a page
        Value::Object(members) => key == "next" && !members.is_empty(),
        Value::Number(_) => matches!(key, "nextPage" | "next_page"),
        _ => false,
    }
}

/// A page without rows: nothing but empty lists and what pages say of themselves.
pub(super) fn is_empty_page(members: &[(Cow<'_, str>, Value<'_>)]) -> bool {
    const LISTS: &[&str] = &[
        "value",
        "Resources",
        "items",
        "data",
        "results",
        "resources",
        "users",
        "keys",
        "accounts",
    ];
    let lists = members.iter().filter(|(_, value)| matches!(value, Value::List(_)));
    members.iter().any(|(key, _)| LISTS.contains(&key.as_ref()))
        && lists.clone().count() > 0
        && lists.clone().all(|(_, value)| value.list().is_empty())
}

/// The table in a member called `Content`: as text, or in base64.
pub fn embedded(text: &str) -> Option<Cow<'_, str>> {
    let is_table = |text: &str| {
        text.lines().next().is_some_and(|line| line.contains(',')) && text.contains('\n')
    };
    if is_table(text) {
        return Some(Cow::Borrowed(text));
    }
    let bytes: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let decoded = String::from_utf8(BASE64.decode(bytes).ok()?).ok()?;
    is_table(&decoded).then_some(Cow::Owned(decoded))
}
