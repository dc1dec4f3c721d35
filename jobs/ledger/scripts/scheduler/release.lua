-- requires: queueing, batches, batch_lines, quotas
-- Release work that waits: lines of interactive batches, then bulk
-- jobs and lines, until as many are in Celery or running as are asked for. The department whose turn is
-- earliest is served first, and within it the work with the earliest deadline. A turn moves by tokens
-- over weight, so that departments share the engines by weight, whatever the size of their documents.
-- ARGV: most bulk jobs in Celery and running; most lines in one message; departments whose window is
--       closed (JSON: name -> true); batches whose own window is closed (JSON: id -> true); most
--       unwritten outcomes of a batch; most bulk jobs in Celery and running for departments whose
--       window is closed, when no other bulk work waits; then ids for new jobs
-- Returns: {how many were released, 1 if more could be released, how many bulk jobs were in Celery
--          and running before}
-- Invariant: a repeated call releases no lines, because its ids are already those of other lines.
local chunk_most, unwritten_most = tonumber(ARGV[2]), tonumber(ARGV[5])
local closed, closed_batches = cjson.decode(ARGV[3]), cjson.decode(ARGV[4])
local next_id, released = 7, 0
local in_hand = redis.call('ZCARD', P .. 'sent:bulk') + redis.call('SCARD', P .. 'running-bulk')
local depth, idle_depth = tonumber(ARGV[1]), tonumber(ARGV[6])
local ENTRY = 16 -- bytes of a line in a batch's index
local MOST_SKIPPED, MOST_ADOPTED = 1000, 500
local REPEATED_MS = 60000 -- longer than the client library retries
local used_ids = P .. 'released:' .. (ARGV[next_id] or '')
local repeated = redis.call('EXISTS', used_ids) == 1

-- Queue interactive jobs that an earlier release let wait here because they were paused.
local function adopt_paused(department)
  local waiting = P .. 'waiting:' .. department
  local ids = redis.call('ZRANGEBYSCORE', waiting, INTERACTIVE_JOB, INTERACTIVE_JOB,
    'LIMIT', 0, MOST_ADOPTED)
  for _, id in ipairs(ids) do
    queue(load_job(id))
  end
end

-- How many lines of a batch may be released in one message, apart from the room that is left.
local function most_lines(batch)
  if redis.call('LLEN', P .. 'outcomes:' .. batch.id) >= unwritten_most then return 0 end
  return chunk_most
end

-- The first of a department's waiting jobs and batches in a lane that may be released. Returns a job, or
-- nil, a batch and how many of its lines.
local function head_of(department, lane)
  if is_paused(department, lane) or (tokens_left(department) or 1) <= 0 then return end
  local from, to = INTERACTIVE_BATCH, INTERACTIVE_BATCH
  if lane == 'bulk' then from, to = '(' .. INTERACTIVE_BATCH, '+inf' end
  local ids = redis.call('ZRANGEBYSCORE', P .. 'waiting:' .. department, from, to,
    'LIMIT', 0, MOST_SKIPPED)
  for _, id in ipairs(ids) do
    if string.sub(id, 1, 4) == 'job_' then
      local job = load_job(id)
      if not closed_batches[job.batch_id or ''] then return job end
    elseif not closed_batches[id] then
      local batch = load_batch(id)
      local most = most_lines(batch)
      if most > 0 then return nil, batch, most end
    end
  end
end

local function new_job(batch, tasks, entry)
  local offset, length, tokens, last = struct.unpack('>I4I4I4I4', entry)
  local job = {id = ARGV[next_id], department = batch.department, lane = batch.lane,
    task = tasks[last % 256 + 1], batch_id = batch.id}
  next_id = next_id + 1
  redis.call('HSET', P .. 'job:' .. job.id, 'id', job.id, 'department', job.department,
    'lane', job.lane, 'task', job.task, 'batch_id', batch.id,
    'blob', batch.input_blob, 'offset', offset, 'length', length,
    'tokens', tokens, 'line', math.floor(last / 256), 'deadline', batch.deadline,
    'created_at', now, 'keep_ms', batch.keep_ms, 'token', 0, 'attempts', 0, 'tries', 0, 'deaths', 0)
  redis.call('ZADD', P .. 'jobs:' .. job.department, 0, job.id)
  redis.call('SADD', P .. 'open:' .. batch.id, job.id)
  set_status(job, 'queued')
  redis.call('ZADD', P .. 'sent:' .. job.lane, now, job.id)
  return job, tokens
end

