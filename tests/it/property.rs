//! The fast path against Cedar: what a compiled condition keeps from Cedar is what Cedar permits,
//! whatever the condition is. Conditions are made from the schema, and judged with and without
//! `--exhaustive` on a whole company.

use std::cell::Cell;
use std::path::Path;

use nhi_policy::policy::schema::{Env, Type, Types};
use nhi_policy::policy::{Packs, RuleSet};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::run::{AS_OF, Done, folder, nhi, root, rule};

/// What acme has little of: things without a system, tags, references to nothing.
const ODD: &str = r#"{
  "version": "1",
  "generated_at": "2026-06-30T06:00:00Z",
  "accounts": [
    {"id": "odd-1", "system": "gone", "status": "enabled", "identity": "p-1016", "tags": {"env": "prod"}},
    {"id": "odd-2", "system": "gone", "status": "unknown", "identity": "nobody", "tags": {"env": ""}},
    {"id": "odd-3", "system": "okta", "status": "locked", "owner": "team-platform", "tags": {"env": "dev", "tier": "1"}}
  ],
  "credentials": [
    {"id": "odd-k", "kind": "token", "status": "active", "account": "odd-1", "tags": {"env": "prod"}, "scopes": ["repo", "admin"]},
    {"id": "odd-l", "kind": "session", "status": "unknown", "account": "gone", "known_to": ["p-1016", "p-1019"]}
  ],
  "entitlements": [
    {"id": "odd-e", "account": "odd-2", "role": "admin", "status": "active", "tags": {"tier": "1"}, "via": ["okta"]}
  ],
  "people": [
    {"id": "odd-p", "status": "unknown", "tags": {"env": "prod"}, "emails": ["admin"]}
  ]
}"#;

/// Decisions: past the end, each is for the first, which is the simplest.
struct Choices<'a> {
    list: std::slice::Iter<'a, u16>,
    types: &'a Types,
    envs: &'a [Env],
    sla: &'a [String],
}

const OPERATORS: [&str; 6] = ["<", ">", "<=", ">=", "==", "!="];
const STRINGS: [&str; 7] =
    ["\"prod\"", "\"\"", "\"admin\"", "\"repo\"", "\"1\"", "\"okta\"", "\"a\\\"\\u{e9}*\""];
