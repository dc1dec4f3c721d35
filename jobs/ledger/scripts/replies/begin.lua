-- requires: replies
-- Read the first reply to an idempotency key, or reserve the key for this request.
-- ARGV: department, scope, key, body's SHA-256, ms after which an unfinished request loses the key
-- Returns: {'first'} | {'mismatch'} | {'in-progress'} | {'reply', status, headers, body}
local key = reply_key(ARGV[1], ARGV[2], ARGV[3])
local earlier = as_map(redis.call('HGETALL', key))
if not earlier.body_sha256 then
  redis.call('HSET', key, 'body_sha256', ARGV[4])
  redis.call('PEXPIRE', key, ARGV[5])
  return {'first'}
end
if earlier.body_sha256 ~= ARGV[4] then return {'mismatch'} end
if not earlier.body then return {'in-progress'} end
return {'reply', earlier.status, earlier.headers, earlier.body}
