//! The well-known shapes of secrets: none of them may reach an inventory.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexSet};

use super::value::Value;
use crate::inventory::Kind;

/// What a secret looks like, by whose it is: what every one of them holds, and the whole of it. Prefixes that vendors document for secret scanners;
/// the lengths keep ids out. An AWS access key id (`AKIA...`) is a name, not a secret. `\b` is [`BEFORE`].
const SHAPES: &[(&str, &[&str], &str)] = &[
    ("a private key", &["PRIVATE KEY"], r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY"),
    (
        "a JSON Web Token",
        &["eyJ"],
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    ),
    ("a GitHub token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    ("a GitHub fine-grained token", &["github_pat_"], r"\bgithub_pat_[A-Za-z0-9_]{50,}"),
    (
        "a GitLab token",
        &[
            "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-",
            "gloas-", "glsoat-",
        ],
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-[A-Za-z0-9_=-]{20,}",
    ),
    (
        "a Slack token",
        &["xox", "xapp-"],
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[0-9]-[A-Za-z0-9-]{10,}",
    ),
    (
        "a Slack webhook",
        &["hooks.slack.com"],
        r"hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,}",
    ),
    (
        "an OpenAI key",
        &["sk-"],
        r"\bsk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
    ),
    ("an Anthropic key", &["sk-ant-"], r"\bsk-ant-[a-z0-9]+-[A-Za-z0-9_-]{20,}"),
    ("a Google API key", &["AIza"], r"\bAIza[A-Za-z0-9_-]{35}"),
    (
        "a Google OAuth token",
        &["ya29.", "GOCSPX-"],
        r"\bya29\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{20,}",
    ),
    ("a Vault token", &["hvs.", "hvb.", "hvr."], r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}"),
    // It may begin with a sign, so nothing tells where it begins.
    ("an Entra client secret", &["Q~"], r"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
    (
        "an AWS session token",
        &["FwoGZXIvYXdz", "IQoJb3JpZ2lu"],
        r"\b(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9+/=]{20,}",
    ),
    ("a Databricks token", &["dapi"], r"\bdapi[0-9a-f]{32}"),
    ("a Stripe key", &["k_live_", "k_test_"], r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("a SendGrid key", &["SG."], r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("an npm token", &["npm_"], r"\bnpm_[A-Za-z0-9]{36}"),
    ("a PyPI token", &["pypi-"], r"\bpypi-[A-Za-z0-9_-]{50,}"),
    (
        "a Shopify token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    ),
    ("a DigitalOcean token", &["doo_v1_", "dop_v1_", "dor_v1_"], r"\bdo[opr]_v1_[0-9a-f]{64}"),
    ("a Hugging Face token", &["hf_"], r"\bhf_[A-Za-z0-9]{30,}"),
    ("an Okta token", &[], r"\b00[A-Za-z0-9_-]{40}(?:[^A-Za-z0-9_=-]|$)"),
    ("an age key", &["AGE-SECRET-KEY-"], r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    ("a password in a URL", &["://"], r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@\x22]*:[^/\s:@\x22]{3,}@"),
];

/// What stands before a token: no letter or digit of the text itself. That of an escape, as of a
/// line's end in JSON, belongs to none.
const BEFORE: &str = r"(?:^|[^A-Za-z0-9]|\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})";

/// Whether a name of the organisation's own, as of a tag, is that of a secret: `db_password`. Its
/// value is not read, whatever it looks like.
pub fn names_secret(name: &str) -> bool {
    const PARTS: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "secret",
        "token",
        "credential",
        "apikey",
        "accesskey",
        "privatekey",
        "keymaterial",
        "sharedkey",
        "signingkey",
        "encryptionkey",
        "masterkey",
        "connectionstring",
        "connstr",
    ];
    const WORDS: &[&str] = &["pwd", "pass", "pw", "creds", "psk", "pin", "otp", "sas"];
    let lower = name.to_lowercase();
    let plain: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    PARTS.iter().any(|part| plain.contains(part)) || words.any(|word| WORDS.contains(&word))
}

struct Scanner {
    /// Nearly no record holds any of these.
    hints: Regex,
    /// Nor does a cell hold any of these, which can become one of those behind `person:`.
    of_cells: Regex,
    any: RegexSet,
    each: Vec<Regex>,
}

/// The expressions are constants; a test compiles each of them.
static SCANNER: LazyLock<Option<Scanner>> = LazyLock::new(|| {
    let shapes = SHAPES.iter().map(|(.., shape)| format!("(?-u){}", shape.replace(r"\b", BEFORE)));
    let each: Result<Vec<Regex>, regex::Error> =
        shapes.clone().map(|shape| Regex::new(&shape)).collect();
    let hints = SHAPES.iter().flat_map(|(_, hints, _)| *hints);
    let any_of = |hints: Vec<&str>| {
        let hints: Vec<String> = hints.into_iter().map(regex::escape).collect();
        Regex::new(&hints.join("|")).ok()
    };
    let of_cells = any_of(hints.clone().map(|hint| hint.trim_start_matches(':')).collect())?;
    let hints = any_of(hints.copied().collect())?;
    Some(Scanner { hints, of_cells, any: RegexSet::new(shapes).ok()?, each: each.ok()? })
});

/// How long an Okta token is: it begins with `00`, as many times and ids do, and has no other mark.
const TOKEN: usize = 42;

/// Whether an Okta token can be in a text: such a run of letters, digits and dashes is rare, and to
/// find none, few bytes have to be looked at.
fn holds_run(text: &[u8]) -> bool {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let mut at = 0;
    while let Some(window) = text.get(at..at + TOKEN) {
        if let Some(other) = window.iter().rposition(|b| !part(b)) {
            at += other + 1;
            continue;
        }
        let after = text.get(at + TOKEN..).unwrap_or(&[]);
        let end = at + TOKEN + after.iter().take_while(|b| part(b)).count();
        if text.get(end - TOKEN..).is_some_and(|token| token.starts_with(b"00")) {
            return true;
        }
        at = end + 1;
    }
    false
}

/// Whether any secret can be in a line of a table: if not, none can be in what is made of single
/// cells of it, with no more than a prefix like `person:` before and `#` behind. What may be decoded
/// further on (`%20`, `\u0020`) can't be told here.
pub fn hinted_line(line: &csv::StringRecord) -> bool {
    // What spans two cells is looked at more closely than it need be.
    let all = line.as_slice().as_bytes();
    is_encoded_or_marked(all) || line.iter().any(|cell| holds_run(cell.as_bytes()))
}

/// The same of one value.
pub fn hinted_value(text: &str) -> bool {
    is_encoded_or_marked(text.as_bytes()) || holds_run(text.as_bytes())
}

fn is_encoded_or_marked(text: &[u8]) -> bool {
    memchr::memchr2(b'%', b'\\', text).is_some()
        || SCANNER.as_ref().is_none_or(|scanner| scanner.of_cells.is_match(text))
}

/// Whether any secret can be in some records.
pub fn hinted(json: &[u8]) -> bool {
    SCANNER.as_ref().is_none_or(|scanner| scanner.hints.is_match(json)) || holds_run(json)
}

/// Whether a text holds a secret.
pub fn is_one(text: &str) -> bool {
    SCANNER.as_ref().is_none_or(|scanner| scanner.any.is_match(text.as_bytes()))
}

/// A name as it is shown: without the secret that it may hold.
pub fn concealed(name: String) -> String {
    if is_one(&name) { crate::fault::conceal(&name) } else { name }
}

/// The first secret in a record's JSON: what it looks like, the field that it is in, and where that
/// is from; never the value.
pub fn find(json: &[u8], kind: Kind) -> Option<String> {
    let scanner = SCANNER.as_ref()?;
    let first = scanner.any.matches(json).into_iter().next()?;
    let at = scanner.each.get(first)?.find(json)?.start();
    let (name, ..) = SHAPES.get(first)?;
    let record: Value<'_> = serde_json::from_slice(json).unwrap_or(Value::Null);
    // Keys are the contract's own, so the last one before the place is the field.
    let before = json.get(..at).unwrap_or(&[]);
    let place = |key: &str| {
        let key = format!("\"{key}\":");
        before.windows(key.len()).rposition(|part| part == key.as_bytes())
    };
    let last = record.members().iter().filter_map(|(key, _)| Some((place(key)?, key))).max();
    let field = last.map_or_else(|| "a field".into(), |(_, key)| format!("`{key}`"));
    let row = record.get("source_ref").and_then(Value::text).unwrap_or("an unknown place");
    let is_named = scanner.any.is_match(row.as_bytes());
    let row = if is_named { "a place whose name holds it" } else { row };
    Some(format!("{name}: {field} of the {} at {row}", kind.singular()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made here, so that no text of this file looks like a secret.
    fn samples() -> Vec<String> {
        let x = |n: usize| "aB3".chars().cycle().take(n).collect::<String>();
        let hex = |n: usize| "0a1b".chars().cycle().take(n).collect::<String>();
        vec![
            ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat(),
            format!("eyJ{}.eyJ{}.{}", x(20), x(20), x(20)),
            format!("ghp_{}", x(36)),
            format!("github_pat_{}", x(82)),
            format!("glpat-{}", x(20)),
            format!("xoxb-{}", x(24)),
            format!("https://hooks.slack.com/services/T0{}/B0{}/{}", "A1", "B2", x(24)),
            format!("sk-proj-{}", x(40)),
            format!("sk-ant-api03-{}", x(40)),
            format!("AIza{}", x(35)),
            format!("ya29.{}", x(30)),
            format!("hvs.{}", x(24)),
            format!("abc8Q~{}", x(34)),
            format!("IQoJb3JpZ2lu{}", x(40)),
            format!("dapi{}", hex(32)),
            format!("sk_live_{}", x(24)),
            format!("SG.{}.{}", x(22), x(43)),
            format!("npm_{}", x(36)),
            format!("pypi-{}", x(60)),
            format!("shpat_{}", hex(32)),
            format!("dop_v1_{}", hex(64)),
            format!("hf_{}", x(34)),
            format!("00{}", x(40)),
            format!("AGE-SECRET-KEY-1{}", "Q2".repeat(29)),
            ["postgres://svc:", "hunter22", "@db.corp.example/x"].concat(),
        ]
    }

    #[test]
    fn every_shape_is_found_in_its_field_and_never_shown() {
        let samples = samples();
        assert_eq!(samples.len(), SHAPES.len());
        for ((name, ..), sample) in SHAPES.iter().zip(&samples) {
            let json = format!(
                "{{\"id\":\"x\",\"name\":{},\"source_ref\":\"x.csv:2\"}}",
                serde_json::to_string(&format!("say {sample}")).unwrap()
            );
            assert!(hinted(json.as_bytes()), "{name}");
            for cell in [sample.clone(), format!("say {sample}, or not")] {
                let line = csv::StringRecord::from(vec!["x", &cell, "2026-01-01 00:00:00"]);
                assert!(hinted_line(&line), "{name}");
            }
            let found = find(json.as_bytes(), Kind::Account);
            assert_eq!(found, Some(format!("{name}: `name` of the account at x.csv:2")));
        }
    }

    #[test]
    fn a_token_is_found_behind_whatever_is_no_part_of_it() {
        for ((name, ..), sample) in SHAPES.iter().zip(&samples()) {
            for before in
                ["x\n", "x\t", "x\r", "x\u{8}", "x\u{1}", "key_", "x-", "person:", "(", "\u{e9}"]
            {
                let json = serde_json::json!({ "name": format!("{before}{sample}") }).to_string();
                assert!(hinted(json.as_bytes()), "{name} {before:?}");
                assert!(find(json.as_bytes(), Kind::Account).is_some(), "{name} {before:?}");
            }
            let escaped = format!(r#"{{"name":"x\u200e{sample}"}}"#);
            assert!(find(escaped.as_bytes(), Kind::Account).is_some(), "{name}");
        }
    }

    #[test]
    fn what_may_begin_with_a_sign_is_found_behind_a_letter() {
        for sign in ["~", ".", "-", "_"] {
            let secret =
                format!("{sign}bc8Q~{}", "aB3".chars().cycle().take(34).collect::<String>());
            for before in ["", "x", "key", "9"] {
                let json = serde_json::json!({ "name": format!("{before}{secret}") }).to_string();
                assert!(hinted(json.as_bytes()), "{before}{sign}");
                let found = find(json.as_bytes(), Kind::Account).unwrap_or_default();
                assert!(found.starts_with("an Entra client secret"), "{before}{sign}: {found}");
            }
        }
    }

    #[test]
    fn a_run_is_found_wherever_it_ends() {
        let token = format!("00{}", "aB3-".repeat(10));
        for before in ["", "a ", "a:", "key_", "key-"] {
            for after in ["", "\"", "#password", ", and more of it"] {
                for far in [0, 1, 41, 42, 43, 100] {
                    let text = format!("{}{before}{token}{after}", ". ".repeat(far));
                    assert!(holds_run(text.as_bytes()), "{text}");
                    assert!(find(text.as_bytes(), Kind::Account).is_some(), "{text}");
                }
            }
        }
        for plain in [
            "2026-01-01T00:00:00Z 00000000-0000-0000-0000-000000000000",
            "7d44c9a8-11aa-4c1e-8b88-00af644d7c92-7d44c9a8-11aa-4c1e-8b88-00af644d7c92",
            "00uabcdefg1234567890",
        ] {
            assert!(!holds_run(plain.as_bytes()), "{plain}");
        }
    }

    #[test]
    fn plain_lines_hold_no_hint() {
        let plain = ["ada", "arn:aws:iam::000000000012:user/staff/of/the/house/ada-0000001", "N/A"];
        assert!(!hinted_line(&csv::StringRecord::from(plain.to_vec())));
        // `account:` before it makes it a whole one.
        let half = ["//joe:", "hunter22", "@db"].concat();
        for encoded in ["PRIVATE%20KEY", r"PRIVATE\u0020KEY", &half] {
            assert!(hinted_value(encoded));
            assert!(hinted_line(&csv::StringRecord::from(vec!["ada", encoded])));
        }
    }

    #[test]
    fn names_of_secrets_are_known() {
        for name in ["db_password", "DBPassword", "api-key", "Client Secret", "DB_PWD", "authToken"]
        {
            assert!(names_secret(name), "{name}");
        }
        for name in ["Owner", "environment", "app.kubernetes.io/name", "CostCenter", "compass"] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn ids_are_no_secrets() {
        let id = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        for plain in [
            id.as_str(),
            "00uabcdefg1234567890",
            "59e617e5-e447-4adc-8b88-00af644d7c92",
            "arn:aws:iam::123456789012:user/ada#access_key_1",
            "https://login.example.com/bjensen",
            "SHA256:0Nk1KcQvKcNGkdlXvKQ0dQKgHqYQ0m0hJ0mQ0KcQvKc=",
            "sk-ops",
            "task-anthropic-api",
        ] {
            assert!(
                find(format!("{{\"id\":\"{plain}\"}}").as_bytes(), Kind::Account).is_none(),
                "{plain}"
            );
        }
    }
}
