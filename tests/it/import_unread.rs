//! What stands in an export and can't be read makes it incomplete, wherever it stands.

use crate::import_loud::{OKTA, checked, incomplete};
use crate::import_rows::imported;
use crate::run::{folder, nhi};

/// Whether a check of that file says that it is incomplete, or an import refuses it.
fn loud(name: &str, text: &str) -> bool {
    let exports = folder(&[(name, text)]);
    let done = nhi("check . --import --isolated --format json").at(exports.path()).run();
    done.code == 2 || incomplete(&done.json())
}

#[test]
fn an_object_among_rows_is_counted_in_a_map_too() {
    let denied =
        "{\"status\": 403, \"body\": {\"errorCode\": \"E0000006\", \"errorSummary\": \"no\"}}";
    let other = "{\"id\": \"00u2\", \"state\": \"ACTIVE\", \"login\": \"bo\"}";
    for (text, read) in [
        (format!("{{\"acme\": {{\"status\": 200, \"body\": [{OKTA}]}}, \"emea\": {denied}}}"), 2),
        (format!("{{\"00u1\": {OKTA}, \"00u2\": {other}}}"), 2),
        (format!("{{\"acme\": [{OKTA}], \"emea\": {{\"error\": \"PERMISSION_DENIED\"}}}}"), 2),
        (format!("{{\"users\": [{OKTA}], \"page\": {{\"size\": 1}}}}"), 1),
        (format!("{{\"headers\": {{\"etag\": \"x\"}}, \"body\": [{OKTA}]}}"), 1),
    ] {
        let (said, report) = checked(&[("okta.json", &text)]);
        assert!(said.contains(&format!("{read} read = 1 written")), "{text}: {said}");
        assert_eq!(incomplete(&report), read > 1, "{text}: {report}");
    }
}

#[test]
fn an_answer_of_microsoft_without_a_row_is_whole_only_where_it_is_an_empty_page() {
    let user = "{\\\"id\\\": \\\"1\\\", \\\"userPrincipalName\\\": \\\"bo@corp.example\\\", \\\"accountEnabled\\\": true}";
    let recorded =
        format!("{{\"body\": \"{{\\\"@odata.context\\\": \\\"x\\\", \\\"value\\\": [{user}]}}\"}}");
    for text in [
        "{\"@odata.context\": \"x\", \"id\": \"b320ee12\", \"displayName\": \"Ann\"}",
        "{\"@odata.context\": \"x\", \"value\": {\"id\": \"b320ee12\"}}",
        "{\"@odata.context\": \"x\", \"value\": null}",
        "{\"@odata.context\": \"x\", \"value\": \"[]\"}",
        "{\"body\": \"{\\\"@odata.context\\\": \\\"x\\\", cut off\"}",
    ] {
        assert!(loud("entra.json", text), "{text}");
    }
    for text in [
        "{\"@odata.context\": \"x\", \"value\": []}",
        "{\"status\": 200, \"body\": {\"@odata.context\": \"x\", \"value\": []}}",
    ] {
        assert!(!loud("entra.json", text), "{text}");
    }
    let (said, _) = checked(&[("entra.json", &recorded)]);
    assert!(said.contains("1 read = 1 written"), "{said}");
}

const REPORT: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
const USER: &str = "ada,arn:aws:iam::111122223333:user/ada,2026-05-01T00:00:00+00:00,false,N/A,N/A,N/A,true,false,N/A,N/A,false,N/A,N/A,false,N/A,false,N/A";

#[test]
fn a_heading_that_is_read_is_there_once() {
    let twice = format!("{REPORT},access_key_1_active\n{USER},true\n");
    let exports = folder(&[("aws.csv", &twice)]);
    let done = nhi("import --isolated aws.csv").at(exports.path()).run().refused();
    assert!(done.err.contains("two columns are called `access_key_1_active`"), "{}", done.err);
    assert!(done.err.contains("aws.csv:1") && done.err.contains("column 19"), "{}", done.err);
    // What nobody reads can be there twice.
    assert!(!loud("aws.csv", &format!("{REPORT},team,team\n{USER},a,b\n")));
}

