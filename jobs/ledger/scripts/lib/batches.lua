-- Shared by every script, after the receivers: how a batch moves.
--
-- A batch's lines stay in its input file. For each, chancery:index:BATCH holds sixteen bytes: offset,
-- length, tokens (an estimate), line and task; `next` in the batch's record is how many were released.
-- A line that is released is a job, with these beside it until its outcome is in the output file:
--   chancery:open:BATCH        jobs of the batch that have not ended
--   chancery:outcomes:BATCH    jobs that have, and wait to be written to the output and error files
--   chancery:called:BATCH      jobs that were written and are kept, because they have a callback
-- A batch that has not ended is, by its status:
--   validating                 chancery:indexing          by the time at which a scheduler may take it
--   in_progress                chancery:waiting:DEPT      while lines wait (see prelude.lua)
--   in_progress to cancelling  chancery:flush-due         when something is to be written, by the
--                                                         time since when
--   any                        chancery:batches-open, and chancery:batch-deadlines by deadline
-- `closing` says why a batch ends before its lines: expired | cancelled.

local ENTRY = 16

local function load_batch(id)
  local batch = as_map(redis.call('HGETALL', P .. 'batch:' .. id))
  if batch.id then return batch end
  return nil
end

local function set_batch(batch, fields)
  local flat = {}
  for name, value in pairs(fields) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
    batch[name] = tostring(value)
  end
  redis.call('HSET', P .. 'batch:' .. batch.id, unpack(flat))
end

local function move_lines(kind, department, change)
  redis.call('INCRBY', P .. kind .. '-lines:' .. department, change)
end

local function flush_soon(id) redis.call('ZADD', P .. 'flush-due', 'NX', now, id) end

local function lines_waiting(batch) return tonumber(batch.indexed) - tonumber(batch.next) end

-- Move a department's turn by tokens that were used beyond (or short of) what was charged.
local function charge(department, tokens)
  local weight = tonumber(redis.call('HGET', P .. 'department:' .. department, 'weight') or 1)
  if redis.call('ZSCORE', P .. 'turns', department) then
    redis.call('ZINCRBY', P .. 'turns', tokens / weight, department)
  else
    redis.call('HINCRBYFLOAT', P .. 'rested', department, tokens / weight)
  end
end

-- A single bulk job is taken to cost so much until it has ended.
local JOB_TOKENS = 1000

-- What measured throughput is worked out from, while there is more to do than is done at once:
--   chancery:pace              tokens:TASK and busy_ms:TASK of lines that ended, and wall_ms
--   chancery:saturated         since when, while release leaves something behind
local PACE_MS = 600000

local function count_pace(job, usage)
  local tokens = tonumber(job.tokens)
  if redis.call('EXISTS', P .. 'saturated') == 1 then
    redis.call('HINCRBY', P .. 'pace', 'tokens:' .. job.task, tokens)
    redis.call('HINCRBY', P .. 'pace', 'busy_ms:' .. job.task, now - tonumber(job.started_at))
  end
  charge(job.department, (usage.prompt_tokens or 0) + (usage.completion_tokens or 0) - tokens)
end

-- Note whether there is more to do than is done at once, and for how long there was.
local function note_saturation(saturated)
  local since = tonumber(redis.call('GET', P .. 'saturated'))
  if since then
    local wall = redis.call('HINCRBY', P .. 'pace', 'wall_ms', now - since)
    if wall > PACE_MS then
      -- What is older counts half: departments' documents change, and so do engines.
      for name, amount in pairs(as_map(redis.call('HGETALL', P .. 'pace'))) do
        redis.call('HSET', P .. 'pace', name, math.floor(amount / 2))
      end
    end
  end
  if saturated then redis.call('SET', P .. 'saturated', now) else redis.call('DEL', P .. 'saturated') end
end

end_line = function(job, status, usage)
  local batch = P .. 'batch:' .. job.batch_id
  redis.call('SREM', P .. 'open:' .. job.batch_id, job.id)
  redis.call('RPUSH', P .. 'outcomes:' .. job.batch_id, job.id)
  move_lines('open', job.department, -1)
  redis.call('HINCRBY', batch, status == 'succeeded' and 'completed' or 'failed', 1)
  local counts = redis.call('HMGET', batch, 'total', 'completed', 'failed', 'status')
  if counts[4] == 'in_progress' and counts[2] + counts[3] == tonumber(counts[1]) then
    redis.call('HSET', batch, 'status', 'finalizing', 'finalizing_at', now)
  end
  if job.started_at and usage then count_pace(job, usage) end
  flush_soon(job.batch_id)
end

-- Add what is in the store now to a batch's output or error file, which begins with its first segment.
-- What is asked for by its id before that is not found: `_begun` says that it may be told.
local function append_segment(batch, kind, segment)
  local id = batch[kind .. '_file_id']
  local file = P .. 'file:' .. id
  if redis.call('EXISTS', file) == 0 then
    local until_ms = now + tonumber(batch.file_keep_ms)
    redis.call('HSET', file, 'id', id, 'department', batch.department, 'purpose', 'batch_output',
      'filename', batch.id .. '_' .. kind .. '.jsonl', 'created_at', now, 'expires_at', until_ms,
      'uses', 1)
    redis.call('ZADD', P .. 'files:' .. batch.department, 0, id)
    redis.call('ZADD', P .. 'files', until_ms, id)
    set_batch(batch, {[kind .. '_begun'] = 1})
  end
  redis.call('RPUSH', P .. 'blobs:' .. id, segment.blob)
  redis.call('HINCRBY', file, 'bytes', segment.bytes)
  redis.call('HINCRBY', file, 'lines', segment.lines)
