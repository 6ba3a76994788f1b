"""The rules by hand, in Python with orjson: by_hand.py INVENTORY OUTPUT

All instants of the generated inventory are written alike, so that comparing them as text is right,
and quicker than parsing them.
"""

import sys
from datetime import datetime, timedelta

import orjson

START = datetime(2026, 8, 1)


def ago(**limit):
    return (START - timedelta(**limit)).strftime("%Y-%m-%dT%H:%M:%SZ")


NOW, HOUR, DAY = ago(), ago(hours=1), ago(days=1)
WEEK, QUARTER, YEAR = ago(days=7), ago(days=90), ago(days=365)
ROTATION = {"api_key": QUARTER, "token": QUARTER, "client_secret": ago(days=180), "password": QUARTER,
            "ssh_key": YEAR, "asymmetric_key": YEAR, "certificate": ago(days=398), "oauth_grant": YEAR}
MAY_WORK = ("active", "unknown")
# After every instant.
NEVER = "~"


def has_ended(one):
    if one["status"] == "terminated":
        return True
    ended = one.get("ended_at", NEVER)
    return ended <= NOW and not ended < one.get("started_at", "") <= NOW


def findings(inventory):
    people = {one["id"]: one for one in inventory["people"]}
    leavers = {id: one for id, one in people.items() if has_ended(one)}
    identity = {one["id"]: one.get("identity") for one in inventory["accounts"]}
    owners = {one["id"] for kind in ("people", "teams", "workloads") for one in inventory[kind]}

    for one in inventory["credentials"]:
        get, id, kind = one.get, one["id"], one["kind"]
        expires, expiry = get("expires_at", NEVER), get("expiry", "fixed")
        if one["status"] == "active" and expires <= NOW and expiry not in ("sliding", "never"):
            yield "credential-expired-active", id
        if one["status"] not in MAY_WORK or (expiry == "fixed" and expires <= NOW):
            continue
        holder, rotated = identity.get(get("account")), get("last_rotated_at", "")
        if (kind in ROTATION and max(rotated, get("created_at", "")) < ROTATION[kind]
                and not (kind == "password" and holder in people)):
            yield "rotation-overdue", id
        if get("last_used_at", NEVER) < QUARTER:
            yield "credential-unused", id
        if get("storage") in ("code", "config_file", "ci_variable", "chat"):
            yield "credential-outside-vault", id
        if expiry == "never" and kind not in ("password", "recovery", "certificate"):
            yield "credential-never-expires", id
        exposed = get("exposed_at", NEVER)
        if exposed < DAY and not rotated > exposed:
            yield "exposed-credential-live", id
        if len(set(get("known_to", ()))) >= 2 or len(set(get("used_by", ()))) >= 2:
            yield "credential-shared", id
        if kind == "session" and holder in leavers:
            yield "leaver-session-live", id

    for one in inventory["accounts"]:
        if one["status"] not in ("disabled", "deleted"):
            if one.get("last_login_at", NEVER) < QUARTER:
                yield "account-dormant", one["id"]
            if one.get("expires_at", NEVER) <= NOW:
                yield "account-expired-live", one["id"]

    for one in inventory["entitlements"]:
        if one["status"] not in MAY_WORK:
            continue
        get, id, privileged = one.get, one["id"], one.get("privileged")
        reviewed = get("last_reviewed_at", "")
        if not privileged and reviewed < YEAR and get("granted_at", "") < YEAR:
            yield "review-overdue", id
        if get("expires_at", NEVER) <= NOW:
            yield "entitlement-past-expiry", id
        if get("review_outcome") == "revoke" and reviewed < WEEK:
            yield "review-revoke-not-executed", id
        leaver = leavers.get(identity.get(get("account")))
        if leaver and leaver.get("ended_at", "") < (HOUR if privileged else DAY):
            yield "leaver-entitlement-live", id

    for one in inventory["workloads"]:
        if one["status"] != "retired":
            if one.get("last_used_at", NEVER) < QUARTER:
                yield "workload-dormant", one["id"]
            if not one.get("purpose"):
                yield "workload-without-purpose", one["id"]
            if one.get("owner") not in owners:
                yield "workload-unowned", one["id"]

    holders = set(identity.values())
    offboarded = {one["subject"] for one in inventory["offboardings"]
                  if one["kind"] not in ("role_change", "policy_violation")}
    for id in leavers:
        if id in holders and id not in offboarded:
            yield "leaver-without-offboarding", id


def main():
    inventory, output = sys.argv[1:]
    with open(inventory, "rb") as text:
        records = orjson.loads(text.read())
    with open(output, "w") as out:
        out.writelines(f"{rule}\t{id}\n" for rule, id in findings(records))


main()
