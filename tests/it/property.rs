//! The fast path against Cedar: what a compiled condition keeps from Cedar is what Cedar permits,
//! whatever the condition is. Conditions are made from the schema, and judged with and without
//! `--exhaustive` on a whole company.

use std::cell::Cell;
use std::path::Path;

use nhi_policy::link::Action;
use nhi_policy::policy::schema::{Env, Type, Types};
use nhi_policy::policy::{Packs, RuleSet};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::prop_assert;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::run::{AS_OF, Done, folder, nhi, root, rule};

/// What acme has little of: things without a system, tags, references to nothing, and times that
/// stand exactly at the limits of [`Choices::time`].
const ODD: &str = r#"{
  "version": "1",
  "generated_at": "2026-06-30T06:00:00Z",
  "accounts": [
    {"id": "odd-1", "system": "gone", "status": "enabled", "identity": "p-1016", "tags": {"env": "prod"}},
    {"id": "odd-2", "system": "gone", "status": "unknown", "identity": "nobody", "tags": {"env": ""}},
    {"id": "odd-3", "system": "okta", "status": "locked", "owner": "team-platform", "tags": {"env": "dev", "tier": "1"},
     "created_at": "2026-05-31T12:00:00Z", "last_login_at": "2026-06-01T00:00:00Z", "expires_at": "2026-06-30T12:00:00Z",
     "interactive_login_at": "2026-06-29T00:00:00Z"}
  ],
  "credentials": [
    {"id": "odd-k", "kind": "token", "status": "active", "account": "odd-1", "tags": {"env": "prod"}, "scopes": ["repo", "admin"]},
    {"id": "odd-l", "kind": "session", "status": "unknown", "account": "gone", "known_to": ["p-1016", "p-1019"],
     "created_at": "2026-05-31T12:00:00Z", "last_used_at": "2026-06-30T12:00:00Z", "exposed_at": "2026-06-01T00:00:00Z",
     "expires_at": "2026-07-30T12:00:00Z", "last_rotated_at": "2026-06-29T00:00:00Z"}
  ],
  "entitlements": [
    {"id": "odd-e", "account": "odd-2", "role": "admin", "status": "active", "tags": {"tier": "1"}, "via": ["okta"],
     "granted_at": "2026-05-31T12:00:00Z", "last_reviewed_at": "2026-06-30T12:00:00Z", "expires_at": "2026-06-01T00:00:00Z"}
  ],
  "people": [
    {"id": "odd-p", "status": "unknown", "tags": {"env": "prod"}, "emails": ["admin"],
     "started_at": "2026-05-31T12:00:00Z", "contract_ends_at": "2026-06-30T12:00:00Z", "role_changed_at": "2026-06-01T00:00:00Z"}
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
    fn rule(&mut self, number: usize) -> String {
        let env = self.below(self.envs.len());
        let Env { action, principal, resource } = self.envs[env];
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
        rule(&format!("random-{number}"), "low", "HEAD", &clauses).replace("principal, HEAD", &head)
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
            3 => format!("{path} has {name}"),
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

/// A pack of rules, without those that the validator or the lint refuses: how many it keeps, and
/// the report on them.
fn accepted(folder: &Path, rules: usize) -> Result<(usize, Done), TestCaseError> {
    let all = judged(folder, "");
    if all.code != 2 {
        return Ok((rules, all));
    }
    let mut kept = rules;
    for number in 0..rules {
        let file = format!("pack/random-{number}.cedar");
        // Where it says that something is wrong.
        if all.err.contains(&format!("[{file}:")) {
            std::fs::remove_file(folder.join(file))?;
            kept -= 1;
        }
    }
    prop_assert!(kept < rules, "no rule is refused:\n{}", all.err);
    let rest = if kept == 0 { all } else { judged(folder, "") };
    prop_assert!(kept == 0 || rest.code != 2, "refused with others only:\n{}", rest.err);
    Ok((kept, rest))
}

#[test]
fn what_is_kept_from_cedar_is_what_cedar_permits() {
    let rules =
        RuleSet::load(&Packs::default()).unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    let mut envs: Vec<Env> =
        rules.types.schema().request_envs().filter_map(|env| Types::env(&env)).collect();
    // What most rules are about is asked most.
    let most = |env: &&Env| {
        matches!(env.action, Action::Keep | Action::Hold)
            && ["Credential", "Account", "Entitlement", "Person"].contains(&env.resource.name())
    };
    envs.extend(envs.clone().iter().filter(most).flat_map(|env| [*env; 3]));
    let always = rules.parameters.0.iter().filter(|(_, parameter)| parameter.default.is_some());
    let sla: Vec<String> = always.map(|(name, _)| name.clone()).collect();
    let [all, kept, fired, failed] = [const { Cell::new(0) }; 4];
    let count = |cell: &Cell<usize>, more: usize| cell.set(cell.get() + more);
    let cases = std::env::var_os("PROPTEST_CASES").map_or(120, |_| Config::default().cases);
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 150, ..Config::default() };
    let outcome = TestRunner::new(config).run(&vec(vec(any::<u16>(), 0..60), 1..12), |lists| {
        let choices = |list| Choices { list, types: &rules.types, envs: &envs, sla: &sla };
        let pack: Vec<String> =
            (0..).zip(&lists).map(|(number, list)| choices(list.iter()).rule(number)).collect();
        let folder = folder(&[("odd.json", ODD), ("pack/.keep", "")]);
        for (number, rule) in pack.iter().enumerate() {
            std::fs::write(folder.path().join(format!("pack/random-{number}.cedar")), rule)?;
        }
        let (own, fast) = accepted(folder.path(), pack.len())?;
        count(&all, pack.len());
        count(&kept, own);
        if own == 0 {
            return Ok(());
        }
        for rule in fast.json()["rules"].as_array().unwrap() {
            count(&fired, usize::from(rule["violations"] != 0));
            count(&failed, usize::from(rule["indeterminate"] != 0));
        }
        let whole = judged(folder.path(), "--exhaustive");
        let same = (fast.code, &fast.out) == (whole.code, &whole.out);
        if same { Ok(()) } else { Err(TestCaseError::fail(pack.join("\n"))) }
    });
    if let Err(error) = outcome {
        panic!("the reports differ with and without --exhaustive: {error}");
    }
    let [all, kept, fired, failed] = [all, kept, fired, failed].map(|cell| cell.get());
    let said =
        format!("of {all} rules {kept} were accepted, {fired} fired, {failed} could not be judged");
    assert!(kept * 10 > all * 6 && fired * 4 > kept && failed > 0, "{said}");
    println!("{said}");
}
