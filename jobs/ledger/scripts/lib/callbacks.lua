-- requires: keys, transitions, celery, activity
-- A callback's record, its state, and the indexes that list it.
--
-- A pending callback is in
--   chancery:callbacks-due     by the time from which a courier may claim it, or end it
--   chancery:to:DEPT URL       with the other pending callbacks to that URL
-- A dead one is in
--   chancery:dead:DEPT         by the time at which it was created
-- A URL that answered 410 is in
--   chancery:gone:DEPT         by the time of that answer, until an operator or a redelivery reopens it;
--                              its only pending callbacks are those that couriers are delivering

local GONE = 'The receiver answered 410, so this URL is not called any more. To call it again, '
  .. 'redeliver a callback, or ask the operators to reopen the URL.'

local function load_callback(id)
  local callback = as_map(redis.call('HGETALL', P .. 'callback:' .. id))
  if callback.id then return callback end
  return nil
end

local PORTS = {http = '80', https = '443'}

local function server_of(url)
  local scheme, authority = string.match(string.lower(url), '^(%a+)://([^/?#]+)')
  if not scheme then return url end
  local host, port = string.match(authority, '^(.-):(%d+)$')
  host = string.match(host or authority, '^(.-)%.?$')
  return scheme .. '://' .. host .. ':' .. (port or PORTS[scheme] or '')
end

local servers = {} -- by URL

-- A callback's receiver: department, scheme, host and port. URLs were checked at submission.
local function receiver_of(callback)
  local url = callback.url
  servers[url] = servers[url] or server_of(url)
  return callback.department .. ' ' .. servers[url]
end

local function url_key(department, url) return P .. 'to:' .. department .. ' ' .. url end

local function is_gone(callback)
  return redis.call('ZSCORE', P .. 'gone:' .. callback.department, callback.url)
end

local function is_leased(callback) return tonumber(callback.lease_until) > now end

local function check_at(callback, at) redis.call('ZADD', P .. 'callbacks-due', at, callback.id) end

local function send_callback(callback)
  check_at(callback, now)
  wake('callbacks')
end

local function count_callback(callback, event)
  count_in(P .. 'callback-counts', callback.department .. ':' .. event, 1)
end

-- fields: a flat list of further fields of the callback's record, which may be left out.
local function set_callback_status(callback, status, fields)
  check_transition('callback', callback, status)
  local list = P .. 'callbacks:' .. callback.department
  if callback.status then
    redis.call('ZREM', list .. ':' .. callback.status, callback.id)
    redis.call('ZREM', P .. 'parked:' .. receiver_of(callback), callback.id)
    redis.call('ZREM', P .. 'dead:' .. callback.department, callback.id)
  end
  redis.call('ZADD', list .. ':' .. status, 0, callback.id)
  redis.call('HSET', P .. 'callback:' .. callback.id, 'status', status, unpack(fields or {}))
  callback.status = status
end

local function note_callback(event, callback, about) note(event, callback.id, 'callback', about) end

-- Make a callback pending, with a new round of attempts. attempts: how many were made before. fields: as for
-- set_callback_status().
local function start_round(callback, attempts, fields)
  set_callback_status(callback, 'pending', {'next_attempt_at', now, 'round', attempts, unpack(fields or {})})
  if callback.error then redis.call('HDEL', P .. 'callback:' .. callback.id, 'error') end
  redis.call('SADD', url_key(callback.department, callback.url), callback.id)
  note_callback('received', callback)
  send_callback(callback)
end

-- The only way to end a callback. reason: why its remaining attempts are not made, or nil. fields: as
-- for set_callback_status().
local function end_callback(callback, status, reason, fields)
  local ended = {'next_attempt_at', '', 'lease_until', 0, unpack(fields or {})}
  if reason then
    ended[#ended + 1] = 'error'
    ended[#ended + 1] = reason
  end
  set_callback_status(callback, status, ended)
  redis.call('ZREM', P .. 'callbacks-due', callback.id)
  redis.call('SREM', url_key(callback.department, callback.url), callback.id)
  if status == 'dead' then
    redis.call('ZADD', P .. 'dead:' .. callback.department, callback.created_at, callback.id)
  end
  count_in(P .. 'counters', 'callbacks_' .. status, 1)
  count_callback(callback, 'ended:' .. status)
  note_callback(status == 'delivered' and 'succeeded' or 'failed', callback,
    {detail = reason or callback.last_error or status, process = callback.courier})
end

-- subject: the job or batch that the event is about.
local function open_callback(subject, event)
  local callback = {id = subject.callback_id, department = subject.department,
    url = subject.callback_url, created_at = now}
  local is_job = string.sub(event, 1, 4) == 'job.'
  local record = {'id', callback.id,
    'job_id', is_job and subject.id or '', 'batch_id', is_job and (subject.batch_id or '') or subject.id,
    'department', callback.department, 'type', event,
    'url', callback.url, 'created_at', now, 'lease_until', 0, 'token', 0, 'round', 0}
  redis.call('ZADD', P .. 'callbacks:' .. callback.department, 0, callback.id)
  if is_gone(callback) then
    end_callback(callback, 'dead', GONE, record)
  else
    start_round(callback, 0, record)
  end
end