end

-- Let nothing more of a batch be released.
local function stop_release(batch)
  if redis.call('ZREM', P .. 'waiting:' .. batch.department, batch.id) == 1 then
    move_lines('waiting', batch.department, -lines_waiting(batch))
  end
end

-- What a batch took, over what was promised: see jobs/batches/eta/estimates.py. One that expired would
-- have taken longer than until its deadline; where that was said, nothing is learnt from it.
local ERROR_BOUNDS = {'0.5', '0.8', '0.9', '1', '1.1', '1.25', '1.5', '2', '4', 'inf'}

local function note_estimate(batch, status)
  local promised_at, deadline = tonumber(batch.first_expected_at), tonumber(batch.deadline)
  if not promised_at then return end
  if status == 'expired' and promised_at > deadline then return end
  local took = (status == 'expired' and deadline or now) - tonumber(batch.created_at)
  local promised = math.max(promised_at - tonumber(batch.created_at), 1000)
  local error = took / promised
  for _, bound in ipairs(ERROR_BOUNDS) do
    if bound == 'inf' or error <= tonumber(bound) then
      redis.call('HINCRBY', P .. 'estimates', 'le:' .. bound, 1)
      break
    end
  end
  redis.call('HINCRBYFLOAT', P .. 'estimates', 'sum', error)
end

-- A file that was begun long ago is kept as long as one that was not.
local function keep_from_now(file, batch)
  local until_ms = now + tonumber(batch.file_keep_ms)
  redis.call('HSET', file, 'expires_at', until_ms)
  redis.call('ZADD', P .. 'files', until_ms, redis.call('HGET', file, 'id'))
end

local function end_batch(batch, status)
  if batch.status == 'validating' then
    move_lines('waiting', batch.department, -tonumber(batch.lines))
  end
  set_batch(batch, {status = status, [status .. '_at'] = now})
  if status == 'completed' or status == 'expired' then note_estimate(batch, status) end
  redis.call('ZREM', P .. 'indexing', batch.id)
  redis.call('ZREM', P .. 'batch-deadlines', batch.id)
  redis.call('ZREM', P .. 'batches-open', batch.id)
  redis.call('ZREM', P .. 'flush-due', batch.id)
  redis.call('DEL', P .. 'index:' .. batch.id, P .. 'readings:' .. batch.id)
  redis.call('ZADD', P .. 'ended-batches', now + tonumber(batch.keep_ms), batch.id)
  for _, kind in ipairs({'input', 'output', 'error'}) do
    local file = P .. 'file:' .. (batch[kind .. '_file_id'] or '')
    if redis.call('EXISTS', file) == 1 then
      redis.call('HINCRBY', file, 'uses', -1)
      if kind ~= 'input' then keep_from_now(file, batch) end
    end
  end
  redis.call('HINCRBY', P .. 'batch-endings', batch.department .. ':' .. status, 1)
  if batch.callback_id then open_callback(batch, 'batch.' .. status) end
end

-- Why a batch's lines are not all run: expired | cancelled. Its open jobs end in the same way, and
-- what is left goes to the error file.
local function close_batch(batch, why)
  if batch.status == 'validating' then
    end_batch(batch, why)
    return
  elseif batch.status == 'finalizing' then
    -- Every line has ended: what is left is to write it down.
    redis.call('ZREM', P .. 'batch-deadlines', batch.id)
    return
  end
  stop_release(batch)
  set_batch(batch, {closing = why})
  if why == 'cancelled' then set_batch(batch, {status = 'cancelling', cancelling_at = now}) end
  redis.call('ZREM', P .. 'batch-deadlines', batch.id)
  redis.call('ZADD', P .. 'batches-closing', now, batch.id)
  flush_soon(batch.id)
end

-- Remove a job that has ended from everywhere; its result's blob and callback are the caller's.
local function forget_job(job)
  redis.call('ZREM', P .. 'ended', job.id)
  redis.call('ZREM', P .. 'jobs:' .. job.department, job.id)
  redis.call('ZREM', listed(job, job.status), job.id)
  if job.batch_id then redis.call('SREM', P .. 'called:' .. job.batch_id, job.id) end
  redis.call('DEL', P .. 'job:' .. job.id)
end

-- The deadline of a batch's jobs is the batch's: the sweep ends what is open, so many at a time.
local function close_jobs(batch, most)
  local ids = redis.call('SRANDMEMBER', P .. 'open:' .. batch.id, most)
  for _, id in ipairs(ids) do
    local job = load_job(id)
    if batch.closing == 'cancelled' then cancel_job(job) else expire(job) end
  end
  if redis.call('EXISTS', P .. 'open:' .. batch.id) == 0 then
    redis.call('ZREM', P .. 'batches-closing', batch.id)
  end
  return #ids
end
