use super::data::BLOCK;
use super::text::LONGEST;
use super::*;
use crate::fault::is_hostile;
use crate::policy::Severity;
use crate::report::model::{Mark, Status, Verdict};
use crate::report::sample::{HOSTILE, everything, finding, report, with_text_everywhere};

fn page(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).expect("memory takes it");
    String::from_utf8(out).expect("UTF-8")
}

/// The JSON between the tags that begin like this.
fn blocks(page: &str, tag: &str) -> Vec<serde_json::Value> {
    let start = format!("<script type=\"application/json\" {tag}>");
    let text = |rest: &str| serde_json::from_str(rest.split("</script>").next().unwrap());
    page.split(&start).skip(1).map(|rest| text(rest).expect("JSON")).collect()
}

fn list(page: &str, name: &str) -> Vec<serde_json::Value> {
    let blocks = blocks(page, &format!("id=\"data-{name}\""));
    blocks[0].as_array().expect("a list").clone()
}

/// The page without what is only for scripts.
fn seen(page: &str) -> &str {
    page.split("<script").next().unwrap()
}

/// The tags of a page, in their order.
fn tags(page: &str) -> Vec<String> {
    let starts = page.split('<').skip(1);
    let name = |rest: &str| {
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '!')).collect()
    };
    starts.map(name).collect()
}

#[test]
fn the_whole_report_is_in_the_page() {
    let report = everything();
    let page = page(&report);
    assert_eq!(list(&page, "findings").len(), report.findings.len());
    assert_eq!(list(&page, "exceptions").len(), 4);
    assert_eq!(list(&page, "resolved").len(), 1);
    assert_eq!(list(&page, "rules").len(), report.rules.len());
    for (row, finding) in list(&page, "findings").iter().zip(&report.findings) {
        assert_eq!(row[0], finding.id);
        assert_eq!(row[2], finding.status.name());
        assert_eq!(row[4].as_str(), finding.mark.map(Mark::name));
        assert_eq!(row.as_array().map(Vec::len), Some(11));
    }
    let seen = seen(&page);
    for rule in &report.rules {
        assert!(seen.contains(&format!("<code>{}</code>", rule.id)), "{}", rule.id);
    }
    for text in
        ["the source hr is truncated", "leaver_grace", "baseline.json", "30.5 h", "OWASP NHI"]
    {
        assert!(seen.contains(text), "{text}");
    }
    assert!(seen.contains(&"ab".repeat(32)));
}

#[test]
fn details_stand_where_the_script_looks_for_them() {
    let many = 2 * BLOCK + 1;
    let page = page(&report((0..many).map(|n| finding(n, 1, Severity::High)).collect()));
    let blocks = blocks(&page, "class=\"details\"");
    let sizes: Vec<usize> = blocks.iter().map(|block| block.as_array().unwrap().len()).collect();
    assert_eq!(sizes, [BLOCK, BLOCK, 1]);
    assert_eq!(blocks[2][0]["location"]["pointer"], format!("/accounts/{}", many - 1));
}

#[test]
fn no_text_is_markup_and_none_hides() {
    let plain = tags(&page(&with_text_everywhere("plain")));
    let hostile =
        ["<script>alert(1)</script>", "\" onload=x '", "<!--", "]]>", "</script><img src=x>"];
    for text in hostile.into_iter().chain([HOSTILE, "\0\u{2028}\u{feff}", "&lt;", "=cmd|' /C'!A0"])
    {
        let page = page(&with_text_everywhere(text));
        assert_eq!(tags(&page), plain, "{text:?}");
        let hidden: Vec<char> = page.chars().filter(|c| is_hostile(*c) && *c != '\n').collect();
        assert!(hidden.is_empty(), "{hidden:?}");
        assert!(!list(&page, "findings").is_empty());
    }
}

#[test]
fn the_same_text_is_the_same_in_markup_and_in_data() {
    let text = format!("{HOSTILE}\u{0}\"\\é{}", "long".repeat(LONGEST));
    let mut found = finding(1, 1, Severity::High);
    found.system = Some(text);
    let page = page(&report(vec![found]));
    let system = list(&page, "findings")[0][8].as_str().unwrap().to_owned();
    assert!(system.contains("\\u{1b}") && system.contains("\\u{0}\"\\é"), "{system}");
    assert!(system.ends_with("characters)"));
    let escaped = system.replace('"', "&#34;");
    assert!(page.contains(&format!("data-filter=\"system\" data-value=\"{escaped}\"")));
}

