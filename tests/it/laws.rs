//! Laws of the rules, the schemas and the documents: what holds for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use nhi_policy::cases::{self, Shows};
use nhi_policy::cli::Which;
use nhi_policy::inventory::vocabulary::VOCABULARIES;
use nhi_policy::link::facts::{attributes, derived_vocabularies};
use nhi_policy::link::{Action, NodeKind};
use nhi_policy::policy::schema::{self, Types};
use nhi_policy::policy::{Packs, RuleSet};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn bundled() -> RuleSet {
    RuleSet::load(&Packs::default()).unwrap_or_else(|faults| panic!("{:?}", faults.shown()))
}

#[test]
fn every_rule_file_on_disk_is_bundled_and_carries_the_two_ids() {
    let rules = bundled();
    let mut on_disk = BTreeSet::new();
    for entry in walkdir::WalkDir::new(root().join("policies")) {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|ext| ext == "cedar") {
            on_disk.insert(entry.path().file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    let known: BTreeSet<String> = rules.rules.iter().map(|rule| rule.id.clone()).collect();
    assert_eq!(known, on_disk);
    assert!(known.len() >= 60, "{} rules", known.len());
    for rule in &rules.rules {
        for id in ["NHI-03", "PR.AC-4", "PR.AA-05"] {
            assert!(rule.controls.iter().any(|own| own == id), "{} lacks {id}", rule.id);
        }
        assert!(
            rule.controls.iter().any(|id| id.ends_with(":2025")),
            "{}: no published NHI id",
            rule.id
        );
        let distinct: BTreeSet<&String> = rule.controls.iter().collect();
        assert_eq!(distinct.len(), rule.controls.len(), "{}: a control twice", rule.id);
    }
}

#[test]
fn every_rule_reads_well() {
    for rule in &bundled().rules {
        let id = &rule.id;
        assert!(rule.title.chars().count() <= 70 && !rule.title.ends_with('.'), "{id}: title");
        assert!(rule.rationale.len() > 80, "{id}: rationale");
        assert!(rule.remediation.ends_with('.'), "{id}: remediation");
        assert!(rule.message.0.len() > 1, "{id}: the message has no facts");
        assert!(!rule.envs.is_empty(), "{id}: it is never asked");
        for name in ["title", "controls", "accountable", "message", "remediation"] {
            assert!(rule.text.contains(&format!("\n@{name}(\"")), "{id}: no @{name}");
        }
    }
}

#[test]
fn every_rule_has_cases_of_each_kind_on_both_sides() {
    let rules = bundled();
    let files: BTreeMap<&str, _> =
        rules.cases.iter().map(|file| (file.stem(".cases.json").unwrap(), file)).collect();
    for rule in &rules.rules {
        let id = rule.id.as_str();
        let file = files.get(id).unwrap_or_else(|| panic!("{id} has no cases"));
        let cases = cases::read(file).unwrap().cases;
        let has = |shows, fires: bool| {
            cases.iter().any(|case| case.shows == shows && fires != case.expect.is_empty())
        };
        assert!(has(Shows::Fires, true), "{id}: no case fires");
        assert!(has(Shows::Silent, false), "{id}: no case stays silent");
        assert!(
            cases.iter().any(|case| case.shows == Shows::Missing),
            "{id}: no case lacks a fact"
        );
        assert!(
            cases.iter().all(|case| (case.shows != Shows::Fires) || !case.expect.is_empty()),
            "{id}"
        );
        assert!(
            cases.iter().all(|case| (case.shows != Shows::Silent) || case.expect.is_empty()),
            "{id}"
        );
        if rule.text.contains("durationSince") {
            assert!(
                has(Shows::Boundary, true) && has(Shows::Boundary, false),
                "{id}: one side of the boundary"
            );
        }
        let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), cases.len(), "{id}: two cases of one name");
    }
    assert_eq!(files.len(), rules.rules.len(), "cases without a rule");
}

#[test]
fn all_cases_pass_and_a_changed_expectation_does_not() {
    let mut rules = bundled();
    let files = std::mem::take(&mut rules.cases);
    let mut run = 0;
    for file in &files {
        let outcomes =
            cases::run(file, &mut rules).unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
        for outcome in &outcomes {
            assert!(
                outcome.differences.is_empty(),
                "{} {}: {:?}",
                outcome.rule,
                outcome.name,
                outcome.differences
            );
        }
        run += outcomes.len();
    }
    assert!(run > 300, "{run} cases");
    let mut file = files.into_iter().find(|file| file.text.contains("\"critical\"")).unwrap();
    file.text = file.text.replace("\"critical\"", "\"low\"");
    let outcomes = cases::run(&file, &mut rules).unwrap();
    assert!(outcomes.iter().any(|outcome| !outcome.differences.is_empty()));
}

