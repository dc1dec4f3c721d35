-- requires: accounts
-- Create an account.
-- ARGV: name, department or '', role, hash of the password, or '' for sign-in at the identity provider
-- Returns: 'created' | 'exists' | 'no-department'
local name, department = ARGV[1], ARGV[2]
if department ~= '' and redis.call('EXISTS', P .. 'department:' .. department) == 0 then
  return 'no-department'
end
if redis.call('EXISTS', account_key(name)) == 1 then
  -- The client sends the command again if the answer was lost.
  return ARGV[4] ~= '' and redis.call('HGET', account_key(name), 'password') == ARGV[4] and 'created'
    or 'exists'
end
redis.call('HSET', account_key(name), 'name', name, 'department', department, 'role', ARGV[3],
  'password', ARGV[4], 'epoch', now, 'created_at', now, 'changed_at', now)
redis.call('SADD', P .. 'accounts', name)
return 'created'
