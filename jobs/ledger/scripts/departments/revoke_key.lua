-- requires: api_keys
-- Revoke an API key of a department.
-- ARGV: department, key's id
-- Returns: 1 (also if it was revoked before) | 0 if the department has no such key
local department, id = ARGV[1], ARGV[2]
if redis.call('SISMEMBER', P .. 'keys:' .. department, id) == 0
  or redis.call('EXISTS', key_name(id)) == 0 then return 0 end
if redis.call('HSETNX', key_name(id), 'revoked_at', now) == 1 then
  redis.call('PEXPIREAT', key_name(id), now + KEPT_AFTER_END_MS)
end
return 1
