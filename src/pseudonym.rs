//! Pseudonyms: a report whose readers needn't know who it is about.
//!
//! Names, e-mail addresses, employee numbers, user names and ids of people become tokens, wherever
//! they occur in the report, inside of other ids too. A token is keyed: without the key nobody can
//! tell whose it is by trying names, and with the same key it is the same in every run. All strings
//! of a person become one token, so that findings about one person still show that they are.
//!
//! The ids of rules, controls and systems stay. So do the ids of findings: they are digests of the
//! ids before, by which those who may see the inventory find the finding again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aho_corasick::{AhoCorasick, MatchKind};
use hmac::{Hmac, KeyInit, Mac};
use regex::Regex;
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

use crate::fault::{Fault, quote};
use crate::inventory::vocabulary::AccountType;
use crate::inventory::words::Word;
use crate::link::{Graph, Link, Node, NodeKind};
use crate::load::files::{hex, name_of};

mod names;
mod report;

pub use names::Names;

/// A shorter key could be found by trying.
const LEAST: usize = 16;
/// How many hexadecimal digits a token has: enough for a million people.
const DIGITS: usize = 12;

/// What an e-mail address looks like.
const ADDRESS: &str =
    r"[\p{L}\p{M}\p{N}\p{Cf}._%+'-]+@[\p{L}\p{M}\p{N}\p{Cf}-]+(?:\.[\p{L}\p{M}\p{N}\p{Cf}-]+)+";

/// What a date or a time of the day looks like, where a number is nobody's.
const DATE: &str = r"\b(?:19|20|21)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ][\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?|\b[0-2]\d:[0-5]\d(?::[0-5]\d)?\b";

/// A key.
#[derive(Clone)]
pub struct Key(Vec<u8>);

impl Key {
    /// Reads a key: the bytes of a file, but for line ends at its end.
    ///
    /// # Errors
    /// A file that can't be read, or that is too short to be a key.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let name = quote(&name_of(path));
        let mut key = std::fs::read(path).map_err(|error| {
            let message = format!("the key {name} can't be read: {error}");
            Fault::new(message, "check the path and its permissions")
        })?;
        while matches!(key.last(), Some(b'\n' | b'\r')) {
            key.pop();
        }
        if key.len() < LEAST {
            return Err(Fault::new(
                format!("the key {name} has {} bytes, and {LEAST} are needed", key.len()),
                "make one: openssl rand -hex 32 > key",
            ));
        }
        Ok(Self(key))
    }

    /// What tells this key from another, and nothing of it.
    pub fn id(&self) -> String {
        self.token('K', "")
    }

    fn token(&self, letter: char, of: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return "?".into() };
        mac.update(&[u8::try_from(letter).unwrap_or(0)]);
        mac.update(of.as_bytes());
        let digits: String = hex(&mac.finalize().into_bytes()).chars().take(DIGITS).collect();
        format!("{letter}-{digits}")
    }
}

/// The personal strings of an inventory, and what stands for each.
pub struct Pseudonyms {
    strings: Option<AhoCorasick>,
    addresses: Option<Regex>,
    dates: Option<Regex>,
    tokens: Vec<String>,
    key: Key,
}

