//! The fast path against Cedar: what a compiled condition says of a question is what Cedar says,
//! whatever the condition and the things are.
//!
//! Conditions are made from the schema and things from the contract, by numbers that follow from a
//! seed. `PROPERTY_CASES=10000000 PROPERTY_SEED=7 cargo test --release --test it property` is a long
//! run; a failure says its seed.

use std::collections::BTreeMap;
use std::path::Path;

use nhi_policy::ask::cedar::Verdict;
use nhi_policy::ask::compile::Target;
use nhi_policy::ask::condition::{Answer, Condition, Setting};
use nhi_policy::ask::{Depth, ask};
use nhi_policy::link::question::SUBJECTS;
use nhi_policy::link::{Action, Graph, Node, Question};
use nhi_policy::load;
use nhi_policy::policy::pack::{PackFile, bundled};
use nhi_policy::policy::schema::{Env, Types};
use nhi_policy::policy::{Packs, RuleSet};
use nhi_policy::time::Instant;
use rustc_hash::FxHashMap;

mod conditions;
mod inventory;
mod random;
mod sieve;

use conditions::Conditions;
use random::Random;

use crate::run::{AS_OF, Done, folder, nhi, root};

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

/// How many records of each kind, kinds of question and rules for each a round has.
const RECORDS: usize = 150;
const ENVS: usize = 6;
const RULES: usize = 16;

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().expect(variable))
}

/// The bundled rules' schema, and what can be asked of them: what most rules are about, often.
fn envs(types: &Types) -> Vec<Env> {
    let mut envs: Vec<Env> =
        types.schema().request_envs().filter_map(|env| Types::env(&env)).collect();
    // Cedar gives them in any order, and a seed has to mean the same every time.
    envs.sort_unstable();
    // Exceptions are about findings.
    envs.retain(|env| env.action != Action::Waive);
    let most = |env: &&Env| {
        matches!(env.action, Action::Keep | Action::Hold)
            && ["Credential", "Account", "Entitlement", "Person"].contains(&env.resource.name())
    };
    envs.extend(envs.clone().iter().filter(most).flat_map(|env| [*env; 3]));
    envs
}

/// Parameters that always have a value.
fn parameters(rules: &RuleSet) -> Vec<String> {
    let always = rules.parameters.0.iter().filter(|(_, parameter)| parameter.default.is_some());
    always.map(|(name, _)| name.clone()).collect()
}

/// Rules without those that the validator or the lint refuses.
fn accepted(mut pack: BTreeMap<usize, String>) -> RuleSet {
    loop {
        let mut files = bundled();
        files.retain(|file| file.stem(".cedar").is_none() && file.stem(".cases.json").is_none());
        files.extend(pack.iter().map(|(number, text)| PackFile {
            path: format!("policies/random/random-{number}.cedar"),
            origin: "random".into(),
            text: text.clone(),
        }));
        match RuleSet::from_files(files) {
            Ok(rules) => return rules,
            Err(faults) => {
                let said = format!("{:?}", faults.shown());
                let before = pack.len();
                pack.retain(|number, _| !said.contains(&format!("random-{number}.cedar")));
                assert!(pack.len() < before, "no rule is refused: {said}");
            }
        }
    }
}

fn linked(text: String) -> Graph {
    let texts = [("random.json".to_owned(), text, String::new())];
    let loaded = load::from_texts(texts.into_iter());
    let loaded = loaded.unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    let now = Instant::parse(inventory::NOW).unwrap();
    loaded.link(now).unwrap_or_else(|faults| panic!("{:?}", faults.shown()))
}

/// How often conditions said what.
#[derive(Default, Debug)]
struct Said {
    no: u64,
    yes: u64,
    error: u64,
    maybe: u64,
    /// What was left to Cedar, and for how many questions.
    unknown: BTreeMap<String, u64>,
}

