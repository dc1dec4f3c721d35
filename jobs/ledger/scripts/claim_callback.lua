-- Give a courier one delivery of a callback.
-- ARGV: callback id, lease in ms
-- Returns: {record, the job's record, how many attempts were made} | {} when it is not due
local callback = load_callback(ARGV[1])
if not callback or callback.status ~= 'pending' or in_hand(callback)
  or tonumber(callback.next_attempt_at) > now then
  return {}
end
if is_gone(callback) then
  end_callback(callback, 'dead', GONE)
  return {}
end
local key = P .. 'callback:' .. callback.id
local lease_until = now + tonumber(ARGV[2])
redis.call('HINCRBY', key, 'token', 1)
redis.call('HSET', key, 'lease_until', lease_until)
look_again(callback, lease_until)
return {redis.call('HGETALL', key), redis.call('HGETALL', P .. 'job:' .. callback.job_id),
  redis.call('LLEN', P .. 'attempts:' .. callback.id)}
