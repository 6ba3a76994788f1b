# The eighteen rules in jq: a pair of rule and record a line. All instants of the generated inventory
# are written alike, so that comparing them as text is right, and quicker than parsing them.
"2026-08-01T00:00:00Z" as $now
# Now less so much.
| "2026-07-31T23:00:00Z" as $hour
| "2026-07-31T00:00:00Z" as $day
| "2026-07-25T00:00:00Z" as $week
| "2026-05-03T00:00:00Z" as $quarter
| "2025-08-01T00:00:00Z" as $year
# After every instant; `null` is before.
| "~" as $never
| {
    api_key: $quarter, token: $quarter, client_secret: "2026-02-02T00:00:00Z", password: $quarter,
    ssh_key: $year, asymmetric_key: $year, certificate: "2025-06-29T00:00:00Z", oauth_grant: $year
  } as $rotation

| def has_ended:
    .status == "terminated"
    or ((.ended_at // $never) <= $now
      and (.started_at > .ended_at and .started_at <= $now | not));
  def may_work: .status == "active" or .status == "unknown";
  def expired: (.expires_at // $never) <= $now;

  def by_id(records): reduce records as $one ({}; .[$one.id] = $one);
  # A key that is computed within the assignment would copy the object each time.
  def set_of(ids): reduce ids as $id ({}; .[$id] = true);

  by_id(.people[]) as $people
| by_id(.people[] | select(has_ended)) as $leavers
| (reduce .accounts[] as $one ({}; .[$one.id] = $one.identity)) as $identity
| set_of(.people[].id, .teams[].id, .workloads[].id) as $owners
| set_of(.accounts[].identity // empty) as $holders
| set_of(.offboardings[] | select(.kind != "role_change" and .kind != "policy_violation").subject)
    as $offboarded

| def holder: $identity[.account // ""] // "";

  def credential:
    (.expiry // "fixed") as $expiry
    | if .status == "active" and expired and $expiry != "sliding" and $expiry != "never"
      then "credential-expired-active" else empty end,
    if may_work and ($expiry == "fixed" and expired | not) then
      if ($rotation[.kind] // "") > (.last_rotated_at // "")
        and ($rotation[.kind] // "") > (.created_at // .last_rotated_at // $never)
        and (.kind == "password" and $people[holder] | not)
        then "rotation-overdue" else empty end,
      if (.last_used_at // $never) < $quarter then "credential-unused" else empty end,
      if .storage == "code" or .storage == "config_file" or .storage == "ci_variable"
        or .storage == "chat"
        then "credential-outside-vault" else empty end,
      if $expiry == "never" and .kind != "password" and .kind != "recovery"
        and .kind != "certificate"
        then "credential-never-expires" else empty end,
      if (.exposed_at // $never) < $day and (.last_rotated_at > .exposed_at | not)
        then "exposed-credential-live" else empty end,
      if any(.known_to, .used_by; . != null and (unique | length) >= 2)
        then "credential-shared" else empty end,
      if .kind == "session" and $leavers[holder] then "leaver-session-live" else empty end
    else empty end;

  def account:
    if .status != "disabled" and .status != "deleted" then
      if (.last_login_at // $never) < $quarter then "account-dormant" else empty end,
      if expired then "account-expired-live" else empty end
    else empty end;

  def entitlement:
    if may_work then
      if (.privileged | not) and .last_reviewed_at < $year and .granted_at < $year
        then "review-overdue" else empty end,
      if expired then "entitlement-past-expiry" else empty end,
      if .review_outcome == "revoke" and .last_reviewed_at < $week
        then "review-revoke-not-executed" else empty end,
      $leavers[holder] as $leaver
      | if $leaver and $leaver.ended_at < (if .privileged then $hour else $day end)
        then "leaver-entitlement-live" else empty end
    else empty end;

  def workload:
    if .status != "retired" then
      if (.last_used_at // $never) < $quarter then "workload-dormant" else empty end,
      if (.purpose // "") == "" then "workload-without-purpose" else empty end,
      if $owners[.owner // ""] then empty else "workload-unowned" end
    else empty end;

  def leaver:
    if $holders[.id] and ($offboarded[.id] | not) then "leaver-without-offboarding" else empty end;

  (.credentials[] | "\(credential)\t\(.id)"),
  (.accounts[] | "\(account)\t\(.id)"),
  (.entitlements[] | "\(entitlement)\t\(.id)"),
  (.workloads[] | "\(workload)\t\(.id)"),
  ($leavers[] | "\(leaver)\t\(.id)")
