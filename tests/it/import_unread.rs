//! What stands in an export and can't be read makes it incomplete, wherever it stands.

use crate::import_loud::{OKTA, checked, incomplete};
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