#[test]
fn the_facts_are_those_of_the_schema() {
    let rules = bundled();
    for kind in NodeKind::ALL {
        let declared =
            rules.types.entity(kind.name()).unwrap_or_else(|| panic!("{kind} is no entity type"));
        let declared: BTreeSet<&str> = declared.attributes.keys().map(String::as_str).collect();
        let read: BTreeSet<&str> =
            attributes(*kind).iter().map(|attribute| attribute.name).collect();
        assert_eq!(read, declared, "{kind}");
        for attribute in attributes(*kind) {
            for source in attribute.from {
                assert!(read.contains(source), "{kind}.{} is from {source}", attribute.name);
            }
        }
    }
}

#[test]
fn the_vocabularies_are_those_of_the_schema() {
    let rules = bundled();
    let mut known: BTreeMap<String, Vec<String>> = derived_vocabularies()
        .into_iter()
        .map(|(name, words)| (name.to_owned(), words.into_iter().map(str::to_owned).collect()))
        .collect();
    for (name, words) in VOCABULARIES {
        // A task is never `missing`: its words are part of RevocationStatus.
        if *name != "TaskStatus" {
            known.insert((*name).into(), words.iter().map(|word| (*word).to_owned()).collect());
        }
    }
    let enumerated = rules.types.entities().iter().filter(|(_, entity)| !entity.words.is_empty());
    let declared: BTreeMap<String, Vec<String>> =
        enumerated.map(|(name, entity)| (name.clone(), entity.words.clone())).collect();
    assert_eq!(declared.keys().collect::<Vec<_>>(), known.keys().collect::<Vec<_>>());
    for (name, words) in known {
        assert_eq!(declared.get(&name), Some(&words), "{name}");
    }
}

#[test]
fn the_actions_are_those_of_the_schema() {
    let rules = bundled();
    let declared: BTreeSet<String> =
        rules.types.schema().actions().map(|uid| uid.id().unescaped().to_owned()).collect();
    let mut known: BTreeSet<String> =
        Action::ALL.iter().map(|action| action.name().to_owned()).collect();
    known.insert("waive".into());
    assert_eq!(known, declared);
}

/// Compares a published file with what the program makes; with `UPDATE_SCHEMAS=1`, writes it.
fn published(name: &str, made: &str) {
    let path = root().join("schemas").join(name);
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "schemas/{name} is not current: run the tests with UPDATE_SCHEMAS=1");
}

#[test]
fn the_published_schemas_are_made_from_the_types() {
    published("inventory.schema.json", &Which::Inventory.text());
    published("inventory-line.schema.json", &Which::InventoryLine.text());
    published("report.schema.json", &Which::Report.text());
    published("diff.schema.json", &Which::Diff.text());
    published("config.schema.json", &Which::Config.text());
    published("import-report.schema.json", &Which::ImportReport.text());
    published("exceptions.schema.json", &Which::Exceptions.text());
    published("baseline.schema.json", &Which::Baseline.text());
    published("pack-manifest.schema.json", &Which::PackManifest.text());
    published("rule-cases.schema.json", &Which::RuleCases.text());
    published("nhi.cedarschema", &schema::text_for(&bundled().parameters));
}

#[test]
fn every_parameter_is_read_by_a_rule() {
    let rules = bundled();
    let read: BTreeSet<&str> =
        rules.rules.iter().flat_map(|rule| rule.parameters.iter().map(String::as_str)).collect();
    for name in rules.parameters.0.keys() {
        assert!(read.contains(name.as_str()), "{name}");
    }
}