-- Release the next lines of a batch, all of one task, in one message. Returns how many, and their tokens.
local function release_lines(batch, most, front)
  local first, tasks = tonumber(batch.next), cjson.decode(batch.tasks)
  local last = math.min(first + most, tonumber(batch.indexed))
  local entries = redis.call('GETRANGE', P .. 'index:' .. batch.id, first * ENTRY, last * ENTRY - 1)
  local ids, tokens, task = {}, 0, nil
  for start = 1, #entries, ENTRY do
    local entry = string.sub(entries, start, start + ENTRY - 1)
    local entry_task = tasks[string.byte(entry, ENTRY) + 1]
    if task and entry_task ~= task then break end
    task = entry_task
    local job, job_tokens = new_job(batch, tasks, entry)
    ids[#ids + 1] = job.id
    tokens = tokens + job_tokens
  end
  send_message(batch.lane, task, batch.id .. ':' .. first + 1 .. '-' .. first + #ids, ids, front)
  count_lines('waiting', batch.department, -#ids)
  count_lines('open', batch.department, #ids)
  set_batch(batch, {['next'] = first + #ids})
  if first + #ids == tonumber(batch.indexed) then
    redis.call('ZREM', P .. 'waiting:' .. batch.department, batch.id)
  end
  return #ids, tokens
end

local served = {}

-- Release the first of a department's work in a lane, at most `room` jobs. Returns how many jobs were
-- released.
local function release_head(department, lane, room)
  local job, batch, most = head_of(department, lane)
  -- The first message of a department that runs nothing goes before the messages of others.
  local front = lane == 'bulk' and not served[department]
    and redis.call('ZCARD', P .. 'jobs:' .. department .. ':running') == 0
    and tonumber(redis.call('GET', P .. 'open-lines:' .. department) or 0) == 0
  local count, tokens = 0, 0
  if job then
    redis.call('ZREM', P .. 'waiting:' .. department, job.id)
    send_job(job, front)
    -- A requeued line was charged when it was first released.
    count, tokens = 1, job.batch_id and 0 or JOB_TOKENS
  elseif batch then
    redis.call('SET', used_ids, 1, 'PX', REPEATED_MS)
    count, tokens = release_lines(batch, math.min(most, room, #ARGV - next_id + 1), front)
  end
  if count > 0 then served[department] = true end
  if tokens > 0 then charge(department, tokens) end
  return count
end

-- Serve departments in the order of their turns until there is no room, or nothing that may be released.
-- Returns the room that is left, and the turns of departments that have nothing to release.
local function serve_in_turn(departments, lane, room)
  local candidates, idle = {unpack(departments)}, {}
  while #candidates > 0 and room > 0 and next_id <= #ARGV do
    local earliest
    for i, department in ipairs(candidates) do
      local turn = tonumber(redis.call('ZSCORE', P .. 'turns', department))
      if not earliest or turn < earliest.turn then earliest = {turn = turn, i = i} end
    end
    local count = release_head(candidates[earliest.i], lane, room)
    if count > 0 then
      room, released = room - count, released + count
      note_served(earliest.turn)
    else
      idle[table.remove(candidates, earliest.i)] = earliest.turn
    end
  end
  return room, idle
end

local function any_waits(departments, lane)
  for _, department in ipairs(departments) do
    local job, batch = head_of(department, lane)
    if job or batch then return true end
  end
  return false
end

local all, open, shut = redis.call('ZRANGE', P .. 'turns', 0, -1), {}, {}
for _, department in ipairs(all) do
  adopt_paused(department)
  local side = closed[department] and shut or open
  side[#side + 1] = department
end
set_closed(idle_depth == 0 and closed or {}, closed_batches)
local more = false
if not repeated then
  local interactive = redis.call('ZCARD', P .. 'sent:interactive') + redis.call('ZCARD', P .. 'running')
    - redis.call('SCARD', P .. 'running-bulk')
  serve_in_turn(all, 'interactive', depth - interactive)
  local room, idle = serve_in_turn(open, 'bulk', depth - in_hand)
  for department, turn in pairs(idle) do limit_credit(department, turn) end
  more = any_waits(open, 'bulk')
  if not more and idle_depth > 0 then
    local used = depth - room
    serve_in_turn(shut, 'bulk', math.min(room, idle_depth - used))
  end
  for _, department in ipairs(shut) do
    limit_credit(department, tonumber(redis.call('ZSCORE', P .. 'turns', department)))
  end
end
for _, department in ipairs(redis.call('ZRANGE', P .. 'turns', 0, -1)) do
  if redis.call('EXISTS', P .. 'waiting:' .. department) == 0 then
    remove_from_turns(department)
  end
end
more = more or any_waits(all, 'interactive')
note_saturation(more)
return {released, more and 1 or 0, in_hand}
