-- requires: batches, turns
-- The ending of a line and of its run, and the throughput that is measured from runs.
--
--   chancery:pace         tokens:TASK and busy_ms:TASK of ended lines, and wall_ms
--   chancery:saturated    until when the time is counted in which more work waits than is run at once; pace
--                         is measured while it is set
-- Time without a healthy engine is not measured: then lines take long and no capacity is used.

local PACE_MS = 600000

local function count_pace(job)
  count_in(P .. 'pace', 'tokens:' .. job.task, tonumber(job.tokens))
  count_in(P .. 'pace', 'busy_ms:' .. job.task, now - tonumber(job.started_at))
end

-- healthy: the time in which an engine was healthy last, from `first` to `last` in ms; nil without any.
local function note_saturation(saturated, healthy)
  local counted = tonumber(redis.call('GET', P .. 'saturated'))
  local since = counted and healthy and math.max(counted, healthy.first)
  if since and healthy.last > since then
    local wall = redis.call('HINCRBY', P .. 'pace', 'wall_ms', healthy.last - since)
    if wall > PACE_MS then
      -- Older measurements count half, because documents and engines change.
      for name, amount in pairs(as_map(redis.call('HGETALL', P .. 'pace'))) do
        redis.call('HSET', P .. 'pace', name, math.floor(amount / 2))
      end
    end
  end
  if not saturated or not healthy then
    redis.call('DEL', P .. 'saturated')
  else
    redis.call('SET', P .. 'saturated', math.max(counted or 0, healthy.last))
  end
end

-- The batch's model is that of the first line that a model answered.
local function note_model(batch, provenances)
  if redis.call('HEXISTS', batch, 'model') == 1 then return end
  for _, provenance in ipairs(provenances) do
    local model = cjson.decode(provenance).m -- see jobs/ledger/short_names.py
    if type(model) == 'string' then
      redis.call('HSET', batch, 'model', model)
      return
    end
  end
end

local USAGE = {'prompt_tokens', 'completion_tokens', 'cached_tokens'}

-- lines: what was gathered of ended lines of a batch.
local function end_lines(batch_id, lines)
  local batch = P .. 'batch:' .. batch_id
  if #lines.ids > 0 then
    redis.call('SREM', P .. 'open:' .. batch_id, unpack(lines.ids))
    redis.call('RPUSH', P .. 'outcomes:' .. batch_id, unpack(lines.ids))
    count_lines('open', lines.department, -#lines.ids)
    flush_soon(batch_id)
  end
  for name, amount in pairs(lines.counts) do
    if amount > 0 then redis.call('HINCRBY', batch, name, amount) end
  end
  local counts = redis.call('HMGET', batch, 'total', 'completed', 'failed', 'status')
  if counts[4] == 'in_progress' and counts[2] + counts[3] == tonumber(counts[1]) then
    redis.call('HSET', batch, 'status', 'finalizing', 'finalizing_at', now)
  end
  redis.call('HSET', batch, 'progress_at', now)
  note_model(batch, lines.provenances)
  if lines.tokens ~= 0 then charge(lines.department, lines.tokens) end
end

local ended_lines, saturated = {}, nil

local function gathered_lines(job)
  local id = job.batch_id
  if not ended_lines[id] then
    ended_lines[id] = {ids = {}, counts = {completed = 0, failed = 0}, department = job.department,
      provenances = {}, tokens = 0}
  end
  return ended_lines[id]
end

-- Add to what is gathered of the job's batch, and store it: at the end of a command that groups writes.
local function gather(job, add)
  local is_first = not ended_lines[job.batch_id]
  add(gathered_lines(job))
  if is_first then
    at_the_end(function()
      local lines = ended_lines[job.batch_id]
      ended_lines[job.batch_id] = nil
      end_lines(job.batch_id, lines)
    end)
  end
end

-- Add what a line's run used.
local function add_run(lines, job, fields, usage)
  lines.provenances[#lines.provenances + 1] = field_in(fields, 'provenance')
  for _, name in ipairs(USAGE) do
    lines.counts[name] = (lines.counts[name] or 0) + (usage and usage[name] or 0)
  end
  if job.started_at and usage then
    if saturated == nil then saturated = redis.call('EXISTS', P .. 'saturated') == 1 end
    if saturated then count_pace(job) end
    lines.tokens = lines.tokens + (usage.prompt_tokens or 0) + (usage.completion_tokens or 0) - job.tokens
  end
end

-- The run of a line is over, and its result waits for approval.
local function hold_line(job, fields, usage)
  gather(job, function(lines) add_run(lines, job, fields, usage) end)
end

local function end_line(job, status, fields, usage)
  gather(job, function(lines)
    lines.ids[#lines.ids + 1] = job.id
    local outcome = status == 'succeeded' and 'completed' or 'failed'
    lines.counts[outcome] = lines.counts[outcome] + 1
    add_run(lines, job, fields, usage)
  end)
end
