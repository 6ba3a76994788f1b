"""The rules in SQL, by DuckDB: duckdb_sql.py declared|inferred RULES INVENTORY OUTPUT

Each type of record is a column of one table, as in JSON Lines, which DuckDB reads on all cores. One
big document it reads on one. What is inferred is all that there is, and cast to what the rules need.
"""

import os
import sys

import duckdb

AT = "TIMESTAMP"
PLURALS = {"person": "people"}
RECORDS = {
    "team": dict(id="VARCHAR"),
    "person": dict(id="VARCHAR", status="VARCHAR", ended_at=AT, started_at=AT),
    "workload": dict(id="VARCHAR", status="VARCHAR", owner="VARCHAR", purpose="VARCHAR", last_used_at=AT),
    "account": dict(id="VARCHAR", status="VARCHAR", identity="VARCHAR", last_login_at=AT, expires_at=AT),
    "credential": dict(id="VARCHAR", kind="VARCHAR", status="VARCHAR", account="VARCHAR", created_at=AT,
                       last_rotated_at=AT, last_used_at=AT, storage="VARCHAR", expiry="VARCHAR", expires_at=AT,
                       exposed_at=AT, known_to="VARCHAR[]", used_by="VARCHAR[]"),
    "entitlement": dict(id="VARCHAR", account="VARCHAR", status="VARCHAR", granted_at=AT, last_reviewed_at=AT,
                        privileged="BOOLEAN", expires_at=AT, review_outcome="VARCHAR"),
    "offboarding": dict(subject="VARCHAR", kind="VARCHAR"),
}


def main():
    types, rules, inventory, output = sys.argv[1:]
    structs = {record: "STRUCT(" + ", ".join(f"{name} {kind}" for name, kind in fields.items()) + ")"
               for record, fields in RECORDS.items()}
    db = duckdb.connect()
    db.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
    db.execute("set variable now = TIMESTAMP '2026-08-01 00:00:00'")
    if inventory.endswith(".jsonl"):
        columns = ", ".join(f"{record}: '{struct}'" for record, struct in structs.items())
        db.execute(f"create temp table line as from read_ndjson('{inventory}', columns = {{{columns}}})")
    else:
        plural = {record: PLURALS.get(record, record + "s") for record in structs}
        options = f"maximum_object_size = {os.path.getsize(inventory) + 1}"
        if types == "declared":
            columns = ", ".join(f"{plural[record]}: '{struct}[]'" for record, struct in structs.items())
            options += f", columns = {{{columns}}}"
        db.execute(f"create temp table document as from read_json('{inventory}', {options})")
        records = (f"select unnest({plural[record]})::{struct} as {record} from document"
                   for record, struct in structs.items())
        db.execute(f"create temp table line as {' union all by name '.join(records)}")
    with open(rules) as text:
        db.execute(text.read().replace("{output}", output))


main()
