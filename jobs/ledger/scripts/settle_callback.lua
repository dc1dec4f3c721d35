-- Note an attempt at delivery and what follows from it.
-- ARGV: callback id, token, attempt (JSON), status: delivered | dead | pending, delay in ms,
--       outcome: gone where the receiver answered 410
-- Returns: 1 (also when this very attempt was noted before) | 0 when the delivery was given to
--          another courier meanwhile
-- Invariant: a URL that is gone has nothing pending but what couriers have in hand.
local callback = load_callback(ARGV[1])
if not callback or callback.token ~= ARGV[2] then return 0 end
if callback.lease_until == '0' then return 1 end
redis.call('RPUSH', P .. 'attempts:' .. callback.id, ARGV[3])
redis.call('HSET', P .. 'callback:' .. callback.id, 'lease_until', 0)
callback.lease_until = '0'
if ARGV[4] ~= 'pending' then
  end_callback(callback, ARGV[4], ARGV[6] == 'gone' and GONE)
elseif is_gone(callback) then
  end_callback(callback, 'dead', GONE)
else
  local due = now + tonumber(ARGV[5])
  redis.call('HSET', P .. 'callback:' .. callback.id, 'next_attempt_at', due)
  look_again(callback, due)
end
if ARGV[6] == 'gone' then mark_gone(callback) end
return 1
