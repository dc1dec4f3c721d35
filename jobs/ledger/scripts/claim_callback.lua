-- Give a courier one delivery of a callback, where its receiver may be called.
-- ARGV: callback id, lease in ms, most deliveries to one receiver at a time,
--       ms that a callback may wait for its receiver after it came due
-- Returns: {record, the record of its job or batch, how many attempts were made} or, where there is nothing to
--          deliver, why: {'not due' | 'full' | 'open' | 'gone' | 'given up'}
-- Invariant: a receiver whose breaker is not closed has at most one delivery more than when it
--            opened; waiting for a receiver uses up no attempt, and ends.
local callback = load_callback(ARGV[1])
if not callback or callback.status ~= 'pending' or in_hand(callback)
  or tonumber(callback.next_attempt_at) > now then
  return {'not due'}
end
if is_gone(callback) then
  end_callback(callback, 'dead', GONE)
  return {'gone'}
end

local receiver, most = receiver_of(callback), tonumber(ARGV[3])
local may = admission(receiver, most)
if may == 'full' or may == 'open' then
  local give_up_at = tonumber(callback.next_attempt_at) + tonumber(ARGV[4])
  if give_up_at > now then
    park(callback, receiver, give_up_at)
    return {may}
  end
  end_callback(callback, 'dead', WAITED)
  return {'given up'}
end

local key = P .. 'callback:' .. callback.id
local lease_until = now + tonumber(ARGV[2])
callback.token = redis.call('HINCRBY', key, 'token', 1)
redis.call('HSET', key, 'lease_until', lease_until)
look_again(callback, lease_until)
take_off(callback, receiver, lease_until, may, most)
local subject = callback.job_id ~= '' and 'job:' .. callback.job_id or 'batch:' .. callback.batch_id
return {redis.call('HGETALL', key), redis.call('HGETALL', P .. subject),
  redis.call('LLEN', P .. 'attempts:' .. callback.id)}
