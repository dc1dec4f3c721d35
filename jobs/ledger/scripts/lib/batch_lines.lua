-- requires: batches, turns
-- The ending of a line, and the throughput that is measured from endings.
--
--   chancery:pace         tokens:TASK and busy_ms:TASK of ended lines, and wall_ms
--   chancery:saturated    since when more work waits than is run at once; pace is measured while it is set

local PACE_MS = 600000

local function count_pace(job, usage)
  local tokens = tonumber(job.tokens)
  if redis.call('EXISTS', P .. 'saturated') == 1 then
    redis.call('HINCRBY', P .. 'pace', 'tokens:' .. job.task, tokens)
    redis.call('HINCRBY', P .. 'pace', 'busy_ms:' .. job.task, now - tonumber(job.started_at))
  end
  charge(job.department, (usage.prompt_tokens or 0) + (usage.completion_tokens or 0) - tokens)
end

local function note_saturation(saturated)
  local since = tonumber(redis.call('GET', P .. 'saturated'))
  if since then
    local wall = redis.call('HINCRBY', P .. 'pace', 'wall_ms', now - since)
    if wall > PACE_MS then
      -- Older measurements count half, because documents and engines change.
      for name, amount in pairs(as_map(redis.call('HGETALL', P .. 'pace'))) do
        redis.call('HSET', P .. 'pace', name, math.floor(amount / 2))
      end
    end
  end
  if saturated then redis.call('SET', P .. 'saturated', now) else redis.call('DEL', P .. 'saturated') end
end

-- The batch's model is that of the first line that a model answered.
local function note_model(batch, fields)
  if redis.call('HEXISTS', batch, 'model') == 1 then return end
  for i = 1, #fields, 2 do
    local model = fields[i] == 'provenance' and cjson.decode(fields[i + 1]).model
    if type(model) == 'string' then redis.call('HSET', batch, 'model', model) end
  end
end

local function end_line(job, status, fields, usage)
  local batch = P .. 'batch:' .. job.batch_id
  redis.call('SREM', P .. 'open:' .. job.batch_id, job.id)
  redis.call('RPUSH', P .. 'outcomes:' .. job.batch_id, job.id)
  count_lines('open', job.department, -1)
  redis.call('HINCRBY', batch, status == 'succeeded' and 'completed' or 'failed', 1)
  local counts = redis.call('HMGET', batch, 'total', 'completed', 'failed', 'status')
  if counts[4] == 'in_progress' and counts[2] + counts[3] == tonumber(counts[1]) then
    redis.call('HSET', batch, 'status', 'finalizing', 'finalizing_at', now)
  end
  for _, name in ipairs({'prompt_tokens', 'completion_tokens', 'cached_tokens'}) do
    if usage and usage[name] then redis.call('HINCRBY', batch, name, usage[name]) end
  end
  note_model(batch, fields)
  if job.started_at and usage then count_pace(job, usage) end
  flush_soon(job.batch_id)
end
