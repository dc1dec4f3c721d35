-- Shared by every script of the ledger: names of keys, and the only ways in which a job moves.
--
-- A job that has not ended is in exactly one of these places, by its status:
--   scheduled          chancery:scheduled         by the time it is due
--   queued             chancery:sent:QUEUE        by the time its message was sent to Celery, or
--                      chancery:waiting:DEPT      by deadline: bulk jobs not yet released, and, first of
--                                                 all, interactive jobs that are paused
--   running            chancery:running           by the time its lease ends; bulk jobs are in
--                                                 chancery:running-bulk too
-- A department whose work waits is in chancery:turns (see release.lua).
-- Times are milliseconds since 1970 by this server's clock, so that machines need not agree.

local P = 'chancery:'
local RESEND_MS = 30000
local NO_DEADLINE = 9007199254740991

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local now = now_ms()

local function as_map(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

local function load_job(id)
  local job = as_map(redis.call('HGETALL', P .. 'job:' .. id))
  if job.id then return job end
  return nil
end

local function listed(job, status)
  return P .. 'jobs:' .. job.department .. ':' .. status
end

-- Celery's protocol 2 inside kombu's envelope, its body carried as plain text. Identifiers only.
-- id: the message's, as Flower shows it; ids: what it is about. Celery takes from the right.
local function send(queue, task, id, ids, first)
  local none = cjson.null
  local tag = id .. ':' .. redis.call('INCR', P .. 'messages')
  local embed = {callbacks = none, errbacks = none, chain = none, chord = none}
  redis.call(first and 'RPUSH' or 'LPUSH', queue, cjson.encode({
    body = '[["' .. table.concat(ids, '","') .. '"], {}, ' .. cjson.encode(embed) .. ']',
    ['content-encoding'] = 'utf-8',
    ['content-type'] = 'application/json',
    headers = {
      lang = 'py', task = 'chancery.' .. task, id = id, root_id = id, parent_id = none,
      group = none, eta = none, expires = none, retries = 0, timelimit = {none, none},
      argsrepr = "('" .. table.concat(ids, "', '") .. "',)", kwargsrepr = '{}', origin = 'ledger', ignore_result = true,
    },
    properties = {
      correlation_id = id, delivery_mode = 2, priority = 0, delivery_tag = tag,
      delivery_info = {exchange = '', routing_key = queue},
    },
  }))
end

local function set_status(job, status)
  if job.status then redis.call('ZREM', listed(job, job.status), job.id) end
  redis.call('ZADD', listed(job, status), 0, job.id)
  redis.call('HSET', P .. 'job:' .. job.id, 'status', status)
  job.status = status
end

-- Take a job out of the place that its status gives it.
local function lift(job)
  if job.status == 'scheduled' then
    redis.call('ZREM', P .. 'scheduled', job.id)
  elseif job.status == 'queued' then
    redis.call('ZREM', P .. 'sent:' .. job.lane, job.id)
    redis.call('ZREM', P .. 'waiting:' .. job.department, job.id)
  elseif job.status == 'running' then
    redis.call('ZREM', P .. 'running', job.id)
    redis.call('SREM', P .. 'running-bulk', job.id)
    redis.call('SREM', P .. 'held:' .. job.worker, job.id)
  end
end

local function hand_to_celery(job, first)
  redis.call('ZADD', P .. 'sent:' .. job.lane, now, job.id)
  send(job.lane, job.task, job.id, {job.id}, first)
end

-- Whether an operator has paused the department, the lane, or that lane of that department.
local function is_paused(department, lane)
  local paused = P .. 'paused'
  return redis.call('SISMEMBER', paused, 'department:' .. department) == 1
    or redis.call('SISMEMBER', paused, 'lane:' .. lane) == 1
    or redis.call('SISMEMBER', paused, 'department:' .. department .. ':' .. lane) == 1
end

-- Whether bulk work, or that batch, is outside its window. The scheduler says so with each release; what
-- it said counts for a while after its death. It is a set of `department:NAME` and `batch:ID`.
local CLOSED_MS = 60000

local function is_closed(job)
  local shut = P .. 'closed'
  return job.lane == 'bulk' and redis.call('SISMEMBER', shut, 'department:' .. job.department) == 1
    or job.batch_id and redis.call('SISMEMBER', shut, 'batch:' .. job.batch_id) == 1
end

local function note_closed(departments, batches)
  local shut, told = P .. 'closed', P .. 'closed-told'
  local members = {}
  for name in pairs(departments) do members[#members + 1] = 'department:' .. name end
  for id in pairs(batches) do members[#members + 1] = 'batch:' .. id end
  table.sort(members)
  local digest = redis.sha1hex(table.concat(members, ' '))
  if redis.call('GET', told) == digest and redis.call('PTTL', told) > CLOSED_MS / 2 then return end
  redis.call('DEL', shut)
  for _, member in ipairs(members) do redis.call('SADD', shut, member) end
  redis.call('PEXPIRE', shut, CLOSED_MS)
  redis.call('SET', told, digest, 'PX', CLOSED_MS)
end

-- Departments share by virtual time: a department's turn is where it stands, in tokens by weight, and
-- whoever is earliest is served next. chancery:served is the latest turn that was served. One whose
-- work could not go for a while, because there was none or it was held, stands at most CREDIT before
-- that, so that its first few documents go at once, and its rest is not saved up.
local CREDIT = 50000

local function earliest_turn() return tonumber(redis.call('GET', P .. 'served') or 0) - CREDIT end

local function take_turn(department)
  if redis.call('ZSCORE', P .. 'turns', department) then return end
  local rested = tonumber(redis.call('HGET', P .. 'rested', department)) or -math.huge
  redis.call('ZADD', P .. 'turns', math.max(rested, earliest_turn()), department)
end

local function serve(turn)
  if turn > earliest_turn() + CREDIT then redis.call('SET', P .. 'served', turn) end
end

-- What a department could not use is not saved up.
local function pass_over(department, turn)
  if turn < earliest_turn() then redis.call('ZADD', P .. 'turns', earliest_turn(), department) end
end

local function rest(department)
  redis.call('HSET', P .. 'rested', department, redis.call('ZSCORE', P .. 'turns', department))
  redis.call('ZREM', P .. 'turns', department)
end

-- Have a job or a batch wait for its release: interactive jobs before interactive batches, and those
-- before all that has a deadline.
local INTERACTIVE_JOB, INTERACTIVE_BATCH = 0, 1

local function wait(department, score, id)
  redis.call('ZADD', P .. 'waiting:' .. department, score, id)
  take_turn(department)
end

local function queue(job)
  if job.status then lift(job) end
  set_status(job, 'queued')
  if job.lane == 'interactive' and not is_paused(job.department, job.lane) then
    hand_to_celery(job)
  elseif job.lane == 'interactive' then
    wait(job.department, INTERACTIVE_JOB, job.id)
  else
    -- A line that comes back goes before those of its batch that were not released yet.
    local deadline = tonumber(job.deadline or NO_DEADLINE)
    wait(job.department, job.batch_id and deadline - 1 or deadline, job.id)
  end
end

local function schedule(job, due)
  if job.status then lift(job) end
  set_status(job, 'scheduled')
  redis.call('ZADD', P .. 'scheduled', due, job.id)
end

local open_callback -- in callbacks.lua
local end_line -- in batches.lua

-- A document's `jobs` counts what keeps it: open jobs, as their input or named in their options, and
-- libraries.
local function let_go_of_document(department, document_id)
  local key = P .. 'document:' .. department .. ':' .. document_id
  if redis.call('EXISTS', key) == 0 then return end
  redis.call('HINCRBY', key, 'jobs', -1)
  local until_ms = now + tonumber(redis.call('HGET', key, 'keep_ms'))
  if until_ms > tonumber(redis.call('HGET', key, 'expires_at')) then
    redis.call('HSET', key, 'expires_at', until_ms)
    redis.call('ZADD', P .. 'documents', until_ms, department .. ':' .. document_id)
  end
end

local function let_go_of_documents(job)
  let_go_of_document(job.department, job.document_id)
  for _, id in ipairs(cjson.decode(job.references or '[]')) do
    let_go_of_document(job.department, id)
  end
end

local function count_ending(job, status, usage)
  redis.call('HINCRBY', P .. 'endings', job.task .. ':' .. job.lane .. ':' .. status, 1)
  local day = P .. 'usage:' .. job.department .. ':' .. math.floor(now / 86400000)
  redis.call('HINCRBY', day, 'jobs_' .. status, 1)
  redis.call('HINCRBY', day, 'task:' .. job.task .. ':jobs_' .. status, 1)
  for name, amount in pairs(usage or {}) do
    redis.call('HINCRBY', day, name, amount)
    if name:sub(1, 8) == 'cascade:' then redis.call('HINCRBY', P .. 'cascade', name, amount) end
  end
end

-- The one way to end a job: its last status, its callback event and the counters, together.
-- fields: flat list of what else the record keeps; usage: amounts to add to the day's counters.
local function finish(job, status, fields, usage)
  lift(job)
  set_status(job, status)
  redis.call('HSET', P .. 'job:' .. job.id, 'finished_at', now, unpack(fields))
  redis.call('ZREM', P .. 'deadlines', job.id)
  count_ending(job, status, usage)
  if job.batch_id then
    end_line(job, status, usage)
  else
    redis.call('ZADD', P .. 'ended', now + tonumber(job.keep_ms), job.id)
    let_go_of_documents(job)
  end
  if job.callback_id then open_callback(job, 'job.' .. status) end
  redis.call('PUBLISH', P .. 'endings', job.id)
end

local function problem(code, title, detail)
  return cjson.encode({type = '/problems/' .. code, title = title, detail = detail})
end

local function expire(job)
  finish(job, 'expired', {'error', problem('expired', "The job's deadline passed",
    'The job had not ended at its deadline. Submit it again with a later deadline.')})
end

local function cancel_job(job)
  finish(job, 'cancelled', {'error', problem('cancelled', 'The job was cancelled',
    'The department cancelled it. Submit it again if the result is still wanted.')})
end

local function poison(job, who)
  finish(job, 'failed', {'error', problem('poisoned',
    'The job was set aside after its worker died again and again',
    'The ' .. who .. ' died each time that the job was in hand, at last when it was the only one. '
      .. 'Look at the document; ask the operators for the log.')})
end

-- A job that was in hand when workers or engines died is run once more, alone, so that it takes
-- nobody with it; if that run dies too, it was the job.
local SUSPECT_DEATHS, SUSPECT_ENGINE_LOSSES = 2, 3

local function is_suspect(job)
  return tonumber(job.deaths) >= SUSPECT_DEATHS
    or tonumber(job.engine_losses or 0) >= SUSPECT_ENGINE_LOSSES
end

-- A run ended with its worker: the job goes back, or is set aside where it had run alone.
local function abandon(job)
  redis.call('HINCRBY', P .. 'job:' .. job.id, 'deaths', 1)
  redis.call('HINCRBY', P .. 'counters', 'jobs_abandoned', 1)
  if job.alone == '1' then poison(job, 'worker') else queue(job) end
end