#[test]
fn a_credential_report_says_of_every_key_whether_it_is_live() {
    assert!(!loud("aws.csv", &format!("{REPORT}\n{USER}\n")));
    let lacking = (
        REPORT.replace(
            "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,",
            "",
        ),
        USER.replacen(",false,N/A,N/A,false,N/A,N/A", ",false,N/A,N/A", 1),
    );
    assert!(loud("aws.csv", &format!("{}\n{}\n", lacking.0, lacking.1)));
    let case = REPORT.replace("access_key_2_active", "Access_Key_2_Active");
    assert!(loud("aws.csv", &format!("{case}\n{USER}\n")));
    let empty = USER.replacen("true,false,N/A", "true,,2015-01-01T00:00:00+00:00", 1);
    let exports = folder(&[("aws.csv", &format!("{REPORT}\n{empty}\n"))]);
    let done = nhi("import . -q").at(exports.path()).run();
    assert_eq!(done.json()["credentials"][0]["status"], "unknown");
}

#[test]
fn whatever_says_that_a_list_goes_on_is_heard() {
    let aws = "\"UserDetailList\": [{\"UserName\": \"bo\", \"Arn\": \"arn:aws:iam::111122223333:user/bo\", \"CreateDate\": \"2020-01-01T00:00:00Z\"}]";
    let scim = "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"1\",\"userName\":\"u1\",\"active\":true}";
    for text in [
        format!("{{\"headers\": {{\"x-next-page\": \"2\"}}, \"body\": [{OKTA}]}}"),
        format!("{{\"headers\": {{\"X-Total-Count\": [\"700\"]}}, \"body\": [{OKTA}]}}"),
        format!("{{\"headers\": {{\"x-total\": \"700\"}}, \"body\": [{OKTA}]}}"),
        format!("{{\"odata.nextLink\": \"x\", \"value\": [{OKTA}]}}"),
        format!("{{{aws}, \"IsTruncated\": \"true\"}}"),
        format!("{{{aws}, \"is_truncated\": true}}"),
        format!("{{\"metadata\": {{\"remainingItemCount\": 10}}, \"items\": [{OKTA}]}}"),
        format!("{{\"startIndex\": 101, \"Resources\": [{scim}]}}"),
    ] {
        let (said, report) = checked(&[("x.json", &text)]);
        assert!(said.contains("CUT OFF"), "{text}: {said}");
        assert!(incomplete(&report), "{text}: {report}");
    }
    for text in [
        format!(
            "{{\"headers\": {{\"x-next-page\": \"\", \"x-total\": \"1\"}}, \"body\": [{OKTA}]}}"
        ),
        format!("{{{aws}, \"IsTruncated\": \"false\"}}"),
        format!("{{\"startIndex\": 1, \"Resources\": [{scim}]}}"),
    ] {
        assert!(!loud("x.json", &text), "{text}");
    }
}

/// What is said of pages in one file: why it is no whole list, and how many rows are read.
fn of_pages(name: &str, pages: &[String]) -> (String, u64) {
    let (_, _, report) = imported(&[(name, &pages.join("\n"))], "--isolated");
    let source = &report["sources"][0];
    let why = source["incomplete"].as_array().unwrap().iter().map(|why| why.as_str().unwrap());
    (why.collect::<Vec<_>>().join("; "), source["read"].as_u64().unwrap())
}

/// A page that is read in one piece, and one that is too long for that.
fn small_and_large(page: &str) -> [String; 2] {
    let padding = "x".repeat(5 << 20);
    [page.to_owned(), page.replacen('{', &format!("{{\"padding\": \"{padding}\", "), 1)]
}

fn graph(list: &str, users: std::ops::Range<u32>, beside: &str) -> String {
    let user = |n: u32| {
        format!(
            "{{\"id\": \"b320ee12-b1cd-4cca-b648-{n:012}\", \"userPrincipalName\": \"u{n}@x.example\", \"accountEnabled\": true}}"
        )
    };
    let users: Vec<String> = users.map(user).collect();
    format!(
        "{{\"@odata.context\": \"https://graph.microsoft.com/v1.0/$metadata#{list}\", \"value\": [{}]{beside}}}",
        users.join(", ")
    )
}

