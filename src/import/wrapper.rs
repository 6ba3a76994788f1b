//! What wraps rows: what it says of further pages, and where tables hide in it.

use std::borrow::{Borrow, Cow};

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

pub(super) const TOTALS: &[&str] = &[
    "totalResults",
    "total_count",
    "totalCount",
    "@odata.count",
    "odata.count",
    "total_seats_consumed",
];

/// Headers of a recorded answer that count its rows, in small letters.
const HEADERS: &[&str] = &["x-total", "x-total-count"];

pub(super) fn total_of(key: &str, value: &Value<'_>) -> Option<u64> {
    let header = || HEADERS.iter().any(|name| name.eq_ignore_ascii_case(key));
    (TOTALS.contains(&key) || header()).then(|| only(value).text()?.trim().parse().ok())?
}

/// Members that name another page.
const NEXT: &[&str] = &[
    "@odata.nextLink",
    "odata.nextLink",
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

/// Members that say whether there is one.
const MORE: &[&str] = &[
    "IsTruncated",
    "isTruncated",
    "is_truncated",
    "has_more",
    "hasMore",
    "hasNextPage",
    "has_next_page",
];

/// Members that say something of an answer.
const ABOUT: &[&str] = &[
    "headers",
    "header",
    "meta",
    "metadata",
    "responsemetadata",
    "links",
    "_links",
    "page",
    "pageinfo",
    "page_info",
    "paging",
    "pagination",
    "request",
    "extensions",
];

/// The value of a header: recorders write a list of one.
fn only<'v, 'a>(value: &'v Value<'a>) -> &'v Value<'a> {
    match value.list() {
        [one] => one,
        _ => value,
    }
}

/// At which row of the list a page begins, where it says so.
pub(super) fn start_of(key: &str, value: &Value<'_>) -> Option<u64> {
    (key == "startIndex").then(|| value.text()?.parse().ok())?
}

/// How many rows there are, as members of an answer say.
pub(super) fn total<'v, 'a: 'v>(
    members: &'v [(Cow<'a, str>, impl Borrow<Value<'a>> + 'v)],
) -> Option<u64> {
    let members = members.iter().map(|(key, value)| (key.as_ref(), value.borrow()));
    let own = members.clone().filter_map(|(key, value)| total_of(key, value)).max();
    // The headers of an answer count the rows of the body beside them.
    let headers = members.filter(|(key, _)| key.eq_ignore_ascii_case("headers"));
    let said = headers.flat_map(|(_, value)| value.members());
    own.max(said.filter_map(|(key, value)| total_of(key, value)).max())
}

/// What a page says that it lists: `.../$metadata#users(id,mail)` lists `users`.
pub(super) fn context(key: &str, value: &Value<'_>) -> Option<String> {
    let named = matches!(key, "@odata.context" | "odata.context" | "odata.metadata");
    let text = value.text().filter(|_| named)?;
    let list = text.rsplit_once('#').map_or(text, |(_, list)| list);
    // Which columns it lists, but not whose: `groups('1')/members`
    let columns = list.rfind('(').filter(|at| *at > 0 && list.ends_with(')'));
    let list = columns.and_then(|at| list.get(..at)).unwrap_or(list);
    (!list.is_empty()).then(|| format!("#{list}"))
}

pub(super) fn context_of(members: &[(Cow<'_, str>, Value<'_>)]) -> Option<String> {
    members.iter().find_map(|(key, value)| context(key, value))
}

/// Whether a wrapper without rows is one that says whether there are more pages.
pub(super) fn says_of_pages(pointer: &str, members: &[(Cow<'_, str>, Value<'_>)]) -> bool {
    let own = pointer.rsplit('/').next().unwrap_or_default();
    own.starts_with(['@', '_'])
        || ABOUT.iter().any(|name| name.eq_ignore_ascii_case(own))
        || members
            .iter()
            .any(|(key, _)| NEXT.contains(&key.as_ref()) || MORE.contains(&key.as_ref()))
}