impl Pseudonyms {
    /// Collects them.
    pub fn new(graph: &Graph, key: &Key) -> Self {
        let mut owners: BTreeMap<String, Option<(char, String)>> = BTreeMap::new();
        let mut add = |text: &str, letter: char, owner: &str| {
            let text = text.trim();
            if text.is_empty() {
                return;
            }
            let owner = (letter, owner.to_owned());
            // A name that two people have must not make them one.
            // The search folds the case of ASCII alone, and no other spellings.
            let plain = plainly(text).into_owned();
            for text in [plain.to_lowercase(), plain.to_uppercase(), plain, text.to_owned()] {
                let text = if text.is_ascii() { text.to_ascii_lowercase() } else { text };
                owners
                    .entry(text)
                    .and_modify(|known| *known = known.take().filter(|known| *known == owner))
                    .or_insert_with(|| Some(owner.clone()));
            }
        };
        let inventory = &graph.inventory;
        let text = |word| inventory.words.text(word);
        for row in inventory.people.all() {
            let person = inventory.people.get(row);
            let id = text(person.id.0);
            let texts = [person.name, person.employee_number, person.user_name];
            let texts = texts.into_iter().flatten().chain(person.emails.0.iter().copied());
            add(id, 'P', id);
            for one in texts.map(|one| text(one.0)) {
                add(one, 'P', id);
                // In user names and keys stands what stands before the `@`.
                if let Some((front, _)) = one.split_once('@').filter(|(front, _)| is_telling(front))
                {
                    add(front, 'P', id);
                }
            }
        }
        for row in inventory.accounts.all() {
            let account = inventory.accounts.get(row);
            let holder = graph.account(row).identity.known();
            let person = holder.filter(|holder| holder.kind == NodeKind::Person);
            let kind = account.kind_of_account.0;
            let human =
                matches!(kind, AccountType::Human | AccountType::Unknown) && holder.is_none();
            let Some(name) = account.username.filter(|_| person.is_some() || human) else {
                continue;
            };
            match person {
                Some(person) => add(text(name.0), 'P', graph.id(person)),
                None => add(text(name.0), 'A', graph.id(Node::new(NodeKind::Account, row))),
            }
        }
        // Who isn't on record any more has a name all the same.
        let mut gone = |link: Link<Node>, word: Option<Word>| {
            if let Some(word) = word.filter(|_| link.is_unknown()) {
                let name = text(word).trim();
                let name = name.strip_prefix("person:").unwrap_or(name).trim();
                if !name.is_empty() && !owners.contains_key(&name.to_ascii_lowercase()) {
                    owners.insert(name.to_owned(), None);
                }
            }
        };
        for row in inventory.accounts.all() {
            let identity = inventory.accounts.get(row).identity.map(|id| id.0);
            gone(graph.account(row).identity, identity);
        }
        for row in inventory.credentials.all() {
            let identity = inventory.credentials.get(row).identity.map(|id| id.0);
            gone(graph.credential(row).holder, identity);
        }
        for row in inventory.offboardings.all() {
            gone(graph.offboarding(row).subject, Some(inventory.offboardings.get(row).subject.0));
        }
        // Whoever did or looked at a task is named freely.
        for row in inventory.offboardings.all() {
            for task in &inventory.offboardings.get(row).tasks.0 {
                for name in [task.completed_by, task.verified_by].into_iter().flatten() {
                    let name = text(name.0).trim();
                    if !name.is_empty() && !owners.contains_key(&name.to_ascii_lowercase()) {
                        owners.insert(name.to_owned(), None);
                    }
                }
            }
        }
        let tokens = owners.iter().map(|(string, owner)| match owner {
            Some((letter, owner)) => key.token(*letter, owner),
            None => key.token('N', string),
        });
        let mut tokens: Vec<String> = tokens.collect();
        // What has tokens stays as it is, whoever is called `P`.
        let own: BTreeSet<String> = tokens.iter().cloned().collect();
        let strings = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(owners.keys().chain(&own));
        tokens.extend(own);
        let (addresses, dates) = (Regex::new(ADDRESS).ok(), Regex::new(DATE).ok());
        Self { strings: strings.ok(), addresses, dates, tokens, key: key.clone() }
    }

    /// The id of their key.
    pub fn key_id(&self) -> String {
        self.key.id()
    }

    /// A text with tokens instead. What has them already stays as it is.
    pub fn text(&self, text: &str) -> String {
        let once = self.replaced(text);
        let plain = plainly(&once);
        if plain == once {
            return once;
        }
        // The same name may be spelled with other characters.
        let again = self.replaced(&plain);
        if again == plain { once } else { again }
    }

