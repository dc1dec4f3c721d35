-- requires: keys
-- Note that the identity provider cannot be used, or that it can be again.
-- provider   hash: issuer, reason, since; expires if no api repeats it
-- ARGV: issuer, reason or '' if it can be used, ms after which the note expires
-- Returns: nothing
local key = P .. 'provider'
if ARGV[2] == '' then
  redis.call('DEL', key)
else
  if redis.call('HGET', key, 'issuer') ~= ARGV[1] then redis.call('DEL', key) end
  redis.call('HSETNX', key, 'since', now)
  redis.call('HSET', key, 'issuer', ARGV[1], 'reason', ARGV[2])
  redis.call('PEXPIRE', key, ARGV[3])
end