/// Whether a wrapper's member says that there is another page.
pub(super) fn names_next(key: &str, value: &Value<'_>) -> bool {
    match value {
        Value::Flag(true) => MORE.contains(&key),
        Value::Text(text) if MORE.contains(&key) => text.trim().eq_ignore_ascii_case("true"),
        Value::List(list) if key.eq_ignore_ascii_case("link") => {
            list.iter().any(|value| matches!(value, Value::Text(_)) && names_next(key, value))
        }
        _ if key.eq_ignore_ascii_case("x-next-page") => {
            only(value).text().is_some_and(|text| !text.trim().is_empty())
        }
        _ if key == "remainingItemCount" => {
            value.text().is_some_and(|text| text.trim().parse() != Ok(0))
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

/// Whether it is the answer to a question that was refused, and holds no rows.
pub(super) fn is_error(members: &[(Cow<'_, str>, Value<'_>)]) -> bool {
    members.iter().any(|(key, value)| tells_error(key, value))
}

fn tells_error(key: &str, value: &Value<'_>) -> bool {
    const ERRORS: &[&str] = &[
        "error",
        "Error",
        "errors",
        "errorCode",
        "error_code",
        "errorMessage",
        "error_message",
        "errorSummary",
    ];
    let named = ERRORS.contains(&key);
    match value {
        Value::Null | Value::Flag(false) => false,
        Value::Text(text) if named => !text.trim().is_empty(),
        Value::List(list) if named => !list.is_empty(),
        Value::Object(inner) if named => !inner.is_empty(),
        Value::Number(text) if named => text != "0",
        _ if matches!(key, "status" | "status_code" | "statusCode") => value
            .text()
            .and_then(|text| text.parse::<u16>().ok())
            .is_some_and(|code| (400..600).contains(&code)),
        _ => named,
    }
}

/// Whether a member of a wrapper says that something went wrong. The status of what is listed is
/// none.
pub(super) fn is_problem(key: &str, value: &Value<'_>) -> bool {
    !key.starts_with("status") && tells_error(key, value)
}

/// Whether a member of a wrapper is no row among rows, but what an answer says of itself.
pub(super) fn is_about(key: &str, value: &Value<'_>) -> bool {
    let members = value.members();
    members.is_empty()
        || key.starts_with('@')
        || ABOUT.iter().any(|name| name.eq_ignore_ascii_case(key))
        || is_empty_page(members)
}

/// JSON that was recorded as a text: the body of an answer.
pub fn recorded<'t>(key: &str, value: &'t Value<'_>) -> Option<Value<'t>> {
    const BODIES: &[&str] = &["body", "Body", "content", "Content", "text", "response"];
    let Value::Text(text) = value else { return None };
    let body = BODIES.contains(&key) && text.trim_start().starts_with(['{', '[']);
    body.then(|| serde_json::from_str(text).ok())?
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
        "body",
    ];
    // A page that was recorded with its headers.
    const BODIES: &[&str] = &["body", "data", "response", "result"];
    // Lists of vendors whose names rows have, too: nothing else may be beside them.
    const OF_VENDORS: &[&str] = &[
        "UserDetailList",
        "GroupDetailList",
        "RoleDetailList",
        "Policies",
        "AccessKeyMetadata",
        "Users",
        "Groups",
        "Roles",
        "installations",
        "repositories",
        "seats",
        "secrets",
    ];
    if is_error(members) {
        return false;
    }
    let inner = |key: &str, value: &Value<'_>| {
        BODIES.contains(&key)
            && (is_empty_page(value.members())
                || recorded(key, value).is_some_and(|page| is_empty_page(page.members())))
    };
    if members.iter().any(|(key, value)| inner(key, value)) {
        return true;
    }
    let answer = |key: &str, value: &Value<'_>| {
        const ANSWER: &str = "urn:ietf:params:scim:api:messages:";
        let says = |value: &Value<'_>| value.text().is_some_and(|text| text.starts_with(ANSWER));
        key == "schemas" && !value.list().is_empty() && value.list().iter().all(says)
    };
    let lists = members
        .iter()
        .filter(|(key, value)| matches!(value, Value::List(_)) && !answer(key, value))
        .map(|(_, value)| value);
    let is_list = |key: &str| LISTS.contains(&key);
    let vendor =
        |key: &str, value: &Value<'_>| OF_VENDORS.contains(&key) && matches!(value, Value::List(_));
    let said = |key: &str, value: &Value<'_>| {
        NEXT.contains(&key) || MORE.contains(&key) || TOTALS.contains(&key) || answer(key, value)
    };
    // Where there are none, a provider can leave the list of SCIM out.
    let scim = members.iter().any(|(key, value)| answer(key, value))
        && members.iter().any(|(key, _)| key == "totalResults");
    let vendors = members.iter().any(|(key, value)| vendor(key, value))
        && members.iter().all(|(key, value)| {
            vendor(key, value)
                || said(key, value)
                || !value.members().is_empty() && is_about(key, value)
        });
    let named = members.iter().any(|(key, _)| is_list(key)) && lists.clone().count() > 0;
    (scim || vendors || named) && lists.clone().all(|value| value.list().is_empty())
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
