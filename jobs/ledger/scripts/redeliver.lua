-- Send a callback again, with a fresh round of attempts and the same id.
-- ARGV: department, callback id
-- Returns: {record, attempts} | {} where the department has no such callback
local key = P .. 'callback:' .. ARGV[2]
local callback = as_map(redis.call('HGETALL', key))
if callback.department ~= ARGV[1] then return {} end
if callback.status ~= 'pending' or tonumber(callback.lease_until) <= now then
  local list = P .. 'callbacks:' .. callback.department .. ':'
  redis.call('ZREM', list .. callback.status, ARGV[2])
  redis.call('ZADD', list .. 'pending', 0, ARGV[2])
  redis.call('HSET', key, 'status', 'pending', 'next_attempt_at', now,
    'round', redis.call('LLEN', P .. 'attempts:' .. ARGV[2]))
  redis.call('ZADD', P .. 'callbacks-due', now + RESEND_MS, ARGV[2])
  send('callbacks', 'callback', ARGV[2])
end
return {redis.call('HGETALL', key), redis.call('LRANGE', P .. 'attempts:' .. ARGV[2], 0, -1)}
