//! Hides what may be a secret. Whoever exports an inventory may have put one where it doesn't belong,
//! and a fault shows that place.

use std::sync::LazyLock;

use regex::Regex;

/// The shortest run of letters and digits that can be a secret.
const SECRET: usize = 16;

/// The password in `SCHEME://NAME:PASSWORD@HOST`, whatever it is made of.
static PASSWORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(//[^/\s:@]*:)\S+@").ok());

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
            ("https://db.corp.example:8080/a", "https://db.corp.example:8080/a"),
            ("joe:smith@corp.example", "joe:smith@corp.example"),
            ("a column that is not known", "a column that is not known"),
        ] {
            assert_eq!(conceal(text), shown);
        }
    }
}