#[test]
fn a_pack_brings_rules_and_parameters_and_faults_have_places() {
    let pack = |files: &[(&str, &str)]| {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let packs = Packs { no_bundled: true, dirs: vec![dir.path().to_owned()] };
        (RuleSet::load(&packs), dir)
    };
    let rule = |condition: &str| {
        format!(
            "// Why.\n@id(\"mine\")\n@title(\"Mine\")\n@severity(\"low\")\n@controls(\"NHI-03, PR.AC-4\")\n\
             @accountable(\"me\")\n@message(\"{{resource}}\")\n@remediation(\"Do.\")\n\
             forbid (principal, action == Action::\"keep\", resource is Credential)\n{condition};\n"
        )
    };
    let parameters = "[my_limit]\ndefault = \"3d\"\nmeaning = \"mine\"\n";
    let good = rule(
        "when { resource has created_at && context.now.durationSince(resource.created_at) > context.sla.my_limit }",
    );
    let (rules, _dir) = pack(&[("mine.cedar", &good), ("parameters.toml", parameters)]);
    let rules = rules.unwrap_or_else(|faults| panic!("{:?}", faults.shown()));
    assert_eq!(rules.rules.len(), 1);
    assert_eq!(rules.rules[0].parameters, ["my_limit"]);

    // What is possible for one of the things that a rule is about is possible for the rule.
    let wide = "@id(\"mine\")\n@severity(\"low\")\nforbid (principal, action in [Action::\"hold\", Action::\"own\"], resource)\n\
        when { principal in Team::\"x\" || resource in Group::\"g\" || principal == resource || \
        (resource is Account && resource.hasTag(\"t\")) || action == Action::\"own\" };\n";
    let (rules, _dir) = pack(&[("mine.cedar", wide)]);
    assert!(rules.is_ok(), "{:?}", rules.err().map(|faults| faults.shown().to_vec()));

    for (condition, says) in [
        (
            "when { (resource has lst_used_at && resource.lst_used_at < context.now) || resource.live }",
            "did you mean `last_used_at`",
        ),
        ("when { resource.live && resource.status != PersonStatus::\"active\" }", "never equal"),
        (
            "when { resource.live } unless { resource.status == AccountStatus::\"enabled\" }",
            "never equal",
        ),
        (
            "when { resource.live || resource has account.idntity_person }",
            "did you mean `identity_person`",
        ),
        ("when { resource.live || resource is Account }", "never a `Account`"),
        ("when { resource.live || principal in Team::\"x\" }", "never equal"),
        ("when { resource.live || action == Action::\"hold\" }", "never asked about the action"),
        ("when { resource.live || principal.hasTag(\"x\") }", "no tags"),
        ("when { resource.last_used_at < context.now }", "last_used_at"),
        ("when { resource.status == CredentialStatus::\"Active\" }", "Active"),
        ("when { false }", "impossible"),
        ("when { resource.live", "unexpected"),
    ] {
        let (rules, _dir) = pack(&[("mine.cedar", &rule(condition))]);
        let faults = rules.err().unwrap_or_else(|| panic!("accepted: {condition}"));
        let fault = &faults.shown()[0];
        let text = format!("{} {}", fault.message, fault.help.clone().unwrap_or_default());
        assert!(text.contains(says), "{condition}: {text}");
        let place = fault.place.as_ref().unwrap_or_else(|| panic!("{condition}: no place"));
        // A policy that is impossible as a whole is shown from its first annotation.
        assert!(place.line >= 9 || condition.contains("false"), "{condition}: line {}", place.line);
    }
}

#[test]
fn wrong_annotations_are_refused_at_their_place() {
    let text = |path: &str| std::fs::read_to_string(root().join("policies").join(path)).unwrap();
    let good = text("leaver/leaver-account-live.cedar");
    for (from, to, says) in [
        ("@severity(\"critical\")", "@severity(\"crtical\")", "did you mean `critical`"),
        ("@title(", "@titel(", "did you mean `title`"),
        ("NHI-03, ", "NHI-3, ", "did you mean `NHI-03`"),
        ("principal.manager? |", "principal.manager |", "may be missing"),
        ("principal.ended_at?\")", "principal.endd_at?\")", "did you mean `ended_at`"),
        ("@limit(\"leaver_grace\")", "@limit(\"leaver_grce\")", "did you mean `leaver_grace`"),
        ("{resource}", "{resource", "brace"),
        ("@id(\"leaver-account-live\")", "@id(\"other\")", "not the name of the file"),
        ("forbid (", "permit (", "exactly one `forbid`"),
    ] {
        assert!(good.contains(from), "{from}");
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("leaver-account-live.cedar"), good.replacen(from, to, 1))
            .unwrap();
        let packs = Packs { no_bundled: true, dirs: vec![dir.path().to_owned()] };
        let faults = RuleSet::load(&packs).err().unwrap_or_else(|| panic!("accepted: {to}"));
        let all: Vec<String> = faults
            .shown()
            .iter()
            .map(|fault| format!("{} {}", fault.message, fault.help.clone().unwrap_or_default()))
            .collect();
        assert!(all.iter().any(|text| text.contains(says)), "{to}: {all:?}");
        assert!(faults.shown().iter().all(|fault| fault.place.is_some()), "{to}");
    }
}

#[test]
fn no_source_file_is_longer_than_it_may_be() {
    for entry in walkdir::WalkDir::new(root().join("src")) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|ext| ext == "rs") {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 420, "{}: {lines} lines", short(&path));
        }
    }
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn types_can_be_made_without_bundled_rules() {
    assert!(Types::new(&bundled().parameters).is_ok());
}
