-- requires: breakers
-- Store an attempt at delivery, and update the callback and its receiver.
-- ARGV: callback id, token, attempt (JSON), status: delivered | dead | pending, delay in ms,
--       outcome: delivered | failed | gone (the receiver answered 410) | unsent,
--       most deliveries to one receiver at a time, first and longest pause of a breaker in ms,
--       the beginning of the receiver's response, or ''
-- Returns: {1, change of the receiver's breaker: 'opened' | 'closed' | ''} (also on a repeated call)
--          | {0, ''} if another courier has claimed the delivery
-- Invariant: the only pending callbacks of a gone URL are those that couriers are delivering.
local callback = load_callback(ARGV[1])
if not callback or callback.token ~= ARGV[2] then return {0, ''} end
if callback.lease_until == '0' then return {1, ''} end
redis.call('RPUSH', P .. 'attempts:' .. callback.id, ARGV[3])
redis.call('HSET', P .. 'callback:' .. callback.id, 'lease_until', 0, 'response', ARGV[10])
count_callback(callback, 'attempts:' .. ARGV[6])
callback.lease_until = '0'
local outcome, attempt = ARGV[6], cjson.decode(ARGV[3])
-- cjson reads null as a value of its own, which is true.
callback.last_error = type(attempt.error) == 'string' and attempt.error
  or type(attempt.status_code) == 'number' and 'the receiver answered ' .. attempt.status_code
if ARGV[4] ~= 'pending' then
  end_callback(callback, ARGV[4], outcome == 'gone' and GONE)
elseif is_gone(callback) then
  end_callback(callback, 'dead', GONE)
else
  local due = now + tonumber(ARGV[5])
  redis.call('HSET', P .. 'callback:' .. callback.id, 'next_attempt_at', due)
  check_at(callback, due)
  note_callback('retried', callback, {detail = callback.last_error, process = callback.courier})
end
if outcome == 'gone' then mark_gone(callback) end
-- A receiver that answers 410 works, so it counts as good for the breaker.
local health = ({delivered = 'good', gone = 'good', failed = 'bad', unsent = ''})[outcome]
return {1, end_delivery(callback, health, tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]))}
