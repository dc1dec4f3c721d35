-- requires: accounts
-- Find, create or change the account of a person whom the identity provider has identified. If its
-- department or role changes, its sessions end. The account of another person is not touched.
-- ARGV: name, subject, then department or '' and role, or neither if those of the account count
-- Returns: 'admitted' | 'no-account' | 'taken' | 'no-department'
local name, subject, department, role = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local key = account_key(name)
local account = as_map(redis.call('HGETALL', key))
if account.name then
  local bound = account.subject or ''
  if account.password ~= '' or (bound ~= '' and bound ~= subject) then return 'taken' end
elseif not role then
  return 'no-account'
end
if role and department ~= '' and redis.call('EXISTS', P .. 'department:' .. department) == 0 then
  return 'no-department'
end
if not account.name then
  redis.call('HSET', key, 'name', name, 'department', department, 'role', role, 'password', '',
    'epoch', now, 'created_at', now, 'changed_at', now)
  redis.call('SADD', P .. 'accounts', name)
elseif role and (account.department ~= department or account.role ~= role) then
  redis.call('HSET', key, 'department', department, 'role', role, 'changed_at', now,
    'epoch', next_epoch(key))
end
if account.subject ~= subject then redis.call('HSET', key, 'subject', subject) end
return 'admitted'