#[test]
fn texts_of_any_length_make_no_page_of_any_length() {
    let (long, short) = ("x".repeat(1_000_000), page(&everything()));
    let page = page(&with_text_everywhere(&long));
    assert!(page.len() < short.len() + 8_000_000, "{}", page.len());
}

#[test]
fn only_a_pass_is_green() {
    let tone = |report: &Report| {
        let page = page(report);
        page.split("data-tone=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap()
            .to_owned()
    };
    let mut clean = report(Vec::new());
    assert_eq!(tone(&clean), "pass");
    clean.verdict = Verdict::Incomplete;
    assert_eq!(tone(&clean), "incomplete");
    // What contradicts itself is no pass either.
    clean.verdict = Verdict::Pass;
    clean.incomplete = vec!["the source hr is truncated".into()];
    assert_eq!(tone(&clean), "incomplete");
    assert_eq!(tone(&everything()), "fail");
    let green: Vec<&str> = STYLE.lines().filter(|line| line.contains("var(--pass)")).collect();
    assert_eq!(green, [":root[data-tone=\"pass\"] { --tone: var(--pass); }"]);
}

#[test]
fn the_first_screen_counts_what_is_open() {
    let mut found: Vec<_> = (0..6).map(|n| finding(n, 1, Severity::High)).collect();
    found[0].status = Status::Waived;
    found[1].status = Status::Indeterminate;
    for (at, person) in [(0, "waived"), (1, "unknown"), (2, "a"), (3, "a"), (4, "b"), (5, "c")] {
        found[at].principal.id = person.into();
    }
    found[4].action = "own".into();
    found[2].since = Some("2025-01-01T00:00:00+02:00".into());
    found[0].since = Some("2020-01-01T00:00:00Z".into());
    let mut report = report(found);
    report.fail_on = Severity::Critical;
    report.verdict = Verdict::Pass;
    let figures = Figures::of(&report);
    assert_eq!((figures.violations, figures.waived, figures.indeterminate), (4, 1, 1));
    let leavers: Vec<_> =
        figures.leavers.iter().map(|bar| (bar.label.as_str(), bar.count)).collect();
    // Access that an exception lets somebody keep is live all the same.
    assert_eq!(leavers, [("Ada L. (a)", 2), ("Ada L. (c)", 1), ("Ada L. (waived)", 1)]);
    assert_eq!((figures.all.leavers, figures.all.waived_leavers), (3, 1));
    let (days, date, _) = &figures.oldest[0];
    assert_eq!((*days, date.as_str()), (424, "2024-12-31"));
    assert!(figures.sentence.contains("4 more are less severe"), "{}", figures.sentence);
    assert_eq!(figures::grouped(1_234_567), "1,234,567");
}

#[test]
fn nothing_runs_but_what_the_policy_names() {
    let page = page(&everything());
    let script = page.rsplit("<script>").next().and_then(|rest| rest.split("</script>").next());
    let digest = STANDARD.encode(Sha256::digest(script.unwrap()));
    assert!(page.contains(&format!("script-src &#39;sha256-{digest}&#39;")));
    let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next());
    let digest = STANDARD.encode(Sha256::digest(style.unwrap()));
    assert!(page.contains(&format!("style-src &#39;sha256-{digest}&#39;")));
    for never in ["unsafe-", " style=", " onclick", "http://", "https://", "innerHTML", "src="] {
        assert!(!page.contains(never), "{never}");
    }
}

/// Writes pages for a browser to look at: `REPORTS=FOLDER cargo test --lib pages -- --ignored`.
#[test]
#[ignore = "it is for the browser's check"]
fn pages_for_a_browser() {
    let folder = std::path::PathBuf::from(std::env::var_os("REPORTS").expect("REPORTS"));
    let severity = |n: usize| Severity::ALL[n % 4];
    for many in [0, 5, 5_000, 50_000] {
        let findings = (0..many).map(|n| {
            let mut finding = finding(n, n % 60, severity(n));
            finding.principal.id = format!("p-{}", n % 20_000);
            finding.system = Some(format!("system-{}", n % 37));
            finding.accountable.name = format!("Owner {}", n % 900);
            finding
        });
        let mut report = report(findings.collect());
        report.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        std::fs::write(folder.join(format!("{many}.html")), page(&report)).unwrap();
    }
    std::fs::write(folder.join("everything.html"), page(&everything())).unwrap();
    let hostile = "<img src=x onerror=alert(1)></script><script>alert(1)</script>\u{202e}\0\n";
    std::fs::write(folder.join("hostile.html"), page(&with_text_everywhere(hostile))).unwrap();
}
