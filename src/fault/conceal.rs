//! Hides what may be a secret. Whoever exports an inventory may have put one where it doesn't belong,
//! and a fault shows that place.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The shortest run of letters and digits that can be a secret.
const SECRET: usize = 16;

/// The password in `SCHEME://NAME:PASSWORD@HOST`, whatever it is made of.
static PASSWORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(//[^/\s:@]*:)\S+@").ok());

/// A secret access key of AWS: forty letters, digits and signs, which have no mark.
static ACCESS_KEY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(^|[^A-Za-z0-9/+])([A-Za-z0-9/+]{40})($|[^A-Za-z0-9/+=])").ok());

/// What a private key begins with: its lines are no runs, and may be anything.
const KEY: &str = "PRIVATE KEY";

/// Hides passwords in URLs, what follows on the beginning of a private key, and long runs of letters
/// and digits that are no word.
pub fn conceal(text: &str) -> String {
    let (shown, key) = match text.find(KEY).map(|at| text.split_at(at + KEY.len())) {
        Some((shown, key)) if !key.is_empty() => (shown, "…"),
        _ => (text, ""),
    };
    let shown = match &*PASSWORD {
        Some(password) => password.replace_all(shown, "${1}…@"),
        None => "…".into(),
    };
    let shown = match &*ACCESS_KEY {
        Some(key) => key.replace_all(&shown, |found: &Captures<'_>| {
            let (_, [before, key, after]) = found.extract();
            let has = |is: fn(&char) -> bool| key.chars().any(|c| is(&c));
            let mixed = has(char::is_ascii_lowercase)
                && has(char::is_ascii_uppercase)
                && has(char::is_ascii_digit);
            [before, if mixed && !key.starts_with('/') { "…" } else { key }, after].concat()
        }),
        None => "…".into(),
    };
    let mut out = String::with_capacity(shown.len());
    for run in shown.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let no_word = word.contains(|c: char| c.is_ascii_digit())
            || !word.contains(|c: char| c.is_ascii_lowercase());
        if word.len() >= SECRET && no_word {
            out.push('…');
            out.push_str(run.get(word.len()..).unwrap_or(""));
        } else {
            out.push_str(run);
        }
    }
    out + key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_keys_are_hidden_and_words_are_not() {
        for (text, shown) in [
            ("postgres://joe:hunter22@db/x", "postgres://joe:…@db/x"),
            ("see //:p/w@rd@db and on", "see //:…@db and on"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE+ab/cd", "-----BEGIN RSA PRIVATE KEY…"),
            ("AbCdEfGh12345678 is one", "… is one"),
            (concat!("wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYabcdefghij is one"), "… is one"),
            (
                "/Data/exports/of/all/Our/systems/and/more",
                "/Data/exports/of/all/Our/systems/and/more",
            ),
            ("https://db.corp.example:8080/a", "https://db.corp.example:8080/a"),
            ("joe:smith@corp.example", "joe:smith@corp.example"),
            ("a column that is not known", "a column that is not known"),
        ] {
            assert_eq!(conceal(text), shown);
        }
    }
}
