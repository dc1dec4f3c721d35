-- requires: receivers, gone_urls
-- The circuit breaker of a receiver: it opens when half of the attempts in a minute failed.
--
--   chancery:tried:R:SLOT    attempts at receiver R, counted by outcome in slots of ten seconds
--   chancery:breakers        receivers whose breaker is not closed, by open_until
--   chancery:failing         receivers whose last attempt failed and is repeated, by the time since when
--   chancery:failing-reasons what the last attempt at each of them got: a status or an error

local SLOT_MS, SLOTS = 10000, 6
local ENOUGH_ATTEMPTS = 5
local BREAKER_KEEP_MS = 86400000
local FAILING_KEEP_MS = 7 * 86400000

local function slot(receiver, back)
  return P .. 'tried:' .. receiver .. ':' .. (math.floor(now / SLOT_MS) - back)
end

local function count_attempt(receiver, outcome)
  redis.call('HINCRBY', slot(receiver, 0), outcome, 1)
  redis.call('PEXPIRE', slot(receiver, 0), SLOT_MS * (SLOTS + 1))
end

local function forget_failing(receiver)
  redis.call('ZREM', P .. 'failing', receiver)
  redis.call('HDEL', P .. 'failing-reasons', receiver)
end

-- For operators. outcome: as couriers report it. again: whether the callback is to be sent again.
-- reason: why it failed, a false value if that is not known.
local function note_failing(receiver, outcome, again, reason)
  if outcome == 'failed' and again then
    redis.call('ZADD', P .. 'failing', 'NX', now, receiver)
    redis.call('HSET', P .. 'failing-reasons', receiver, reason or '')
  elseif outcome ~= 'unsent' then
    forget_failing(receiver)
  end
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
  redis.call('PEXPIRE', key, pause_ms + BREAKER_KEEP_MS)
  redis.call('ZADD', P .. 'breakers', open_until, receiver)
  redis.call('ZADD', P .. 'receivers-due', open_until, receiver)
end

local function close_breaker(receiver)
  redis.call('DEL', P .. 'receiver:' .. receiver)
  redis.call('ZREM', P .. 'breakers', receiver)
  for back = 0, SLOTS - 1 do redis.call('DEL', slot(receiver, back)) end
end

local function note_probe(receiver, outcome, most, breaker, pause_max_ms)
  if outcome == 'good' then
    close_breaker(receiver)
    send_parked(receiver, most)
    return 'closed'
  elseif outcome == 'bad' then
    open_breaker(receiver, math.min(tonumber(breaker.pause_ms) * 2, pause_max_ms))
  else
    redis.call('HDEL', P .. 'receiver:' .. receiver, 'probe', 'probe_until')
    redis.call('ZADD', P .. 'receivers-due', now, receiver)
  end
  return ''
end

-- Note the end of a delivery. outcome: good, bad, or '' if it says nothing about the receiver.
-- Returns 'opened' or 'closed' if the breaker changed, else ''.
local function end_delivery(callback, outcome, most, pause_ms, pause_max_ms)
  local receiver = receiver_of(callback)
  redis.call('ZREM', P .. 'flights:' .. receiver, callback.id)
  if outcome ~= '' then count_attempt(receiver, outcome) end
  local breaker = as_map(redis.call('HGETALL', P .. 'receiver:' .. receiver))
  if breaker.probe == callback.id .. ':' .. callback.token then
    return note_probe(receiver, outcome, most, breaker, pause_max_ms)
  elseif breaker.open_until then
    return ''
  elseif outcome == 'bad' and fails_too_often(receiver) then
    open_breaker(receiver, pause_ms)
    redis.call('HINCRBY', P .. 'counters', 'breakers_opened', 1)
    return 'opened'
  end
  send_parked(receiver, 1)
  return ''
end

-- Send a callback again, with a new round of attempts under the same id. A gone URL is reopened, and a
-- receiver whose breaker is open may be called at once. A callback that a courier is delivering stays
-- as it is.
local function redeliver(callback)
  reopen(callback.department, callback.url)
  local breaker = P .. 'receiver:' .. receiver_of(callback)
  if redis.call('EXISTS', breaker) == 1 then redis.call('HSET', breaker, 'open_until', now) end
  if callback.status == 'pending' and is_leased(callback) then return end
  start_round(callback, redis.call('LLEN', P .. 'attempts:' .. callback.id))
end
