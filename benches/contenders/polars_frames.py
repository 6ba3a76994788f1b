"""The rules by polars with a declared schema: polars_frames.py INVENTORY OUTPUT"""

import sys
from datetime import datetime, timedelta

import polars as pl
from polars import col

NOW = datetime(2026, 8, 1)
HOUR, DAY, WEEK, QUARTER = (NOW - timedelta(hours=hours) for hours in (1, 24, 7 * 24, 90 * 24))
YEAR = NOW - timedelta(days=365)
ROTATION = {"api_key": 90, "token": 90, "client_secret": 180, "password": 90, "ssh_key": 365,
            "asymmetric_key": 365, "certificate": 398, "oauth_grant": 365}

TEXT, AT, IDS = pl.String, pl.Datetime("ms"), pl.List(pl.String)
RECORDS = {
    "teams": dict(id=TEXT),
    "people": dict(id=TEXT, status=TEXT, ended_at=AT, started_at=AT),
    "workloads": dict(id=TEXT, status=TEXT, owner=TEXT, purpose=TEXT, last_used_at=AT),
    "accounts": dict(id=TEXT, status=TEXT, identity=TEXT, last_login_at=AT, expires_at=AT),
    "credentials": dict(id=TEXT, kind=TEXT, status=TEXT, account=TEXT, created_at=AT, last_rotated_at=AT,
                        last_used_at=AT, storage=TEXT, expiry=TEXT, expires_at=AT, exposed_at=AT,
                        known_to=IDS, used_by=IDS),
    "entitlements": dict(id=TEXT, account=TEXT, status=TEXT, granted_at=AT, last_reviewed_at=AT,
                         privileged=pl.Boolean, expires_at=AT, review_outcome=TEXT),
    "offboardings": dict(subject=TEXT, kind=TEXT),
}


def surely(condition):
    """What is not known is not so."""
    return condition.fill_null(False)


def may_work():
    return col("status").is_in(["active", "unknown"])


def expired():
    return surely(col("expires_at") <= NOW)


def leavers_of(people):
    back = surely((col("started_at") > col("ended_at")) & (col("started_at") <= NOW))
    return people.filter((col("status") == "terminated") | (surely(col("ended_at") <= NOW) & ~back))


def credential_rules():
    kind, expiry = col("kind"), col("expiry").fill_null("fixed")
    limits = kind.replace_strict(ROTATION, default=None, return_dtype=pl.Int64)
    since = pl.max_horizontal("last_rotated_at", "created_at")
    live = may_work() & ~((expiry == "fixed") & expired())
    return {
        "credential-expired-active":
            (col("status") == "active") & expired() & ~expiry.is_in(["sliding", "never"]),
        "rotation-overdue":
            live & (since < NOW - pl.duration(days=limits)) & ~((kind == "password") & col("of_person")),
        "credential-unused": live & (col("last_used_at") < QUARTER),
        "credential-outside-vault":
            live & col("storage").is_in(["code", "config_file", "ci_variable", "chat"]),
        "credential-never-expires":
            live & (expiry == "never") & ~kind.is_in(["password", "recovery", "certificate"]),
        "exposed-credential-live":
            live & (col("exposed_at") < DAY) & ~surely(col("last_rotated_at") > col("exposed_at")),
        "credential-shared":
            live & (surely(col("known_to").list.n_unique() >= 2) | surely(col("used_by").list.n_unique() >= 2)),
        "leaver-session-live": live & (kind == "session") & col("of_leaver"),
    }


def entitlement_rules():
    live = may_work()
    grace = pl.when(col("privileged").fill_null(False)).then(pl.lit(HOUR)).otherwise(pl.lit(DAY))
    return {
        "review-overdue":
            live & ~surely(col("privileged"))
            & ~surely(pl.max_horizontal("last_reviewed_at", "granted_at") >= YEAR),
        "entitlement-past-expiry": live & expired(),
        "review-revoke-not-executed":
            live & (col("review_outcome") == "revoke") & ~surely(col("last_reviewed_at") >= WEEK),
        "leaver-entitlement-live": live & col("of_leaver") & ~surely(col("ended_at") >= grace),
    }


def findings(records):
    people, workloads, accounts = (records[name] for name in ("people", "workloads", "accounts"))
    leavers = leavers_of(people)
    owners = pl.concat([people["id"], records["teams"]["id"], workloads["id"]])
    ends = records["offboardings"].filter(~col("kind").is_in(["role_change", "policy_violation"]))
    holders = accounts.select(
        col("id").alias("account"), "identity", of_person=surely(col("identity").is_in(people["id"].implode())),
        of_leaver=surely(col("identity").is_in(leavers["id"].implode())))
    holders = holders.join(leavers.select(col("id").alias("identity"), "ended_at"), on="identity", how="left")
    known = [col("of_person").fill_null(False), col("of_leaver").fill_null(False)]
    live, used = ~col("status").is_in(["disabled", "deleted"]), col("status") != "retired"
    asked = [
        (records["credentials"].join(holders, on="account", how="left").with_columns(known), credential_rules()),
        (records["entitlements"].join(holders, on="account", how="left").with_columns(known), entitlement_rules()),
        (accounts, {
            "account-dormant": live & (col("last_login_at") < QUARTER),
            "account-expired-live": live & expired(),
        }),
        (workloads, {
            "workload-dormant": used & (col("last_used_at") < QUARTER),
            "workload-without-purpose": used & (col("purpose").fill_null("") == ""),
            "workload-unowned": used & ~surely(col("owner").is_in(owners.implode())),
        }),
        (leavers, {
            "leaver-without-offboarding":
                col("id").is_in(accounts["identity"].implode()) & ~col("id").is_in(ends["subject"].implode()),
        }),
    ]
    return pl.collect_all([rows.lazy().filter(condition).select(pl.lit(rule), "id")
                           for rows, rules in asked for rule, condition in rules.items()])


def main():
    inventory, output = sys.argv[1:]
    schema = {name: pl.List(pl.Struct(fields)) for name, fields in RECORDS.items()}
    document = pl.read_json(inventory, schema=schema)
    records = {name: document[name].explode().struct.unnest() for name in RECORDS}
    pl.concat(findings(records)).write_csv(output, separator="\t", include_header=False)


main()
