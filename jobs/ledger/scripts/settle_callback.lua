-- Note an attempt at delivery and what follows from it.
-- ARGV: callback id, token, attempt (JSON), status: delivered | dead | pending, delay in ms
-- Returns: 1 (also when this very attempt was noted before) | 0 when the delivery was given to
--          another courier meanwhile
local key = P .. 'callback:' .. ARGV[1]
local callback = as_map(redis.call('HGETALL', key))
if callback.token ~= ARGV[2] then return 0 end
if callback.lease_until == '0' then return 1 end
redis.call('RPUSH', P .. 'attempts:' .. ARGV[1], ARGV[3])
redis.call('HSET', key, 'lease_until', 0)
if ARGV[4] == 'pending' then
  local due = now + tonumber(ARGV[5])
  redis.call('HSET', key, 'next_attempt_at', due)
  redis.call('ZADD', P .. 'callbacks-due', due, ARGV[1])
  return 1
end
local list = P .. 'callbacks:' .. callback.department .. ':'
redis.call('HSET', key, 'status', ARGV[4], 'next_attempt_at', '')
redis.call('ZREM', P .. 'callbacks-due', ARGV[1])
redis.call('ZREM', list .. 'pending', ARGV[1])
redis.call('ZADD', list .. ARGV[4], 0, ARGV[1])
redis.call('HINCRBY', P .. 'counters', 'callbacks_' .. ARGV[4], 1)
return 1
