-- Shared by every script, after the callbacks: who may call a receiver now, and who goes next.
-- A receiver is a department's scheme, host and port.
--
--   chancery:flights:R        deliveries to it that couriers have in hand, by the end of their leases
--   chancery:parked:R         callbacks that are due and wait for it, by the time that they came due
--   chancery:receivers-due    receivers with parked callbacks, by the time at which one is woken
--   chancery:tried:R:SLOT     its attempts, counted by outcome in slots of ten seconds
--   chancery:receiver:R       its breaker, while that is not closed: open_until; pause_ms;
--                             probe, probe_until: the one delivery that is let through after that
--   chancery:breakers         receivers whose breaker is not closed, by open_until
-- A parked callback is in chancery:callbacks-due too, by the time at which it is given up. Where
-- callbacks are parked, either a delivery is in hand, whose report wakes the next, or the receiver
-- is due.

local SLOT_MS, SLOTS = 10000, 6
local ENOUGH_ATTEMPTS = 5
local FORGOTTEN_MS = 86400000
local WAITED = 'Its receiver was not called for too long: it did not answer, or took no more at a '
  .. 'time. Send the callback again when the receiver works.'

local function parked(receiver) return P .. 'parked:' .. receiver end

-- Whether a receiver may be called: 'free', 'probe' (once, to see), 'full' or 'open'.
local function admission(receiver, most)
  local breaker = redis.call('HMGET', P .. 'receiver:' .. receiver, 'open_until', 'probe_until')
  if breaker[1] then
    local closed_to_all = math.max(tonumber(breaker[1]), tonumber(breaker[2] or 0))
    return closed_to_all > now and 'open' or 'probe'
  end
  redis.call('ZREMRANGEBYSCORE', P .. 'flights:' .. receiver, '-inf', now)
  return redis.call('ZCARD', P .. 'flights:' .. receiver) < most and 'free' or 'full'
end

local function park(callback, receiver, give_up_at)
  redis.call('ZADD', parked(receiver), callback.next_attempt_at, callback.id)
  look_again(callback, give_up_at)
  local open_until = tonumber(redis.call('HGET', P .. 'receiver:' .. receiver, 'open_until') or 0)
  local due = open_until > now and open_until or now + RESEND_MS
  redis.call('ZADD', P .. 'receivers-due', 'NX', due, receiver)
end

-- Have the callbacks that waited longest asked for again; returns how many.
local function wake(receiver, most)
  local ids = redis.call('ZRANGE', parked(receiver), 0, most - 1)
  for _, id in ipairs(ids) do
    redis.call('ZREM', parked(receiver), id)
    send_callback({id = id})
  end
  return #ids
end

-- What the sweep does for a receiver that is due.
local function wake_due(receiver)
  local woken = wake(receiver, 1)
  if redis.call('EXISTS', parked(receiver)) == 1 then
    redis.call('ZADD', P .. 'receivers-due', now + RESEND_MS, receiver)
  else
    redis.call('ZREM', P .. 'receivers-due', receiver)
  end
  return woken
end

local function take_off(callback, receiver, lease_until, may, most)
  redis.call('ZREM', parked(receiver), callback.id)
  redis.call('ZADD', P .. 'flights:' .. receiver, lease_until, callback.id)
  if may == 'probe' then
    redis.call('HSET', P .. 'receiver:' .. receiver, 'probe', callback.id .. ':' .. callback.token,
      'probe_until', lease_until)
  elseif redis.call('ZCARD', P .. 'flights:' .. receiver) < most then
    wake(receiver, 1)
  end
end

local function slot(receiver, back)
  return P .. 'tried:' .. receiver .. ':' .. (math.floor(now / SLOT_MS) - back)
end

local function count_attempt(receiver, outcome)
  redis.call('HINCRBY', slot(receiver, 0), outcome, 1)
  redis.call('PEXPIRE', slot(receiver, 0), SLOT_MS * (SLOTS + 1))
end

local function fails_too_often(receiver)
  local good, bad = 0, 0
  for back = 0, SLOTS - 1 do
    local counts = redis.call('HMGET', slot(receiver, back), 'good', 'bad')
    good, bad = good + tonumber(counts[1] or 0), bad + tonumber(counts[2] or 0)
  end
  return good + bad >= ENOUGH_ATTEMPTS and bad >= good
end

local function open_breaker(receiver, pause_ms)
  local key, open_until = P .. 'receiver:' .. receiver, now + pause_ms
  redis.call('HSET', key, 'open_until', open_until, 'pause_ms', pause_ms)
  redis.call('HDEL', key, 'probe', 'probe_until')
  redis.call('PEXPIRE', key, pause_ms + FORGOTTEN_MS)
  redis.call('ZADD', P .. 'breakers', open_until, receiver)
  redis.call('ZADD', P .. 'receivers-due', open_until, receiver)
end

local function close_breaker(receiver)
  redis.call('DEL', P .. 'receiver:' .. receiver)
  redis.call('ZREM', P .. 'breakers', receiver)
  for back = 0, SLOTS - 1 do redis.call('DEL', slot(receiver, back)) end
end

-- Let a receiver whose breaker is open be tried now, because somebody asks for it.
local function try_now(receiver)
  local key = P .. 'receiver:' .. receiver
  if redis.call('EXISTS', key) == 1 then redis.call('HSET', key, 'open_until', now) end
end

local function landed_as_probe(receiver, outcome, most, breaker, pause_max_ms)
  if outcome == 'good' then
    close_breaker(receiver)
    wake(receiver, most)
    return 'closed'
  elseif outcome == 'bad' then
    open_breaker(receiver, math.min(tonumber(breaker.pause_ms) * 2, pause_max_ms))
  else
    redis.call('HDEL', P .. 'receiver:' .. receiver, 'probe', 'probe_until')
    redis.call('ZADD', P .. 'receivers-due', now, receiver)
  end
  return ''
end

-- A delivery was reported. outcome: good, bad, or '' where it says nothing of the receiver.
-- Returns 'opened' or 'closed' where that is what became of the breaker, else ''.
local function land(callback, outcome, most, pause_ms, pause_max_ms)
  local receiver = receiver_of(callback)
  redis.call('ZREM', P .. 'flights:' .. receiver, callback.id)
  if outcome ~= '' then count_attempt(receiver, outcome) end
  local breaker = as_map(redis.call('HGETALL', P .. 'receiver:' .. receiver))
  if breaker.probe == callback.id .. ':' .. callback.token then
    return landed_as_probe(receiver, outcome, most, breaker, pause_max_ms)
  elseif breaker.open_until then
    return ''
  elseif outcome == 'bad' and fails_too_often(receiver) then
    open_breaker(receiver, pause_ms)
    redis.call('HINCRBY', P .. 'counters', 'breakers_opened', 1)
    return 'opened'
  end
  wake(receiver, 1)
  return ''
end

-- Send a callback again, whatever became of it: a fresh round of attempts with the same id. Its URL,
-- if it was gone, is open again, and its receiver, if its breaker is open, is tried at once.
-- Nothing changes where a courier has it in hand.
local function send_again(callback)
  reopen(callback.department, callback.url)
  try_now(receiver_of(callback))
  if callback.status == 'pending' and in_hand(callback) then return end
  redis.call('ZREM', callbacks_of(callback, callback.status), callback.id)
  begin_round(callback, redis.call('LLEN', P .. 'attempts:' .. callback.id))
end