/// Holds every condition against Cedar, for every question of its kind.
fn compare(graph: &Graph, rules: &RuleSet, said: &mut Said, about: &str) {
    let now = graph.now;
    let setting = Setting { now, run_at: now, parameters: &rules.parameters };
    let answers = ask(graph, rules, setting, Depth::Exhaustive, &SUBJECTS, &|_| {});
    let verdicts: FxHashMap<(Question, usize), &Verdict> =
        answers.hits.iter().flatten().map(|hit| ((hit.question, hit.rule), &hit.verdict)).collect();
    let target = Target { types: &rules.types, graph: Some(graph), setting };
    let mut by_env: BTreeMap<Env, Vec<(usize, Condition)>> = BTreeMap::new();
    for (number, rule) in rules.rules.iter().enumerate() {
        for env in &rule.envs {
            let condition = Condition::of(rule, *env, target);
            by_env.entry(*env).or_default().push((number, condition));
        }
    }
    for kind in SUBJECTS {
        for row in 0..graph.population(kind) {
            graph.questions(Node::new(kind, row), |question| {
                for (number, condition) in by_env.get(&Env::of(question)).into_iter().flatten() {
                    let verdict = verdicts.get(&(question, *number)).copied();
                    let (count, agreed) = match condition.answer(graph, question) {
                        Answer::No => (&mut said.no, verdict.is_none()),
                        Answer::Yes => (&mut said.yes, verdict == Some(&Verdict::Violated)),
                        Answer::Error => {
                            (&mut said.error, matches!(verdict, Some(Verdict::Failed(_))))
                        }
                        Answer::Maybe => (&mut said.maybe, !condition.unknown().is_empty()),
                    };
                    *count += 1;
                    if condition.answer(graph, question) == Answer::Maybe {
                        for one in condition.unknown() {
                            *said.unknown.entry(one.clone()).or_default() += 1;
                        }
                    }
                    let answer = condition.answer(graph, question);
                    assert!(
                        agreed,
                        "{about}: {answer:?}, but Cedar says {verdict:?} of {} {:?} {}\n{}",
                        graph.id(question.principal),
                        question.action,
                        graph.id(question.resource),
                        rules.rules[*number].text,
                    );
                }
            });
        }
    }
}

#[test]
fn a_compiled_condition_says_what_cedar_says() {
    let bundled = RuleSet::load(&Packs::default());
    let bundled = bundled.unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    let (envs, sla) = (envs(&bundled.types), parameters(&bundled));
    let (wanted, first) = (number("PROPERTY_CASES", 100_000), number("PROPERTY_SEED", 1));
    let names = |of: &str| match of {
        "Person" => ["p1", "p2", "nobody"],
        "Team" => ["t0", "t1", "nobody"],
        "Workload" => ["w0", "w1", "nobody"],
        "System" => ["s1", "s2", "gone"],
        "Account" => ["a0", "a1", "gone"],
        "Group" => ["g0", "g1", "gone"],
        _ => ["c1", "e1", "gone"],
    };
    let (mut cases, mut made, mut kept) = (0, 0, 0);
    let mut said = Said::default();
    for seed in first.. {
        let random = &mut Random(seed);
        let mut pack = BTreeMap::new();
        for _ in 0..ENVS {
            let env = envs[random.below(envs.len())];
            for _ in 0..RULES {
                let number = pack.len();
                let types = &bundled.types;
                let mut conditions = Conditions { random, types, env, sla: &sla, names };
                pack.insert(number, conditions.rule(number));
            }
        }
        made += pack.len();
        let rules = accepted(pack);
        kept += rules.rules.len();
        let graph = linked(inventory::inventory(random, RECORDS));
        compare(&graph, &rules, &mut said, &format!("PROPERTY_SEED={seed}"));
        cases = said.no + said.yes + said.error + said.maybe;
        if cases >= wanted {
            break;
        }
    }
    let tale = format!("{cases} cases of {kept} rules ({made} made): {said:?}");
    assert!(cases >= wanted && kept * 10 > made * 6, "{tale}");
    // What is left to Cedar is rare, and so would be what is never tried.
    assert!(said.maybe * 20 < cases && said.yes * 10 > cases && said.error * 200 > cases, "{tale}");
    println!("{tale}");
}