    /// A token for the id of somebody who isn't known, unless it is one.
    fn stranger(&self, id: String) -> String {
        let is_token = |digits: &str| {
            digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let token = ["P-", "A-", "N-"].iter().find_map(|letter| id.strip_prefix(letter));
        if token.is_some_and(is_token) { id } else { self.key.token('N', &id) }
    }

    fn replaced(&self, text: &str) -> String {
        // A report without pseudonyms would tell what it must not.
        let Some(strings) = &self.strings else { return "(withheld)".into() };
        let dates = self.dates.iter().flat_map(|dates| dates.find_iter(text));
        let dates: Vec<_> = dates.map(|date| date.range()).collect();
        let in_date = |start: usize, end: usize| {
            dates.iter().any(|date| date.start <= start && end <= date.end)
        };
        let mut found: Vec<(usize, usize, usize)> = strings
            .find_overlapping_iter(text)
            .map(|found| (found.start(), found.end(), found.pattern().as_usize()))
            .filter(|(start, end, _)| stands_alone(text, *start, *end) && !in_date(*start, *end))
            .collect();
        // The first, and of these the longest.
        found.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
        let (mut out, mut at) = (String::new(), 0);
        for (start, end, pattern) in found {
            if start < at {
                continue;
            }
            out.push_str(text.get(at..start).unwrap_or_default());
            out.push_str(self.tokens.get(pattern).map_or("?", String::as_str));
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        // Addresses of people whom the inventory doesn't know.
        let Some(addresses) = &self.addresses else { return "(withheld)".into() };
        addresses
            .replace_all(&out, |found: &regex::Captures<'_>| {
                self.key.token('N', &found.get(0).map_or("", |found| found.as_str()).to_lowercase())
            })
            .into_owned()
    }
}

/// A text as it is mostly spelled: letters with their marks as one, plain dashes, single spaces and
/// nothing between the letters that can't be seen.
pub(crate) fn plainly(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii() && (c >= ' ' || c == '\n');
    if text.chars().all(is_plain) && !text.contains("  ") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.nfkc() {
        match c {
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
            c if c.is_whitespace() && c != '\n' => {
                if !out.ends_with([' ', '\n']) {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether what stands before the `@` of an address is a person's, not a function's.
fn is_telling(front: &str) -> bool {
    const FUNCTIONS: [&str; 14] = [
        "admin",
        "billing",
        "contact",
        "hello",
        "help",
        "info",
        "noreply",
        "office",
        "postmaster",
        "root",
        "sales",
        "security",
        "service",
        "support",
    ];
    front.chars().count() > 3 && !FUNCTIONS.iter().any(|word| word.eq_ignore_ascii_case(front))
}

/// Whether a match is not a piece of a longer word.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = (text.get(..start), text.get(end..));
    let (Some(before), Some(after)) = (before, after) else { return false };
    let (left, right) = (before.chars().next_back(), after.chars().next());
    !(left.is_some_and(char::is_alphanumeric) || right.is_some_and(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;
    use crate::time::Instant;

    fn pseudonyms(people: &str) -> Pseudonyms {
        let text = format!(
            r#"{{"version": "1", "generated_at": "2026-06-30T06:00:00Z", "people": [{people}]}}"#
        );
        let loaded = load::from_texts([("i.json".into(), text, String::new())].into_iter());
        let graph = loaded.unwrap().link(Instant::parse("2026-06-30T06:00:00Z").unwrap()).unwrap();
        Pseudonyms::new(&graph, &Key(b"0123456789abcdef".to_vec()))
    }

    #[test]
    fn a_name_is_the_same_in_whatever_characters_it_is_spelled() {
        let pseudonyms = pseudonyms(
            r#"{"id": "z", "name": "Zoë Müller", "user_name": "jörg", "status": "active"},
               {"id": "d", "name": "Anne-Marie Duff", "status": "active"}"#,
        );
        let token = pseudonyms.text("Zoë Müller");
        assert!(token.starts_with("P-"), "{token}");
        for text in [
            "Zoe\u{308} Mu\u{308}ller",
            "Zoë\u{a0}Müller",
            "zoë  müller",
            "ZOË MÜLLER",
            "Zoë\u{200b} Müller",
            "jo\u{308}rg",
        ] {
            assert_eq!(pseudonyms.text(&format!("gh:{text}")), format!("gh:{token}"), "{text:?}");
        }
        let duff = pseudonyms.text("Anne-Marie Duff");
        assert_eq!(pseudonyms.text("Anne\u{2010}Marie   Duff, here"), format!("{duff}, here"));
        // What names nobody stays as it is spelled.
        assert_eq!(pseudonyms.text("  two\u{a0}spaces  "), "  two\u{a0}spaces  ");
    }

    #[test]
    fn an_address_is_hidden_in_whatever_characters_it_is_spelled() {
        let pseudonyms = pseudonyms(r#"{"id": "z", "emails": ["zoë@x.org"], "status": "active"}"#);
        for text in ["gh:zoe\u{308}@x.org", "gh:zo\u{200b}ë@x.org", "gh:zoë@x.org"] {
            let hidden = pseudonyms.text(text);
            assert!(!hidden.contains("zo") && !hidden.contains("x.org"), "{hidden}");
        }
    }

    #[test]
    fn what_has_tokens_stays_as_it_is_whoever_is_called_like_their_letters() {
        let pseudonyms = pseudonyms(
            r#"{"id": "p", "name": "Ada Lovelace", "status": "active"},
               {"id": "a", "user_name": "n", "status": "active"}"#,
        );
        for text in ["p", "home/Ada Lovelace/p.json", "a-n-p", "left on 2026-06-30, says N"] {
            let once = pseudonyms.text(text);
            assert_ne!(once, text);
            assert_eq!(pseudonyms.text(&once), once);
        }
    }

    #[test]
    fn whoever_is_called_as_no_file_is_changes_no_origin() {
        let pseudonyms =
            pseudonyms(r#"{"id": "default", "user_name": "bundled", "status": "active"}"#);
        for origin in ["default", "bundled"] {
            assert_eq!(pseudonyms.origin(origin), origin);
        }
        assert!(pseudonyms.origin("default/rule.cedar").starts_with("P-"));
    }
}
