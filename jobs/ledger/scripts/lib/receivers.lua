-- requires: callbacks
-- How many deliveries a receiver has at a time, and which callback is next.
--
--   chancery:flights:R        deliveries to receiver R that couriers are making, by the end of their leases
--   chancery:parked:R         callbacks that are due and wait for R, by the time at which they were due
--   chancery:receivers-due    receivers with parked callbacks, by the time at which one of them is sent
--   chancery:receiver:R       R's circuit breaker, while it is not closed: open_until; pause_ms;
--                             probe, probe_until: the one delivery that is allowed after open_until
-- A parked callback is in chancery:callbacks-due too, by the time at which it ends as dead. A receiver
-- with parked callbacks has a delivery under way, whose report sends the next, or is in receivers-due.

-- How long a receiver whose deliveries are all under way is left alone, unless one of them ends.
local FULL_MS = 30000

local WAITED = 'Its receiver could not be called for too long: it did not answer, or had as many '
  .. 'deliveries as it may have at a time. Redeliver the callback when the receiver works.'

local function parked(receiver) return P .. 'parked:' .. receiver end

-- Whether a receiver may be called now: 'free', 'probe' (one delivery, as a test), 'full' or 'open'.
local function admission(receiver, most)
  local breaker = redis.call('HMGET', P .. 'receiver:' .. receiver, 'open_until', 'probe_until')
  if breaker[1] then
    local blocked_until = math.max(tonumber(breaker[1]), tonumber(breaker[2] or 0))
    return blocked_until > now and 'open' or 'probe'
  end
  redis.call('ZREMRANGEBYSCORE', P .. 'flights:' .. receiver, '-inf', now)
  return redis.call('ZCARD', P .. 'flights:' .. receiver) < most and 'free' or 'full'
end

local function park(callback, receiver, give_up_at)
  redis.call('ZADD', parked(receiver), callback.next_attempt_at, callback.id)
  check_at(callback, give_up_at)
  local open_until = tonumber(redis.call('HGET', P .. 'receiver:' .. receiver, 'open_until') or 0)
  local due = open_until > now and open_until or now + FULL_MS
  redis.call('ZADD', P .. 'receivers-due', 'NX', due, receiver)
end

-- Send the callbacks that have been parked longest. Returns how many were sent.
local function send_parked(receiver, most)
  local ids = redis.call('ZRANGE', parked(receiver), 0, most - 1)
  for _, id in ipairs(ids) do
    redis.call('ZREM', parked(receiver), id)
    send_callback({id = id})
  end
  return #ids
end

-- admitted: what admission() returned, 'free' or 'probe'.
local function start_delivery(callback, receiver, lease_until, admitted, most)
  redis.call('ZREM', parked(receiver), callback.id)
  redis.call('ZADD', P .. 'flights:' .. receiver, lease_until, callback.id)
  if admitted == 'probe' then
    redis.call('HSET', P .. 'receiver:' .. receiver, 'probe', callback.id .. ':' .. callback.token,
      'probe_until', lease_until)
  elseif redis.call('ZCARD', P .. 'flights:' .. receiver) < most then
    send_parked(receiver, 1)
  end
end