const NEXT: &str = ", \"@odata.nextLink\": \"x\"";

#[test]
fn pages_of_one_list_are_whole_together_however_long_each_is() {
    for first in small_and_large(&graph("users", 0..3, NEXT)) {
        let alone = of_pages("x.json", std::slice::from_ref(&first));
        assert!(alone.0.contains("names another one"), "{alone:?}");
        for last in small_and_large(&graph("users(id)", 3..5, "")) {
            assert_eq!(of_pages("x.json", &[first.clone(), last]), (String::new(), 5));
        }
        for last in small_and_large(&graph("users", 3..5, NEXT)) {
            let both = of_pages("x.json", &[first.clone(), last]);
            assert!(both.0.contains("names another one"), "{both:?}");
        }
        // A page without rows is the last one of its own list only.
        let last = graph("users", 0..0, "");
        assert_eq!(of_pages("x.json", &[first.clone(), last]), (String::new(), 3));
        let of_others = of_pages("x.json", &[first.clone(), graph("groups", 0..0, "")]);
        assert!(of_others.0.contains("names another one"), "{of_others:?}");
        let headers = "{\"headers\": {}, \"body\": []}".to_owned();
        let of_others = of_pages("x.json", &[first, headers]);
        assert!(of_others.0.contains("names another one"), "{of_others:?}");
    }
}

#[test]
fn what_is_counted_is_missed_however_long_an_answer_is() {
    let user = |n: u32| {
        format!(
            "{{\"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:User\"], \"id\": \"{n}\", \"userName\": \"u{n}\", \"active\": true}}"
        )
    };
    let scim = |start: u32, users: std::ops::Range<u32>| {
        let users: Vec<String> = users.map(user).collect();
        format!(
            "{{\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"], \"totalResults\": 4, \"startIndex\": {start}, \"Resources\": [{}]}}",
            users.join(", ")
        )
    };
    for first in small_and_large(&scim(1, 0..2)) {
        for last in small_and_large(&scim(3, 2..4)) {
            assert_eq!(of_pages("x.json", &[first.clone(), last.clone()]), (String::new(), 4));
            let files = [("a.json", first.as_str()), ("b.json", last.as_str())];
            let (_, _, report) = imported(&files, "--isolated");
            for source in report["sources"].as_array().unwrap() {
                assert_eq!(source["incomplete"], serde_json::json!([]));
            }
        }
        for last in small_and_large(&scim(3, 2..3)) {
            let (why, _) = of_pages("x.json", &[first.clone(), last]);
            assert_eq!(why, "CUT OFF: the vendor counts 1 rows more");
        }
    }
    for whole in small_and_large(&scim(1, 0..4)) {
        assert_eq!(of_pages("x.json", &[whole, scim(5, 0..0)]), (String::new(), 4));
    }
    let rows = format!("{OKTA}, {}", OKTA.replace("00u1", "00u2"));
    let recorded = format!("{{\"headers\": {{\"X-Total-Count\": \"5\"}}, \"body\": [{rows}]}}");
    // Of two lists in one answer, it counts one.
    let group =
        |id: &str| format!("{{\"id\": \"{id}\", \"groupTypes\": [], \"displayName\": \"{id}\"}}");
    let groups = [group("g"), group("h"), group("i")].join(", ");
    let beside = format!(", \"groups\": [{groups}], \"@odata.count\": 8");
    for page in [recorded, graph("users", 0..5, &beside)] {
        for page in small_and_large(&page) {
            let (why, _) = of_pages("x.json", &[page]);
            assert_eq!(why, "CUT OFF: the vendor counts 3 rows more");
        }
    }
}

