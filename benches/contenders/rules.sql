-- The eighteen rules in SQL, over the fields that the generated inventory has. `line` has a record
-- in one of its columns, as a line of JSON Lines does.
create temp table people as select unnest(person) from line where person is not null;
create temp table workloads as select unnest(workload) from line where workload is not null;
create temp table accounts as select unnest(account) from line where account is not null;
create temp table offboardings as select unnest(offboarding) from line where offboarding is not null;
create temp table teams as select unnest(team) from line where team is not null;

create temp table credentials as
  select *, status in ('active', 'unknown')
      and not (coalesce(expiry, 'fixed') = 'fixed' and coalesce(expires_at <= getvariable('now'), false)) as live
  from (select unnest(credential) from line where credential is not null);

create temp table entitlements as
  select *, status in ('active', 'unknown') as live
  from (select unnest(entitlement) from line where entitlement is not null);

create temp table leavers as
  select * from people
  where status = 'terminated'
    or (ended_at <= getvariable('now')
      and not coalesce(started_at > ended_at and started_at <= getvariable('now'), false));

copy (
  select 'rotation-overdue', c.id
  from credentials c left join accounts a on a.id = c.account left join people p on p.id = a.identity
  where c.live
    and greatest(c.last_rotated_at, c.created_at) < getvariable('now') - to_days(case c.kind
      when 'client_secret' then 180 when 'ssh_key' then 365 when 'asymmetric_key' then 365
      when 'certificate' then 398 when 'oauth_grant' then 365 else 90 end)
    and c.kind not in ('session', 'recovery')
    and not (c.kind = 'password' and p.id is not null)
  union all
  select 'credential-unused', id from credentials
  where live and last_used_at < getvariable('now') - to_days(90)
  union all
  select 'credential-outside-vault', id from credentials
  where live and storage in ('code', 'config_file', 'ci_variable', 'chat')
  union all
  select 'credential-never-expires', id from credentials
  where live and expiry = 'never' and kind not in ('password', 'recovery', 'certificate')
  union all
  select 'credential-expired-active', id from credentials
  where status = 'active' and expires_at <= getvariable('now')
    and coalesce(expiry, 'fixed') not in ('sliding', 'never')
  union all
  select 'exposed-credential-live', id from credentials
  where live and exposed_at < getvariable('now') - to_days(1)
    and not coalesce(last_rotated_at > exposed_at, false)
  union all
  select 'credential-shared', id from credentials
  where live and (len(list_distinct(known_to)) >= 2 or len(list_distinct(used_by)) >= 2)
  union all
  select 'account-dormant', id from accounts
  where status not in ('disabled', 'deleted') and last_login_at < getvariable('now') - to_days(90)
  union all
  select 'account-expired-live', id from accounts
  where status not in ('disabled', 'deleted') and expires_at <= getvariable('now')
  union all
  select 'review-overdue', id from entitlements
  where live and not coalesce(privileged, false)
    and not coalesce(last_reviewed_at >= getvariable('now') - to_days(365), false)
    and not coalesce(granted_at >= getvariable('now') - to_days(365), false)
  union all
  select 'entitlement-past-expiry', id from entitlements
  where live and expires_at <= getvariable('now')
  union all
  select 'review-revoke-not-executed', id from entitlements
  where live and review_outcome = 'revoke'
    and not coalesce(last_reviewed_at >= getvariable('now') - to_days(7), false)
  union all
  select 'workload-dormant', id from workloads
  where status <> 'retired' and last_used_at < getvariable('now') - to_days(90)
  union all
  select 'workload-without-purpose', id from workloads
  where status <> 'retired' and coalesce(purpose, '') = ''
  union all
  select 'workload-unowned', id from workloads w
  where status <> 'retired'
    and not exists (select 1 from people where id = w.owner)
    and not exists (select 1 from teams where id = w.owner)
    and not exists (select 1 from workloads o where o.id = w.owner)
  union all
  select 'leaver-session-live', c.id
  from credentials c join accounts a on a.id = c.account join leavers l on l.id = a.identity
  where c.live and c.kind = 'session'
  union all
  select 'leaver-entitlement-live', e.id
  from entitlements e join accounts a on a.id = e.account join leavers l on l.id = a.identity
  where e.live and not coalesce(l.ended_at >= getvariable('now')
    - case when e.privileged then to_hours(1) else to_days(1) end, false)
  union all
  select 'leaver-without-offboarding', id from leavers l
  where exists (select 1 from accounts where identity = l.id)
    and not exists (select 1 from offboardings
      where subject = l.id and kind not in ('role_change', 'policy_violation'))
) to '{output}' (format csv, delimiter '\t', header false);
