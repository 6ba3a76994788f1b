# The eighteen rules in Rego, over the fields that the generated inventory has. All its instants are
# written alike, so that comparing them as text is right, and quicker than parsing them.
package lifecycle

import rego.v1

now := "2026-08-01T00:00:00Z"

# Now less the limit of that many days.
days_1 := "2026-07-31T00:00:00Z"
days_7 := "2026-07-25T00:00:00Z"
days_90 := "2026-05-03T00:00:00Z"
days_180 := "2026-02-02T00:00:00Z"
days_365 := "2025-08-01T00:00:00Z"
days_398 := "2025-06-29T00:00:00Z"
hour := "2026-07-31T23:00:00Z"

rotation := {
	"api_key": days_90, "token": days_90, "client_secret": days_180, "password": days_90,
	"ssh_key": days_365, "asymmetric_key": days_365, "certificate": days_398, "oauth_grant": days_365,
}

person := {one.id: one | some one in input.people}
identity := {one.id: one.identity | some one in input.accounts}
owners := {one.id | some kind in ["people", "teams", "workloads"]; some one in input[kind]}
offboarded := {one.subject |
	some one in input.offboardings
	not one.kind in {"role_change", "policy_violation"}
}
leavers := {one.id: one | some one in input.people; ended(one)}
with_account := {one.identity | some one in input.accounts}

ended(one) if one.status == "terminated"

ended(one) if {
	one.ended_at <= now
	not back(one)
}

back(one) if {
	one.started_at > one.ended_at
	one.started_at <= now
}

expired(one) if {
	object.get(one, "expiry", "fixed") == "fixed"
	one.expires_at <= now
}

live_credential(one) if {
	one.status in {"active", "unknown"}
	not expired(one)
}

live_entitlement(one) if one.status in {"active", "unknown"}
live_account(one) if not one.status in {"disabled", "deleted"}
gone(one) if one.status == "retired"
gone(one) if one.retired_at <= now

# Credentials

live := [one | some one in input.credentials; live_credential(one)]

findings contains ["rotation-overdue", one.id] if {
	some one in live
	one.created_at < rotation[one.kind]
	object.get(one, "last_rotated_at", "") < rotation[one.kind]
	not password_of_person(one)
}

password_of_person(one) if {
	one.kind == "password"
	person[identity[one.account]]
}

findings contains ["credential-unused", one.id] if {
	some one in live
	one.last_used_at < days_90
}

findings contains ["credential-outside-vault", one.id] if {
	some one in live
	one.storage in {"code", "config_file", "ci_variable", "chat"}
}

findings contains ["credential-never-expires", one.id] if {
	some one in live
	one.expiry == "never"
	not one.kind in {"password", "recovery", "certificate"}
}

findings contains ["credential-expired-active", one.id] if {
	some one in input.credentials
	one.status == "active"
	one.expires_at <= now
	not object.get(one, "expiry", "fixed") in {"sliding", "never"}
}

findings contains ["exposed-credential-live", one.id] if {
	some one in live
	one.exposed_at < days_1
	not object.get(one, "last_rotated_at", "") > one.exposed_at
}

findings contains ["credential-shared", one.id] if {
	some one in live
	some field in ["known_to", "used_by"]
	count({who | some who in one[field]}) >= 2
}

# Accounts

findings contains ["account-dormant", one.id] if {
	some one in input.accounts
	live_account(one)
	one.last_login_at < days_90
}

findings contains ["account-expired-live", one.id] if {
	some one in input.accounts
	live_account(one)
	one.expires_at <= now
}

# Entitlements

findings contains ["review-overdue", one.id] if {
	some one in input.entitlements
	live_entitlement(one)
	not one.privileged
	object.get(one, "last_reviewed_at", "") < days_365
	object.get(one, "granted_at", "") < days_365
}

findings contains ["entitlement-past-expiry", one.id] if {
	some one in input.entitlements
	live_entitlement(one)
	one.expires_at <= now
}

findings contains ["review-revoke-not-executed", one.id] if {
	some one in input.entitlements
	live_entitlement(one)
	one.review_outcome == "revoke"
	object.get(one, "last_reviewed_at", "") < days_7
}

# Workloads

findings contains ["workload-dormant", one.id] if {
	some one in input.workloads
	not gone(one)
	one.last_used_at < days_90
}

findings contains ["workload-without-purpose", one.id] if {
	some one in input.workloads
	not gone(one)
	object.get(one, "purpose", "") == ""
}

findings contains ["workload-unowned", one.id] if {
	some one in input.workloads
	not gone(one)
	not object.get(one, "owner", "") in owners
}

# Leavers

findings contains ["leaver-session-live", one.id] if {
	some one in live
	one.kind == "session"
	leavers[identity[one.account]]
}

findings contains ["leaver-entitlement-live", one.id] if {
	some one in input.entitlements
	live_entitlement(one)
	leaver := leavers[identity[one.account]]
	not in_grace(leaver, one)
}

in_grace(leaver, one) if {
	one.privileged
	leaver.ended_at >= hour
}

in_grace(leaver, one) if {
	not one.privileged
	leaver.ended_at >= days_1
}

findings contains ["leaver-without-offboarding", id] if {
	some id, _ in leavers
	id in with_account
	not id in offboarded
}
