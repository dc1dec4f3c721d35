-- requires: keys
-- Messages to Celery. They carry identifiers only.

-- A wake-up that no worker answered in this time was lost, or every worker is busy.
local WOKEN_MS = 1000

-- Send a message in Celery's protocol 2, inside kombu's envelope, with its body as plain text.
-- id: the message's id, which Flower shows. ids: the task's arguments.
local function send_message(queue, task, id, ids)
  local none = cjson.null
  local tag = id .. ':' .. redis.call('INCR', P .. 'messages')
  local embed = {callbacks = none, errbacks = none, chain = none, chord = none}
  local args = #ids > 0 and '"' .. table.concat(ids, '","') .. '"' or ''
  redis.call('LPUSH', queue, cjson.encode({
    body = '[[' .. args .. '], {}, ' .. cjson.encode(embed) .. ']',
    ['content-encoding'] = 'utf-8',
    ['content-type'] = 'application/json',
    headers = {
      lang = 'py', task = 'chancery.' .. task, id = id, root_id = id, parent_id = none,
      group = none, eta = none, expires = none, retries = 0, timelimit = {none, none},
      argsrepr = "('" .. table.concat(ids, "', '") .. "',)", kwargsrepr = '{}', origin = 'ledger',
      ignore_result = true,
    },
    properties = {
      correlation_id = id, delivery_mode = 2, priority = 0, delivery_tag = tag,
      delivery_info = {exchange = '', routing_key = queue},
    },
  }))
end

-- Tell a process that reads this queue that work waits, unless a message that says so is in the queue, or
-- was taken from it a moment ago:
--   chancery:woken:QUEUE    set from the message on, until the claim that it leads to
local function wake(queue)
  if redis.call('EXISTS', P .. 'claim-expected:' .. queue) == 1 then return end
  if redis.call('LLEN', queue) > 0 then return end
  if redis.call('SET', P .. 'woken:' .. queue, 1, 'NX', 'PX', WOKEN_MS) then
    send_message(queue, 'wake', 'wake-' .. queue, {})
  end
end

-- Send no wake-ups for a moment, because a process with room asks again within it; with 0 ms send them:
--   chancery:claim-expected:QUEUE    set by its last claim or report, for somewhat longer than it waits
local function expect_claim(queue, ms)
  local key = P .. 'claim-expected:' .. queue
  if ms > 0 then redis.call('SET', key, 1, 'PX', ms) else redis.call('DEL', key) end
end

local function answer_wake_up(queue) redis.call('DEL', P .. 'woken:' .. queue) end

-- A process with room asks once a second.
local ASKING_MS, NOTED_MS = 3000, 1000

-- Note that a process with room reads this queue:
--   chancery:asking:QUEUE    such processes, by the time at which they asked
local function note_asking(queue, process)
  local key = P .. 'asking:' .. queue
  if now - tonumber(redis.call('ZSCORE', key, process) or 0) < NOTED_MS then return end
  redis.call('ZADD', key, now, process)
  redis.call('PEXPIRE', key, ASKING_MS)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - ASKING_MS)
end

-- Wake another process: `process`, which asks now, asks again as soon as it can run more.
local function wake_another(queue, process)
  local key = P .. 'asking:' .. queue
  local asking = redis.call('ZCOUNT', key, now - ASKING_MS, '+inf')
  if asking > (redis.call('ZSCORE', key, process) and 1 or 0) then wake(queue) end
end
