-- Give a courier one delivery of a callback.
-- ARGV: callback id, lease in ms
-- Returns: {record, the job's record, how many attempts were made} | {} when it is not due
local key = P .. 'callback:' .. ARGV[1]
local callback = as_map(redis.call('HGETALL', key))
if callback.status ~= 'pending' or tonumber(callback.next_attempt_at) > now
  or tonumber(callback.lease_until) > now then
  return {}
end
local lease_until = now + tonumber(ARGV[2])
redis.call('HINCRBY', key, 'token', 1)
redis.call('HSET', key, 'lease_until', lease_until)
redis.call('ZADD', P .. 'callbacks-due', lease_until, ARGV[1])
return {redis.call('HGETALL', key), redis.call('HGETALL', P .. 'job:' .. callback.job_id),
  redis.call('LLEN', P .. 'attempts:' .. ARGV[1])}
