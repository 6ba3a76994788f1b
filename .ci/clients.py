"""Reads the reports of one check with clients that others wrote, and compares what they read.

usage: clients.py FOLDER REPORT.json

FOLDER has reports of the same check in some formats: *.sarif, *.ocsf.jsonl, *.oscal.json,
*.junit.xml, *.csv. Each is read by a client of its format, held against its schema where that is at
hand, and its findings are counted by status and severity. They have to be those of the JSON report.
It ends with 1 where anything differs, and where there is nothing to read.
"""

import csv
import json
import sys
from collections import Counter
from pathlib import Path

SCHEMAS = Path(__file__).resolve().parents[2] / "shared" / "schemas"
OCSF_SEVERITY = {2: "low", 3: "medium", 4: "high", 5: "critical"}


class Different(Exception):
    """What a client reads is not what the report says."""


def same(what, read, expected):
    if read != expected:
        raise Different(f"{what}: {read!r} was read, but it is {expected!r}")


def holds(what, condition):
    if not condition:
        raise Different(what)


def counts(report):
    """How many findings there are by status and severity."""
    return Counter((finding["status"], finding["severity"]) for finding in report["findings"])


def is_complete(report):
    return not report["incomplete"] and report["verdict"] != "incomplete"


def clean_rules(report):
    """The rules that may be told as a pass."""
    return {
        rule["id"]
        for rule in report["rules"]
        if is_complete(report)
        and rule["enabled"]
        and rule["asked"]
        and not rule["violations"] + rule["waived"] + rule["indeterminate"]
    }


