-- requires: receivers
-- Give a courier one delivery of a callback, with all that it needs to make it.
-- ARGV: callback id, lease in ms, most deliveries to one receiver at a time,
--       ms for which a due callback may wait for its receiver, courier
-- Returns: {record of the callback, record of its job or batch, attempts made before, record of its
--          department, the department's callback options (JSON or ''), this server's time}, or the
--          reason why there is nothing to deliver: {'not due' | 'full' | 'open' | 'gone' | 'given up'}
-- Invariant: a receiver whose breaker is not closed gets at most one new delivery at a time; waiting
--            for a receiver uses no attempt and is limited.
local callback = load_callback(ARGV[1])
if not callback or callback.status ~= 'pending' or is_leased(callback)
  or tonumber(callback.next_attempt_at) > now then
  return {'not due'}
end
if is_gone(callback) then
  end_callback(callback, 'dead', GONE)
  return {'gone'}
end

local receiver, most = receiver_of(callback), tonumber(ARGV[3])
local admitted = admission(receiver, most)
if admitted == 'full' or admitted == 'open' then
  local give_up_at = tonumber(callback.next_attempt_at) + tonumber(ARGV[4])
  if give_up_at > now then
    park(callback, receiver, give_up_at)
    return {admitted}
  end
  end_callback(callback, 'dead', WAITED)
  return {'given up'}
end

local key = P .. 'callback:' .. callback.id
local lease_until = now + tonumber(ARGV[2])
callback.token = redis.call('HINCRBY', key, 'token', 1)
redis.call('HSET', key, 'lease_until', lease_until, 'courier', ARGV[5])
note_callback('started', callback, {process = ARGV[5]})
check_at(callback, lease_until)
start_delivery(callback, receiver, lease_until, admitted, most)
local subject = callback.job_id ~= '' and 'job:' .. callback.job_id or 'batch:' .. callback.batch_id
return {redis.call('HGETALL', key), redis.call('HGETALL', P .. subject),
  redis.call('LLEN', P .. 'attempts:' .. callback.id),
  redis.call('HGETALL', P .. 'department:' .. callback.department),
  redis.call('GET', P .. 'callback-options:' .. callback.department) or '', now}