#[test]
fn a_last_page_without_rows_is_one() {
    let key = "{\"object\": \"organization.admin_api_key\", \"id\": \"key_1\", \"name\": \"n\", \"created_at\": 1700000000, \"owner\": {\"type\": \"user\", \"id\": \"u1\"}}";
    let aws = "{\"UserName\": \"bo\", \"AccessKeyId\": \"AKIAIOSFODNN7EXAMPLE\", \"Status\": \"Active\", \"CreateDate\": \"2020-01-01T00:00:00Z\"}";
    let user = "{\"UserName\": \"bo\", \"UserId\": \"AIDA\", \"Arn\": \"arn:aws:iam::111122223333:user/bo\", \"Path\": \"/\", \"CreateDate\": \"2020-01-01T00:00:00+00:00\", \"GroupList\": [], \"AttachedManagedPolicies\": []}";
    for (first, last) in [
        (
            format!("{{\"object\": \"list\", \"data\": [{key}], \"has_more\": true}}"),
            "{\"object\": \"list\", \"data\": [], \"has_more\": false, \"first_id\": null}",
        ),
        (
            format!("{{\"AccessKeyMetadata\": [{aws}], \"IsTruncated\": true}}"),
            "{\"AccessKeyMetadata\": []}",
        ),
        (
            format!("{{\"UserDetailList\": [{user}], \"IsTruncated\": true}}"),
            "{\"UserDetailList\": [], \"GroupDetailList\": [], \"Policies\": [], \"IsTruncated\": false}",
        ),
    ] {
        assert_eq!(of_pages("x.json", &[first.clone(), last.into()]), (String::new(), 1));
        let (why, _) = of_pages("x.json", &[first]);
        assert!(why.contains("names another one"), "{why}");
    }
    // A row that can't be read isn't one for having empty lists.
    let (why, read) = of_pages("x.json", &[OKTA.into(), "{\"id\": \"1\", \"Groups\": []}".into()]);
    assert!(why.contains("REFUSED"), "{why}");
    assert_eq!(read, 2);
}

#[test]
fn a_column_that_could_say_who_has_left_is_heard() {
    let refused = |heading: &str, here: &str, said: &str| {
        let people = format!(
            "Employee ID,Work Email,Hire Date,Status,{heading}\n1,a@corp.example,2020-01-31,Active,{here}\n2,b@corp.example,2020-01-31,Active,{said}\n"
        );
        let (_, _, report) = imported(&[("people.csv", &people)], "--isolated");
        report["sources"][0]["refused"].as_array().unwrap().len()
    };
    for (heading, here, said) in [
        ("Left", "", "x"),
        ("Final Day", "", "2026-01-05"),
        ("Termed", "", "2026-01-05"),
        ("Sep Date", "", "2026-01-05"),
        ("Last Physical Day", "", "2026-01-05"),
        ("Release Date", "", "2026-01-05"),
        ("EOD", "", "2026-01-05"),
        ("Data di cessazione", "", "2026-01-05"),
        ("退職日", "", "2026-01-05"),
        ("Termination Reason", "N/A - still employed", "Resigned"),
        ("Reason for leaving", "", "Better offer"),
        ("Record Status", "Live", "Archived"),
        ("Enabled", "True", "False"),
        ("Current", "Y", "N"),
        ("Deleted", "false", "true"),
        ("State", "CA", "Departed"),
        ("Employee Type", "Regular", "Former Employee"),
        ("Worker Type", "Employee", "Terminated Employee"),
    ] {
        assert_eq!(refused(heading, here, here), 0, "{heading}: {here}");
        assert_eq!(refused(heading, here, said), 1, "{heading}: {said}");
    }
    for (heading, said) in [
        ("State", "CA"),
        ("Country", "Ireland"),
        ("Current Manager", "No"),
        ("Employee Type", "Regular"),
        ("Employee Type", "Fixed Term Contractor"),
        ("Leave Reason", "Parental"),
        ("Disability Status", "Disabled"),
        ("Retirement Account Type", "401k"),
    ] {
        assert_eq!(refused(heading, "", said), 0, "{heading}: {said}");
    }
}