def against_schema(path, schema):
    """Validates JSON where the schema is at hand."""
    import jsonschema

    schema = SCHEMAS / schema
    if not schema.exists():
        return "no schema at hand"
    schema = json.loads(schema.read_text())
    # Python's expressions have no classes of Unicode; these are a part of what they allow.
    text = json.dumps(schema).replace("\\\\p{L}", "a-zA-Z").replace("\\\\p{N}", "0-9")
    schema = json.loads(text.replace("(a-zA-Z|_)(a-zA-Z|0-9|", "([a-zA-Z]|_)([a-zA-Z]|[0-9]|"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    errors = [error.message[:300] for error in validator.iter_errors(json.loads(path.read_text()))]
    same("errors against the schema", errors[:5], [])
    return "valid"


def sarif(path, report):
    from sarif import loader

    file = loader.load_sarif_file(str(path))
    # What is waived is not in it.
    open_ones = Counter()
    for (status, severity), count in counts(report).items():
        if status != "waived":
            open_ones[status, severity] += count
    results = file.get_results()
    read = Counter((r["properties"]["status"], r["properties"]["severity"]) for r in results)
    same("results", read, open_ones)
    same("number of results", file.get_result_count(), sum(open_ones.values()))
    if report["incomplete"]:
        notes = file.runs[0].run_data["invocations"][0]["toolExecutionNotifications"]
        holds("the reasons are notifications", len(notes) >= len(report["incomplete"]))
    return against_schema(path, "sarif/sarif-schema-2.1.0.json")


def ocsf(path, report):
    from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

    read, passed, ids, check = Counter(), set(), set(), None
    expected = {"violation": (3, 1), "waived": (3, 3), "indeterminate": (2, 1)}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            event = ComplianceFinding.model_validate_json(line)
            same("class and type", (event.class_uid, event.type_uid // 100), (2003, 2003))
            holds("an event has an id of its own", event.metadata.uid not in ids)
            ids.add(event.metadata.uid)
            code, status = event.metadata.event_code, event.compliance.status_id
            if code in expected:
                same(f"status of {event.finding_info.uid}", (status, event.status_id), expected[code])
                read[code, OCSF_SEVERITY[event.severity_id]] += 1
            elif code == "rule" and status == 1:
                passed.add(event.finding_info.uid)
            elif code == "check":
                check = status
            elif code == "resolved":
                holds("an incomplete check closes nothing", is_complete(report) or status == 2)
    same("findings", read, counts(report))
    same("rules that pass", passed, clean_rules(report))
    verdict = {"pass": 1 if is_complete(report) else 2, "fail": 3, "incomplete": 2}
    same("the check", check, verdict[report["verdict"]])
    return f"{len(ids)} events"


def oscal(path, report):
    from trestle.oscal.assessment_results import AssessmentResults

    results = AssessmentResults.oscal_read(path)
    (result,) = results.results

    def prop(part, name):
        return next((prop.value for prop in part.props or [] if prop.name == name), None)

    read = Counter()
    for observation in result.observations or []:
        read[prop(observation, "status"), prop(observation, "severity")] += 1
    same("observations", read, counts(report))
    satisfied = set()
    for finding in result.findings or []:
        if finding.target.status.state.value == "satisfied":
            satisfied.add(prop(finding, "rule"))
    same("rules that are satisfied", satisfied, clean_rules(report))
    same("the verdict", prop(result, "verdict"), report["verdict"])
    same("whether it is complete", prop(result, "complete"), str(is_complete(report)).lower())
    same("exceptions", len(result.risks or []), len(report["exceptions"]))
    return against_schema(path, "oscal/oscal_assessment-results_schema.json")


def junit(path, report):
    from junitparser import Error, Failure, JUnitXml, Skipped

    suites = list(JUnitXml.fromfile(str(path)))
    failures, total = Counter(), Counter()
    for suite in suites:
        cases = list(suite)
        kinds = Counter(type(r) for case in cases for r in case.result)
        counted = (suite.tests, suite.failures, suite.errors, suite.skipped)
        same(f"counts of {suite.name}", counted, (len(cases), kinds[Failure], kinds[Error], kinds[Skipped]))
        same(f"names in {suite.name}", len({case.name for case in cases}), len(cases))
        total.update(kinds)
        failures.update(r.type for case in cases for r in case.result if isinstance(r, Failure))
    by = counts(report)
    expected = Counter()
    for (status, severity), count in by.items():
        if status == "violation":
            expected[severity] += count
    same("failures", failures, expected)
    unjudged = sum(count for (status, _), count in by.items() if status == "indeterminate")
    same("errors", total[Error], unjudged + (not is_complete(report)))
    waived = sum(count for (status, _), count in by.items() if status == "waived")
    found = {finding["rule"] for finding in report["findings"]}
    idle = [r for r in report["rules"] if r["id"] not in found and not (r["enabled"] and r["asked"])]
    same("skipped", total[Skipped], waived + len(idle))
    same("suites", len(suites), len(report["rules"]) + 1)
    xsd = SCHEMAS / "junit" / "JUnit.xsd"
    if not xsd.exists():
        return "no schema at hand"
    from lxml import etree

    etree.XMLSchema(etree.parse(xsd)).assertValid(etree.parse(path))
    return "valid"


def table(path, report):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    # An incomplete check has a row for each reason, so that no sheet is empty because of it.
    reasons = [row for row in rows if row["rule"] == "(incomplete)"]
    same("reasons", len(reasons), len(report["incomplete"]))
    rows = [row for row in rows if row not in reasons]
    same("rows", Counter((row["status"], row["severity"]) for row in rows), counts(report))
    same("ids", len({row["id"] for row in rows}), len(rows))
    rules = Counter(row["rule"] for row in rows)
    same("rules", rules, Counter(finding["rule"] for finding in report["findings"]))
    return f"{len(rows)} rows"


READERS = {
    ".sarif": sarif,
    ".ocsf.jsonl": ocsf,
    ".oscal.json": oscal,
    ".junit.xml": junit,
    ".csv": table,
}


def main(folder, report):
    report = json.loads(Path(report).read_text(encoding="utf-8"))
    # A report counts what it lists.
    same("summary of rules", sum(r["violations"] for r in report["rules"]),
         sum(count for (status, _), count in counts(report).items() if status == "violation"))
    read = bad = 0
    for path in sorted(Path(folder).iterdir()):
        reader = next((reader for end, reader in READERS.items() if path.name.endswith(end)), None)
        if reader is None:
            continue
        read += 1
        try:
            print(f"{path.name}: {reader(path, report)}")
        except Exception as error:  # A client says in many ways that it can't read.
            bad += 1
            print(f"{path.name}: {type(error).__name__}: {str(error)[:2000]}", file=sys.stderr)
    if not read:
        print(f"{folder}: there is nothing to read", file=sys.stderr)
    return 1 if bad or not read else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