/// What a type hasn't got isn't there, and what would be behind it isn't looked for.
#[test]
fn a_way_through_what_a_type_has_not_is_no_error() {
    let text = "// Why.\n@id(\"random-0\")\n@title(\"A rule\")\n@severity(\"low\")\n\
        @controls(\"NHI-03, PR.AC-4\")\n@accountable(\"a role\")\n@message(\"about {resource}\")\n\
        @remediation(\"Do it.\")\n\
        forbid (principal is Inventory, action == Action::\"keep\", resource in Group::\"g1\")\n\
        when { (resource has owner_workload.retired_at || action == Action::\"keep\") };\n";
    let rules = accepted([(0, text.to_owned())].into());
    let graph = linked(inventory::inventory(&mut Random(7), RECORDS));
    let mut said = Said::default();
    compare(&graph, &rules, &mut said, "the rule");
    assert!(said.yes > 0 && said.error == 0, "{said:?}");
}

/// The bundled rules, of inventories of all sorts.
#[test]
fn the_bundled_conditions_say_what_cedar_says() {
    let rules = RuleSet::load(&Packs::default());
    let rules = rules.unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    let mut said = Said::default();
    for seed in 0..3 {
        let graph = linked(inventory::inventory(&mut Random(seed), RECORDS));
        compare(&graph, &rules, &mut said, &format!("inventory {seed}"));
    }
    assert!(said.maybe == 0 && said.yes > 1000 && said.no > 1000, "{said:?}");
}

fn judged(folder: &Path, arguments: &str) -> Done {
    let run = nhi("check --isolated --no-bundled --policies pack --format json odd.json --as-of");
    run.arg(AS_OF).arg(root().join("testdata/acme")).args(arguments).at(folder).run()
}

#[test]
fn a_report_is_the_same_whether_or_not_cedar_is_asked_everything() {
    let bundled = RuleSet::load(&Packs::default());
    let bundled = bundled.unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    let (envs, sla) = (envs(&bundled.types), parameters(&bundled));
    let names = |of: &str| match of {
        "Person" => ["p-1016", "odd-p", "nobody"],
        "Team" => ["team-platform", "team-security", "nobody"],
        "Workload" => ["terraform-apply", "fax-gateway", "nobody"],
        "System" => ["okta", "aws-prod", "gone"],
        "Account" => ["odd-1", "aws-prod:aversteeg", "gone"],
        _ => ["aws-prod:grp-admins", "odd-e", "gone"],
    };
    let (mut fired, mut failed) = (0, 0);
    for seed in 1..=8 {
        let random = &mut Random(seed);
        let mut pack = BTreeMap::new();
        for number in 0..48 {
            let env = envs[random.below(envs.len())];
            let mut conditions =
                Conditions { random, types: &bundled.types, env, sla: &sla, names };
            pack.insert(number, conditions.rule(number));
        }
        let folder = folder(&[("odd.json", ODD), ("pack/.keep", "")]);
        for rule in accepted(pack).rules {
            let path = folder.path().join(format!("pack/{}.cedar", rule.id));
            std::fs::write(path, rule.text).unwrap();
        }
        let fast = judged(folder.path(), "--audit 1");
        assert_ne!(fast.code, 2, "{}", fast.err);
        for rule in fast.json()["rules"].as_array().unwrap() {
            fired += usize::from(rule["violations"] != 0);
            failed += usize::from(rule["indeterminate"] != 0);
        }
        let whole = judged(folder.path(), "--exhaustive");
        assert!((fast.code, &fast.out) == (whole.code, &whole.out), "of seed {seed}");
    }
    assert!(fired > 20 && failed > 0, "{fired} rules fired, {failed} could not be judged");
}
