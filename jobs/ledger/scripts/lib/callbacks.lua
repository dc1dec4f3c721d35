-- Shared by every script, after the prelude: how a callback opens, moves and ends.
--
-- A pending callback is always in
--   chancery:callbacks-due     by the time at which it is looked at again
--   chancery:to:DEPT URL       with the others that are pending for that URL
-- A dead one is in
--   chancery:dead:DEPT         by the time at which it was made
-- A URL whose receiver answered 410 is in
--   chancery:gone:DEPT         by the time of that answer, until it is opened again by hand
-- and has no pending callbacks but those that a courier has in hand.

local MOST_AT_ONCE = 500
local MOST_GONE = 10000
local GONE = 'The receiver answered 410, so this URL is not called any more. '
  .. 'Send a callback again, or have the operators reopen the URL, and it is.'

local function load_callback(id)
  local callback = as_map(redis.call('HGETALL', P .. 'callback:' .. id))
  if callback.id then return callback end
  return nil
end

local function callbacks_of(callback, status)
  return P .. 'callbacks:' .. callback.department .. ':' .. status
end

local PORTS = {http = '80', https = '443'}

-- The receiver of a callback; URLs were checked when their jobs were taken.
local function receiver_of(callback)
  local scheme, place = string.match(string.lower(callback.url), '^(%a+)://([^/?#]+)')
  if not scheme then return callback.department .. ' ' .. callback.url end
  local host, port = string.match(place, '^(.-):(%d+)$')
  host = string.match(host or place, '^(.-)%.?$')
  return callback.department .. ' ' .. scheme .. '://' .. host .. ':' .. (port or PORTS[scheme] or '')
end

local function to_url(department, url) return P .. 'to:' .. department .. ' ' .. url end

local function is_gone(callback)
  return redis.call('ZSCORE', P .. 'gone:' .. callback.department, callback.url)
end

local function in_hand(callback) return tonumber(callback.lease_until) > now end

local function look_again(callback, at) redis.call('ZADD', P .. 'callbacks-due', at, callback.id) end

local function send_callback(callback)
  look_again(callback, now + RESEND_MS)
  send('callbacks', 'callback', callback.id, {callback.id})
end

local function count_callback(callback, what)
  redis.call('HINCRBY', P .. 'callback-counts', callback.department .. ':' .. what, 1)
end

-- Make a callback pending from now on, with a fresh round of attempts.
local function begin_round(callback, attempts)
  local key = P .. 'callback:' .. callback.id
  redis.call('HDEL', key, 'error')
  redis.call('HSET', key, 'status', 'pending', 'next_attempt_at', now, 'round', attempts)
  redis.call('ZREM', P .. 'parked:' .. receiver_of(callback), callback.id)
  redis.call('ZREM', P .. 'dead:' .. callback.department, callback.id)
  redis.call('ZADD', callbacks_of(callback, 'pending'), 0, callback.id)
  redis.call('SADD', to_url(callback.department, callback.url), callback.id)
  send_callback(callback)
end

-- The one way out of pending. why: what the record says of one that is given up before its time.
local function end_callback(callback, status, why)
  local key = P .. 'callback:' .. callback.id
  redis.call('HSET', key, 'status', status, 'next_attempt_at', '', 'lease_until', 0)
  if why then redis.call('HSET', key, 'error', why) end
  redis.call('ZREM', P .. 'callbacks-due', callback.id)
  redis.call('ZREM', P .. 'parked:' .. receiver_of(callback), callback.id)
  redis.call('SREM', to_url(callback.department, callback.url), callback.id)
  redis.call('ZREM', callbacks_of(callback, 'pending'), callback.id)
  redis.call('ZADD', callbacks_of(callback, status), 0, callback.id)
  if status == 'dead' then
    redis.call('ZADD', P .. 'dead:' .. callback.department, callback.created_at, callback.id)
  end
  redis.call('HINCRBY', P .. 'counters', 'callbacks_' .. status, 1)
  count_callback(callback, 'ended:' .. status)
end

-- Give up what is pending for a gone URL, so many at a time: the sweep does the rest.
-- One that a courier has in hand is left to the courier's report.
local function clear_gone(department, url)
  local to = to_url(department, url)
  local member = department .. ' ' .. url
  for _, id in ipairs(redis.call('SRANDMEMBER', to, MOST_AT_ONCE)) do
    local callback = load_callback(id)
    if not callback then
      redis.call('SREM', to, id)
    elseif not in_hand(callback) then
      end_callback(callback, 'dead', GONE)
    end
  end
  if redis.call('EXISTS', to) == 1 then
    redis.call('ZADD', P .. 'gone-due', now + 1000, member)
  else
    redis.call('ZREM', P .. 'gone-due', member)
  end
end

local function mark_gone(callback)
  local gone = P .. 'gone:' .. callback.department
  redis.call('ZADD', gone, now, callback.url)
  redis.call('ZREMRANGEBYRANK', gone, 0, -MOST_GONE - 1)
  clear_gone(callback.department, callback.url)
end

local function reopen(department, url)
  redis.call('ZREM', P .. 'gone-due', department .. ' ' .. url)
  return redis.call('ZREM', P .. 'gone:' .. department, url)
end

-- subject: the job or batch that the event is about.
open_callback = function(subject, event)
  local callback = {id = subject.callback_id, department = subject.department,
    url = subject.callback_url, created_at = now}
  local is_job = string.sub(event, 1, 4) == 'job.'
  redis.call('HSET', P .. 'callback:' .. callback.id, 'id', callback.id,
    'job_id', is_job and subject.id or '', 'batch_id', is_job and (subject.batch_id or '') or subject.id,
    'department', callback.department, 'type', event,
    'url', callback.url, 'created_at', now, 'lease_until', 0, 'token', 0)
  redis.call('ZADD', P .. 'callbacks:' .. callback.department, 0, callback.id)
  if is_gone(callback) then
    redis.call('HSET', P .. 'callback:' .. callback.id, 'round', 0)
    end_callback(callback, 'dead', GONE)
  else
    begin_round(callback, 0)
  end
end