const KEYS: [&str; 3] = ["\"env\"", "\"tier\"", "\"none\""];
const DURATIONS: [&str; 5] = ["\"30d\"", "\"0h\"", "\"-1d\"", "\"1d12h\"", "\"400d\""];

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        usize::from(self.list.next().copied().unwrap_or(0)) % count
    }

    fn of<'o>(&mut self, options: &[&'o str]) -> &'o str {
        options[self.below(options.len())]
    }

    /// A whole rule.
    fn rule(&mut self) -> String {
        let number = self.below(self.envs.len());
        let Env { action, principal, resource } = self.envs[number];
        let (principal, resource) = (principal.name(), resource.name());
        let head = format!(
            "principal is {principal}, action == Action::\"{}\", resource is {resource}",
            action.name()
        );
        let mut clauses = format!("when {{ {} }}", self.condition(principal, resource, 3));
        for _ in 0..self.below(3) {
            let word = self.of(&["unless", "when"]);
            clauses += &format!("\n{word} {{ {} }}", self.condition(principal, resource, 2));
        }
        rule("random", "low", "HEAD", &clauses).replace("principal, HEAD", &head)
    }

    fn condition(&mut self, principal: &str, resource: &str, depth: usize) -> String {
        let next = depth.saturating_sub(1);
        let inner = |this: &mut Self| this.condition(principal, resource, next);
        // Of these two there is no more to say than what they are.
        let [of_principal, of_resource] =
            [principal, resource].map(|name| !["Inventory", "Nobody"].contains(&name));
        match self.below(if depth == 0 { 4 } else { 11 }) {
            1 if of_principal => self.fact("principal", principal, 2),
            3 => error(resource),
            4 | 5 => format!("({} && {})", inner(self), inner(self)),
            6 | 7 => format!("({} || {})", inner(self), inner(self)),
            8 => format!("!({})", inner(self)),
            9 => format!("(if {} then {} else {})", inner(self), inner(self), inner(self)),
            10 => format!("(({}) {} ({}))", inner(self), self.of(&["==", "!="]), inner(self)),
            _ if of_resource => self.fact("resource", resource, 2),
            _ => self.fact("principal", principal, 2),
        }
    }

    /// Something about a fact of a thing, guarded where the fact may be missing.
    fn fact(&mut self, path: &str, of: &str, depth: usize) -> String {
        let entity = self.types.entity(of).unwrap();
        if entity.tags && self.below(8) == 1 {
            let (key, value) = (self.of(&KEYS), self.of(&STRINGS));
            let operator = self.of(&["==", "!="]);
            return match self.below(3) {
                0 => format!("({path}.hasTag({key}) && {path}.getTag({key}) {operator} {value})"),
                1 => format!("{path}.hasTag({key})"),
                _ => format!(
                    "(if {path}.hasTag({key}) then {path}.getTag({key}) {operator} {value} else true)"
                ),
            };
        }
        let at = self.below(entity.attributes.len());
        let (name, attribute) = entity.attributes.iter().nth(at).unwrap();
        let about = self.about(&format!("{path}.{name}"), &attribute.of, depth);
        if attribute.required {
            return about;
        }
        match self.below(5) {
            3 => format!("(!({path} has {name}) || {about})"),
            4 => format!("(if {path} has {name} then {about} else false)"),
            _ => format!("({path} has {name} && {about})"),
        }
    }

    fn about(&mut self, path: &str, of: &Type, depth: usize) -> String {
        let operator = self.of(&OPERATORS);
        let equal = if operator == "!=" { "!=" } else { "==" };
        match of {
            Type::Bool => path.to_owned(),
            Type::Long => {
                let number = self.of(&["1", "0", "2", "-1", "9223372036854775807"]);
                match self.below(3) {
                    0 => format!("{path} {operator} {number}"),
                    1 => format!("{path} + {number} {operator} 2"),
                    _ => format!("{path} * {number} {operator} {path}"),
                }
            }
            Type::String => match self.below(2) {
                0 => format!("{path} {equal} {}", self.of(&STRINGS)),
                _ => format!("{path} like {}", self.of(&["\"*a*\"", "\"*\"", "\"ad*\"", "\"x\""])),
            },
            Type::Extension(_) => self.time(path, operator),
            Type::Entity(name) => self.thing(path, name, equal, depth),
            Type::Set(inner) => match (&**inner, self.below(4)) {
                (_, 0) => format!("{path}.isEmpty()"),
                (Type::Entity(name), _) => format!("{path}.contains({})", self.literal(name)),
                (_, 1) => format!("{path}.contains({})", self.of(&STRINGS)),
                (_, at) => {
                    let (one, other) = (self.of(&STRINGS), self.of(&STRINGS));
                    format!("{path}.{}([{one}, {other}])", ["containsAny", "containsAll"][at % 2])
                }
            },
            Type::Record(_) => "true".into(),
        }
    }

    fn time(&mut self, path: &str, operator: &str) -> String {
        let number = self.below(self.sla.len());
        let limit = format!("context.sla.{}", self.sla[number]);
        let duration = format!("duration({})", self.of(&DURATIONS));
        let order = self.of(&OPERATORS[..4]);
        match self.below(6) {
            0 => format!("{path} {order} context.now"),
            1 => format!("context.now.durationSince({path}) {order} {limit}"),
            2 => format!("context.now.durationSince({path}) {operator} {duration}"),
            3 => format!("{path} {operator} datetime(\"2026-06-01T00:00:00Z\")"),
            4 => format!("{path}.offset({duration}) {order} context.now"),
            _ => format!(
                "context.now.durationSince({path}) {order} (if {limit} < {duration} then {limit} else {duration})"
            ),
        }
    }

    fn thing(&mut self, path: &str, name: &str, equal: &str, depth: usize) -> String {
        let plain = self.types.entity(name).is_some_and(|entity| entity.words.is_empty());
        match self.below(3) {
            0 if plain && depth > 0 => self.fact(path, name, depth - 1),
            0 => format!("{path} {equal} {}", self.literal(name)),
            1 => format!("[{}, {}].contains({path})", self.literal(name), self.literal(name)),
            _ if plain => {
                format!("{path} in {}", self.literal(if name == "Person" { "Team" } else { name }))
            }
            _ => format!("{} {equal} {path}", self.literal(name)),
        }
    }

    /// A word of a vocabulary, or a thing that is there or not.
    fn literal(&mut self, name: &str) -> String {
        let words = self.types.entity(name).map(|entity| entity.words.clone()).unwrap_or_default();
        let known = match name {
            "Person" => ["p-1016", "odd-p", "nobody"],
            "Team" => ["team-platform", "team-security", "nobody"],
            "Workload" => ["terraform-apply", "fax-gateway", "nobody"],
            "System" => ["okta", "aws-prod", "gone"],
            "Account" => ["odd-1", "aws-prod:aversteeg", "gone"],
            _ => ["aws-prod:grp-admins", "odd-e", "gone"],
        };
        let words: Vec<&str> = if words.is_empty() {
            known.to_vec()
        } else {
            words.iter().map(String::as_str).collect()
        };
        format!("{name}::\"{}\"", self.of(&words))
    }
}

/// A condition that the validator accepts and that can't be evaluated for some things.
fn error(resource: &str) -> String {
    match resource {
        "Account" => "resource.system == System::\"okta\"",
        "Credential" => "resource.known_to_count + 9223372036854775807 > 0",
        "Entitlement" => "(resource has account && resource.account.system == System::\"okta\")",
        "Person" => "resource.offboardings + 9223372036854775807 > 0",
        "Team" => "resource.active_members * 9223372036854775807 > 0",
        _ => "context.sla.review < context.sla.dormant",
    }
    .into()
}

fn judged(folder: &Path, arguments: &str) -> Done {
    let run = nhi("check --isolated --no-bundled --policies pack --format json odd.json --as-of");
    run.arg(AS_OF).arg(root().join("testdata/acme")).args(arguments).at(folder).run()
}

#[test]
fn what_is_kept_from_cedar_is_what_cedar_permits() {
    let rules =
        RuleSet::load(&Packs::default()).unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    let envs: Vec<Env> =
        rules.types.schema().request_envs().filter_map(|env| Types::env(&env)).collect();
    let always = rules.parameters.0.iter().filter(|(_, parameter)| parameter.default.is_some());
    let sla: Vec<String> = always.map(|(name, _)| name.clone()).collect();
    let [accepted, fired, failed, all] = [const { Cell::new(0_u32) }; 4];
    let count = |cell: &Cell<u32>, one: bool| cell.set(cell.get() + u32::from(one));
    let cases = std::env::var_os("PROPTEST_CASES").map_or(160, |_| Config::default().cases);
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&vec(any::<u16>(), 0..60), |list| {
        let rule =
            Choices { list: list.iter(), types: &rules.types, envs: &envs, sla: &sla }.rule();
        let folder = folder(&[("pack/random.cedar", &rule), ("odd.json", ODD)]);
        let fast = judged(folder.path(), "");
        count(&all, true);
        if fast.code == 2 {
            // The validator or the lint refuses it, and says where.
            return if fast.err.contains("[pack/random.cedar:") {
                Ok(())
            } else {
                Err(TestCaseError::fail(fast.err))
            };
        }
        count(&accepted, true);
        count(&fired, fast.out.contains("\"status\":\"violation\""));
        count(&failed, fast.out.contains("\"status\":\"indeterminate\""));
        let whole = judged(folder.path(), "--exhaustive");
        if (fast.code, &fast.out) == (whole.code, &whole.out) {
            Ok(())
        } else {
            Err(TestCaseError::fail(rule))
        }
    });
    if let Err(error) = outcome {
        panic!("the reports differ with and without --exhaustive: {error}");
    }
    let [accepted, fired, failed, all] = [accepted, fired, failed, all].map(|cell| cell.get());
    let said = format!(
        "of {all} rules {accepted} were accepted, {fired} fired, {failed} could not be judged"
    );
    assert!(accepted * 10 > all * 6 && fired * 4 > accepted && failed > 0, "{said}");
    println!("{said}");
}
